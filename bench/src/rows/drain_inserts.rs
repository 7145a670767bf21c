//! The consumer on a backlog of single inserts, against a loop written by hand.

use super::{drains, fill::Fillers};
use crate::{
    Bench, Fallible,
    by_hand::{
        drain::{self, Worker, Write},
        inserts::Inserts,
        payload, stream,
    },
    entities::{BARE_PAGES, Page},
    measure::{OURS, Rounds, rate},
    report::{Line, Verdict},
    stage::Network,
    verify::{self, Sum},
};

const ONE: usize = 1;
const FOUR: usize = 2;

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let count = bench.options.size(100_000, 5000);
    let mut line = Line::new(
        "4",
        format!("drain {count} entries of one INSERT each"),
        "faster than a loop by hand on one connection (1000 rows a statement, no inbox); at least 0.65 × the same on four",
    );
    for network in Network::BOTH {
        let rounds = measure(bench, network, count).await?;
        let one = rounds.ratio(OURS, ONE, |rate| *rate);
        let four = rounds.ratio(OURS, FOUR, |rate| *rate);
        let rows = |side| rounds.spread(side, |rate| *rate).median;
        for (name, side) in [
            ("beeorm", OURS),
            ("one connection", ONE),
            ("four connections", FOUR),
        ] {
            let name = format!("{name}{}", network.suffix());
            line.figure(name, "rows a second", rounds.each(side, |rate| *rate));
        }
        if network == Network::Loopback {
            line.verdict = Verdict::of(one.median > 1.0 && four.median >= 0.65);
        }
        let text = format!(
            "{one} one connection, {four} four; {:.0} rows a second to {:.0} and {:.0}",
            rows(OURS),
            rows(ONE),
            rows(FOUR)
        );
        line.say(network, text);
    }
    Ok(vec![line])
}

async fn measure(bench: &Bench, network: Network, count: usize) -> Fallible<Rounds<f64>> {
    let stage = &bench.stage;
    let (engine, fillers) = (stage.engine(network).await?, Fillers::open(stage).await?);
    let filler = stage.redis(Network::Loopback).await?;
    let mut look = stage.sql(Network::Loopback).await?;
    let write = || Write::Inserts(Inserts::default());
    let mut one = Worker::all(stage, network, 1, 1000, write).await?;
    let mut four = Worker::all(stage, network, 4, 1000, write).await?;
    let awaited = Sum::of(0..count);
    let rounds = match network {
        Network::Loopback => bench.options.rounds(),
        Network::Delayed => bench.options.size(3, 1),
    };
    Rounds::play(rounds, 3, async |side, _| {
        if side == OURS {
            verify::empty(&mut look, "pages").await?;
            fillers
                .fill(stage, count, |engine, number| async move {
                    engine.flush_lazy(&mut Page::number(number)).await.map(drop)
                })
                .await?;
            let took = drains::ours(&engine, count).await?;
            verify::pages(&mut look, "pages", awaited).await?;
            return Ok(rate(count, took));
        }
        verify::empty(&mut look, BARE_PAGES).await?;
        let bodies = (0..count).map(|number| payload::page(&Page::number(number)));
        stream::fill(&filler, bodies).await?;
        let took = drain::drain(if side == ONE { &mut one } else { &mut four }).await?;
        verify::pages(&mut look, BARE_PAGES, awaited).await?;
        Ok(rate(count, took))
    })
    .await
}
