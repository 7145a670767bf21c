//! A synchronous flush, against sqlx by hand and other ORMs.

use std::time::Instant;

use crate::{
    Bench, Fallible,
    entities::Page,
    measure::{Calls, OURS, Rounds, on_worker},
    report::{Line, Verdict},
    rivals::{WRITERS, Writer},
    stage::Network,
    verify::{self, Sum},
};

const SQLX: usize = 1;

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let mut lines = Vec::new();
    for entities in [1, 100, 1000] {
        let mut line = Line::new(
            "8",
            format!("synchronous `flush` of {entities} (p50)"),
            "at most 1.1 × sqlx by hand; faster than sea-orm, diesel-async and toasty",
        );
        for network in Network::BOTH {
            measure(bench, network, entities, &mut line).await?;
        }
        lines.push(line);
    }
    Ok(lines)
}

async fn measure(
    bench: &Bench,
    network: Network,
    entities: usize,
    line: &mut Line,
) -> Fallible<()> {
    let stage = &bench.stage;
    let mut look = stage.sql(Network::Loopback).await?;
    let calls = match entities {
        1 => bench.options.size(500, 50),
        100 => bench.options.size(100, 10),
        _ => bench.options.size(30, 3),
    };
    let mut writers = Vec::new();
    for (place, name) in WRITERS.into_iter().enumerate() {
        match open(bench, network, place).await {
            Ok(writer) => writers.push((name, Some(writer))),
            Err(error) if place > SQLX => {
                eprintln!("    {name} does not work on this server: {error}");
            }
            Err(error) => return Err(error),
        }
    }
    let awaited = Sum::of(0..calls * entities);
    let rounds = Rounds::play(bench.options.rounds(), writers.len(), async |side, _| {
        let Some((_, slot)) = writers.get_mut(side) else {
            return Err("there is no such side".into());
        };
        let mut writer = slot.take().ok_or("its writer has failed")?;
        let table = writer.table();
        verify::empty(&mut look, table).await?;
        let mut pages = Page::numbers(0..calls * entities).into_iter();
        let batches: Vec<Vec<Page>> = (0..calls)
            .map(|_| pages.by_ref().take(entities).collect())
            .collect();
        let (writer, took) = on_worker(async move {
            let mut times = Vec::with_capacity(calls);
            let begun = Instant::now();
            for batch in batches {
                let begun = Instant::now();
                writer.insert(batch).await?;
                times.push(begun.elapsed());
            }
            Ok((writer, Calls::of(times, begun.elapsed())))
        })
        .await?;
        *slot = Some(writer);
        verify::pages(&mut look, table, awaited).await?;
        Ok(took)
    })
    .await?;
    let p50 = |calls: &Calls| calls.p50_micros;
    let names: Vec<&str> = writers.iter().map(|(name, _)| *name).collect();
    let mut text = String::new();
    let mut met = true;
    for (side, name) in names.iter().enumerate() {
        let figure = format!("{name}, p50{}", network.suffix());
        line.figure(figure, "µs", rounds.each(side, p50));
        if side == OURS {
            text.push_str(&format!("{:.0} µs: ", rounds.spread(OURS, p50).median));
            continue;
        }
        let ratio = rounds.ratio(OURS, side, p50);
        met &= ratio.median < if side == SQLX { 1.1 } else { 1.0 };
        let comma = if side == SQLX { "" } else { ", " };
        text.push_str(&format!("{comma}{ratio} {name}"));
    }
    if network == Network::Loopback {
        line.verdict = Verdict::of(met);
    }
    line.say(network, text);
    Ok(())
}

/// One that has written a row, or why it cannot.
async fn open(bench: &Bench, network: Network, place: usize) -> Fallible<Writer> {
    let mut writer = Writer::open(&bench.stage, network, place).await?;
    let mut look = bench.stage.sql(Network::Loopback).await?;
    writer.prepare(&mut look).await?;
    verify::empty(&mut look, writer.table()).await?;
    writer.insert(Page::numbers(0..1)).await?;
    verify::pages(&mut look, writer.table(), Sum::of(0..1)).await?;
    Ok(writer)
}
