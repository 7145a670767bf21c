//! Flushes that touch the same thing, of which one was acknowledged before the other was begun, ended in that order.

use std::collections::BTreeMap;

use super::Evidence;
use crate::simulation::workload::Claim;

pub(super) fn check(evidence: &Evidence<'_>) {
    for (server, ended) in evidence.scene.databases.iter().zip(&evidence.ended) {
        let mut by_claim: BTreeMap<&str, BTreeMap<usize, bool>> = BTreeMap::new();
        for (number, flush) in evidence.flushes.iter().enumerate() {
            let effects = flush.effects.iter();
            let here = effects.filter(|effect| effect.pool == server.pool);
            for Claim { of, shared } in here.flat_map(|effect| &effect.claims) {
                let flushes = by_claim.entry(of).or_default();
                // Shared only where it is so all over the flush.
                *flushes.entry(number).or_insert(true) &= shared;
            }
        }
        for (claim, flushes) in by_claim {
            let mut earlier: Vec<(u64, usize, usize, bool)> = Vec::new();
            for (number, shared) in flushes {
                let Some((transaction, _)) = ended.get(&number) else {
                    continue;
                };
                // Given up on account of itself, and not in its turn among those of other lanes.
                if evidence.is_hung_up_on(server, number) {
                    continue;
                }
                let flush = &evidence.flushes[number];
                for (acknowledged, before, theirs, also_shared) in &earlier {
                    let ordered = *acknowledged < flush.begun && !(shared && *also_shared);
                    if ordered && theirs > transaction {
                        evidence.scene.world.violation(format!(
                            "out of order on {claim}: flush {before} was acknowledged before flush {number} was \
                             begun, and ended in transaction {theirs} of database {}, the other in {transaction}",
                            server.pool
                        ));
                    }
                }
                let moved = flush.ids.iter();
                let moved = moved.filter(|id| evidence.record.displaced.contains(id));
                if let (Some(acknowledged), 0) = (flush.acknowledged, moved.count()) {
                    earlier.push((acknowledged, number, *transaction, shared));
                }
            }
        }
    }
}
