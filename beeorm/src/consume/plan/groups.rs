use std::collections::HashMap;

use super::{super::batch::Incoming, sets::DisjointSets};
use crate::statement::{ByThing, Claims, Family, Mode, Purpose};

/// What is known of a thing that frames claim.
#[derive(Clone, Copy)]
struct Claimed {
    /// The first frame that does.
    first: usize,
    mode: Mode,
    /// Whether the order of those that claim it matters.
    contested: bool,
}

/// The frames that depend on each other, directly or through others; in each group, and by their first
/// frames, in order.
pub(super) fn groups(frames: &[&Incoming<'_>], family: &Family) -> Vec<Vec<usize>> {
    let mut claims = Claims::new(family, Purpose::Lanes);
    let mut claimed: ByThing<Claimed> = ByThing::default();
    let mut by_frame: Vec<(usize, u64)> = Vec::new();
    for (frame, incoming) in frames.iter().enumerate() {
        let batch = &incoming.frame.batch;
        for statement in &batch.statements {
            for claim in claims.of(batch, statement) {
                let known = claimed.entry(claim.thing).or_insert(Claimed {
                    first: frame,
                    mode: claim.mode,
                    contested: false,
                });
                // As long as nothing is contested, all claim it in one mode.
                known.contested |= known.mode.conflicts(claim.mode);
                by_frame.push((frame, claim.thing));
            }
        }
    }
    let mut sets = DisjointSets::new(frames.len());
    for (frame, thing) in by_frame {
        if let Some(Claimed {
            first,
            contested: true,
            ..
        }) = claimed.get(&thing)
        {
            sets.join(*first, frame);
        }
    }
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for frame in 0..frames.len() {
        let place = *places.entry(sets.find(frame)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(frame),
            None => groups.push(vec![frame]),
        }
    }
    groups
}
