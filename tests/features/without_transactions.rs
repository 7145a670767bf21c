//! Tables of a storage engine without transactions, made after the program began: nothing is written to them.

use std::time::Duration;

use beeorm::prelude::*;

use crate::{
    entities::{Counter, registered},
    support::{
        Fault, PATIENCE, Scene, Sql, drain, keeper, own_servers, run, servers, until, visit,
    },
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

/// A view has no engine of its own: what is written to it is written to what is behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_refused_also_behind_views() {
    let mut scene = Scene::new().await;
    for made in [
        "RENAME TABLE `counters` TO `all``counters`",
        "ALTER TABLE `all``counters` ENGINE=MyISAM",
        "CREATE VIEW `some` AS SELECT * FROM `all``counters` `x` WHERE `x`.`id` < 100",
        "CREATE VIEW `counters` AS SELECT * FROM `some`",
    ] {
        scene.sql.run(made).await;
    }
    let registry = registered(scene.backend.registry());
    let engine = registry.connect().await.unwrap();
    let is_refused = |result: &Result<(), Error>| matches!(result, Err(Error::NoTransactions { table, engine, .. }) if table == "all`counters" && engine == "MyISAM");
    let refused = engine.flush(visit()).await;
    assert!(is_refused(&refused), "{refused:?}");
    engine.flush_lazy(visit()).await.unwrap();
    let refused = engine.background_consumer().drain().await.map(drop);
    assert!(is_refused(&refused), "{refused:?}");
    assert_eq!(scene.visits().await, 0);

    scene
        .sql
        .run("ALTER TABLE `all``counters` ENGINE=InnoDB")
        .await;
    drain(&engine).await;
    engine.flush(visit()).await.unwrap();
    assert_eq!(scene.visits().await, 2);
}

/// The right to see what a view stands for is another than the right to write to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_not_supposed_behind_a_view_that_cannot_be_seen() {
    if servers().kind == "given" {
        return;
    }
    let own = own_servers();
    let mut sql = Sql::at(&own.mysql).await;
    for made in [
        "CREATE DATABASE `views` CHARACTER SET utf8mb4",
        "USE `views`",
        "CREATE TABLE `all` (`id` int unsigned PRIMARY KEY, `visits` bigint unsigned NOT NULL, \
         `last` int unsigned NOT NULL) ENGINE=InnoDB",
        "INSERT INTO `all` VALUES (1, 0, 0)",
        "CREATE VIEW `counters` AS SELECT * FROM `all`",
        "CREATE USER `bee`@`%` IDENTIFIED BY 'honey'",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON `views`.`counters` TO `bee`@`%`",
    ] {
        sql.run(made).await;
    }
    let address = own.mysql.replacen("root", "bee:honey", 1);
    let registry = Registry::new()
        .pool(DEFAULT_POOL, format!("{address}/views"))
        .pool(DEFAULT_POOL, own.redis.clone());
    let engine = registry.entity::<Counter>().connect().await.unwrap();
    engine.flush(visit()).await.unwrap();
    let visits = "SELECT CAST(`visits` AS SIGNED) FROM `all`";
    assert_eq!(sql.number(visits).await, 1);
}

/// What was read in a transaction may not be altered until its end: MySQL refuses the rest of it (1412).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_looked_for_before_the_transaction() {
    let scene = Scene::new().await;
    let far = scene.far().await;
    let looks = far
        .database
        .on("information_schema.ENGINES", Fault::LoseRequest, 1);
    let begun = far
        .database
        .on("START TRANSACTION", Fault::LoseRequest, usize::MAX);
    let mut twin = far.engine.track(keeper(2, "bee")).unwrap();
    let lost = far.engine.flush((visit(), &mut twin)).await;
    assert!(lost.is_err(), "{lost:?}");
    assert!(looks.is_met() && !begun.is_met());
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
