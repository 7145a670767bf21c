//! Every flush has the end that its producer was promised, and no other.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Evidence;
use crate::simulation::{
    stream::frame_id,
    workload::{Flush, FlushState},
};

pub(super) fn check(evidence: &Evidence<'_>) {
    let world = &evidence.scene.world;
    let entries_aside = evidence.scene.stream.aside();
    let aside = entries_aside.iter().flatten();
    let aside: BTreeSet<Uuid> = aside.filter_map(|frame| frame_id(frame)).collect();
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
                let servers = &evidence.scene.databases;
                let aside = arrived.iter().any(|id| aside.contains(id))
                    && servers
                        .iter()
                        .any(|server| evidence.is_hung_up_on(server, number));
                if !arrived.is_empty() && !vanished && !aside && !missing.is_empty() {
                    world.violation(format!(
                        "flush {number} is lost: it has no end in {missing:?}"
                    ));
                }
            }
        }
    }
    for garbage in &evidence.record.garbage {
        // After a failover nobody knows which entries the owner saw.
        if evidence.record.failovers == 0 && !entries_aside.contains(garbage) {
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
