//! What a producer of the audit writes down of each call: before it, what it asks for in the auditor's own words, and
//! after it, what it was told. A line of JSON each.

use serde::{Deserialize, Serialize};

/// A line of a producer's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// The call is about to be made.
    Asked {
        /// Unique in a run.
        call: u64,
        /// What it is to come to.
        expect: Expected,
        /// What it is to do, where it comes to be applied.
        effects: Vec<Effect>,
    },
    /// What the call was told; of several lines the last one counts.
    Told {
        /// Which call.
        call: u64,
        /// What it was told.
        answer: Told,
    },
}

/// What a call is to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Its statements take effect.
    Applied,
    /// The database refuses it for good.
    Dead,
    /// The database refuses it for good, and the consumer's resolver skips it.
    Skipped,
}

/// What a call was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It is in the stream.
    Acknowledged {
        /// The entry's id; none where an earlier attempt had arrived.
        entry: Option<String>,
        /// The frames' ids, in hexadecimal digits.
        frames: Vec<String>,
    },
    /// Nothing was appended.
    Refused {
        /// The error.
        why: String,
    },
    /// It may have been appended.
    Unknown {
        /// The error.
        why: String,
    },
    /// Nobody waited for the answer.
    Dropped,
}

/// A change of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// INSERT, UPDATE or DELETE.
    pub kind: Kind,
    /// The table.
    pub table: String,
    /// The row's key; none where the database makes it.
    pub key: Option<String>,
    /// The number, unique in a run, that the row holds afterwards; of a counter, what is added to its total; of a
    /// DELETE, the number that the row held.
    pub mark: u64,
    /// Beside its row's, the orders that it stands in: a unique value that goes from row to row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<String>,
}

/// What is done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// It is made.
    #[serde(rename = "I")]
    Insert,
    /// It is changed.
    #[serde(rename = "U")]
    Update,
    /// It is removed.
    #[serde(rename = "D")]
    Delete,
}
