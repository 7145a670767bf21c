//! Which frames may run at the same time: those that share no row, no unique value and no parent that is written.

mod groups;
mod sets;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use self::groups::groups;
use super::batch::Incoming;
use crate::statement::Family;

/// A lane with fewer rows is not worth a transaction of its own.
const ROWS_OF_A_LANE: usize = 64;

/// At most so many lanes; frames that conflict are on the same one, in the order in which they came.
pub(super) fn lanes<'f, 'e>(
    frames: &[&'f Incoming<'e>],
    family: &Family,
    workers: usize,
) -> Vec<Vec<&'f Incoming<'e>>> {
    let rows = |frame: usize| {
        frames
            .get(frame)
            .map_or(0, |incoming| incoming.frame.batch.statements.len())
    };
    let total: usize = (0..frames.len()).map(rows).sum();
    let count = total.div_ceil(ROWS_OF_A_LANE).clamp(1, workers.max(1));
    if count == 1 {
        return vec![frames.to_vec()];
    }
    let mut groups: Vec<(usize, Vec<usize>)> = groups(frames, family)
        .into_iter()
        .map(|group| (group.iter().copied().map(rows).sum(), group))
        .collect();
    groups.sort_by_key(|(rows, _)| Reverse(*rows));
    let mut lanes: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new()); count];
    for (rows, group) in groups {
        // The largest groups first, each to the lane with the least to do.
        if let Some((load, lane)) = lanes.iter_mut().min_by_key(|(load, _)| *load) {
            *load += rows;
            lane.extend(group);
        }
    }
    let ordered = lanes.into_iter().map(|(_, mut lane)| {
        lane.sort_unstable();
        lane.into_iter()
            .filter_map(|frame| frames.get(frame).copied())
            .collect::<Vec<_>>()
    });
    ordered.filter(|lane| !lane.is_empty()).collect()
}
