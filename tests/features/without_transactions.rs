//! Tables of a storage engine without transactions, made after the program began: nothing is written to them.

use std::time::Duration;

use beeorm::prelude::*;

use crate::{
    entities::registered,
    support::{Fault, PATIENCE, Scene, drain, keeper, run, until, visit},
};

fn is_refused(result: &Result<(), Error>) -> bool {
    matches!(result, Err(Error::NoTransactions { table, .. }) if table == "counters")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_refused_by_a_flush_also_when_they_came_later() {
    let mut scene = Scene::new().await;
    scene.add(keeper(1, "bee")).await;
    drain(&scene.engine).await;
    let engine = registered(scene.backend.registry())
        .connect()
        .await
        .unwrap();
    scene.sql.run("ALTER TABLE `counters` ENGINE=MyISAM").await;
    let mut twin = engine.track(keeper(2, "bee")).unwrap();
    let refused = engine.flush((visit(), &mut twin)).await;
    assert!(is_refused(&refused), "{refused:?}");
    let refused = engine.flush(visit()).await;
    assert!(is_refused(&refused), "{refused:?}");
    assert_eq!(scene.visits().await, 0);
    scene.sql.run("ALTER TABLE `counters` ENGINE=InnoDB").await;
    engine.flush(visit()).await.unwrap();
    assert_eq!(scene.visits().await, 1);
}

/// A table that fails is looked at again: it may be another one by now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_refused_also_when_a_good_table_of_that_name_was_seen() {
    let mut scene = Scene::new().await;
    let definition = "CREATE TABLE `counters` (`id` int unsigned PRIMARY KEY, `visits` bigint unsigned NOT NULL, \
                      `last` int unsigned NOT NULL)";
    scene.engine.flush(visit()).await.unwrap();
    scene.sql.run("DROP TABLE `counters`").await;
    let missing = scene.engine.flush(visit()).await;
    assert!(matches!(&missing, Err(Error::Database(_))), "{missing:?}");
    scene.sql.run(&format!("{definition} ENGINE=MyISAM")).await;
    scene
        .sql
        .run("INSERT INTO `counters` VALUES (1, 0, 0)")
        .await;
    let refused = scene.engine.flush(visit()).await;
    assert!(is_refused(&refused), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_waited_for_by_the_consumer_that_runs_already() {
    let mut scene = Scene::new().await;
    scene.add(keeper(1, "bee")).await;
    drain(&scene.engine).await;
    scene.sql.run("RENAME TABLE `counters` TO `others`").await;
    let registry = registered(scene.backend.registry());
    let engine = registry.connect().await.unwrap();
    let consumer = run(engine.background_consumer());
    until("the consumer owns the channel", PATIENCE, async || {
        scene.redis.owner().await.is_some()
    })
    .await;
    for made in [
        "CREATE TABLE `counters` LIKE `others`",
        "ALTER TABLE `counters` ENGINE=MyISAM",
        "INSERT INTO `counters` SELECT * FROM `others`",
    ] {
        scene.sql.run(made).await;
    }
    let mut twin = scene.engine.track(keeper(2, "bee")).unwrap();
    let both = (visit(), &mut twin);
    let receipt = scene.engine.flush_lazy(both).await.unwrap();
    // It is tried again until a deploy has mended the table.
    let waited = receipt.applied(Duration::from_secs(2)).await;
    assert!(waited.is_err(), "{waited:?}");
    assert_eq!(scene.visits().await, 0, "half of a flush took effect");
    scene.sql.run("ALTER TABLE `counters` ENGINE=InnoDB").await;
    scene.until_drained().await;
    assert_eq!(consumer.stop().await.dead, 1);
    assert_eq!(scene.visits().await, 0, "a dead flush took effect");
}

/// One look a table, whatever the number of flushes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_looked_for_once() {
    let scene = Scene::new().await;
    let far = scene.far().await;
    far.engine.flush(visit()).await.unwrap();
    // All is prepared: only a look has the table's name in it, for a value.
    let looks = far.database.on("counters", Fault::LoseRequest, usize::MAX);
    far.engine.flush(visit()).await.unwrap();
    assert!(!looks.is_met());
}
