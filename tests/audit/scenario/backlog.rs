//! A backlog of a million flushes: whoever drains it needs no more memory than for a short one.

use std::time::{Duration, Instant};

use crate::{
    Fallible,
    journal::Journal,
    options::Options,
    process::{self, Process},
    stage::Stage,
};

/// The most memory that the consumer may ever have had, in KiB.
const MOST: u64 = 100 * 1024;
/// For all of the flushes.
const FILLING: Duration = Duration::from_secs(3_600);

pub(super) async fn play(stage: &Stage, journal: &Journal, options: &Options) -> Fallible<bool> {
    let mut filler = Process::filler(stage, options.flushes)?;
    let start = Instant::now();
    while filler.ended().is_none() {
        if start.elapsed() > FILLING {
            return Err("the backlog could not be made".into());
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        let waiting = stage.waiting().await.unwrap_or_default();
        journal.note(&format!(
            "{waiting} entries for {} flushes are in the channel",
            options.flushes
        ));
    }
    let filled = stage.flushes_waiting().await?;
    if filled != options.flushes {
        return Err(format!("{filled} flushes are in the channel").into());
    }
    // As consumers are unless they are told otherwise.
    let consumer = Process::consumer(stage, "consumer-000".to_owned(), 11, 1000)?;
    let start = Instant::now();
    let mut left = None;
    while start.elapsed() < options.time && left != Some(0) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        left = stage.waiting().await;
    }
    let seconds = start.elapsed().as_secs_f64();
    let peak = process::peak_memory(consumer.id)?;
    consumer.kill().await?;
    let drained = filled - stage.flushes_waiting().await?;
    println!(
        "flushes={filled} drained={drained} seconds={seconds:.0} per_second={:.0} peak_kib={peak}",
        drained as f64 / seconds
    );
    Ok(drained > 0 && peak < MOST)
}
