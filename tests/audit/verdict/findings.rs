//! What is found, in words and numbers.

use std::fmt;

use crate::evidence::{Evidence, What};

#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Calls that were acknowledged, and what became of them.
    pub(crate) acked: usize,
    pub(crate) applied: usize,
    pub(crate) dead: usize,
    pub(crate) skipped: usize,
    /// Calls of which not even their producers know whether they were appended, and how many of them took effect.
    pub(crate) open: usize,
    pub(crate) open_applied: usize,
    /// Acknowledged in Redis' last moments, and gone with it; and what could not be done on account of that.
    pub(crate) lost_with_redis: usize,
    /// Acknowledged, and without effect; or dead-lettered without a reason.
    pub(crate) lost: Vec<Finding>,
    /// Effects too many, and frames with two ends.
    pub(crate) duplicated: Vec<Finding>,
    pub(crate) out_of_order: Vec<Finding>,
    /// What did not come to an end, or to another one than it must, or in another way.
    pub(crate) unresolved: Vec<Finding>,
}

#[derive(Debug)]
pub(crate) struct Finding {
    what: String,
    /// The call's place in the evidence.
    call: Option<usize>,
}

impl Finding {
    pub(super) fn of(call: usize, what: impl Into<String>) -> Self {
        let (what, call) = (what.into(), Some(call));
        Self { what, call }
    }

    pub(super) fn of_none(what: impl Into<String>) -> Self {
        let (what, call) = (what.into(), None);
        Self { what, call }
    }
}

/// So many of each kind are shown with all that is known of them.
const SHOWN: usize = 10;

impl Findings {
    pub(crate) fn are_none(&self) -> bool {
        self.kinds().iter().all(|(_, findings)| findings.is_empty())
    }

    /// Consumers that did not end when they were told.
    pub(crate) fn add_disobeyed(&mut self, consumers: Vec<String>) {
        let findings = consumers.into_iter().map(Finding::of_none);
        self.unresolved.extend(findings);
    }

    fn kinds(&self) -> [(&'static str, &[Finding]); 4] {
        [
            ("lost", &self.lost),
            ("duplicated", &self.duplicated),
            ("out of order", &self.out_of_order),
            ("unresolved", &self.unresolved),
        ]
    }

    /// The first of each kind, with the lines of the records that say so.
    pub(crate) fn print(&self, evidence: &Evidence) {
        println!(
            "audited: {} calls, {} lines of the database's record, {} dead letters; of {} calls the outcome was not \
             known, and {} of them took effect",
            evidence.calls.len(),
            evidence.log.len(),
            evidence.letters.len(),
            self.open,
            self.open_applied,
        );
        for (kind, findings) in self.kinds() {
            for finding in findings.iter().take(SHOWN) {
                println!("{kind}: {}", finding.what);
                if let Some(call) = finding.call {
                    show(evidence, call);
                }
            }
        }
    }
}

fn show(evidence: &Evidence, call: usize) {
    let Some(call) = evidence.calls.get(call) else {
        return;
    };
    println!("    call {}, to be {:?}", call.number, call.expect);
    for effect in &call.effects {
        println!("    asked: {effect:?}");
    }
    for told in &call.told {
        println!("    told:  {told:?}");
    }
    // The same row's other changes too: they say what it met.
    let touches = |table: &str, key: &str, mark: u64| {
        let same = |effect: &beeorm_tests::record::Effect| {
            effect.table == table && (effect.mark == mark || effect.key.as_deref() == Some(key))
        };
        table != crate::tables::COUNTER && call.effects.iter().any(same)
            || call
                .effects
                .iter()
                .any(|effect| effect.table == table && effect.mark == mark)
    };
    for line in &evidence.log {
        match &line.what {
            What::Change {
                table, key, mark, ..
            } if touches(table, key, *mark) => {
                println!("    log:   {line:?}");
            }
            What::Verdict { frame, .. } if format!("{:?}", call.told).contains(frame.as_str()) => {
                println!("    log:   {line:?}");
            }
            _ => {}
        }
    }
    for letter in &evidence.letters {
        if call
            .effects
            .iter()
            .any(|effect| letter.statements.contains(&format!("mark={}", effect.mark)))
        {
            println!(
                "    dead:  {} after {} attempts: {}",
                letter.frame, letter.attempts, letter.error
            );
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            acked,
            applied,
            dead,
            skipped,
            lost_with_redis,
            ..
        } = self;
        let [lost, duplicated, out_of_order, unresolved] =
            self.kinds().map(|(_, found)| found.len());
        write!(
            f,
            "acked={acked} applied={applied} dead={dead} skipped={skipped} lost={lost} duplicated={duplicated} \
             out_of_order={out_of_order} unresolved={unresolved} lost_with_redis={lost_with_redis}"
        )
    }
}
