use std::time::Duration;

use crate::runtime::millis;

/// A stream's figures, with BeeORM's names. Serialized, durations are whole milliseconds, and their fields' names end with
/// `_millis`.
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
    #[serde(rename = "oldest_event_millis", serialize_with = "millis::optional")]
    pub oldest_event: Option<Duration>,
    /// Its groups.
    pub groups: Vec<GroupStatistics>,
}

/// A consumer group's figures, with BeeORM's names. Serialized as [`StreamStatistics`] is.
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
    #[serde(rename = "last_delivered_millis", serialize_with = "millis::optional")]
    pub last_delivered: Option<Duration>,
    /// The id of the oldest entry that is not executed yet, delivered or not.
    pub lower_id: Option<String>,
    /// How long ago that entry was appended.
    #[serde(rename = "lower_millis", serialize_with = "millis::optional")]
    pub lower: Option<Duration>,
    /// Whether a background consumer owns the stream and lives. Without one nothing is executed. As
    /// [`alive`](ConsumerStatistics::alive) of the owner.
    pub consuming: bool,
    /// The owner, also while it holds nothing; and whoever holds pending entries, alive or not. None where nobody
    /// consumes and nothing is pending. Those that stand by are not seen.
    pub consumers: Vec<ConsumerStatistics>,
}

/// A consumer's figures. Serialized as [`StreamStatistics`] is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ConsumerStatistics {
    /// The consumer: `owner` for whichever owns the stream, or owned it last.
    pub name: String,
    /// Entries delivered to it and not executed yet.
    pub pending: u64,
    /// Whether it owns the stream and its heart was heard within the last three seconds. What one that is not alive
    /// holds is executed by the next owner. Of an owner whose Redis account may not call TIME it is not known, and this
    /// says false.
    pub alive: bool,
    /// How long ago its heart was heard; none where it has given the stream up, or never owned it.
    #[serde(rename = "last_heartbeat_millis", serialize_with = "millis::optional")]
    pub last_heartbeat: Option<Duration>,
}
