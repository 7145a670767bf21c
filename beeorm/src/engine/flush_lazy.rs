//! The lazy path: rows to one entry of the stream.

use std::sync::Arc;

use uuid::Uuid;

use super::{Parts, Receipt, outcome_unknown::told};
use crate::{
    entity::{Delivery, DeliveryState},
    error::Error,
    frame,
    publish::{Durability, Publisher},
    statement::{Conclusion, Encoder, Flush, Intent, LazyFlush, Outstanding, Path, Rows},
};

pub(super) async fn save<'a>(
    parts: &Parts,
    durability: Durability,
    values: impl LazyFlush<'a>,
) -> Result<Receipt, Error> {
    run(parts, durability, &mut Rows::of(values, Intent::Save)).await
}

pub(super) async fn delete<'a>(
    parts: &Parts,
    durability: Durability,
    values: impl Flush<'a>,
) -> Result<Receipt, Error> {
    run(parts, durability, &mut Rows::of(values, Intent::Delete)).await
}

/// The rows' earlier lazy flushes of which nobody was told what became of them.
#[derive(Default)]
pub(super) struct Earlier {
    /// Those that have arrived.
    deliveries: Vec<Arc<Delivery>>,
    /// Those of their frames of which that was not known before.
    frames: Vec<(&'static str, Uuid)>,
    /// What is missing of the fsync that is asked for.
    shortfall: Option<String>,
}

/// Makes known what became of the rows' earlier lazy flushes; sends again what may not have arrived, or not on disk.
pub(super) async fn settle(
    parts: &Parts,
    publisher: &Publisher,
    rows: &mut Rows<'_>,
) -> Result<Earlier, Error> {
    let mut earlier = Earlier::default();
    let Outstanding { open, landed } = rows.outstanding();
    for delivery in landed {
        let settled = publisher.settle(&delivery).await;
        let settled = settled.map_err(|failed| told(parts, publisher, failed))?;
        earlier.shortfall = earlier.shortfall.or(settled.shortfall);
        earlier.deliveries.push(delivery);
    }
    for delivery in open {
        let settled = publisher.settle(&delivery).await;
        let settled = settled.map_err(|failed| told(parts, publisher, failed))?;
        earlier.shortfall = earlier.shortfall.or(settled.shortfall);
        rows.resolve(delivery.state());
        if delivery.state() == DeliveryState::Appended {
            earlier.frames.extend_from_slice(&delivery.ids);
            earlier.deliveries.push(delivery);
        }
    }
    Ok(earlier)
}

pub(super) async fn run(
    parts: &Parts,
    durability: Durability,
    rows: &mut Rows<'_>,
) -> Result<Receipt, Error> {
    rows.check_depth()?;
    let publisher = parts.publisher.with_durability(durability);
    let earlier = settle(parts, &publisher, rows).await?;
    let arrived = earlier.frames;
    // Known without asking: the lazy path asks the database nothing.
    refuse_failed(rows)?;
    if !arrived.is_empty() && rows.counts() {
        let frames = arrived.into_iter().map(|(_, id)| id).collect();
        return Err(Error::Settled { frames });
    }
    let undecided = Undecided {
        rows: &mut *rows,
        decided: false,
    };
    let delivery = prepare(parts, undecided.rows)?;
    let mut others = arrived;
    if others.is_empty() && delivery.ids.is_empty() {
        others = undecided.rows.queued_frames();
    }
    let frames = delivery.ids.iter().chain(&others).copied();
    let mut receipt = Receipt::new(parts.outcomes.clone(), frames, delivery.statements);
    let turn = match delivery.frames.as_slice() {
        [] => None,
        _ => Some(publisher.admit(&delivery).await?),
    };
    // Before the answer is waited for: whoever drops this future finds the entities as they are in the stream, or
    // as they will be once it is known that they are not.
    undecided.hand_over(&delivery);
    let Some(turn) = turn else {
        delivery.set(DeliveryState::Appended);
        rows.resolve(DeliveryState::Appended);
        return receipt.unless_short(earlier.shortfall);
    };
    let passed = earlier.deliveries.iter();
    passed.for_each(|delivery| delivery.set_passed());
    let appended = publisher.append(Arc::clone(&delivery), turn).await;
    rows.resolve(delivery.state());
    let appended = appended.map_err(|failed| told(parts, &publisher, failed))?;
    receipt.entry = Some(appended.id);
    receipt.unless_short(appended.shortfall.or(earlier.shortfall))
}

/// Rows are not written behind a lazy flush of theirs that took no effect: they are not what is stored.
pub(super) fn refuse_failed(rows: &mut Rows<'_>) -> Result<(), Error> {
    rows.failure().map_or(Ok(()), |(frame_id, effect)| {
        let outcome = effect.into();
        Err(Error::LazyFailed { frame_id, outcome })
    })
}

/// Rows that may be encoded and are not handed over: nothing was done where it comes to nothing, or where nobody
/// waits any more.
struct Undecided<'r, 'v> {
    rows: &'r mut Rows<'v>,
    decided: bool,
}

impl Undecided<'_, '_> {
    fn hand_over(mut self, delivery: &Arc<Delivery>) {
        self.decided = true;
        self.rows
            .conclude(&Conclusion::HandedOver(Arc::clone(delivery)));
    }
}

impl Drop for Undecided<'_, '_> {
    fn drop(&mut self) {
        if !self.decided {
            self.rows.conclude(&Conclusion::Refused);
        }
    }
}

/// Everything that can be refused is refused here, before anything is handed over.
fn prepare(parts: &Parts, rows: &mut Rows<'_>) -> Result<Arc<Delivery>, Error> {
    let registered = |schema| parts.tables.contains(schema);
    let mut encoder = Encoder::new(Path::Lazy, parts, &registered);
    rows.encode(&mut encoder)?;
    let now = parts.publisher.moment();
    let (mut frames, mut ids, mut statements) = (Vec::new(), Vec::new(), 0);
    for (pool, batch) in encoder
        .batches
        .iter()
        .filter(|(_, batch)| !batch.is_empty())
    {
        parts.databases.get(pool)?;
        let id = parts.runtime.uuid();
        frames.push(frame::encode(id, now.wall_millis, pool, batch).into());
        ids.push((*pool, id));
        statements += batch.statements.len();
    }
    let delivery = Delivery::new(frames, ids, statements, now);
    parts.publisher.check_size(&delivery)?;
    Ok(Arc::new(delivery))
}
