//! The consumer on deletes, and on a mix of statements over rows that are hot, against the same one by one.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use beeorm::prelude::*;
use sqlx::{MySqlConnection, query, raw_sql};

use super::{drain_updates::fill_tables, drains, fill::Fillers};
use crate::{
    Bench, Fallible,
    entities::{Account, BARE_ACCOUNTS},
    measure::{OURS, Rounds, rate},
    report::{Line, Verdict},
    stage::Network,
    verify,
};

const ONE_BY_ONE: usize = 1;
const TRANSACTIONS: usize = 2;

/// Statements of a transaction by hand.
const TOGETHER: usize = 500;

pub(crate) async fn run(bench: &Bench) -> Fallible<Vec<Line>> {
    Ok(vec![deletes(bench).await?, mix(bench).await?])
}

async fn deletes(bench: &Bench) -> Fallible<Line> {
    let stage = &bench.stage;
    let count = bench.options.size(50_000, 2000);
    let mut line = Line::new("6", format!("drain {count} entries of one DELETE each"), "");
    let engine = stage.engine(Network::Loopback).await?;
    let fillers = Fillers::open(stage).await?;
    let mut look = stage.sql(Network::Loopback).await?;
    let rounds = Rounds::play(bench.options.size(3, 1), 1, async |_, _| {
        fill_tables(stage, count).await?;
        fillers
            .fill(stage, count, |engine, number| async move {
                let id = number as u64 + 1;
                engine.delete_by_id_lazy::<Account>(id).await.map(drop)
            })
            .await?;
        let took = drains::ours(&engine, count).await?;
        verify::balances(&mut look, "accounts", std::iter::empty()).await?;
        Ok(rate(count, took))
    })
    .await?;
    let rows = rounds.spread(OURS, |rate| *rate).median;
    line.figure("beeorm", "rows a second", rounds.each(OURS, |rate| *rate));
    line.measured = format!("{rows:.0} rows a second");
    Ok(line)
}

/// What is done to one row.
#[derive(Clone, Copy, Debug)]
enum Step {
    Update(u64, i64),
    Insert(u64),
    Delete(u64),
}

/// Steps over so many rows, and what is left after them.
fn steps(hot: u64, count: usize) -> (Vec<Step>, BTreeMap<u64, i64>) {
    let mut rows: BTreeMap<u64, i64> = (1..=hot).map(|id| (id, 0)).collect();
    let mut live: Vec<u64> = rows.keys().copied().collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap_or_default()
    };
    let mut next = hot;
    let steps = (0..count).map(|number| match random(10) {
        0..6 => {
            let id = live.get(random(live.len())).copied().unwrap_or(1);
            let balance = i64::try_from(number).unwrap_or_default() + 1;
            rows.insert(id, balance);
            Step::Update(id, balance)
        }
        6..9 => {
            next += 1;
            live.push(next);
            rows.insert(next, 0);
            Step::Insert(next)
        }
        _ => {
            let id = live.swap_remove(random(live.len()));
            rows.remove(&id);
            Step::Delete(id)
        }
    });
    (steps.collect(), rows)
}

async fn mix(bench: &Bench) -> Fallible<Line> {
    let stage = &bench.stage;
    let (hot, count) = bench.options.size((10_000, 20_000), (1000, 2000));
    let mut line = Line::new(
        "6",
        format!(
            "drain {count} entries of 60 % UPDATE, 30 % INSERT, 10 % DELETE over {hot} hot rows"
        ),
        "at least 20 × autocommit one by one, and 5 × transactions of 500",
    );
    let (steps, left) = steps(hot, count);
    let engine = stage.engine(Network::Loopback).await?;
    let mut connection = stage.sql(Network::Loopback).await?;
    let mut look = stage.sql(Network::Loopback).await?;
    let rounds = Rounds::play(bench.options.size(5, 1), 3, async |side, _| {
        fill_tables(stage, usize::try_from(hot)?).await?;
        let (table, took) = if side == OURS {
            // One caller: what touches one row is flushed in order.
            for step in &steps {
                flush(&engine, *step).await?;
            }
            ("accounts", drains::ours(&engine, count).await?)
        } else {
            let together = if side == ONE_BY_ONE { 1 } else { TOGETHER };
            (
                BARE_ACCOUNTS,
                by_hand(&mut connection, &steps, together).await?,
            )
        };
        let awaited = left.iter().map(|(id, balance)| (*id, *balance));
        verify::balances(&mut look, table, awaited).await?;
        Ok(rate(count, took))
    })
    .await?;
    let singles = rounds.ratio(OURS, ONE_BY_ONE, |rate| *rate);
    let transactions = rounds.ratio(OURS, TRANSACTIONS, |rate| *rate);
    let rows = |side| rounds.spread(side, |rate| *rate).median;
    for (name, side) in [
        ("beeorm", OURS),
        ("one by one", ONE_BY_ONE),
        ("transactions of 500", TRANSACTIONS),
    ] {
        line.figure(name, "rows a second", rounds.each(side, |rate| *rate));
    }
    line.verdict = Verdict::of(singles.median >= 20.0 && transactions.median >= 5.0);
    line.measured = format!(
        "{singles} one by one, {transactions} transactions of 500; {:.0} rows a second to {:.0} and {:.0}",
        rows(OURS),
        rows(ONE_BY_ONE),
        rows(TRANSACTIONS)
    );
    Ok(line)
}

async fn flush(engine: &Engine, step: Step) -> Fallible<()> {
    match step {
        Step::Update(id, balance) => {
            let change = Account::change(id).set(Account::columns().balance, balance);
            engine.flush_lazy(change).await?;
        }
        Step::Insert(id) => {
            let mut account = engine.track(Account::number(id))?;
            engine.flush_lazy(&mut account).await?;
        }
        Step::Delete(id) => {
            engine.delete_by_id_lazy::<Account>(id).await?;
        }
    }
    Ok(())
}

/// Prepared statements, so many a transaction; of one none is begun.
async fn by_hand(
    connection: &mut MySqlConnection,
    steps: &[Step],
    together: usize,
) -> Fallible<Duration> {
    let begun = Instant::now();
    for some in steps.chunks(together) {
        if together > 1 {
            raw_sql("BEGIN").execute(&mut *connection).await?;
        }
        for step in some {
            let statement = match *step {
                Step::Update(id, balance) => {
                    query("UPDATE bare_accounts SET balance = ? WHERE id = ?")
                        .bind(balance)
                        .bind(id)
                }
                Step::Insert(id) => insert(&Account::number(id)),
                Step::Delete(id) => query("DELETE FROM bare_accounts WHERE id = ?").bind(id),
            };
            statement.execute(&mut *connection).await?;
        }
        if together > 1 {
            raw_sql("COMMIT").execute(&mut *connection).await?;
        }
    }
    Ok(begun.elapsed())
}

type Query = sqlx::query::Query<'static, sqlx::MySql, sqlx::mysql::MySqlArguments>;

fn insert(account: &Account) -> Query {
    query(
        "INSERT INTO bare_accounts (id, balance, first_name, last_name, email, street, city, postcode, country, phone, \
         age, level, logins, points, `rank`, height, active, verified, last_seen, created) \
         VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    )
    .bind(account.id)
    .bind(account.balance)
    .bind(account.first_name.clone())
    .bind(account.last_name.clone())
    .bind(account.email.clone())
    .bind(account.street.clone())
    .bind(account.city.clone())
    .bind(account.postcode.clone())
    .bind(account.country.clone())
    .bind(account.phone.clone())
    .bind(account.age)
    .bind(account.level)
    .bind(account.logins)
    .bind(account.points)
    .bind(account.rank)
    .bind(account.height)
    .bind(account.active)
    .bind(account.verified)
    .bind(account.last_seen)
    .bind(account.created)
}
