use super::entry::id;
use crate::{
    redis::{RedisError, Reply},
    stream::{EntryId, Figures},
};

/// What `figures.lua` answers.
pub(super) fn figures(reply: Reply) -> Result<Figures, RedisError> {
    let [
        len,
        oldest,
        pending,
        oldest_pending,
        delivered,
        consumers,
        beaten,
        now,
    ] = reply.into_items()?;
    let delivered = id(delivered)?;
    Ok(Figures {
        len: len.into_count()?,
        oldest: oldest.optional().map(id).transpose()?,
        pending: pending.into_count()?,
        oldest_pending: oldest_pending.optional().map(id).transpose()?,
        last_delivered: (delivered != EntryId::default()).then_some(delivered),
        consumers: consumers
            .into_pairs()?
            .into_iter()
            .map(|(name, pending)| Ok((name, pending.into_count()?)))
            .collect::<Result<_, _>>()?,
        // What somebody else wrote there is no heartbeat.
        owner_beat_millis: beaten.optional().and_then(|beat| beat.into_count().ok()),
        now_millis: now.into_count()?,
    })
}

/// Up to which id the group's entries were delivered, as XINFO GROUPS has it; the beginning where there is
/// no such group.
pub(super) fn delivered(groups: Reply, group: &str) -> Result<EntryId, RedisError> {
    for fields in groups.into_array()? {
        let fields = fields.into_pairs()?;
        let named = |wanted: &str| {
            fields
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.clone())
        };
        if named("name").map(Reply::into_text).transpose()?.as_deref() == Some(group) {
            return named("last-delivered-id").map_or(Ok(EntryId::default()), id);
        }
    }
    Ok(EntryId::default())
}
