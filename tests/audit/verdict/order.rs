//! What touches one row, or hands a unique value from row to row, takes effect in the order of the calls. A row that
//! only one task writes has the order of the record; a counter, which everybody writes, that of the stream.

use std::collections::{HashMap, HashSet};

use super::{
    case::{Case, Known},
    fates::Fate,
    findings::{Finding, Findings},
};
use crate::{evidence::What, tables::COUNTER};

/// A place in an order.
type Place = (u64, u64, usize);

pub(super) fn judge(case: &Case<'_>, fates: &[Fate], findings: &mut Findings) {
    let mut latest: HashMap<String, (Place, usize)> = HashMap::new();
    let mut seen = HashSet::new();
    for line in &case.evidence.log {
        let What::Change {
            kind, table, mark, ..
        } = &line.what
        else {
            continue;
        };
        let Some(askers) = case.asked.get(&(*kind, table.as_str(), *mark)) else {
            continue;
        };
        // One that was refused, and asked for again, is the other one's.
        let counts = |(call, _): &&(usize, usize)| fates.get(*call) != Some(&Fate::Refused);
        let Some((call, number)) = askers.iter().find(counts).copied() else {
            continue;
        };
        // What comes again is counted elsewhere.
        if !seen.insert((call, number)) {
            continue;
        }
        let Some(place) = place(case, table, call, number) else {
            continue;
        };
        for order in orders(case, call, number) {
            let (last, of) = *latest.entry(order.clone()).or_insert((place, call));
            // Calls of one moment, which share an entry, have no order among them.
            let of_one_moment = table == COUNTER && of != call && entry(place) == entry(last);
            if of_one_moment {
                latest.insert(order, (place, call));
                continue;
            }
            if place < last {
                let before = case.evidence.calls[of].number;
                let what = format!(
                    "{order}: it took effect after call {before}, at {}",
                    line.place
                );
                findings.out_of_order.push(Finding::of(call, what));
            }
            latest.insert(
                order,
                (place.max(last), if place < last { of } else { call }),
            );
        }
    }
}

fn place(case: &Case<'_>, table: &str, call: usize, number: usize) -> Option<Place> {
    if table != COUNTER {
        return Some((call as u64, 0, number));
    }
    match case.evidence.calls[call].known() {
        Known::Acknowledged { entry, .. } => {
            entry.map(|(millis, sequence)| (millis, sequence, number))
        }
        Known::Refused | Known::Open => None,
    }
}

fn entry((millis, sequence, _): Place) -> (u64, u64) {
    (millis, sequence)
}

/// The orders that the effect stands in.
fn orders(case: &Case<'_>, call: usize, number: usize) -> Vec<String> {
    let effect = &case.evidence.calls[call].effects[number];
    let row = effect
        .key
        .as_ref()
        .map(|key| format!("row {key} of {}", effect.table));
    let names = effect
        .orders
        .iter()
        .map(|name| format!("unique value {name:?} of {}", effect.table));
    row.into_iter().chain(names).collect()
}
