use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use uuid::Uuid;

use super::{Channel, Parts};
use crate::{
    error::Error,
    frame::{self, DecodeError, Frame},
    runtime::millis,
    statement::{WaitingStatement, waiting},
    stream::{
        AsideEntry, ConsumerStatistics, EntryId, Figures, GroupStatistics, OWNER, SILENCE,
        StreamStatistics,
    },
};

/// More than there are; servers count no further than a signed number goes.
const MOST_ENTRIES: usize = i32::MAX as usize;

/// The streams' figures, and a look at what waits in them.
///
/// ```no_run
/// # use beeorm::prelude::*;
/// # async fn f(engine: &Engine) -> Result<(), Error> {
/// let broker = engine.event_broker();
/// let figures = broker.stream_statistics(LAZY_CHANNEL).await?;
/// println!("{} flushes wait", figures.len);
/// for frame in broker.waiting(LAZY_CHANNEL, 10).await? {
///     println!("for {:?}: {:?}", frame.age, frame.statements);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EventBroker {
    parts: Arc<Parts>,
}

/// A lazy flush that waits in the stream, decoded.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct WaitingFrame {
    /// The entry's id.
    pub entry_id: String,
    /// What inbox and dead letters know it by; none where the frame cannot be read.
    pub frame_id: Option<Uuid>,
    /// The database pool that it goes to.
    pub pool: String,
    /// How long ago it was flushed; serialized as `age_millis`.
    #[serde(rename = "age_millis", serialize_with = "millis::duration")]
    pub age: Duration,
    /// Its statements, in order.
    pub statements: Vec<WaitingStatement>,
    /// Why it cannot be read; of another program's frame also what it holds.
    pub problem: Option<String>,
}

/// An entry that no database could take in: it holds no frame, or one that is too large or too new.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SetAsideEntry {
    /// Its id among those that were set aside.
    #[serde(serialize_with = "as_text")]
    pub id: EntryId,
    /// The id that it had in the stream.
    #[serde(serialize_with = "as_text")]
    pub entry_id: EntryId,
    /// Why it was set aside.
    pub reason: String,
    /// The statements of its frames with their values, one a line, as far as they can be read.
    pub statements: String,
    /// What it held.
    #[serde(skip)]
    pub values: Vec<Vec<u8>>,
}

fn as_text<S: serde::Serializer>(id: &EntryId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

impl EventBroker {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
    }

    /// The figures of a stream and its groups.
    ///
    /// # Errors
    ///
    /// [`Error::StreamNotRegistered`]; [`Error::Stream`] when it cannot be reached.
    pub async fn stream_statistics(&self, stream: &str) -> Result<StreamStatistics, Error> {
        const MOST_COUNTED: u64 = 10_000;
        const PAGE: usize = 100;
        let channel = self.parts.channel(stream)?;
        let figures = channel.stream.statistics().await?;
        let (mut frames, mut statements, mut counted) = (0, 0, 0);
        let mut from = EntryId::default();
        while frames < MOST_COUNTED {
            let entries = channel.stream.peek(from, PAGE).await?;
            let Some(last) = entries.last() else { break };
            from = last.id.next();
            for frame in entries.iter().flat_map(|entry| &entry.frames) {
                frames += 1;
                let decoded = frame::decode(frame, &self.parts.tables);
                statements += decoded.map_or(0, |frame| frame.batch.statements.len() as u64);
            }
            counted += entries.len() as u64;
            if entries.len() < PAGE {
                break;
            }
        }
        Ok(StreamStatistics {
            stream: stream.to_owned(),
            pool: channel.pool.clone(),
            len: figures.len,
            frames,
            statements,
            counted,
            oldest_event: figures.oldest.map(|id| id.age(figures.now_millis)),
            groups: vec![group(channel, &figures)],
        })
    }

    /// The figures of one group of a stream.
    ///
    /// # Errors
    ///
    /// [`Error::StreamNotRegistered`], [`Error::GroupNotRegistered`]; [`Error::Stream`] when it cannot be
    /// reached.
    pub async fn stream_group_statistics(
        &self,
        stream: &str,
        name: &str,
    ) -> Result<GroupStatistics, Error> {
        let channel = self.parts.channel(stream)?;
        if channel.group != name {
            return Err(Error::GroupNotRegistered {
                stream: stream.to_owned(),
                group: name.to_owned(),
                registered: vec![channel.group.clone()],
            });
        }
        Ok(group(channel, &channel.stream.statistics().await?))
    }

    /// The oldest lazy flushes that wait in a stream, decoded; changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::StreamNotRegistered`]; [`Error::Stream`] when it cannot be reached.
    pub async fn waiting(&self, stream: &str, entries: usize) -> Result<Vec<WaitingFrame>, Error> {
        let channel = self.parts.channel(stream)?;
        let now = self.parts.runtime.now_millis();
        let entries = entries.min(MOST_ENTRIES);
        let entries = channel.stream.peek(EntryId::default(), entries).await?;
        let frames = entries
            .iter()
            .flat_map(|entry| entry.frames.iter().map(move |frame| (entry.id, frame)));
        Ok(frames
            .map(|(id, bytes)| self.show(id, bytes, now))
            .collect())
    }

    /// The oldest entries that no database could take in, which were set aside; changes nothing.
    ///
    /// # Errors
    ///
    /// As [`waiting`](Self::waiting).
    pub async fn set_aside(
        &self,
        stream: &str,
        entries: usize,
    ) -> Result<Vec<SetAsideEntry>, Error> {
        let stream = &self.parts.channel(stream)?.stream;
        let aside = stream.read_aside(entries.min(MOST_ENTRIES)).await?;
        let shown = |entry: AsideEntry| SetAsideEntry {
            id: entry.id,
            entry_id: entry.original,
            reason: entry.reason,
            statements: self.describe(&entry.frames),
            values: entry.frames.into_iter().map(Vec::from).collect(),
        };
        Ok(aside.into_iter().map(shown).collect())
    }

    /// Deletes an entry that was set aside, for good; false where it is not there.
    ///
    /// # Errors
    ///
    /// As [`waiting`](Self::waiting).
    pub async fn drop_set_aside(&self, stream: &str, id: EntryId) -> Result<bool, Error> {
        let stream = &self.parts.channel(stream)?.stream;
        Ok(stream.delete_aside(id).await?)
    }

    /// Of those that are frames at all.
    fn describe(&self, frames: &[Bytes]) -> String {
        let is_frame = |bytes: &&Bytes| {
            let decoded = frame::decode(bytes, &self.parts.tables);
            !matches!(decoded, Err(DecodeError::Garbage(_)))
        };
        let frames = frames.iter().filter(is_frame);
        let shown: Vec<_> = frames.map(|bytes| frame::describe(bytes)).collect();
        shown.join("\n")
    }

    fn show(&self, entry: EntryId, bytes: &[u8], now_millis: u64) -> WaitingFrame {
        let decoded = frame::decode(bytes, &self.parts.tables);
        let problem = decoded.as_ref().err().map(ToString::to_string);
        // Of a frame that is only not for this program there is more to tell.
        let foreign = match &decoded {
            Err(DecodeError::Schema { id, pool, .. }) => Some((*id, pool.clone())),
            Ok(_) | Err(DecodeError::Garbage(_)) => None,
        };
        let frame = decoded.ok();
        let problem = problem.map(|problem| match foreign {
            Some(_) => format!("{problem}: {}", frame::describe(bytes)),
            None => problem,
        });
        let (foreign_id, foreign_pool) = foreign.unzip();
        let created = frame
            .as_ref()
            .map_or(entry.millis, |frame| frame.created_millis);
        WaitingFrame {
            entry_id: entry.to_string(),
            frame_id: frame.as_ref().map(|frame| frame.id).or(foreign_id),
            pool: frame
                .as_ref()
                .map(|frame: &Frame| frame.pool.to_owned())
                .or(foreign_pool)
                .unwrap_or_default(),
            age: Duration::from_millis(now_millis.saturating_sub(created)),
            statements: frame
                .as_ref()
                .map_or_else(Vec::new, |frame| waiting(&frame.batch)),
            problem,
        }
    }
}

fn group(channel: &Channel, figures: &Figures) -> GroupStatistics {
    let consumers = consumers(figures);
    GroupStatistics {
        group: channel.group.clone(),
        // What is done is deleted: what is left and not pending was never delivered.
        lag: figures.len.saturating_sub(figures.pending),
        pending: figures.pending,
        last_delivered_id: figures.last_delivered.map(|id| id.to_string()),
        last_delivered: figures.last_delivered.map(|id| id.age(figures.now_millis)),
        lower_id: figures.oldest.map(|id| id.to_string()),
        lower: figures.oldest.map(|id| id.age(figures.now_millis)),
        consuming: consumers.iter().any(|consumer| consumer.alive),
        consumers,
    }
}

/// The stream remembers whoever has ever read; these are the ones that matter now.
fn consumers(figures: &Figures) -> Vec<ConsumerStatistics> {
    let heard = figures.owner_beat_millis;
    let silent = heard.map(|beat| Duration::from_millis(figures.now_millis.saturating_sub(beat)));
    let consumer = |name: &str, pending| {
        let last_heartbeat = silent.filter(|_| name == OWNER);
        ConsumerStatistics {
            name: name.to_owned(),
            pending,
            alive: last_heartbeat.is_some_and(|silent| silent < SILENCE),
            last_heartbeat,
        }
    };
    let known = figures.consumers.iter();
    let mut consumers: Vec<_> = known
        .map(|(name, pending)| consumer(name, *pending))
        .collect();
    // One that owns the stream and has not read yet.
    if consumers.iter().all(|consumer| consumer.name != OWNER) {
        consumers.push(consumer(OWNER, 0));
    }
    consumers.retain(|consumer| consumer.alive || consumer.pending > 0);
    consumers
}
