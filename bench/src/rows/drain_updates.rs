//! The consumer on a backlog of updates of one column in twenty, against the best that we know to write by hand.

use std::time::Instant;

use beeorm::prelude::*;

use super::{drains, fill::Fillers};
use crate::{
    Bench, Fallible,
    by_hand::{
        drain::{self, Worker, Write},
        payload, stream,
        updates::{Updates, Way},
    },
    entities::{Account, BARE_ACCOUNTS},
    measure::{OURS, Rounds, rate},
    report::{Line, Verdict},
    stage::{Network, Stage},
    verify,
};

const ONE: usize = 1;
const FOUR: usize = 2;
const SINGLES: usize = 3;

/// What may be the best, each with so many rows a statement.
const SIZES: [usize; 3] = [100, 500, 1000];

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    let stage = &bench.stage;
    let count = bench.options.size(100_000, 4000);
    fill_tables(stage, count).await?;
    let mut line = Line::new(
        "5",
        format!("drain {count} entries of one UPDATE each, of one column in twenty"),
        "at least 0.6 × the best way by hand without an inbox; at least 8 × transactions of 500 single UPDATEs",
    );
    let (way, size) = best(bench, count, &mut line).await?;
    let engine = stage.engine(Network::Loopback).await?;
    let (fillers, filler) = (
        Fillers::open(stage).await?,
        stage.redis(Network::Loopback).await?,
    );
    let mut look = stage.sql(Network::Loopback).await?;
    let workers = async |workers, way, size| {
        let write = || Write::Updates(Updates::new(way, size));
        Worker::all(stage, Network::Loopback, workers, 1000, write).await
    };
    let mut others = [
        workers(1, way, size).await?,
        workers(4, way, size).await?,
        workers(1, Way::Singles, 500).await?,
    ];
    let rounds = Rounds::play(bench.options.rounds(), 4, async |side, round| {
        // Another value each time: a row that has it already is not written.
        let seed = i64::try_from(round * 4 + side + 1)?;
        if side == OURS {
            fillers
                .fill(stage, count, move |engine, number| async move {
                    let change = Account::change(number as u64 + 1);
                    let balance = balance(number, seed);
                    let change = change.set(Account::columns().balance, balance);
                    engine.flush_lazy(change).await.map(drop)
                })
                .await?;
            let took = drains::ours(&engine, count).await?;
            verify::balances(&mut look, "accounts", awaited(count, seed)).await?;
            return Ok(rate(count, took));
        }
        let bodies = awaited(count, seed).map(|(id, balance)| payload::balance(id, balance));
        stream::fill(&filler, bodies).await?;
        let Some(workers) = others.get_mut(side - 1) else {
            return Err("there is no such side".into());
        };
        let took = drain::drain(workers).await?;
        verify::balances(&mut look, BARE_ACCOUNTS, awaited(count, seed)).await?;
        Ok(rate(count, took))
    })
    .await?;
    let rows = |side| rounds.spread(side, |rate| *rate).median;
    let (best, connections) = if rows(FOUR) > rows(ONE) {
        (FOUR, "four connections")
    } else {
        (ONE, "one connection")
    };
    let ratio = rounds.ratio(OURS, best, |rate| *rate);
    let singles = rounds.ratio(OURS, SINGLES, |rate| *rate);
    let sides = [
        ("beeorm", OURS),
        ("by hand, one connection", ONE),
        ("by hand, four connections", FOUR),
        ("single UPDATEs, 500 a transaction", SINGLES),
    ];
    for (name, side) in sides {
        line.figure(name, "rows a second", rounds.each(side, |rate| *rate));
    }
    line.verdict = Verdict::of(ratio.median >= 0.6 && singles.median >= 8.0);
    line.measured = format!(
        "{ratio} the best ({}, {size} rows a statement, {connections}), {singles} single UPDATEs; {:.0} rows a second to \
         {:.0} and {:.0}",
        way.name(),
        rows(OURS),
        rows(best),
        rows(SINGLES)
    );
    Ok(vec![line])
}

fn balance(number: usize, seed: i64) -> i64 {
    i64::try_from(number).unwrap_or_default() % 1000 * 1000 + seed
}

fn awaited(count: usize, seed: i64) -> impl Iterator<Item = (u64, i64)> {
    (0..count).map(move |number| (number as u64 + 1, balance(number, seed)))
}

/// Both tables, filled alike.
pub(crate) async fn fill_tables(stage: &Stage, count: usize) -> Fallible<()> {
    let engine = stage.engine(Network::Loopback).await?;
    let mut look = stage.sql(Network::Loopback).await?;
    verify::empty(&mut look, "accounts").await?;
    verify::empty(&mut look, BARE_ACCOUNTS).await?;
    let ids: Vec<u64> = (1..=count as u64).collect();
    for some in ids.chunks(2000) {
        let accounts = some.iter().map(|id| engine.track(Account::number(*id)));
        let mut accounts = accounts.collect::<Result<Vec<_>, _>>()?;
        engine.flush(&mut accounts).await?;
    }
    let copy = "INSERT INTO bare_accounts SELECT * FROM accounts";
    sqlx::raw_sql(copy).execute(&mut look).await?;
    Ok(())
}

/// The best way to write them in one statement on this server, on one connection.
async fn best(bench: &Bench, count: usize, line: &mut Line) -> Fallible<(Way, usize)> {
    let mut connection = bench.stage.sql(Network::Loopback).await?;
    let (version,): (String,) = sqlx::query_as("SELECT VERSION()")
        .fetch_one(&mut connection)
        .await?;
    let mariadb = version.contains("MariaDB");
    let ways = [
        Way::Case,
        Way::UnionAll,
        Way::Values { mariadb },
        Way::JsonTable,
    ];
    let count = count.min(bench.options.size(20_000, 2000));
    let mut best = None;
    for (place, (way, size)) in ways
        .into_iter()
        .flat_map(|way| SIZES.map(|size| (way, size)))
        .enumerate()
    {
        let mut updates = Updates::new(way, size);
        let mut rates = Vec::new();
        for attempt in 0..3 {
            let seed = i64::try_from(1000 + 10 * place + attempt)?;
            let rows: Vec<(u64, i64)> = awaited(count, seed).collect();
            let begun = Instant::now();
            if let Err(error) = updates.run(&mut connection, &rows).await {
                eprintln!("    {}, {size} rows: {error}", way.name());
                break;
            }
            rates.push(rate(count, begun.elapsed()));
        }
        let name = format!("{}, {size} rows, without a stream", way.name());
        let fastest = rates.iter().copied().fold(0.0, f64::max);
        eprintln!("    {name}: {fastest:.0} rows a second");
        line.figure(name, "rows a second", rates);
        if best.is_none_or(|(_, most)| fastest > most) {
            best = Some(((way, size), fastest));
        }
    }
    best.map(|(best, _)| best)
        .ok_or_else(|| "none of the ways worked".into())
}
