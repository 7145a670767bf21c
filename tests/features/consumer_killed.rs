//! kill -9 of the consumer, again and again: every row once, every count exact.

use std::time::Duration;

use beeorm::prelude::*;

use crate::{
    entities::{Counter, Event, registered},
    support::{Backend, ConsumerProcess, Proxy, Random, RawRedis, Sql, drain, engine, until},
};

const ROWS: u32 = 20_000;
const VISITS: u32 = 2_000;
const KILLS: usize = 10;

/// The rows' ids are the database's to make, so that only the consumer's care keeps a row from being there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_times_leaves_every_row_once() {
    let mut random = Random::new();
    println!("BEEORM_TEST_SEED={}", random.seed);
    let backend = Backend::servers().await;
    let engine = engine(registered(backend.registry())).await;
    engine
        .flush(
            &mut engine
                .track(Counter {
                    id: 1,
                    ..Counter::default()
                })
                .unwrap(),
        )
        .await
        .unwrap();
    let flushed = fill(&engine, &mut random).await;

    let (mut sql, mut redis) = (
        Sql::connect(&backend).await,
        RawRedis::connect(&backend).await,
    );
    // Slow, so that the time between a COMMIT and its acknowledgement is long enough to be hit.
    let (proxy, stream) = Proxy::before(&backend.stream).await;
    proxy.slow_down(Duration::from_millis(25));
    let (mut done, mut cut_short) = (0, 0);
    for kill in 1..=KILLS {
        let consumer = ConsumerProcess::start((&backend.database, &stream), 4, 20);
        let before = done;
        // A twentieth of the work at the most, so that some is left for all the others.
        let share = i64::try_from(random.between(1, flushed / 20)).unwrap();
        until("the consumer works", Duration::from_secs(20), async || {
            sql.done().await >= before + share
        })
        .await;
        if kill % 2 == 0 {
            tokio::time::sleep(Duration::from_micros(random.between(0, 150_000))).await;
        }
        consumer.kill().await;
        done = settled(&mut sql).await;
        let left = redis.entries().await;
        assert!(
            done > before,
            "kill {kill} hit a consumer that had done nothing"
        );
        assert!(
            !left.is_empty(),
            "kill {kill} came when there was nothing left to do"
        );
        let waiting: Vec<Vec<u8>> = left.iter().flat_map(|entry| entry.frame_ids()).collect();
        let duplicates = sql.done_of(&waiting).await;
        println!(
            "kill {kill}: {done} of {flushed} frames done, {duplicates} of them not acknowledged"
        );
        cut_short += duplicates;
    }
    assert!(
        cut_short > 0,
        "no kill came between a COMMIT and its acknowledgement: nothing was tried"
    );

    let report = drain(&engine).await;
    println!("the rest: {report:?}; {cut_short} frames were delivered again after they were done");
    assert_eq!((report.dead, report.skipped, report.set_aside), (0, 0, 0));
    assert_eq!(redis.len().await, 0);
    assert_eq!(sql.count("_beeorm_dead_letters").await, 0);
    let twice = sql
        .numbers(
            "SELECT CAST(`number` AS SIGNED) FROM `events` GROUP BY `number` HAVING COUNT(*) > 1",
        )
        .await;
    assert_eq!(twice, [0; 0], "inserted more than once");
    assert_eq!(sql.count("events").await, i64::from(ROWS));
    let visits = sql
        .number("SELECT CAST(`visits` AS SIGNED) FROM `counters` WHERE `id` = 1")
        .await;
    assert_eq!(visits, i64::from(VISITS));
}

/// Rows in flushes of one to a hundred and twenty, and visits between them, some in the same flush; how many flushes.
async fn fill(engine: &Engine, random: &mut Random) -> u64 {
    let (mut rows, mut visits, mut flushes) = (0, 0, 0);
    while rows < ROWS || visits < VISITS {
        let visit = || Counter::change(1_u32).add(Counter::columns().visits, 1_u64);
        if rows < ROWS && random.between(0, 5) == 0 {
            let size = if random.between(0, 3) == 0 {
                1
            } else {
                random.between(2, 120)
            };
            let numbers = rows..ROWS.min(rows + u32::try_from(size).unwrap());
            rows = numbers.end;
            let event = |number| {
                engine
                    .track(Event {
                        id: 0,
                        number,
                        text: "x".repeat(number as usize % 50),
                    })
                    .unwrap()
            };
            let mut events: Vec<_> = numbers.map(event).collect();
            if visits < VISITS {
                visits += 1;
                engine.flush_lazy((&mut events, visit())).await.unwrap();
            } else {
                engine.flush_lazy(&mut events).await.unwrap();
            }
            flushes += 1;
        } else if visits < VISITS {
            visits += 1;
            engine.flush_lazy(visit()).await.unwrap();
            flushes += 1;
        }
    }
    flushes
}

/// How many frames are done, once the server has rolled back what the killed consumer had begun.
async fn settled(sql: &mut Sql) -> i64 {
    let mut idle = 0;
    until(
        "the killed consumer's statements end",
        Duration::from_secs(10),
        async || {
            let is_idle = sql.statements_of_others().await.is_empty();
            idle = if is_idle { idle + 1 } else { 0 };
            idle >= 3
        },
    )
    .await;
    sql.done().await
}
