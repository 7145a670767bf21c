//! Planning without a database, for the suite of the wire format and for counting instructions.

use super::{
    batch::{Incoming, by_pool},
    plan,
};
use crate::{
    frame::{Frame, Tables},
    statement::Batch,
    stream::EntryId,
};

/// Plans the frames as a batch that was read, for so many workers and at least so many rows each, and shows the statements
/// of each lane.
pub(crate) fn rehearse(
    frames: Vec<Frame>,
    tables: &Tables,
    (workers, lane_rows): (usize, usize),
    mut lane: impl FnMut(&[&Batch]),
) {
    let frames: Vec<Incoming<'_>> = frames
        .into_iter()
        .map(|frame| Incoming {
            entry: EntryId::default(),
            frame,
            bytes: &[],
        })
        .collect();
    for (_, incoming) in by_pool(&frames) {
        for planned in plan::lanes(&incoming, tables.family(), workers, lane_rows) {
            let batches: Vec<&Batch> = planned
                .iter()
                .map(|incoming| &incoming.frame.batch)
                .collect();
            lane(&batches);
        }
    }
}
