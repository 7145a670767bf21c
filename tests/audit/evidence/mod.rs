//! What there is to judge from: the producers' record, the database's own record, and what is left at the end.

mod left;
mod recorded;

use std::collections::BTreeMap;

use beeorm_tests::record::{Effect, Expected, Kind, Told};

use crate::{Fallible, faults::Garbage, stage::Stage};

/// All of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// In the order of each producer's record.
    pub(crate) calls: Vec<Call>,
    /// In the order of the database.
    pub(crate) log: Vec<Logged>,
    /// The rows' marks, by table and key.
    pub(crate) rows: BTreeMap<(String, String), u64>,
    /// Visits and totals, by key.
    pub(crate) counters: BTreeMap<String, (u64, u64)>,
    pub(crate) letters: Vec<Letter>,
    /// The frames of the entries that are still in the channel; of one that is none its id.
    pub(crate) waiting: Vec<String>,
    /// What was put into the channel that nobody can read, and what stands beside it.
    pub(crate) planted: Vec<String>,
    pub(crate) aside: Vec<String>,
    /// When what was acknowledged may be gone with Redis, from and to, in milliseconds since 1970.
    pub(crate) unwritten: Vec<(u64, u64)>,
    /// What processes said when they panicked.
    pub(crate) panics: Vec<String>,
}

/// A producer's call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) number: u64,
    pub(crate) expect: Expected,
    pub(crate) effects: Vec<Effect>,
    pub(crate) told: Vec<Told>,
}

/// A line of the database's own record.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) place: u64,
    pub(crate) connection: u64,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A row was changed; of a counter, what was added.
    Change {
        kind: Kind,
        table: String,
        key: String,
        mark: u64,
        visits: i64,
    },
    /// A frame got its verdict.
    Verdict { frame: String, verdict: Verdict },
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Applied,
    Dead,
    Skipped,
}

/// A dead letter.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) frame: String,
    pub(crate) statements: String,
    pub(crate) error: String,
    /// Whether the frame itself is in it, and how often it was tried.
    pub(crate) bytes: u64,
    pub(crate) attempts: u64,
}

impl Evidence {
    pub(crate) async fn gather(stage: &Stage, garbage: &Garbage) -> Fallible<Self> {
        let mut evidence = Self {
            calls: recorded::calls(stage)?,
            panics: recorded::panics(stage)?,
            planted: garbage.clone(),
            unwritten: stage.unwritten(),
            ..Self::default()
        };
        left::in_database(&mut evidence, &mut stage.database().await?).await?;
        left::in_redis(&mut evidence, &mut stage.redis().await?).await?;
        Ok(evidence)
    }
}
