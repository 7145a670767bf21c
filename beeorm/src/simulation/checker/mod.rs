//! What must have happened, from the producers' record, the stream's and the databases' own logs alone.

mod expected;
mod fate;
mod order;

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    database::DatabaseServer,
    scene::Scene,
    stream::Record,
    workload::{Effect, Flush},
};

/// The end of a frame, as its database has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Applied,
    Dead,
    Skipped,
}

/// Everything that the checks look at.
struct Evidence<'e> {
    scene: &'e Scene,
    flushes: &'e [Flush],
    record: Record,
    /// The flush in whose call an id was made.
    by_id: BTreeMap<Uuid, usize>,
    /// Which flush ended how, and in which transaction, by database.
    ended: Vec<BTreeMap<usize, (usize, Verdict)>>,
}

impl Evidence<'_> {
    /// Whether the server hangs up on one of the flush's statements each time.
    fn is_hung_up_on(&self, server: &DatabaseServer, flush: usize) -> bool {
        let effects = self.flushes[flush].effects.iter();
        let here = effects.filter(|effect| effect.pool == server.pool);
        let mut values = here.flat_map(Effect::values);
        values.any(|value| server.hangs_up_on(value))
    }
}

/// Notes every violation; gives how many flushes took effect, died, were skipped.
pub(super) fn check(scene: &Scene) {
    let flushes = scene.ledger().flushes.clone();
    let by_id = flushes.iter().enumerate();
    let by_id = by_id.flat_map(|(number, flush)| flush.ids.iter().map(move |id| (*id, number)));
    let mut evidence = Evidence {
        scene,
        by_id: by_id.collect(),
        flushes: &flushes,
        record: scene.stream.record(),
        ended: Vec::new(),
    };
    for server in &scene.databases {
        let ended = expected::replay(&evidence, server);
        evidence.ended.push(ended);
    }
    fate::check(&evidence);
    order::check(&evidence);
}
