//! What a consumer takes: of memory with a long backlog before it, and of a core with nothing to do.

use std::time::{Duration, Instant};

use fred::interfaces::StreamsInterface;

use super::{child::Running, fill::Fillers};
use crate::{
    Bench, Fallible,
    entities::Page,
    report::{Line, Verdict},
    stage::{Network, STREAM},
    verify::{self, Sum},
};

/// Longer than any drain takes.
const PATIENCE: Duration = Duration::from_secs(1800);

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let stage = &bench.stage;
    let count = bench.options.size(1_000_000, 10_000);
    let mut line = Line::new(
        "12",
        format!("a consumer: peak memory with a backlog of {count}; of a core, idle"),
        "at most 100 MB; under 1 %",
    );
    let mut look = stage.sql(Network::Loopback).await?;
    verify::empty(&mut look, "pages").await?;
    let fillers = Fillers::open(stage).await?;
    fillers
        .fill(stage, count, |engine, number| async move {
            engine.flush_lazy(&mut Page::number(number)).await.map(drop)
        })
        .await?;
    let redis = stage.redis(Network::Loopback).await?;
    let consumer = Running::start(stage, "consumer")?;
    let begun = Instant::now();
    while redis.xlen::<u64, _>(STREAM).await? > 0 {
        if begun.elapsed() > PATIENCE {
            return Err("the backlog was not drained".into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    verify::pages(&mut look, "pages", Sum::of(0..count)).await?;
    let megabytes = consumer.peak_megabytes()?;
    let idle = Duration::from_secs(bench.options.size(20, 3));
    let before = consumer.ticks()?;
    tokio::time::sleep(idle).await;
    // A tick is a hundredth of a second.
    let percent = (consumer.ticks()? - before) / idle.as_secs_f64();
    line.verdict = Verdict::of(megabytes <= 100.0 && percent < 1.0);
    line.measured = format!("{megabytes:.0} MB; {percent:.2} %");
    Ok(vec![line])
}
