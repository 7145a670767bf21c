//! Existing tables whose key is not called PRIMARY, and views: several rows are changed and deleted all the same.

use beeorm::prelude::*;

use crate::support::{Backend, Sql, drain};

#[derive(Entity, Debug, Default, PartialEq)]
#[entity(table = "things")]
struct Thing {
    #[entity(primary_key)]
    id: u32,
    count: u32,
}

async fn are_changed_and_deleted(definition: &str) {
    let backend = Backend::servers().await;
    let mut sql = Sql::connect(&backend).await;
    sql.run(definition).await;
    let engine = backend
        .registry()
        .entity::<Thing>()
        .connect()
        .await
        .unwrap();
    let thing = |id| engine.track(Thing { id, count: 0 }).unwrap();
    let mut things: Vec<_> = (1..=7).map(thing).collect();
    engine.flush(&mut things).await.unwrap();
    for thing in &mut things {
        thing.count += thing.id;
    }
    engine.flush(&mut things).await.unwrap();
    let sum = "SELECT CAST(SUM(`count`) AS SIGNED) FROM `things`";
    assert_eq!(sql.number(sum).await, 28);
    for thing in &mut things {
        thing.count += 1;
    }
    engine.flush_lazy(&mut things).await.unwrap();
    let mut last = things.split_off(4);
    engine.delete_lazy(&mut last).await.unwrap();
    let report = drain(&engine).await;
    assert_eq!((report.applied, report.dead), (2, 0), "{report:?}");
    assert_eq!(sql.number(sum).await, 1 + 2 + 3 + 4 + 4);
    engine.delete(&mut things).await.unwrap();
    assert_eq!(sql.count("things").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_table_with_a_unique_key_only() {
    are_changed_and_deleted(
        "CREATE TABLE `things` (`id` int unsigned NOT NULL, `count` int unsigned NOT NULL, UNIQUE KEY `the_id` (`id`))",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_view() {
    are_changed_and_deleted(
        "CREATE TABLE `all` (`id` int unsigned PRIMARY KEY, `count` int unsigned NOT NULL, \
         `secret` int NOT NULL DEFAULT 0); CREATE VIEW `things` AS SELECT `id`, `count` FROM `all` WHERE `secret` = 0",
    )
    .await;
}
