//! Other clients are in the way: they hold locks, deadlock with the consumer, take all connections, make the server
//! read-only. The consumer waits, loses nothing, and does nothing twice.

use std::time::Duration;

use beeorm::prelude::*;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

use crate::{
    entities::{Counter, registered},
    support::{PATIENCE, Scene, Sql, counter, own_servers, redis_url, run, servers, until},
};

/// A visit to each of two counters, as one unit.
async fn visit_both(scene: &Scene) {
    let visit = |id: u32| Counter::change(id).add(Counter::columns().visits, 1_u64);
    scene.engine.flush_lazy((visit(1), visit(2))).await.unwrap();
}

async fn with_two_counters() -> Scene {
    let scene = Scene::new().await;
    let mut second = scene.engine.track(counter(2)).unwrap();
    scene.engine.flush(&mut second).await.unwrap();
    scene
}

async fn visits(scene: &mut Scene) -> Vec<i64> {
    let sql = "SELECT CAST(`visits` AS SIGNED) FROM `counters` ORDER BY `id`";
    scene.sql.numbers(sql).await
}

/// For how many seconds the consumer's statement has waited: nobody else has one that takes long.
async fn waiting(sql: &mut Sql) -> Option<i64> {
    sql.statements_of_others().await.into_iter().max()
}

/// The other client's transaction is the larger one, so that the server gives the consumer's up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlocks_are_tried_again_until_they_are_over() {
    let mut scene = with_two_counters().await;
    let (mut stranger, mut look) = (
        Sql::connect(&scene.backend).await,
        Sql::connect(&scene.backend).await,
    );
    let consumer = run(scene.engine.background_consumer());
    for round in 0..3 {
        stranger.run("BEGIN").await;
        let many = ["(0, '')"; 50].join(",");
        stranger
            .run(&format!(
                "INSERT INTO `events` (`number`, `text`) VALUES {many}"
            ))
            .await;
        stranger
            .run("UPDATE `counters` SET `last` = `last` + 1 WHERE `id` = 2")
            .await;
        visit_both(&scene).await;
        until("the consumer waits for the lock", PATIENCE, async || {
            waiting(&mut look).await.is_some_and(|seconds| seconds > 0)
        })
        .await;
        stranger
            .run("UPDATE `counters` SET `last` = `last` + 1 WHERE `id` = 1")
            .await;
        stranger.run("COMMIT").await;
        scene.until_drained().await;
        assert_eq!(visits(&mut scene).await, [round + 1, round + 1]);
    }
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (3, 0), "{report:?}");
    assert!(
        report.retries >= 3,
        "the deadlocks were not the consumer's: {report:?}"
    );
}

/// The server rolls back the one statement that waited: what came before it in the transaction has to go too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_held_for_long_is_waited_for_and_nothing_is_half_done() {
    let mut scene = with_two_counters().await;
    let (mut stranger, mut look) = (
        Sql::connect(&scene.backend).await,
        Sql::connect(&scene.backend).await,
    );
    stranger.run("BEGIN").await;
    stranger
        .run("UPDATE `counters` SET `last` = 1 WHERE `id` = 2")
        .await;
    visit_both(&scene).await;
    let consumer = run(scene.engine.background_consumer());
    let long = Duration::from_secs(30);
    until("the consumer waits for the lock", long, async || {
        waiting(&mut look).await.is_some_and(|seconds| seconds > 2)
    })
    .await;
    until("it waits for it anew", long, async || {
        waiting(&mut look).await.is_some_and(|seconds| seconds < 2)
    })
    .await;
    assert_eq!(visits(&mut scene).await, [0, 0], "half of a flush was done");
    stranger.run("COMMIT").await;
    scene.until_drained().await;
    assert_eq!(visits(&mut scene).await, [1, 1]);
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
}

/// How often the server did or refused something since it started.
async fn status(root: &mut MySqlConnection, name: &str) -> u64 {
    let sql = format!("SHOW GLOBAL STATUS LIKE '{name}'");
    let (_, value): (String, String) = sqlx::query_as(AssertSqlSafe(sql))
        .fetch_one(root)
        .await
        .unwrap();
    value.parse().unwrap()
}

/// MySQL and MariaDB count them differently.
async fn refused_connections(root: &mut MySqlConnection) -> u64 {
    status(root, "Connection_errors_max_connections").await + status(root, "Aborted_connects").await
}

async fn say(root: &mut MySqlConnection, sql: &str) {
    let said = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(root)
        .await;
    said.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_turns_read_only_or_has_no_connection_left_is_waited_for() {
    if servers().kind == "given" {
        eprintln!("given servers are not the tests' to reconfigure");
        return;
    }
    let own = own_servers();
    let mut root = MySqlConnection::connect(&own.mysql).await.unwrap();
    // Nobody special: root may write to a read-only server.
    say(
        &mut root,
        "CREATE DATABASE app; CREATE USER app; GRANT ALL ON app.* TO app",
    )
    .await;
    let database = own.mysql.replacen("root@", "app@", 1) + "/app";
    let registry = Registry::new()
        .pool(DEFAULT_POOL, &database)
        .pool(DEFAULT_POOL, redis_url());
    let engine = crate::support::engine(registered(registry)).await;
    engine
        .flush(&mut engine.track(counter(1)).unwrap())
        .await
        .unwrap();
    let visit = || Counter::change(1_u32).add(Counter::columns().visits, 1_u64);
    let visits = "SELECT CAST(`visits` AS SIGNED) FROM `app`.`counters`";
    let visits = async |root: &mut MySqlConnection| -> i64 {
        sqlx::query_scalar(visits).fetch_one(root).await.unwrap()
    };

    let consumer = run(engine.background_consumer());
    engine.flush_lazy(visit()).await.unwrap();
    until("the consumer works", PATIENCE, async || {
        visits(&mut root).await == 1
    })
    .await;
    say(&mut root, "SET GLOBAL read_only = ON").await;
    let begun = status(&mut root, "Com_begin").await;
    engine.flush_lazy(visit()).await.unwrap();
    until("it tries again", PATIENCE, async || {
        status(&mut root, "Com_begin").await > begun + 2
    })
    .await;
    assert_eq!(visits(&mut root).await, 1, "the server is read-only");
    say(&mut root, "SET GLOBAL read_only = OFF").await;
    until("it goes on", PATIENCE, async || {
        visits(&mut root).await == 2
    })
    .await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (2, 0), "{report:?}");
    assert!(report.retries > 1, "{report:?}");

    engine.close().await;
    let registry = Registry::new()
        .pool(DEFAULT_POOL, &database)
        .pool(DEFAULT_POOL, redis_url());
    let engine = registered(registry).connect().await.unwrap();
    engine.flush_lazy(visit()).await.unwrap();
    say(&mut root, "SET GLOBAL max_connections = 12").await;
    let mut held = Vec::new();
    // Again, as those that were closed a moment ago take a while to be gone.
    for _ in 0..3 {
        while let Ok(connection) = MySqlConnection::connect(&database).await {
            held.push(connection);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let refused = refused_connections(&mut root).await;
    let consumer = run(engine.background_consumer().lazy_flush_workers(1));
    until("it is refused a connection", PATIENCE, async || {
        refused_connections(&mut root).await > refused + 1
    })
    .await;
    assert_eq!(visits(&mut root).await, 2);
    drop(held);
    until("it goes on", PATIENCE, async || {
        visits(&mut root).await == 3
    })
    .await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
}
