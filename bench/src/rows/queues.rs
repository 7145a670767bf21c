//! From many callers through a queue to the database: a lazy flush, a channel in the process, a task queue.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::{
    Bench, Fallible,
    entities::Page,
    measure::{Calls, OURS, Rounds, on_worker, rate},
    report::Line,
    rivals::{apalis, channel, queue::Queue},
    stage::{Network, Stage},
    verify::{self, Sum},
};

const CALLERS: usize = 64;

/// What they are called, and what is left where their process dies.
const SIDES: [(&str, &str); 3] = [
    ("beeorm", "each row exactly once"),
    ("channel + sqlx", "keeps nothing"),
    ("apalis", "keeps jobs; a job may run twice"),
];

struct Turn {
    answered: Calls,
    /// Rows a second, from the first call until the last row.
    written: f64,
}

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let calls = bench.options.size(20_000, 2000_usize).div_ceil(CALLERS);
    let rounds = measure(bench, calls).await?;
    let line = |what: &str, of: fn(&Turn) -> f64| {
        let rows = CALLERS * calls;
        let work = format!(
            "{CALLERS} callers at a time push {rows} rows, one each call: {what} (left by a crash)"
        );
        let mut line = Line::new("queues", work, "report");
        for (side, (name, left)) in SIDES.into_iter().enumerate() {
            let rate = rounds.spread(side, of).median;
            if side == OURS {
                line.measured = format!("{rate:.0} a second ({left})");
            } else {
                let ratio = rounds.ratio(OURS, side, of);
                let text = format!("; {ratio} {name}, {rate:.0} a second ({left})");
                line.measured.push_str(&text);
            }
            line.figure(name, "rows a second", rounds.each(side, of));
        }
        line
    };
    let mut answered = line("answered", |turn| turn.answered.rate);
    for (side, (name, _)) in SIDES.into_iter().enumerate() {
        let p99 = rounds.each(side, |turn| turn.answered.p99_micros);
        answered.figure(format!("{name}, p99"), "µs", p99);
    }
    let written = line("written to the last", |turn| turn.written);
    Ok(vec![answered, written])
}

async fn measure(bench: &Bench, calls: usize) -> Fallible<Rounds<Turn>> {
    let (stage, rows) = (&bench.stage, CALLERS * calls);
    let mut look = stage.sql(Network::Loopback).await?;
    let engine = stage.engine(Network::Loopback).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let consuming = tokio::spawn(engine.background_consumer().run_until(stopped));
    let (channel, batching) = channel::Queue::open(stage.sql(Network::Loopback).await?);
    let mut jobs = apalis::Queue::open(stage).await?;
    let (stop_working, stopped) = oneshot::channel();
    let working = apalis::work(stage, stopped).await?;
    let queues = [
        Queue::Beeorm(engine),
        Queue::Channel(channel),
        Queue::Apalis(Box::new(jobs.clone())),
    ];
    let awaited = Sum::of(0..rows);
    let rounds = Rounds::play(bench.options.rounds(), queues.len(), async |side, _| {
        let queue = queues.get(side).ok_or("there is no such side")?;
        verify::empty(&mut look, queue.table()).await?;
        let turn = turn(stage, queue, calls).await?;
        if matches!(queue, Queue::Apalis(_)) {
            jobs.settle(stage, rows).await?;
        }
        verify::pages(&mut look, queue.table(), awaited).await?;
        Ok(turn)
    })
    .await?;
    drop(queues);
    batching.await??;
    // Whoever has gone away has stopped too.
    let _ = (stop_working.send(()), stop.send(()));
    working.await??;
    let report = consuming.await??;
    let flushes = rows * (bench.options.rounds() + 1);
    verify::count("flushes applied", report.applied, flushes)?;
    verify::count("dead letters", report.dead, 0)?;
    Ok(rounds)
}

async fn turn(stage: &Stage, queue: &Queue, calls: usize) -> Fallible<Turn> {
    let mut look = stage.sql(Network::Loopback).await?;
    let (table, rows) = (queue.table(), CALLERS * calls);
    let mut pages = Page::numbers(0..rows).into_iter();
    let shares: Vec<(Queue, Vec<Page>)> = (0..CALLERS)
        .map(|_| (queue.clone(), pages.by_ref().take(calls).collect()))
        .collect();
    on_worker(async move {
        let begun = Instant::now();
        let callers: Vec<_> = shares
            .into_iter()
            .map(|(queue, share)| tokio::spawn(queue.push_all(share)))
            .collect();
        let (mut times, mut lasts) = (Vec::with_capacity(rows), Vec::new());
        for caller in callers {
            let (took, last) = caller.await??;
            times.extend(took);
            lasts.push(last);
        }
        let answered = Calls::of(times, begun.elapsed());
        while !verify::there(&mut look, table, &lasts, rows).await? {
            if begun.elapsed() > Duration::from_secs(120) {
                return Err(format!("{table} has not got all its rows within 120 s").into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let written = rate(rows, begun.elapsed());
        Ok(Turn { answered, written })
    })
    .await
}
