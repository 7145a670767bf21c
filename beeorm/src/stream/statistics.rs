use std::time::Duration;

/// A stream's figures, with BeeORM's names.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct StreamStatistics {
    /// The stream.
    pub stream: String,
    /// The pool that it is in.
    pub pool: String,
    /// Entries in it: waiting, and delivered but not yet executed. One lazy flush is one entry.
    pub len: u64,
    /// The frames in these entries, counted over at most the oldest [`counted`](Self::counted) of them.
    pub frames: u64,
    /// The statements in these frames, counted likewise.
    pub statements: u64,
    /// How many entries were looked into for `frames` and `statements`: `len`, or 10,000 where it is more.
    pub counted: u64,
    /// How long the oldest entry has been in it, whether it was delivered or not.
    pub oldest_event: Option<Duration>,
    /// Its groups.
    pub groups: Vec<GroupStatistics>,
}

/// A consumer group's figures, with BeeORM's names.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct GroupStatistics {
    /// The group.
    pub group: String,
    /// Entries that were never delivered.
    pub lag: u64,
    /// Entries that were delivered and are not executed yet.
    pub pending: u64,
    /// The id of the entry delivered last.
    pub last_delivered_id: Option<String>,
    /// How long ago that entry was appended.
    pub last_delivered: Option<Duration>,
    /// The id of the oldest entry that is not executed yet, delivered or not.
    pub lower_id: Option<String>,
    /// How long ago that entry was appended.
    pub lower: Option<Duration>,
    /// Who holds pending entries.
    pub consumers: Vec<ConsumerStatistics>,
}

/// A consumer's figures.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ConsumerStatistics {
    /// The consumer.
    pub name: String,
    /// Entries delivered to it and not executed yet.
    pub pending: u64,
}
