//! Columns of which somebody said more than an entity can: what an alteration would take from them.

use beeorm::{Alter, EntityEnum, prelude::*};
use sqlx::{AssertSqlSafe, Row, raw_sql};

use crate::{
    schema::shown,
    support::{TestDatabase, engine, mysql_database, on_every_backend},
};

#[derive(Entity, Debug, Default, PartialEq)]
#[entity(table = "people")]
struct Person {
    id: u32,
    #[entity(length = 20)]
    name: String,
    #[entity(length = 20)]
    hidden: Option<String>,
    #[entity(length = 40)]
    made: Option<String>,
    document: serde_json::Value,
}

async fn connect(database: &TestDatabase) -> Engine {
    let registry = Registry::new()
        .pool(DEFAULT_POOL, database.url())
        .pool(DEFAULT_POOL, "embedded://memory");
    registry.entity::<Person>().connect().await.unwrap()
}

async fn is_maria(database: &TestDatabase) -> bool {
    let version = sqlx::query("SELECT CAST(VERSION() AS CHAR)");
    let version = version
        .fetch_one(&mut database.connect().await)
        .await
        .unwrap();
    version.get::<String, _>(0).contains("MariaDB")
}

async fn shape(database: &TestDatabase, table: &str) -> String {
    let row = sqlx::query(AssertSqlSafe(format!("SHOW CREATE TABLE {table}")));
    let row = row.fetch_one(&mut database.connect().await).await.unwrap();
    row.get(1)
}

fn danger<'a>(alters: &'a [Alter], column: &str) -> Option<&'a str> {
    let alter = alters.iter().find(|alter| {
        alter
            .to_string()
            .contains(&format!("MODIFY COLUMN `{column}`"))
    });
    alter.expect("it is too narrow").danger()
}

#[tokio::test]
async fn what_widening_would_take_from_a_column_is_told() {
    let database = mysql_database().await;
    let is_maria = is_maria(&database).await;
    let sql = "CREATE TABLE people (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         name varchar(10) NOT NULL CHECK (name <> ''), hidden varchar(10) NULL INVISIBLE, \
         made varchar(30) AS (concat('made', '!')) STORED, document json NOT NULL)";
    raw_sql(sql)
        .execute(&mut database.connect().await)
        .await
        .unwrap();
    let engine = connect(&database).await;
    let left = engine.schema().update().await.unwrap();
    assert!(danger(&left, "hidden").unwrap().contains("invisible"));
    assert!(danger(&left, "made").unwrap().contains("computes"));
    if is_maria {
        assert!(danger(&left, "name").unwrap().contains("CHECK"));
        assert_eq!(left.len(), 3, "{:#?}", shown(&left));
    } else {
        assert_eq!(left.len(), 2, "{:#?}", shown(&left));
    }
    let shape = shape(&database, "people").await.to_lowercase();
    for word in ["check", "invisible", "generated always", "concat"] {
        assert!(shape.contains(word), "{word}: {shape}");
    }
}

#[tokio::test]
async fn a_text_is_not_taken_for_json() {
    let database = mysql_database().await;
    let sql = "CREATE TABLE people (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(20) NOT NULL, \
         hidden varchar(20) NULL, made varchar(40) NULL, document varchar(50) NOT NULL); \
         INSERT INTO people (name, document) VALUES ('Tom', 'a bee')";
    raw_sql(sql)
        .execute(&mut database.connect().await)
        .await
        .unwrap();
    let engine = connect(&database).await;
    let left = engine.schema().update().await.unwrap();
    assert!(danger(&left, "document").unwrap().contains("converts"));
}

#[derive(Entity, Debug, Default)]
#[entity(table = "essays")]
struct Essay {
    id: u32,
    #[entity(length = max)]
    text: String,
    #[entity(length = 700)]
    title: String,
    #[entity(length = 700)]
    author: String,
    pages: u32,
}

/// Others' columns are not in the way of what is ours.
#[tokio::test]
async fn what_an_index_does_not_hold_is_left_undone_and_nothing_else() {
    let database = mysql_database().await;
    let sql = "CREATE TABLE essays (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, text varchar(90) NOT NULL, \
         title varchar(60) CHARACTER SET utf8mb4 NOT NULL, author varchar(60) CHARACTER SET utf8mb4 NOT NULL, \
         INDEX by_text (text), INDEX by_both (title, author))";
    raw_sql(sql)
        .execute(&mut database.connect().await)
        .await
        .unwrap();
    let registry = Registry::new()
        .pool(DEFAULT_POOL, database.url())
        .pool(DEFAULT_POOL, "embedded://memory");
    let registry = registry.entity::<Person>().entity::<Essay>();
    let engine = registry.connect().await.unwrap();
    let left = engine.schema().update().await.unwrap();
    for column in ["text", "title", "author"] {
        assert!(danger(&left, column).unwrap().contains("drop the index"));
    }
    assert_eq!(left.len(), 5, "{:#?}", shown(&left));
    assert!(shape(&database, "essays").await.contains("`pages`"));
    assert!(shape(&database, "people").await.contains("`hidden`"));
    assert_eq!(
        shown(&engine.schema().update_unsafe().await.unwrap()),
        [""; 0]
    );
    assert_eq!(shown(&engine.schema().alters().await.unwrap()), [""; 0]);
}

/// A prefix stays as short as it is, and a full text has no limit.
#[tokio::test]
async fn an_index_of_a_prefix_limits_the_columns_beside_it() {
    let database = mysql_database().await;
    let sql = "CREATE TABLE essays (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         text varchar(190) CHARACTER SET utf8mb4 NOT NULL, title varchar(60) CHARACTER SET utf8mb4 NOT NULL, \
         author varchar(60) CHARACTER SET utf8mb4 NOT NULL, \
         INDEX begins (text(100), title), FULLTEXT INDEX words (author, title))";
    let mut connection = database.connect().await;
    raw_sql(sql).execute(&mut connection).await.unwrap();
    let registry = Registry::new()
        .pool(DEFAULT_POOL, database.url())
        .pool(DEFAULT_POOL, "embedded://memory");
    let engine = registry.entity::<Essay>().connect().await.unwrap();
    let left = engine.schema().update().await.unwrap();
    assert_eq!(left.len(), 1, "{:#?}", shown(&left));
    assert!(danger(&left, "title").unwrap().contains("drop the index"));
    let shape = shape(&database, "essays").await;
    assert!(
        shape.contains("`text` mediumtext") && shape.contains("`author` varchar(700)"),
        "{shape}"
    );
    let sql = "ALTER TABLE essays DROP INDEX begins";
    raw_sql(sql).execute(&mut connection).await.unwrap();
    assert_eq!(shown(&engine.schema().update().await.unwrap()), [""; 0]);
}

/// Servers tell it as a question mark, which is no value of the column.
#[tokio::test]
async fn a_first_value_with_an_emoji_is_no_default() {
    let database = mysql_database().await;
    let sql = "CREATE TABLE people (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         mood enum('🐝', 'sad') CHARACTER SET utf8mb4 NOT NULL)";
    raw_sql(sql)
        .execute(&mut database.connect().await)
        .await
        .unwrap();
    let engine = connect(&database).await;
    let left = engine.schema().update().await.unwrap();
    let [dropped] = &left[..] else {
        panic!("{:#?}", shown(&left))
    };
    assert!(dropped.to_string().contains("DROP COLUMN `mood`"));
    assert!(dropped.danger().unwrap().contains("every INSERT"));
    assert!(shape(&database, "people").await.contains("`document`"));
}

#[derive(Entity, Debug, Default, PartialEq)]
#[entity(table = "seasons")]
struct Season {
    id: u32,
    #[entity(column = "été")]
    summer: u8,
}

#[tokio::test]
async fn names_are_found_in_capital_letters() {
    let database = mysql_database().await;
    let sql = "CREATE TABLE seasons (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         `ÉTÉ` tinyint unsigned NOT NULL)";
    raw_sql(sql)
        .execute(&mut database.connect().await)
        .await
        .unwrap();
    let registry = Registry::new()
        .pool(DEFAULT_POOL, database.url())
        .pool(DEFAULT_POOL, "embedded://memory");
    let engine = registry.entity::<Season>().connect().await.unwrap();
    assert_eq!(shown(&engine.schema().update().await.unwrap()), [""; 0]);
    let mut season = Season { id: 0, summer: 3 };
    engine.flush(&mut season).await.unwrap();
    assert_eq!(
        *engine.load::<Season>(season.id).await.unwrap().unwrap(),
        season
    );
}

#[derive(Entity, Debug, Default)]
#[entity(table = "team")]
struct Team {
    id: u32,
    lead_by: Option<Reference<Team>>,
}

/// Table and column make the same word.
#[derive(Entity, Debug, Default)]
#[entity(table = "team_lead")]
struct TeamLead {
    id: u32,
    by: Option<Reference<TeamLead>>,
}

/// In a database a constraint's name is given once.
#[tokio::test]
async fn references_of_programs_that_do_not_know_of_each_other_have_other_names() {
    let database = mysql_database().await;
    let sql = "CREATE TABLE team (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, lead_by int unsigned NULL, \
         CONSTRAINT team_lead_by FOREIGN KEY (lead_by) REFERENCES team (id) ON DELETE RESTRICT)";
    raw_sql(sql)
        .execute(&mut database.connect().await)
        .await
        .unwrap();
    let registry = || {
        Registry::new()
            .pool(DEFAULT_POOL, database.url())
            .pool(DEFAULT_POOL, "embedded://memory")
    };
    for registry in [registry().entity::<Team>(), registry().entity::<TeamLead>()] {
        let engine = registry.connect().await.unwrap();
        assert_eq!(shown(&engine.schema().update().await.unwrap()), [""; 0]);
        assert_eq!(shown(&engine.schema().alters().await.unwrap()), [""; 0]);
    }
    let teams = shape(&database, "team").await;
    assert!(teams.contains("CONSTRAINT `team_lead_by`"), "{teams}");
    let leads = shape(&database, "team_lead").await;
    assert!(leads.contains("CONSTRAINT `team_lead.by`"), "{leads}");
}

#[derive(EntityEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Odd {
    #[default]
    #[entity(rename = "c\\d")]
    Backslash,
    #[entity(rename = "it's")]
    Quote,
    #[entity(rename = "a\n\tb")]
    Newline,
    #[entity(rename = "🐝")]
    Bee,
}

#[derive(Entity, Debug, Default, PartialEq)]
#[entity(table = "oddities")]
struct Oddity {
    #[entity(uuid)]
    id: Uuid,
    #[entity(default = "a\n\tb")]
    one: Odd,
    #[entity(default = "🐝")]
    other: Odd,
    all: Set<Odd>,
    #[entity(default = "a\\'b\"c%s?\r\n\t☃🐝")]
    text: String,
}

on_every_backend! {
    async fn letters_that_are_escaped_are_no_difference(backend: Backend) {
        let engine = engine(backend.registry().entity::<Oddity>()).await;
        assert_eq!(shown(&engine.schema().alters().await.unwrap()), [""; 0]);
        let all = [Odd::Backslash, Odd::Quote, Odd::Newline, Odd::Bee];
        for one in all {
            let mut oddity = engine.track(Oddity { one, all: all.into(), ..Oddity::default() }).unwrap();
            engine.flush(&mut oddity).await.unwrap();
            assert_eq!(*engine.load::<Oddity>(oddity.id).await.unwrap().unwrap(), *oddity);
        }
    }
}
