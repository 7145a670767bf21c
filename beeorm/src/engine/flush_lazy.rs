//! The lazy path: rows to one entry of the stream.

use std::sync::Arc;

use super::{Parts, Receipt};
use crate::{
    entity::{Delivery, DeliveryState},
    error::Error,
    frame,
    statement::{Conclusion, Encoder, Flush, Intent, LazyFlush, Path, Rows},
};

pub(super) async fn save<'a>(parts: &Parts, values: impl LazyFlush<'a>) -> Result<Receipt, Error> {
    run(parts, &mut Rows::of(values, Intent::Save)).await
}

pub(super) async fn delete<'a>(parts: &Parts, values: impl Flush<'a>) -> Result<Receipt, Error> {
    run(parts, &mut Rows::of(values, Intent::Delete)).await
}

/// Makes known what became of the rows' earlier lazy flushes; sends again what may not have arrived.
pub(super) async fn settle(parts: &Parts, rows: &mut Rows<'_>) -> Result<(), Error> {
    for delivery in rows.outstanding() {
        parts.publisher.settle(&delivery).await?;
        rows.resolve(delivery.state());
    }
    Ok(())
}

pub(super) async fn run(parts: &Parts, rows: &mut Rows<'_>) -> Result<Receipt, Error> {
    settle(parts, rows).await?;
    let (delivery, mut receipt) = match prepare(parts, rows) {
        Ok(prepared) => prepared,
        Err(error) => {
            rows.conclude(&Conclusion::Refused);
            return Err(error);
        }
    };
    // Before the first wait: whoever drops this future finds the entities as they are in the stream, or
    // as they will be once it is known that they are not.
    rows.conclude(&Conclusion::HandedOver(Arc::clone(&delivery)));
    if delivery.frames.is_empty() {
        delivery.set(DeliveryState::Appended);
        rows.resolve(DeliveryState::Appended);
        return Ok(receipt);
    }
    let appended = parts.publisher.append(Arc::clone(&delivery)).await;
    rows.resolve(delivery.state());
    receipt.entry = Some(appended?);
    Ok(receipt)
}

/// Everything that can be refused is refused here, before anything is handed over.
fn prepare(parts: &Parts, rows: &mut Rows<'_>) -> Result<(Arc<Delivery>, Receipt), Error> {
    let registered = |schema| parts.tables.contains(schema);
    let mut encoder = Encoder::new(Path::Lazy, parts, &registered);
    rows.encode(&mut encoder)?;
    let (mut frames, mut ids, mut statements) = (Vec::new(), Vec::new(), 0);
    for (pool, batch) in encoder
        .batches
        .iter()
        .filter(|(_, batch)| !batch.is_empty())
    {
        parts.databases.get(pool)?;
        let id = parts.runtime.uuid();
        frames.push(frame::encode(id, parts.runtime.now_millis(), pool, batch));
        ids.push((*pool, id));
        statements += batch.statements.len();
    }
    parts.publisher.check_size(&frames)?;
    let receipt = Receipt::new(parts.outcomes.clone(), &ids, statements);
    let delivery = Delivery::new(frames, ids, parts.publisher.moment());
    Ok((Arc::new(delivery), receipt))
}
