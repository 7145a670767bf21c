//! Workers: many transactions at a time, and an order that does not depend on how many.

use std::time::Duration;

use beeorm::prelude::*;

use crate::support::{Backend, FEW, Sql, engine, on_every_backend};

#[derive(Entity, Debug, Default)]
struct Counter {
    #[entity(primary_key)]
    id: u32,
    value: i64,
    last: u32,
}

#[derive(Entity, Debug, Default)]
struct Step {
    #[entity(uuid)]
    id: Uuid,
    counter: Reference<Counter>,
}

/// Rows inserted, counted, set, deleted and inserted again, with children in between.
async fn history(engine: &Engine) {
    for id in 1..=20 {
        engine
            .flush_lazy(
                &mut engine
                    .track(Counter {
                        id,
                        ..Counter::default()
                    })
                    .unwrap(),
            )
            .await
            .unwrap();
    }
    let columns = Counter::columns();
    for round in 1..=30 {
        for id in 1..=20 {
            let change = Counter::change(id)
                .add(columns.value, 1)
                .set(columns.last, round);
            let mut step = Step {
                counter: Reference::to(id),
                ..Step::default()
            };
            engine.flush_lazy((change, &mut step)).await.unwrap();
            if round == 15 && id % 5 == 0 {
                let mut extra = engine
                    .track(Counter {
                        id: 100 + id,
                        value: 1,
                        last: 1,
                    })
                    .unwrap();
                engine.flush_lazy(&mut extra).await.unwrap();
                engine.delete_lazy(&mut extra).await.unwrap();
                let again = Counter {
                    id: 100 + id,
                    value: 2,
                    last: 2,
                };
                engine
                    .flush_lazy(&mut engine.track(again).unwrap())
                    .await
                    .unwrap();
            }
        }
    }
}

async fn the_order_is_kept(backend: &Backend, workers: usize) {
    let engine = engine(backend.registry().entity::<Counter>().entity::<Step>()).await;
    history(&engine).await;
    let consumer = engine
        .background_consumer()
        .lazy_flush_workers(workers)
        .rows_of_a_lane(FEW)
        .batch_size(97);
    let report = consumer.drain().await.unwrap();
    assert_eq!((report.dead, report.applied), (0, 20 + 600 + 12));
    for counter in engine.load_many::<Counter>(1..=20).await.unwrap() {
        let counter = counter.unwrap();
        assert_eq!((counter.value, counter.last), (30, 30), "{counter:?}");
    }
    for counter in engine
        .load_many::<Counter>([105, 110, 115, 120])
        .await
        .unwrap()
    {
        assert_eq!(counter.unwrap().value, 2);
    }
}

on_every_backend! {
    async fn one_keeps_the_order(backend: Backend) {
        the_order_is_kept(&backend, 1).await;
    }

    async fn eleven_keep_the_order(backend: Backend) {
        the_order_is_kept(&backend, 11).await;
    }

    async fn run_until_they_are_told_to_stop(backend: Backend) {
        let engine = engine(backend.registry().entity::<Counter>()).await;
        let consumer = engine.background_consumer().lazy_flush_workers(3).block_time(Duration::from_millis(50));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(consumer.run_until(stopped));
        for id in 1..=50 {
            engine.flush_lazy(&mut engine.track(Counter { id, ..Counter::default() }).unwrap()).await.unwrap();
        }
        while engine.load::<Counter>(50).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.send(()).unwrap();
        let report = running.await.unwrap().unwrap();
        assert_eq!((report.applied, report.dead), (50, 0));
        assert_eq!(engine.event_broker().stream_statistics(LAZY_CHANNEL).await.unwrap().len, 0);
    }
}

/// A server takes longer than no time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_not_kept_from_their_work_by_times_of_zero() {
    let backend = Backend::servers().await;
    let engine = engine(backend.registry().entity::<Counter>()).await;
    let trigger = "CREATE TRIGGER `slow` BEFORE INSERT ON `counter` FOR EACH ROW DO SLEEP(0.2)";
    Sql::connect(&backend).await.run(trigger).await;
    let counter = Counter {
        id: 1,
        ..Counter::default()
    };
    engine
        .flush_lazy(&mut engine.track(counter).unwrap())
        .await
        .unwrap();
    let consumer = engine
        .background_consumer()
        .answer_timeout(Duration::ZERO)
        .block_time(Duration::ZERO);
    let report = consumer
        .drain_until(tokio::time::sleep(Duration::from_secs(5)))
        .await
        .unwrap();
    assert_eq!((report.applied, report.dead), (1, 0));
}
