//! Every flush has the end that its producer was promised, and no other.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Evidence;
use crate::simulation::workload::{Flush, FlushState};

pub(super) fn check(evidence: &Evidence<'_>) {
    let world = &evidence.scene.world;
    for (number, flush) in evidence.flushes.iter().enumerate() {
        let pools: BTreeSet<&str> = flush.effects.iter().map(|effect| effect.pool).collect();
        let servers = evidence.scene.databases.iter().zip(&evidence.ended);
        let ended: Vec<&str> = servers
            .filter(|(_, ended)| ended.contains_key(&number))
            .map(|(server, _)| server.pool)
            .collect();
        let missing = pools.iter().filter(|pool| !ended.contains(pool));
        let missing: Vec<_> = missing.collect();
        match flush.state {
            FlushState::Refused if !ended.is_empty() => {
                world.violation(format!("flush {number} was refused, and took effect"));
            }
            FlushState::Refused => {}
            // What was acknowledged has its end, and so has what arrived without that.
            FlushState::Acknowledged | FlushState::Unknown | FlushState::UnderWay => {
                let arrived = arrived(evidence, flush);
                let named = flush.receipt.iter().all(|id| arrived.contains(id));
                if flush.state == FlushState::Acknowledged && (arrived.is_empty() || !named) {
                    world.violation(format!(
                        "flush {number} is acknowledged, and was never in the stream"
                    ));
                }
                let vanished = arrived
                    .iter()
                    .any(|id| evidence.record.vanished.contains(id));
                if !arrived.is_empty() && !vanished && !missing.is_empty() {
                    world.violation(format!(
                        "flush {number} is lost: it has no end in {missing:?}"
                    ));
                }
            }
        }
    }
    let aside = evidence.scene.stream.aside();
    for garbage in &evidence.record.garbage {
        // After a failover nobody knows which entries the owner saw.
        if evidence.record.failovers == 0 && !aside.contains(garbage) {
            world.violation("an entry that cannot be read is gone without a trace");
        }
    }
}

/// Those of the flush's frames that were in the stream.
fn arrived(evidence: &Evidence<'_>, flush: &Flush) -> Vec<Uuid> {
    let ids = flush.ids.iter();
    let arrived = ids.filter(|id| evidence.record.appended.contains(id));
    arrived.copied().collect()
}
