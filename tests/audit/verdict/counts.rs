//! Each effect takes place as often as it must: once, or not at all, or, of calls whose outcome nobody knows, once at
//! most and with all the others of its call.

use super::{
    case::{Case, Known},
    fates::Fate,
    findings::{Finding, Findings},
};
use crate::{
    evidence::{Verdict, What},
    tables::COUNTER,
};

pub(super) fn judge(case: &Case<'_>, fates: &[Fate], findings: &mut Findings) {
    for (identity, askers) in &case.asked {
        // Every statement is executed by itself. Were the planner to let one update stand for those before it, they
        // would need none here: adjacent ones of one row that set columns which are neither unique nor counted.
        let (mut least, mut most) = (0, 0);
        for (call, _) in askers {
            let (at_least, at_most) = match fates.get(*call) {
                Some(Fate::Came(Verdict::Applied)) => (1, 1),
                Some(Fate::Open | Fate::None) => (0, 1),
                _ => (0, 0),
            };
            least += at_least;
            most += at_most;
        }
        let times = case.done.get(identity).map_or(0, Vec::len);
        let Some((call, _)) = askers.last() else {
            continue;
        };
        if times < least {
            let what = format!("{identity:?} took effect {times} times, not {least}");
            findings.lost.push(Finding::of(*call, what));
        } else if times > most {
            let what = format!("{identity:?} took effect {times} times, not {most}");
            findings.duplicated.push(Finding::of(*call, what));
        }
    }
    for (identity, places) in &case.done {
        let Some(askers) = case.asked.get(identity) else {
            let what = format!(
                "{identity:?} took effect {} times, and nobody asked for it",
                places.len()
            );
            findings.duplicated.push(Finding::of_none(what));
            continue;
        };
        for place in places {
            same_row(case, *place, askers, findings);
        }
    }
    torn(case, findings);
}

/// What was done was done to the row that was meant, and a visit is one visit.
fn same_row(case: &Case<'_>, place: usize, askers: &[(usize, usize)], findings: &mut Findings) {
    let Some(What::Change {
        table, key, visits, ..
    }) = case.evidence.log.get(place).map(|line| &line.what)
    else {
        return;
    };
    let Some((call, number)) = askers.last() else {
        return;
    };
    let asked = &case.evidence.calls[*call].effects[*number];
    if asked.key.as_ref().is_some_and(|asked| asked != key) {
        findings.unresolved.push(Finding::of(
            *call,
            format!("another row was changed: {key}"),
        ));
    }
    if table == COUNTER && *visits != 1 {
        let what = format!("a visit was counted as {visits}");
        findings.duplicated.push(Finding::of(*call, what));
    }
}

/// All of a call takes effect, or nothing; of the others this is counted above.
fn torn(case: &Case<'_>, findings: &mut Findings) {
    for (place, call) in case.evidence.calls.iter().enumerate() {
        if call.known() != Known::Open {
            continue;
        }
        let done = call
            .effects
            .iter()
            .filter(|effect| case.times_done(effect) > 0)
            .count();
        if done != 0 && done != call.effects.len() {
            let what = format!("{done} of its {} effects took place", call.effects.len());
            findings.lost.push(Finding::of(place, what));
        }
    }
}
