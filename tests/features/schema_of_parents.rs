//! Tables of others that an entity's reference, index or letters do not fit into as they are.

use beeorm::{Alter, EntityEnum, prelude::*};
use sqlx::{AssertSqlSafe, raw_sql};

use crate::{
    schema::shown,
    support::{TestDatabase, mysql_database},
};

#[derive(Entity, Debug, Default)]
#[entity(table = "country")]
struct Country {
    #[entity(primary_key, length = 20)]
    id: String,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "city")]
struct City {
    id: u32,
    country: Option<Reference<Country>>,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "hive")]
struct Hive {
    id: u32,
    name: String,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "bee")]
struct Bee {
    id: u32,
    hive: Option<Reference<Hive>>,
}

/// Behind all others, by its name.
#[derive(Entity, Debug, Default)]
#[entity(table = "zoo")]
struct Zoo {
    id: u32,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "book")]
struct Book {
    id: u32,
    #[entity(length = 100, unique)]
    title: String,
    #[entity(length = 100, index)]
    author: String,
}

#[derive(EntityEnum, Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Word {
    #[default]
    #[entity(rename = "bee")]
    Bee,
    #[entity(rename = "日本")]
    Japan,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "words")]
struct Words {
    id: u32,
    word: Word,
    #[entity(default = "日本")]
    text: String,
}

async fn with(sql: &str, entities: impl FnOnce(Registry) -> Registry) -> (TestDatabase, Engine) {
    let database = mysql_database().await;
    raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut database.connect().await)
        .await
        .unwrap();
    let registry = Registry::new()
        .pool(DEFAULT_POOL, database.url())
        .pool(DEFAULT_POOL, "embedded://memory");
    let engine = entities(registry).entity::<Zoo>().connect().await.unwrap();
    (database, engine)
}

/// All that is safe is done, and nothing is left that calls itself so.
async fn update(engine: &Engine) -> Vec<Alter> {
    let left = engine.schema().update().await.unwrap();
    assert_eq!(engine.schema().alters().await.unwrap(), left);
    engine.flush(&mut Zoo::default()).await.unwrap();
    left
}

#[tokio::test]
async fn a_new_reference_to_a_text_has_its_parents_collation() {
    for sql in [
        "CREATE TABLE country (id varchar(20) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY) CHARSET utf8mb4",
        "CREATE TABLE country (id varchar(20) NOT NULL PRIMARY KEY) CHARSET latin1",
        "CREATE TABLE city (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY) CHARSET latin1",
        "CREATE TABLE country (id varchar(20) NOT NULL PRIMARY KEY) CHARSET utf8mb4; \
         CREATE TABLE city (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY) CHARSET latin1",
    ] {
        let (_database, engine) = with(sql, |r| r.entity::<Country>().entity::<City>()).await;
        assert_eq!(shown(&update(&engine).await), [""; 0], "{sql}");
        let country = Country {
            id: "pl".to_owned(),
        };
        let mut city = City {
            id: 0,
            country: Some(Reference::new(country)),
        };
        engine.flush(&mut city).await.unwrap();
        let orphan = City {
            id: 0,
            country: Some(Reference::to("de".to_owned())),
        };
        engine
            .flush(&mut engine.track(orphan).unwrap())
            .await
            .unwrap_err();
    }
}

#[tokio::test]
async fn a_column_of_another_collation_than_its_parent_has_to_be_altered_by_hand() {
    let sql = "CREATE TABLE city (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, country varchar(255) NULL) CHARSET latin1; \
         CREATE TABLE country (id varchar(20) NOT NULL PRIMARY KEY) CHARSET utf8mb4";
    let (_database, engine) = with(sql, |r| r.entity::<Country>().entity::<City>()).await;
    let left = update(&engine).await;
    let [by_hand] = &left[..] else {
        panic!("{:#?}", shown(&left))
    };
    assert!(
        by_hand.sql().is_none() && by_hand.to_string().contains("collation"),
        "{by_hand}"
    );
    assert_eq!(engine.schema().update_unsafe().await.unwrap(), left);
}

#[tokio::test]
async fn a_reference_that_its_parent_cannot_take_is_left_undone_and_nothing_else() {
    const PARENT: &str =
        "id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL";
    for (sql, by_hand) in [
        (format!("CREATE TABLE hive ({PARENT}) ENGINE=MyISAM"), false),
        (format!("CREATE TABLE hives ({PARENT}); CREATE VIEW hive AS SELECT * FROM hives"), true),
        ("CREATE TABLE hive (id int unsigned NOT NULL AUTO_INCREMENT, name varchar(255) NOT NULL, PRIMARY KEY (id, name))".to_owned(), false),
        ("CREATE TABLE bee (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, hive bigint NULL)".to_owned(), false),
        ("CREATE TABLE bee (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, hive int unsigned NULL) ENGINE=MyISAM".to_owned(), false),
    ] {
        let (_database, engine) = with(&sql, |r| r.entity::<Hive>().entity::<Bee>()).await;
        let left = update(&engine).await;
        let reference = left.iter().find(|alter| alter.to_string().contains("REFERENCES `hive`"));
        let danger = reference.expect("it is left undone").danger().unwrap();
        assert!(danger.contains("cannot be referred to"), "{sql}: {danger}");
        let left = engine.schema().update_unsafe().await.unwrap();
        assert_eq!(left.len(), usize::from(by_hand), "{:#?}", shown(&left));
        engine.flush(&mut Bee::default()).await.unwrap();
    }
}

#[tokio::test]
async fn an_index_that_does_not_hold_a_column_as_it_is_is_left_undone() {
    for (title, author) in [
        ("text", "varchar(2000)"),
        ("varchar(2000)", "text"),
        ("json", "text"),
    ] {
        let sql = format!(
            "CREATE TABLE book (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, title {title} NOT NULL, \
             author {author} NOT NULL) CHARSET utf8mb4"
        );
        let (_database, engine) = with(&sql, |r| r.entity::<Book>()).await;
        let left = update(&engine).await;
        assert_eq!(left.len(), 4, "{:#?}", shown(&left));
        let left = engine.schema().update_unsafe().await.unwrap();
        assert_eq!(shown(&left), [""; 0]);
    }
}

#[tokio::test]
async fn letters_that_a_table_has_not_come_with_their_charset() {
    let sql =
        "CREATE TABLE words (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY) CHARSET latin1";
    let (_database, engine) = with(sql, |r| r.entity::<Words>()).await;
    assert_eq!(shown(&update(&engine).await), [""; 0]);
    let mut words = Words {
        id: 0,
        word: Word::Japan,
        text: "中国".to_owned(),
    };
    engine.flush(&mut words).await.unwrap();
    let loaded = engine.load::<Words>(words.id).await.unwrap().unwrap();
    assert_eq!((loaded.word, loaded.text.as_str()), (Word::Japan, "中国"));
}

#[tokio::test]
async fn a_column_without_the_letters_has_to_be_altered_by_hand() {
    let sql = "CREATE TABLE words (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, word enum('bee') NOT NULL, \
         text varchar(100) NOT NULL) CHARSET latin1";
    let (_database, engine) = with(sql, |r| r.entity::<Words>()).await;
    let left = update(&engine).await;
    assert_eq!(left.len(), 2, "{:#?}", shown(&left));
    assert!(
        left.iter()
            .all(|alter| alter.sql().is_none() && alter.to_string().contains("utf8mb4"))
    );
    assert_eq!(engine.schema().update_unsafe().await.unwrap(), left);
}

/// One column makes the row too long.
#[tokio::test]
async fn what_a_server_refuses_keeps_no_other_table_from_being_made() {
    let sql = "CREATE TABLE hive (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, notes varchar(16200) NULL) CHARSET utf8mb4";
    let (_database, engine) = with(sql, |r| r.entity::<Hive>()).await;
    let refused = engine.schema().update().await.unwrap_err();
    assert!(
        refused.to_string().contains("Row size too large"),
        "{refused}"
    );
    engine.flush(&mut Zoo::default()).await.unwrap();
}

#[tokio::test]
async fn a_key_that_is_to_count_loses_its_default() {
    let sql = "CREATE TABLE hive (id int unsigned NOT NULL DEFAULT '0', name varchar(255) NOT NULL, PRIMARY KEY (id))";
    let (_database, engine) = with(sql, |r| r.entity::<Hive>()).await;
    let left = engine.schema().update_unsafe().await.unwrap();
    assert_eq!(shown(&left), [""; 0]);
    assert_eq!(shown(&update(&engine).await), [""; 0]);
    let mut hive = Hive::default();
    engine.flush(&mut hive).await.unwrap();
    assert_eq!(hive.id, 1);
}
