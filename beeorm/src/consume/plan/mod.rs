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
pub(super) const ROWS_OF_A_LANE: usize = 256;

/// At most so many lanes; frames that conflict are on the same one, in the order in which they came.
///
/// Lane after lane is filled with a power of two of rows, where the frames allow it: statements of several rows have
/// as many.
pub(super) fn lanes<'f, 'e>(
    frames: &[&'f Incoming<'e>],
    family: &Family,
    workers: usize,
    lane_rows: usize,
) -> Vec<Vec<&'f Incoming<'e>>> {
    let rows = |frame: usize| {
        frames
            .get(frame)
            .map_or(0, |incoming| incoming.frame.batch.statements.len())
    };
    let total: usize = (0..frames.len()).map(rows).sum();
    let count = total.div_ceil(lane_rows).clamp(1, workers.max(1));
    if count == 1 {
        return vec![frames.to_vec()];
    }
    let mut groups: Vec<(usize, Vec<usize>)> = groups(frames, family)
        .into_iter()
        .map(|group| (group.iter().copied().map(rows).sum(), group))
        .collect();
    groups.sort_by_key(|(rows, _)| Reverse(*rows));
    let mut lanes: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new()); count];
    let capacity = total.div_ceil(count).next_power_of_two();
    for (rows, group) in groups {
        // The largest groups first; one that fits nowhere goes where there is the least to do.
        let fitting = lanes.iter().position(|(load, _)| load + rows <= capacity);
        let least = || lanes.iter().enumerate().min_by_key(|(_, (load, _))| *load);
        let place = fitting.or_else(|| least().map(|(place, _)| place));
        if let Some((load, lane)) = place.and_then(|place| lanes.get_mut(place)) {
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
