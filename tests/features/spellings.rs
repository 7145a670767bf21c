//! Keys that are texts, asked for in another spelling: the database decides whether they are the same.

use beeorm::prelude::*;
use sqlx::{Connection, SqliteConnection, raw_sql};

use crate::support::{Backend, Sql, engine, folder, on_every_backend};

#[derive(Entity, Debug, Default, PartialEq)]
#[entity(table = "words")]
struct Word {
    #[entity(primary_key, length = 40)]
    word: String,
    number: u32,
}

async fn store(engine: &Engine) {
    for (number, word) in (1..).zip(["bee", "Wasp", "ant"]) {
        let word = word.to_owned();
        let mut word = engine.track(Word { word, number }).unwrap();
        engine.flush(&mut word).await.unwrap();
    }
}

/// Whatever `load` finds for a key, `load_many` finds at its place.
async fn check(engine: &Engine) {
    let asked = ["BEE", "fly", "wasp", "", "ant", "Bee"];
    let many = engine.load_many::<Word>(asked).await.unwrap();
    let mut numbers = Vec::new();
    for (asked, found) in asked.into_iter().zip(many) {
        let alone = engine.load::<Word>(asked).await.unwrap();
        let alone = alone.map(|word| word.number);
        let found = found.map(|word| word.number);
        // A row is given once.
        let expected = alone.filter(|number| !numbers.contains(number));
        assert_eq!(found, expected, "{asked:?}");
        numbers.extend(found);
    }
    let exact_first = engine.load_many::<Word>(["BEE", "bee"]).await.unwrap();
    let words = exact_first
        .iter()
        .map(|word| word.as_ref().map(|word| word.word.as_str()));
    assert_eq!(words.collect::<Vec<_>>(), [None, Some("bee")]);
}

on_every_backend! {
    async fn are_found_alone_and_among_others_alike(backend: Backend) {
        let engine = engine(backend.registry().entity::<Word>()).await;
        store(&engine).await;
        check(&engine).await;
        let bee = engine.load_many::<Word>(["BEE"]).await.unwrap();
        // SQLite compares bytes.
        let is_found = !backend.database.starts_with("sqlite");
        assert_eq!(bee[0].is_some(), is_found);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_bytes_where_the_servers_table_says_so() {
    let backend = Backend::servers().await;
    let engine = engine(backend.registry().entity::<Word>()).await;
    let mut sql = Sql::connect(&backend).await;
    sql.run("ALTER TABLE `words` MODIFY `word` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL")
        .await;
    store(&engine).await;
    check(&engine).await;
    assert!(engine.load_many::<Word>(["BEE"]).await.unwrap()[0].is_none());
}

/// More than are looked up by one query.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_keys_are_all_found() {
    let backend = Backend::servers().await;
    let engine = engine(backend.registry().entity::<Word>()).await;
    let word = |number: u32| Word {
        word: format!("bee {number}"),
        number,
    };
    let mut words: Vec<_> = (0..150)
        .map(|number| engine.track(word(number)).unwrap())
        .collect();
    engine.flush(&mut words).await.unwrap();
    let asked: Vec<String> = (0..150)
        .rev()
        .map(|number| format!("BEE {number}"))
        .collect();
    let found = engine.load_many::<Word>(asked).await.unwrap();
    let numbers: Vec<u32> = found.into_iter().map(|word| word.unwrap().number).collect();
    assert_eq!(numbers, (0..150).rev().collect::<Vec<_>>());
}

/// A table of one's own, in a file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_the_same_where_the_embedded_table_says_so() {
    let folder = folder();
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let mut sql = SqliteConnection::connect(&format!("{url}?mode=rwc"))
        .await
        .unwrap();
    let table = "CREATE TABLE `words` (`word` VARCHAR NOT NULL COLLATE NOCASE PRIMARY KEY, `number` INT UNSIGNED NOT NULL)";
    raw_sql(table).execute(&mut sql).await.unwrap();
    sql.close().await.unwrap();
    let registry = Registry::new()
        .pool(DEFAULT_POOL, url)
        .pool(DEFAULT_POOL, "embedded://memory");
    let engine = registry.entity::<Word>().connect().await.unwrap();
    store(&engine).await;
    check(&engine).await;
    assert!(engine.load_many::<Word>(["BEE"]).await.unwrap()[0].is_some());
}
