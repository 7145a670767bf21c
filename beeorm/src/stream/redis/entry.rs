use bytes::Bytes;
use uuid::Uuid;

use crate::{
    redis::{RedisError, Reply},
    stream::{AsideEntry, Entry, EntryId, Lease},
};

type Result<T> = std::result::Result<T, RedisError>;

fn parse_id(text: &str) -> Option<EntryId> {
    let (millis, sequence) = text.split_once('-')?;
    Some(EntryId {
        millis: millis.parse().ok()?,
        sequence: sequence.parse().ok()?,
    })
}

pub(super) fn id(reply: Reply) -> Result<EntryId> {
    let id = reply.into_bytes()?;
    let id = std::str::from_utf8(&id).ok().and_then(parse_id);
    id.ok_or(RedisError::Unexpected("an entry's id"))
}

/// An entry's fields.
#[derive(Default)]
struct Fields {
    frames: Vec<Bytes>,
    /// Names and values of what is no frame.
    others: Vec<[Bytes; 2]>,
}

fn fields(reply: Reply) -> Result<Fields> {
    let items = reply.into_array()?;
    let mut fields = Fields {
        frames: Vec::with_capacity(items.len() / 2),
        others: Vec::new(),
    };
    let mut items = items.into_iter();
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        match name.into_bytes()? {
            name if name == b"f".as_slice() => fields.frames.push(value.into_bytes()?),
            name => fields.others.push([name, value.into_bytes()?]),
        }
    }
    Ok(fields)
}

fn entry(reply: Reply) -> Result<Entry> {
    let [key, body] = reply.into_items()?;
    let deleted = body == Reply::Nil;
    Ok(Entry {
        id: id(key)?,
        frames: fields(body)?.frames,
        deleted,
        reading: 0,
    })
}

pub(super) fn entries(reply: Reply) -> Result<Vec<Entry>> {
    let items = reply.into_array()?;
    let mut entries = Vec::with_capacity(items.len());
    for item in items {
        entries.push(entry(item)?);
    }
    Ok(entries)
}

/// What XREADGROUP answers, of one stream.
pub(super) fn of_group(reply: Reply) -> Result<Vec<Entry>> {
    let Some(reply) = reply.optional() else {
        return Ok(Vec::new());
    };
    let [stream] = reply.into_items()?;
    let [_, found] = stream.into_items()?;
    entries(found)
}

/// What `read.lua` found the group to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    AsItWas,
    MadeAnew,
    Rewound,
}

/// What `read.lua` answers.
pub(super) fn of_read(reply: Reply) -> Result<(Group, Vec<Entry>, u64)> {
    let [group, found, looked] = reply.into_items()?;
    let group = match group.into_count()? {
        0 => Group::AsItWas,
        1 => Group::MadeAnew,
        _ => Group::Rewound,
    };
    Ok((group, entries(found)?, looked.into_count()?))
}

fn aside(reply: Reply) -> Result<AsideEntry> {
    let [key, body] = reply.into_items()?;
    let Fields { mut frames, others } = fields(body)?;
    let mut others = others.into_iter();
    let mut head = || {
        others
            .next()
            .map(|[_, value]| String::from_utf8_lossy(&value).into_owned())
    };
    // Anybody may write into that stream too: what is none of ours is shown as far as it goes.
    let original = head()
        .and_then(|original| parse_id(&original))
        .unwrap_or_default();
    let reason = head().unwrap_or_default();
    frames.extend(others.map(|field| field.join(b"=".as_slice()).into()));
    Ok(AsideEntry {
        id: id(key)?,
        original,
        reason,
        frames,
    })
}

pub(super) fn asides(reply: Reply) -> Result<Vec<AsideEntry>> {
    reply.into_array()?.into_iter().map(aside).collect()
}

/// None also where the fields are none of ours; `acquire.lua` takes these for nobody's too.
pub(super) fn lease(reply: Reply) -> Result<Option<Lease>> {
    let [token, beat] = reply.into_items()?;
    let (Some(token), Some(beat)) = (token.optional(), beat.optional()) else {
        return Ok(None);
    };
    let token = Uuid::try_parse(&String::from_utf8_lossy(&token.into_bytes()?)).ok();
    Ok(token
        .zip(beat.into_count().ok())
        .map(|(token, beat)| Lease { token, beat }))
}
