//! A line of the table.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::stage::Network;

/// Whether it is as it was meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Met,
    Missed,
    /// Nothing was aimed at.
    Reported,
}

impl Verdict {
    pub(crate) fn of(met: bool) -> Self {
        if met { Self::Met } else { Self::Missed }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Reported => "reported",
        })
    }
}

/// One thing that was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) row: String,
    pub(crate) work: String,
    pub(crate) target: String,
    pub(crate) measured: String,
    /// The same with half a millisecond between here and the servers.
    pub(crate) delayed: Option<String>,
    pub(crate) verdict: Verdict,
    /// What it came from, round by round.
    pub(crate) figures: Vec<Figure>,
}

/// One side's figures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) of: String,
    pub(crate) unit: String,
    pub(crate) rounds: Vec<f64>,
}

impl Line {
    pub(crate) fn new(row: &str, work: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            row: row.to_owned(),
            work: work.into(),
            target: target.into(),
            measured: String::new(),
            delayed: None,
            verdict: Verdict::Reported,
            figures: Vec::new(),
        }
    }

    /// What came of it, so far away from the servers.
    pub(crate) fn say(&mut self, network: Network, text: String) {
        match network {
            Network::Loopback => self.measured = text,
            Network::Delayed => self.delayed = Some(text),
        }
    }

    pub(crate) fn figure(&mut self, of: impl Into<String>, unit: &str, rounds: Vec<f64>) {
        self.figures.push(Figure {
            of: of.into(),
            unit: unit.to_owned(),
            rounds,
        });
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            row,
            work,
            measured,
            verdict,
            ..
        } = self;
        write!(f, "{row}: {work}: {measured}: {verdict}")?;
        match &self.delayed {
            Some(delayed) => write!(f, " (delayed: {delayed})"),
            None => Ok(()),
        }
    }
}
