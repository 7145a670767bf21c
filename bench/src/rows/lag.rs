//! How long a row takes to be seen while others are written, by how many of these come a second.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use beeorm::prelude::*;
use tokio::{sync::oneshot, time::MissedTickBehavior};

use super::visible;
use crate::{
    Bench, Fallible, entities::Page, measure::on_worker, report::Line, stage::Network, verify,
};

const TICK: Duration = Duration::from_millis(10);
const TICKS_A_SECOND: usize = 100;

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let stage = &bench.stage;
    let engine = stage.engine(Network::Loopback).await?;
    let mut lines = Vec::new();
    for a_second in [100, 500, 1000, 2000, 4000] {
        verify::empty(&mut stage.sql(Network::Loopback).await?, "pages").await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let consuming = tokio::spawn(engine.background_consumer().run_until(stopped));
        let enough = Arc::new(AtomicBool::new(false));
        let loading = load(engine.clone(), a_second, Arc::clone(&enough));
        let loading = tokio::spawn(on_worker(loading));
        let (mut p50, mut p99) = (Vec::new(), Vec::new());
        for _ in 0..bench.options.size(3, 1) {
            let sql = stage.sql(Network::Loopback).await?;
            let seen = visible::seen(&engine, sql, bench.options.size(300, 30)).await?;
            p50.push(seen.p50_micros);
            p99.push(seen.p99_micros);
        }
        enough.store(true, Ordering::Relaxed);
        let flushed = loading.await??;
        // Whoever has gone away has stopped too.
        let _ = stop.send(());
        consuming.await??;
        let rest = engine.background_consumer().drain().await?;
        verify::count("dead letters", rest.dead, 0)?;
        let mut line = Line::new("lag", format!("{a_second} others a second"), "");
        line.measured = format!(
            "p50 {:.0} µs, p99 {:.0} µs, beside {flushed} others",
            middle(&p50),
            middle(&p99)
        );
        line.figure("visible, p50", "µs", p50);
        line.figure("visible, p99", "µs", p99);
        lines.push(line);
    }
    Ok(lines)
}

fn middle(values: &[f64]) -> f64 {
    crate::measure::Spread::of(values.to_vec()).median
}

/// Flushes so many a second until it is enough; tells how many these were.
async fn load(engine: Engine, a_second: usize, enough: Arc<AtomicBool>) -> Fallible<usize> {
    let mut ticks = tokio::time::interval(TICK);
    // What cannot be kept up with is not made up for.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut flushed = 0;
    while !enough.load(Ordering::Relaxed) {
        ticks.tick().await;
        let next = flushed + a_second / TICKS_A_SECOND;
        for number in flushed..next {
            engine.flush_lazy(&mut Page::number(number)).await?;
        }
        flushed = next;
    }
    Ok(flushed)
}
