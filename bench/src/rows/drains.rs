//! beeorm's consumer, until there is nothing left.

use std::time::{Duration, Instant};

use beeorm::Engine;

use crate::{Fallible, measure::on_worker, verify};

/// As it comes; fails where it did not apply so many flushes, each once and at its first attempt.
pub(crate) async fn ours(engine: &Engine, flushes: usize) -> Fallible<Duration> {
    let consumer = engine.background_consumer();
    let (took, report) = on_worker(async move {
        let begun = Instant::now();
        let report = consumer.drain().await?;
        Ok((begun.elapsed(), report))
    })
    .await?;
    verify::count("flushes applied", report.applied, flushes)?;
    verify::count("dead letters", report.dead, 0)?;
    Ok(took)
}
