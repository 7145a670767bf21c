//! What touches one row, one unique value, or a parent and its child takes effect in the order of the flushes.

use beeorm::prelude::*;

use crate::{
    entities::{Bee, Counter, Hive, Keeper},
    support::{FEW, PATIENCE, Random, Scene, counter, drain, keeper},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_of_one_row_among_those_of_others() {
    let mut scene = Scene::new().await;
    for id in 2..=50 {
        scene.add(counter(id)).await;
    }
    scene.sql.record("counters", "last").await;
    let columns = Counter::columns();
    for number in 1..=500_u32 {
        let hot = Counter::change(1_u32).set(columns.last, number);
        scene.engine.flush_lazy(hot).await.unwrap();
        let other = Counter::change(number % 49 + 2).add(columns.visits, 1_u64);
        scene.engine.flush_lazy(other).await.unwrap();
    }
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (1049, 0), "{report:?}");
    let mut recorded = scene.sql.recorded().await;
    recorded.retain(|value| *value > 0);
    assert_eq!(recorded, (1..=500).collect::<Vec<i64>>());
    let last = "SELECT CAST(`last` AS SIGNED) FROM `counters` WHERE `id` = 1";
    assert_eq!(scene.sql.number(last).await, 500);
    let all = "SELECT CAST(SUM(`visits`) AS SIGNED) FROM `counters`";
    assert_eq!(scene.sql.number(all).await, 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn insert_delete_and_insert_of_one_key() {
    let mut scene = Scene::new().await;
    for round in 0..50 {
        for id in 2..=11_u32 {
            scene
                .add(Counter {
                    visits: round,
                    ..counter(id)
                })
                .await;
            let change = Counter::change(id).add(Counter::columns().visits, 1_000_u64);
            scene.engine.flush_lazy(change).await.unwrap();
            if round < 49 {
                scene.engine.delete_by_id_lazy::<Counter>(id).await.unwrap();
            }
        }
    }
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (1490, 0), "{report:?}");
    let visits = "SELECT CAST(`visits` AS SIGNED) FROM `counters` WHERE `id` > 1";
    assert_eq!(scene.sql.numbers(visits).await, vec![1_049; 10]);
}

async fn rename(scene: &Scene, id: u32, email: &str) {
    let change = Keeper::change(id).set(Keeper::columns().email, email);
    scene.engine.flush_lazy(change).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unique_value_goes_from_row_to_row() {
    let mut scene = Scene::new().await;
    scene.add(keeper(1, "maja")).await;
    scene.add(keeper(2, "willi")).await;
    // Two rows swap their values by way of a third one, many times over, with other writes between.
    for round in 0..101 {
        let mut values = ["maja", "willi"];
        values.rotate_left(round % 2);
        rename(&scene, 1, "nobody").await;
        let older = Keeper::change(1_u32).add(Keeper::columns().age, 1_u32);
        scene.engine.flush_lazy(older).await.unwrap();
        rename(&scene, 2, values[0]).await;
        let id = 100 + u32::try_from(round).unwrap();
        scene.add(keeper(id, &format!("bee {round}"))).await;
        rename(&scene, 1, values[1]).await;
    }
    // A value is free once its row is deleted; in the collation's eyes it is the same.
    scene
        .engine
        .delete_by_id_lazy::<Keeper>(1_u32)
        .await
        .unwrap();
    scene.add(keeper(3, "WILLI")).await;
    let report = drain(&scene.engine).await;
    assert_eq!(report.dead, 0, "{report:?}");
    for (email, id) in [("maja", 2), ("willi", 3)] {
        let sql = format!("SELECT CAST(`id` AS SIGNED) FROM `keepers` WHERE `email` = '{email}'");
        assert_eq!(scene.sql.numbers(&sql).await, [id]);
    }
    assert_eq!(scene.sql.count("keepers").await, 103);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parents_before_their_children_and_after_them() {
    let mut scene = Scene::new().await;
    let mut random = Random::new();
    println!("BEEORM_TEST_SEED={}", random.seed);
    let mut bees = 0;
    for hive in 1..=150_u32 {
        scene.add(Hive { id: hive, honey: 0 }).await;
        let first = bees + 1;
        for _ in 0..random.between(1, 4) {
            bees += 1;
            scene
                .add(Bee {
                    id: bees,
                    hive: Reference::to(hive),
                })
                .await;
            let change = Hive::change(hive).add(Hive::columns().honey, 1_i64);
            scene.engine.flush_lazy(change).await.unwrap();
        }
        if hive % 3 == 0 {
            // One bee moves, the others go, and then their hive.
            let to: Reference<Hive> = Reference::to(hive - 1);
            let moves = Bee::change(first).set(Bee::columns().hive, to);
            scene.engine.flush_lazy(moves).await.unwrap();
            for id in first + 1..=bees {
                scene.engine.delete_by_id_lazy::<Bee>(id).await.unwrap();
            }
            scene.engine.delete_by_id_lazy::<Hive>(hive).await.unwrap();
        }
    }
    let consumer = scene
        .engine
        .background_consumer()
        .rows_of_a_lane(FEW)
        .batch_size(150);
    let drained = tokio::time::timeout(PATIENCE, consumer.drain()).await;
    let report = drained.expect("no deadlock lasts").unwrap();
    println!("{report:?}");
    assert_eq!(report.dead, 0, "{report:?}");
    assert_eq!(scene.sql.count("hives").await, 100);
    let homeless = "SELECT COUNT(*) FROM `bees` WHERE `hive` % 3 = 0";
    assert_eq!(scene.sql.number(homeless).await, 0);
    // Of every third hive's bees one is left.
    let left = "SELECT COUNT(*) FROM `bees` JOIN `hives` ON `hives`.`id` = `bees`.`hive`";
    let honey = scene
        .sql
        .number("SELECT CAST(SUM(`honey`) AS SIGNED) FROM `hives`")
        .await;
    assert_eq!(scene.sql.number(left).await, honey + 50);
}
