//! The database is away for minutes: the consumer waits without spinning, gives nothing up, and finishes everything
//! when it is back.

use std::time::{Duration, Instant};

use beeorm_tests::Random;
use tokio::sync::Mutex;

use crate::{Fallible, cast::Cast, journal::Journal, options::Options, process, stage::Stage};

/// What a waiting consumer may take of a processor, in percent.
const MOST: f64 = 2.0;
const BEFORE: Duration = Duration::from_secs(5);

pub(super) async fn play(stage: &Stage, journal: &Journal, options: &Options) -> Fallible<bool> {
    let mut random = Random::seeded(options.seed);
    let mut cast = Cast::new(stage, journal, random.between(0, u64::MAX - 1));
    cast.add_consumer()?;
    for _ in 0..2 {
        cast.add_producer()?;
    }
    tokio::time::sleep(BEFORE).await;
    let consumer = cast
        .consumers
        .first()
        .map(|consumer| consumer.id)
        .ok_or("no consumer")?;
    stage.order("kill mysql").await?;
    journal.fault(&format!(
        "the database is away, for {} s",
        options.time.as_secs()
    ));
    let (start, before) = (Instant::now(), process::cpu_time(consumer)?);
    while start.elapsed() < options.time {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let waiting = stage.waiting().await;
        cast.keep_pace(waiting.unwrap_or(u64::MAX)).await;
        if start.elapsed().as_secs().is_multiple_of(10) {
            journal.progress(stage, waiting);
        }
    }
    let used = process::cpu_time(consumer)?.saturating_sub(before);
    let percent = 100.0 * used.as_secs_f64() / start.elapsed().as_secs_f64();
    let waited = stage.waiting().await.unwrap_or_default();
    stage.order("start mysql").await?;
    journal.note("the database is back");
    let back = Instant::now();
    let findings = super::conclude(stage, journal, Mutex::new(cast), &Vec::new()).await?;
    println!(
        "{findings} away_s={} waiting={waited} cpu_percent={percent:.2} drained_after_s={}",
        options.time.as_secs(),
        back.elapsed().as_secs()
    );
    Ok(findings.are_none() && percent < MOST)
}
