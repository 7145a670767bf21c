//! Each effect takes place in the transaction that gives its frame the verdict, which begins with the verdicts.

use std::collections::{HashMap, HashSet};

use super::{
    case::{Case, Known},
    findings::{Finding, Findings},
};
use crate::evidence::What;

/// What the latest transaction of a connection has done so far.
#[derive(Default)]
struct Transaction<'e> {
    frames: HashSet<&'e str>,
    has_effects: bool,
}

pub(super) fn judge(case: &Case<'_>, findings: &mut Findings) {
    let mut transactions: HashMap<u64, Transaction<'_>> = HashMap::new();
    for line in &case.evidence.log {
        let transaction = transactions.entry(line.connection).or_default();
        match &line.what {
            What::Verdict { frame, .. } => {
                if transaction.has_effects {
                    *transaction = Transaction::default();
                }
                transaction.frames.insert(frame);
            }
            What::Change {
                kind, table, mark, ..
            } => {
                transaction.has_effects = true;
                let askers = case.asked.get(&(*kind, table.as_str(), *mark));
                let Some((call, _)) = askers.and_then(|askers| askers.last()) else {
                    continue;
                };
                let Known::Acknowledged { frames, .. } = case.evidence.calls[*call].known() else {
                    continue;
                };
                let with_verdict = |frame: &String| transaction.frames.contains(frame.as_str());
                if !frames.is_empty() && !frames.iter().any(with_verdict) {
                    let what = format!(
                        "at {}, it took effect in another transaction than its verdict",
                        line.place
                    );
                    findings.unresolved.push(Finding::of(*call, what));
                }
            }
        }
    }
}
