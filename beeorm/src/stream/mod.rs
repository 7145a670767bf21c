//! The seam to streams: append, fenced reads and acknowledgements, ownership, statistics.
//!
//! An entry holds the frames of one append, undecoded. What is in a frame is not known here.

mod backlog;
#[cfg(feature = "embedded")]
pub(crate) mod embedded;
mod entry_id;
mod error;
#[cfg(feature = "redis")]
pub(crate) mod redis;
mod statistics;

use std::{fmt::Debug, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use uuid::Uuid;

pub(crate) use self::backlog::Backlog;
pub use self::{
    entry_id::EntryId,
    error::StreamError,
    statistics::{ConsumerStatistics, GroupStatistics, StreamStatistics},
};

/// The stream of the lazy flushes.
pub const LAZY_CHANNEL: &str = "orm-lazy-channel";

/// The one consumer group of [`LAZY_CHANNEL`].
pub const BACKGROUND_CONSUMER_GROUP: &str = "orm-async-consumer";

/// Whoever owns the stream reads under this one name, so that a new owner finds the old one's pending entries.
pub(crate) const OWNER: &str = "owner";

/// So long without a heartbeat, and the owner is taken for gone.
pub(crate) const SILENCE: Duration = Duration::from_secs(3);

/// One stream and its one group, in one pool.
///
/// Every call but appends, `len`, `statistics`, `peek` and those that look at what was set aside carries the lease's
/// token and answers
/// [`StreamError::NotOwner`] when another consumer has taken the stream over meanwhile.
pub(crate) trait Stream: Debug + Send + Sync {
    /// Appends one entry, all of it or nothing.
    ///
    /// Never sent twice by the client: a lost answer is [`StreamError::OutcomeUnknown`].
    fn append<'s>(&'s self, frames: &'s [Bytes]) -> BoxFuture<'s, Result<EntryId, StreamError>>;

    /// How many appends may be under way at a time, in the order in which they were first polled.
    fn appends_at_a_time(&self) -> usize {
        1
    }

    /// As `append`, and answers when the entry is on disk, or when that is not to be expected any more.
    ///
    /// [`StreamError::NoFsync`] where it cannot be known: nothing was appended.
    fn append_fsynced<'s>(
        &'s self,
        frames: &'s [Bytes],
        fsync: Fsync,
    ) -> BoxFuture<'s, Result<Appended, StreamError>>;

    /// Whether `append_fsynced` can be used; makes what it needs.
    fn prepare_fsync(&self, fsync: Fsync) -> BoxFuture<'_, Result<(), StreamError>>;

    /// How many entries are in it.
    fn len(&self) -> BoxFuture<'_, Result<u64, StreamError>>;

    /// Makes the stream and its group, from the stream's beginning, where they are not.
    fn prepare(&self) -> BoxFuture<'_, Result<(), StreamError>>;

    /// Who owns the stream now, and that owner's heartbeat.
    fn lease(&self) -> BoxFuture<'_, Result<Option<Lease>, StreamError>>;

    /// Takes the stream over from the owner that was seen (none: from nobody); false if it has moved since.
    fn acquire<'s>(
        &'s self,
        seen: Option<&'s Lease>,
        token: Uuid,
    ) -> BoxFuture<'s, Result<bool, StreamError>>;

    /// Moves the heartbeat on.
    fn beat(&self, token: Uuid) -> BoxFuture<'_, Result<(), StreamError>>;

    /// Gives the stream up.
    fn release(&self, token: Uuid) -> BoxFuture<'_, Result<(), StreamError>>;

    /// Entries that were delivered and not acknowledged, behind this id, in order, up to the one with which there are
    /// as many frames.
    fn read_pending(
        &self,
        token: Uuid,
        after: EntryId,
        frames: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>>;

    /// Entries never delivered before, in order, up to the one with which there are as many frames; they are pending
    /// from then on.
    ///
    /// Made anew, from the stream's beginning, where the group or the stream has vanished.
    fn read_new(
        &self,
        token: Uuid,
        frames: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>>;

    /// Returns when there may be something new, at the latest after the time given. Delivers nothing.
    fn wait(&self, at_most: Duration) -> BoxFuture<'_, Result<(), StreamError>>;

    /// Acknowledges and deletes the entries, each only if it still holds the frames that were read.
    fn acknowledge<'s>(
        &'s self,
        token: Uuid,
        entries: &'s [Entry],
    ) -> BoxFuture<'s, Result<(), StreamError>>;

    /// Puts entries that cannot be understood into the stream beside, with the reason, and acknowledges them,
    /// in one step. Gives whether it is there, now or since before; what is another one by now, or is gone, is not.
    fn set_aside<'s>(
        &'s self,
        token: Uuid,
        entry: &'s Entry,
        reason: &'s str,
    ) -> BoxFuture<'s, Result<bool, StreamError>>;

    /// What was set aside, oldest first.
    fn read_aside(&self, count: usize) -> BoxFuture<'_, Result<Vec<AsideEntry>, StreamError>>;

    /// Deletes one of these; false where it is not there.
    fn delete_aside(&self, id: EntryId) -> BoxFuture<'_, Result<bool, StreamError>>;

    /// The stream's and its group's figures.
    fn statistics(&self) -> BoxFuture<'_, Result<Figures, StreamError>>;

    /// Entries in the stream from this id on (it included), oldest first, delivered or not; changes nothing.
    fn peek(&self, from: EntryId, count: usize) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>>;

    /// Closes the connections.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Whose disks have to have an entry, and how long that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fsync {
    /// Beside the server's own.
    pub(crate) replicas: u32,
    pub(crate) timeout: Duration,
}

/// An entry that is in the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) id: EntryId,
    /// What is missing of the fsync that was asked for.
    pub(crate) shortfall: Option<String>,
}

/// One append's frames: those of one call, or of several that came at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    /// The values of the fields `f`, in order; empty where the entry has none.
    pub(crate) frames: Vec<Bytes>,
    /// It was deleted while it was pending: nothing of it is left but its id.
    pub(crate) deleted: bool,
    /// The stream's own note of how it was delivered; 0 where there is none.
    pub(crate) reading: u64,
}

impl Entry {
    /// How many frames it counts for; one without any has to be dealt with too.
    pub(crate) fn weight(&self) -> usize {
        self.frames.len().max(1)
    }
}

/// An entry that nobody could understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AsideEntry {
    pub(crate) id: EntryId,
    /// The entry's id in the stream that it came from.
    pub(crate) original: EntryId,
    pub(crate) reason: String,
    pub(crate) frames: Vec<Bytes>,
}

/// An owner, as contenders see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) token: Uuid,
    /// Grows while the owner lives; contenders watch it on their own clock.
    pub(crate) beat: u64,
}

/// What the stream knows of itself; the statistics that users see are made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Entries in the stream: waiting, delivered and not acknowledged both.
    pub(crate) len: u64,
    /// The oldest of these.
    pub(crate) oldest: Option<EntryId>,
    /// Delivered and not acknowledged.
    pub(crate) pending: u64,
    pub(crate) oldest_pending: Option<EntryId>,
    pub(crate) last_delivered: Option<EntryId>,
    /// Pending entries by consumer; whoever has ever read is one, also when it holds none and is gone.
    pub(crate) consumers: Vec<(String, u64)>,
    /// When the owner's heart was last heard, by the stream's own clock; none where nobody owns the stream.
    pub(crate) owner_beat_millis: Option<u64>,
    /// The stream's own clock, in milliseconds since 1970, to count ages by.
    pub(crate) now_millis: u64,
}
