//! What is shown as a plot: figures by concurrency, and by the size of a batch.

use std::time::Instant;

use super::{
    appends::{self, Appends, BARE},
    fill::Fillers,
};
use crate::{
    Bench, Fallible,
    entities::Page,
    measure::{OURS, Rounds, on_worker, rate},
    report::Line,
    stage::{Network, STREAM},
    verify::{self, Sum},
};

/// How long a caller waits, by how many there are.
pub(crate) async fn latency(bench: &Bench) -> Fallible<Vec<Line>> {
    let mut lines = Vec::new();
    for callers in [1, 4, 16, 64, 256, 1024] {
        let mut line = Line::new("latency", format!("{callers} callers"), "");
        let appends = Appends::open(&bench.stage, Network::Loopback).await?;
        let bytes = appends.bytes_of(1).await?;
        let calls = bench.options.size(20_480, 4096) / callers;
        let rounds = Rounds::play(bench.options.size(3, 1), 2, async |side, _| {
            let (stream, took) = if side == OURS {
                let took = appends::ours_at_once(&appends.engine, callers, calls).await?;
                (STREAM, took)
            } else {
                let took = appends::bare_at_once(&appends.bare, callers, calls, &bytes).await?;
                (crate::by_hand::STREAM, took)
            };
            appends.check(stream, callers * calls).await?;
            Ok(took)
        })
        .await?;
        appends::figures(&mut line, &rounds, Network::Loopback);
        let [ours, bare] = [OURS, BARE].map(|side| {
            let p50 = rounds.spread(side, |calls| calls.p50_micros).median;
            let p99 = rounds.spread(side, |calls| calls.p99_micros).median;
            format!("{p50:.0} µs, p99 {p99:.0} µs")
        });
        line.measured = format!("p50 {ours}; a bare XADD p50 {bare}");
        lines.push(line);
    }
    Ok(lines)
}

/// How fast a backlog is drained, by how much of it is read at a time.
pub(crate) async fn batch(bench: &Bench) -> Fallible<Vec<Line>> {
    let stage = &bench.stage;
    let count = bench.options.size(50_000, 4000);
    let (engine, fillers) = (
        stage.engine(Network::Loopback).await?,
        Fillers::open(stage).await?,
    );
    let mut look = stage.sql(Network::Loopback).await?;
    let mut lines = Vec::new();
    for entries in [10, 100, 1000, 5000, 20_000] {
        let mut line = Line::new("batch", format!("{entries} entries at a time"), "");
        let rounds = Rounds::play(bench.options.size(3, 1), 1, async |_, _| {
            verify::empty(&mut look, "pages").await?;
            fillers
                .fill(stage, count, |engine, number| async move {
                    engine.flush_lazy(&mut Page::number(number)).await.map(drop)
                })
                .await?;
            let consumer = engine.background_consumer().batch_size(entries);
            let took = on_worker(async move {
                let begun = Instant::now();
                consumer.drain().await?;
                Ok(begun.elapsed())
            })
            .await?;
            verify::pages(&mut look, "pages", Sum::of(0..count)).await?;
            Ok(rate(count, took))
        })
        .await?;
        line.figure("beeorm", "rows a second", rounds.each(OURS, |rate| *rate));
        let rows = rounds.spread(OURS, |rate| *rate).median;
        line.measured = format!("{rows:.0} rows a second");
        lines.push(line);
    }
    Ok(lines)
}
