//! What is there at the end is what the database's record comes to; the channel is empty, and beside it stands what
//! nobody could read.

use std::collections::BTreeMap;

use beeorm_tests::record::Kind;

use super::{
    case::Case,
    findings::{Finding, Findings},
};
use crate::{evidence::What, tables::COUNTER};

pub(super) fn judge(case: &Case<'_>, findings: &mut Findings) {
    rows(case, findings);
    let evidence = case.evidence;
    for what in &evidence.waiting {
        if !case.by_frame.contains_key(what.as_str()) {
            findings
                .unresolved
                .push(Finding::of_none(format!("{what} is still in the channel")));
        }
    }
    let (mut planted, mut aside) = (evidence.planted.clone(), evidence.aside.clone());
    planted.sort();
    aside.sort();
    if planted != aside {
        let what = format!("{planted:?} was planted, and set aside was {aside:?}");
        findings.unresolved.push(Finding::of_none(what));
    }
    for panic in &evidence.panics {
        findings.unresolved.push(Finding::of_none(panic.clone()));
    }
}

fn rows(case: &Case<'_>, findings: &mut Findings) {
    let mut rows: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut counters: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for line in &case.evidence.log {
        let What::Change {
            kind,
            table,
            key,
            mark,
            visits,
        } = &line.what
        else {
            continue;
        };
        if table == COUNTER {
            let (count, total) = counters.entry(key.clone()).or_default();
            *count = count.wrapping_add_signed(*visits);
            *total = total.wrapping_add(*mark);
            continue;
        }
        let row = (table.clone(), key.clone());
        match kind {
            Kind::Insert | Kind::Update => drop(rows.insert(row, *mark)),
            Kind::Delete => drop(rows.remove(&row)),
        }
    }
    for (row, mark) in &rows {
        let there = case.evidence.rows.get(row);
        if there != Some(mark) {
            let what = format!("{row:?} has to hold {mark}, and there is {there:?}");
            findings.lost.push(Finding::of_none(what));
        }
    }
    for (row, mark) in &case.evidence.rows {
        if !rows.contains_key(row) {
            let what = format!("{row:?} holds {mark}, and its making is not in the record");
            findings.duplicated.push(Finding::of_none(what));
        }
    }
    for (key, there) in &case.evidence.counters {
        let counted = counters.get(key).copied().unwrap_or_default();
        if counted != *there {
            let what = format!("counter {key} is at {there:?}, and {counted:?} were counted");
            findings.unresolved.push(Finding::of_none(what));
        }
    }
}
