//! Servers with settings of their own: what was promised does not depend on them.

use beeorm::prelude::*;

use crate::{
    entities::{Bee, Hive},
    support::{Servers, Sql, drain, own_servers, servers},
};

#[derive(Entity, Debug, Default, PartialEq)]
#[entity(table = "notes")]
struct Note {
    #[entity(uuid)]
    id: Uuid,
    text: String,
    hint: Option<String>,
}

fn note() -> Note {
    Note {
        hint: Some(String::new()),
        ..Note::default()
    }
}

/// A server whose settings are the test's to change; none where the servers are given.
fn own() -> Option<Servers> {
    (servers().kind != "given").then(own_servers)
}

async fn database(own: &Servers, name: &str) -> (Sql, impl Fn() -> Registry) {
    let mut sql = Sql::at(&own.mysql).await;
    sql.run(&format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4"))
        .await;
    sql.run(&format!("USE `{name}`")).await;
    let (database, stream) = (format!("{}/{name}", own.mysql), own.redis.clone());
    let registry = move || {
        Registry::new()
            .pool(DEFAULT_POOL, &database)
            .pool(DEFAULT_POOL, &stream)
            .entity::<Note>()
    };
    (sql, registry)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_have_settings_of_their_own() {
    let Some(own) = own() else { return };
    let (mut sql, registry) = database(&own, "settings").await;
    let engine = registry().connect().await.unwrap();
    engine.schema().update().await.unwrap();
    let odd = if own.mysql_version.contains("MariaDB") {
        "ORACLE,EMPTY_STRING_IS_NULL"
    } else {
        "ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH"
    };
    // As an existing table may be; with one, `sql_safe_updates` finds nothing amiss.
    sql.run("ALTER TABLE `notes` DROP PRIMARY KEY").await;
    let mut expected = 0;
    for setting in [
        "autocommit = 0".to_owned(),
        "completion_type = 1".to_owned(),
        format!("sql_mode = '{odd}'"),
        "sql_select_limit = 1".to_owned(),
        "sql_safe_updates = 1".to_owned(),
        // Which takes `sql_big_selects` away.
        "max_join_size = 1".to_owned(),
    ] {
        sql.run(&format!("SET GLOBAL {setting}")).await;
        let engine = registry().connect().await.unwrap();
        engine.flush(&mut note()).await.unwrap();
        let mut notes = [note(), note()];
        engine.flush(&mut notes).await.unwrap();
        engine.flush(&mut note()).await.unwrap();
        engine.flush_lazy(&mut note()).await.unwrap();
        let mut loaded = Vec::new();
        for found in engine.load_many(notes.map(|note| note.id)).await.unwrap() {
            let mut found: Tracked<Note> = found.expect("it is found");
            found.hint = None;
            engine.flush_lazy(&mut found).await.unwrap();
            found.hint = Some(String::new());
            engine.flush_lazy(&mut found).await.unwrap();
            loaded.push(found);
        }
        assert_eq!(drain(&engine).await.applied, 5, "{setting}");
        engine.flush(&mut loaded).await.unwrap();
        expected += 5;
        // What waits for its COMMIT is not seen from here, and is lost with its connection.
        let stored = sql
            .number("SELECT COUNT(*) FROM `notes` WHERE `text` = '' AND `hint` = ''")
            .await;
        assert_eq!(stored, expected, "{setting}");
        engine.close().await;
    }
}

/// As after a dump was restored by somebody who left them off for everybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_are_looked_at_whatever_the_server_says() {
    let Some(own) = own() else { return };
    let (mut sql, registry) = database(&own, "checks").await;
    let engine = registry()
        .entity::<Hive>()
        .entity::<Bee>()
        .connect()
        .await
        .unwrap();
    engine.schema().update().await.unwrap();
    for off in ["foreign_key_checks", "unique_checks"] {
        sql.run(&format!("SET GLOBAL {off} = 0")).await;
    }
    let engine = registry()
        .entity::<Hive>()
        .entity::<Bee>()
        .connect()
        .await
        .unwrap();
    let bee = || Bee {
        id: 7,
        hive: Reference::to(1_u32),
    };
    let mut orphan = engine.track(bee()).unwrap();
    let refused = engine.flush(&mut orphan).await.unwrap_err();
    assert!(refused.is_foreign_key(), "{refused}");
    engine
        .flush_lazy(&mut engine.track(bee()).unwrap())
        .await
        .unwrap();
    assert_eq!(drain(&engine).await.dead, 1);
}

/// As many shapes as there are keys in a query.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_keeps_few_statements_prepared_is_lived_with() {
    let Some(own) = own() else { return };
    let (mut sql, registry) = database(&own, "prepared").await;
    let engine = registry().connect().await.unwrap();
    engine.schema().update().await.unwrap();
    sql.run("SET GLOBAL max_prepared_stmt_count = 8").await;
    // Each power of two is a text of its own.
    for power in 0..=10 {
        let keys: Vec<_> = (1..=1 << power).map(Uuid::from_u128).collect();
        let loaded = engine.load_many::<Note>(keys).await;
        assert!(loaded.is_ok(), "{power}: {loaded:?}");
    }
    for power in 0..=7 {
        let mut notes: Vec<_> = (0..1 << power).map(|_| note()).collect();
        engine.flush_lazy(&mut notes).await.unwrap();
    }
    let consumer = engine.background_consumer().lazy_flush_workers(1);
    assert_eq!(consumer.batch_size(1).drain().await.unwrap().applied, 8);
    assert_eq!(sql.count("notes").await, 255);
}
