//! Loads by key, against sqlx by hand.

use std::time::Instant;

use beeorm::Uuid;

use crate::{
    Bench, Fallible,
    entities::Page,
    measure::{Calls, OURS, Rounds, on_worker},
    report::{Line, Verdict},
    rivals::Reader,
    stage::Network,
    verify,
};

const SQLX: usize = 1;
const ROWS: usize = 10_000;

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let stage = &bench.stage;
    let engine = stage.engine(Network::Loopback).await?;
    let mut look = stage.sql(Network::Loopback).await?;
    verify::empty(&mut look, "pages").await?;
    let mut pages = Page::numbers(0..ROWS);
    engine.flush(&mut pages).await?;
    let ids: Vec<Uuid> = pages.iter().map(|page| page.id).collect();
    let mut readers = [
        Some(Reader::Beeorm(engine)),
        Some(Reader::Sqlx(stage.sql(Network::Loopback).await?)),
    ];
    let mut lines = Vec::new();
    for (work, at_a_time) in [("`load` by id", 1), ("`load_many` of 100", 100)] {
        let mut line = Line::new(
            "9",
            format!("{work} (p50)"),
            "at most 1.1 × sqlx's `query_as`",
        );
        let calls = if at_a_time == 1 {
            bench.options.size(5000, 500)
        } else {
            bench.options.size(1000, 100)
        };
        let rounds = Rounds::play(bench.options.rounds(), 2, async |side, round| {
            let Some(slot) = readers.get_mut(side) else {
                return Err("there is no such side".into());
            };
            let mut reader = slot.take().ok_or("its reader has failed")?;
            let ids = ids.clone();
            let (reader, took) = on_worker(async move {
                let mut times = Vec::with_capacity(calls);
                let begun = Instant::now();
                for call in 0..calls {
                    // All over the table, and the same for both.
                    let from = (call * 7919 + round * 31) % (ROWS - at_a_time);
                    let some = ids.get(from..from + at_a_time).unwrap_or_default();
                    let begun = Instant::now();
                    let found = reader.load(some).await?;
                    times.push(begun.elapsed());
                    verify::count("rows found", found as u64, at_a_time)?;
                }
                Ok((reader, Calls::of(times, begun.elapsed())))
            })
            .await?;
            *slot = Some(reader);
            Ok(took)
        })
        .await?;
        let p50 = |calls: &Calls| calls.p50_micros;
        let ratio = rounds.ratio(OURS, SQLX, p50);
        line.figure("beeorm, p50", "µs", rounds.each(OURS, p50));
        line.figure("sqlx, p50", "µs", rounds.each(SQLX, p50));
        line.verdict = Verdict::of(ratio.median <= 1.1);
        line.measured = format!(
            "{ratio}; {:.0} µs to {:.0} µs",
            rounds.spread(OURS, p50).median,
            rounds.spread(SQLX, p50).median
        );
        lines.push(line);
    }
    Ok(lines)
}
