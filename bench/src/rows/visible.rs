//! From the call of a lazy flush until its row can be read, while there is nothing else to do.

use std::time::{Duration, Instant};

use beeorm::prelude::*;
use sqlx::{MySqlConnection, query};
use tokio::sync::oneshot;

use super::appends::{self, Appends};
use crate::{
    Bench, Fallible,
    entities::Page,
    measure::{Calls, Rounds, on_worker},
    report::{Line, Verdict},
    stage::Network,
    verify,
};

const VISIBLE: usize = 0;
const FLUSH: usize = 1;

/// What the way through the stream may cost beside the flush and the append.
const MARGIN_MICROS: f64 = 1000.0;

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let mut line = Line::new(
        "7",
        "`flush_lazy` until its row can be read, unloaded",
        "p50 and p99 each at most a synchronous flush + an XADD + 1 ms",
    );
    let stage = &bench.stage;
    let appends = Appends::open(stage, Network::Loopback).await?;
    let bytes = appends.bytes_of(1).await?;
    let engine = stage.engine(Network::Loopback).await?;
    verify::empty(&mut stage.sql(Network::Loopback).await?, "pages").await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let consumer = engine.background_consumer();
    let consuming = tokio::spawn(consumer.run_until(stopped));
    let calls = bench.options.size(300, 30);
    let rounds = Rounds::play(bench.options.rounds(), 3, async |side, _| match side {
        VISIBLE => seen(&engine, stage.sql(Network::Loopback).await?, calls).await,
        FLUSH => flushed(&engine, calls).await,
        _ => appends::bare(&appends.bare, calls, &bytes).await,
    })
    .await?;
    // Whoever has gone away has stopped too.
    let _ = stop.send(());
    let report = consuming.await??;
    verify::count(
        "flushes applied",
        report.applied,
        calls * (bench.options.rounds() + 1),
    )?;
    appends.clear().await?;
    let over = |of: fn(&Calls) -> f64| {
        let [visible, flush, append] = [0, 1, 2].map(|side| rounds.spread(side, of).median);
        (visible, flush + append + MARGIN_MICROS)
    };
    let (p50, p50_allowed) = over(|calls| calls.p50_micros);
    let (p99, p99_allowed) = over(|calls| calls.p99_micros);
    for (side, name) in ["visible", "flush", "XADD"].into_iter().enumerate() {
        let each = |of: fn(&Calls) -> f64| rounds.each(side, of);
        line.figure(format!("{name}, p50"), "µs", each(|calls| calls.p50_micros));
        line.figure(format!("{name}, p99"), "µs", each(|calls| calls.p99_micros));
    }
    line.verdict = Verdict::of(p50 <= p50_allowed && p99 <= p99_allowed);
    line.measured =
        format!("p50 {p50:.0} µs of {p50_allowed:.0} µs, p99 {p99:.0} µs of {p99_allowed:.0} µs");
    Ok(vec![line])
}

/// Looked for all the time, by a connection of its own.
pub(crate) async fn seen(
    engine: &Engine,
    mut connection: MySqlConnection,
    calls: usize,
) -> Fallible<Calls> {
    let engine = engine.clone();
    on_worker(async move {
        let mut times = Vec::with_capacity(calls);
        for mut page in Page::numbers(0..calls) {
            let begun = Instant::now();
            engine.flush_lazy(&mut page).await?;
            let select = "SELECT `id` FROM `pages` WHERE `id` = ?";
            while query(select)
                .bind(page.id)
                .fetch_optional(&mut connection)
                .await?
                .is_none()
            {
                if begun.elapsed() > Duration::from_secs(30) {
                    return Err("a row did not come within 30 s".into());
                }
            }
            times.push(begun.elapsed());
            idle().await;
        }
        let together = times.iter().sum();
        Ok(Calls::of(times, together))
    })
    .await
}

async fn flushed(engine: &Engine, calls: usize) -> Fallible<Calls> {
    let engine = engine.clone();
    on_worker(async move {
        let mut times = Vec::with_capacity(calls);
        for mut page in Page::numbers(0..calls) {
            let begun = Instant::now();
            engine.flush(&mut page).await?;
            times.push(begun.elapsed());
            idle().await;
        }
        let together = times.iter().sum();
        Ok(Calls::of(times, together))
    })
    .await
}

/// The consumer waits for entries again when the next one comes.
async fn idle() {
    tokio::time::sleep(Duration::from_millis(3)).await;
}
