//! A batch of entries: decoded, without what is done already, planned, applied.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use futures_util::{StreamExt, future::BoxFuture, stream};
use uuid::Uuid;

use super::{
    Run,
    apply::{self, Beside},
    bounded::Bounded,
    conclude::{self, Ending},
    own::Ownership,
    plan,
    work::Ended,
};
use crate::{
    database::{
        DatabaseError,
        inbox::{self, Verdict},
    },
    frame::{DecodeError, Decoder, Frame},
    stream::{Entry, EntryId},
};

/// A frame on its way, and its bytes for the dead letters.
#[derive(Debug)]
pub(super) struct Incoming<'e> {
    /// The entry that it came in.
    pub(super) entry: EntryId,
    pub(super) frame: Frame,
    pub(super) bytes: &'e [u8],
}

/// A frame of a newer program, or for a table or column that this one does not have.
pub(super) struct Foreign<'e> {
    pub(super) entry: EntryId,
    pub(super) id: Uuid,
    pub(super) pool: String,
    pub(super) reason: String,
    pub(super) bytes: &'e [u8],
}

/// Frames that can be applied, up to one that holds everything behind it up.
#[derive(Default)]
struct Segment<'e> {
    frames: Vec<Incoming<'e>>,
    then: Option<Foreign<'e>>,
}

/// Entries that no database can take in, with the reason: those that hold no frame, among others.
pub(super) type SetAside = Vec<Aside>;

/// An entry to be set aside.
pub(super) struct Aside {
    pub(super) entry: EntryId,
    pub(super) reason: String,
    /// The frame on account of which, and its pool; none where there is none, or where the pool is not known.
    pub(super) frame: Option<(String, Uuid)>,
}

impl Aside {
    fn unreadable(entry: EntryId, reason: impl Into<String>) -> Self {
        let (reason, frame) = (reason.into(), None);
        Self {
            entry,
            reason,
            frame,
        }
    }
}

impl Incoming<'_> {
    /// For a frame that no database takes.
    pub(super) fn set_aside(&self, reason: String) -> Aside {
        Aside {
            entry: self.entry,
            reason,
            frame: Some((self.frame.pool.to_owned(), self.frame.id)),
        }
    }
}

/// What became of a batch.
pub(super) struct Concluded {
    pub(super) aside: SetAside,
    /// The entry before which it ended, as another consumer may understand what is in it.
    pub(super) left: Option<EntryId>,
}

/// Brings every frame to its end: applied, skipped, dead, or found to be done. What is left is to be set aside.
pub(super) async fn conclude(
    run: &Run,
    ownership: &Ownership,
    entries: &[Entry],
    redelivered: bool,
) -> Result<Concluded, Ended> {
    let (segments, mut aside) = decode(run, entries);
    for mut segment in segments {
        if redelivered {
            forget_done(run, &mut segment.frames).await?;
        }
        aside.extend(apply_all(run, ownership, &segment.frames).await?);
        if let Some(foreign) = segment.then {
            // That a frame is to be set aside is written down nowhere, before all of its entry has come to an end.
            let may_leave = aside.iter().all(|aside| aside.entry != foreign.entry);
            match conclude::foreign(run, ownership, &foreign, may_leave).await? {
                Ending::Concluded => {}
                Ending::SetAside(reason) => {
                    aside.push(Aside::unreadable(foreign.entry, reason));
                }
                Ending::Left => {
                    let left = Some(foreign.entry);
                    return Ok(Concluded { aside, left });
                }
            }
        }
    }
    Ok(Concluded { aside, left: None })
}

fn decode<'e>(run: &Run, entries: &'e [Entry]) -> (Vec<Segment<'e>>, SetAside) {
    let mut segments = vec![];
    let mut segment = Segment::default();
    let mut aside = SetAside::new();
    let mut known = HashSet::new();
    let mut decoder = Decoder::new(&run.source.tables);
    for entry in entries {
        if entry.frames.is_empty() && !entry.deleted {
            aside.push(Aside::unreadable(entry.id, "no field `f`"));
        }
        for bytes in &entry.frames {
            match decoder.decode(bytes) {
                // The same frame again, appended twice: the first one decides.
                Ok(frame) if !known.insert(frame.id) => run.counters.duplicates.add(1),
                Ok(frame) => segment.frames.push(Incoming {
                    entry: entry.id,
                    frame,
                    bytes,
                }),
                Err(DecodeError::Schema { id, pool, reason }) => {
                    segment.then = Some(Foreign {
                        entry: entry.id,
                        id,
                        pool,
                        reason,
                        bytes,
                    });
                    segments.push(std::mem::take(&mut segment));
                }
                Err(error @ DecodeError::Garbage(_)) => {
                    aside.push(Aside::unreadable(entry.id, error.to_string()));
                }
            }
        }
    }
    segments.push(segment);
    (segments, aside)
}

/// Frames by the database that they are for.
pub(super) fn by_pool<'f, 'e>(
    frames: &'f [Incoming<'e>],
) -> BTreeMap<&'f str, Vec<&'f Incoming<'e>>> {
    let mut pools: BTreeMap<&str, Vec<&Incoming<'_>>> = BTreeMap::new();
    for incoming in frames {
        pools.entry(incoming.frame.pool).or_default().push(incoming);
    }
    pools
}

/// What was delivered before may be done: the inbox knows.
async fn forget_done(run: &Run, frames: &mut Vec<Incoming<'_>>) -> Result<(), Ended> {
    let mut done = HashSet::new();
    for (pool, incoming) in by_pool(frames) {
        let ids: Vec<Uuid> = incoming.iter().map(|incoming| incoming.frame.id).collect();
        done.extend(find_done(run, pool, &ids).await?);
    }
    run.counters.duplicates.add(done.len());
    frames.retain(|incoming| !done.contains(&incoming.frame.id));
    Ok(())
}

/// Those of the frames that are in the inbox; waits for a database that is away.
pub(super) async fn find_done(run: &Run, pool: &str, ids: &[Uuid]) -> Result<Vec<Uuid>, Ended> {
    let mut failures = 0;
    loop {
        let found = async {
            let mut session = Bounded::open(run, &**run.database(pool)?).await?;
            Ok::<_, DatabaseError>(inbox::find(&mut session, ids).await?)
        };
        match found.await {
            Ok(found) => {
                if found.iter().any(|(_, verdict)| *verdict == Verdict::Dead) {
                    // Another consumer may have buried it.
                    run.look_for_dead_inserts();
                }
                return Ok(found.into_iter().map(|(id, _)| id).collect());
            }
            Err(error) => run.away(&error, pool, &mut failures).await?,
        }
    }
}

/// A database that is away is looked for at least so often.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Applies the frames on as many workers as there are: what conflicts on one of them, in order.
async fn apply_all(
    run: &Run,
    ownership: &Ownership,
    frames: &[Incoming<'_>],
) -> Result<SetAside, Ended> {
    let mut lanes: Vec<BoxFuture<'_, Result<_, Ended>>> = Vec::new();
    for (pool, incoming) in by_pool(frames) {
        let (family, options) = (run.source.tables.family(), &run.options);
        let planned = plan::lanes(&incoming, family, options.workers, options.lane_rows);
        let beside = if planned.len() > 1 {
            Beside::Others
        } else {
            Beside::Nobody
        };
        for lane in planned {
            lanes.push(Box::pin(async move {
                let left = apply::lane(run, ownership, pool, lane, beside).await?;
                Ok((pool, left))
            }));
        }
    }
    let mut working = stream::iter(lanes).buffer_unordered(run.options.workers);
    let mut aside = SetAside::new();
    let mut waiting: BTreeMap<&str, Vec<&Incoming<'_>>> = BTreeMap::new();
    let mut ended = Ok(());
    while let Some(result) = working.next().await {
        // Each lane is brought to its end, also when another one was given up.
        match result {
            Ok((pool, left)) => {
                aside.extend(left.aside);
                waiting.entry(pool).or_default().extend(left.frames);
            }
            Err(error) => ended = ended.and(Err(error)),
        }
    }
    ended?;
    for (pool, mut incoming) in waiting {
        incoming.sort_by_key(|incoming| frames.element_offset(incoming));
        let left = apply::lane(run, ownership, pool, incoming, Beside::Nobody).await?;
        aside.extend(left.aside);
    }
    Ok(aside)
}
