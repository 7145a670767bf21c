//! Tables made and altered as the entities ask for: `engine.schema()`.

use beeorm::{Alter, Embedded, EntityEnum, PoolOptions, prelude::*};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{Row, raw_sql};

use crate::support::{Backend, engine, mysql_database, on_every_backend};

#[derive(EntityEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Color {
    #[default]
    Red,
    #[entity(rename = "it's")]
    Its,
    #[entity(rename = "a\\b \"c\"")]
    Odd,
}

#[derive(Embedded, Debug, Default, PartialEq)]
struct Address {
    #[entity(index)]
    city: String,
    zip: Option<u32>,
}

mod types {
    use super::*;

    /// A column of every type, and of the nullable ones.
    #[derive(Entity, Debug, Default, PartialEq)]
    #[entity(table = "things")]
    pub(super) struct Thing {
        #[entity(uuid)]
        id: Uuid,
        b: bool,
        i8: i8,
        i16: i16,
        i32: i32,
        i64: i64,
        u8: u8,
        u16: u16,
        u32: u32,
        u64: u64,
        f32: f32,
        f64: f64,
        text: String,
        #[entity(length = 20)]
        short: String,
        #[entity(length = max)]
        long: String,
        bytes: Vec<u8>,
        #[entity(mediumblob)]
        medium: Vec<u8>,
        #[entity(longblob)]
        large: Vec<u8>,
        date: NaiveDate,
        datetime: NaiveDateTime,
        #[entity(precision = 18, scale = 4)]
        decimal: Decimal,
        uuid: Uuid,
        json: serde_json::Value,
        color: Color,
        colors: Set<Color>,
        #[entity(embedded)]
        home: Address,
    }

    #[derive(Entity, Debug, PartialEq)]
    #[entity(table = "nullable_things")]
    pub(super) struct Nullable {
        id: u64,
        b: Option<bool>,
        i: Option<i32>,
        u: Option<u64>,
        f: Option<f64>,
        #[entity(length = max)]
        long: Option<String>,
        bytes: Option<Vec<u8>>,
        date: Option<NaiveDate>,
        datetime: Option<NaiveDateTime>,
        at: Option<DateTime<Utc>>,
        #[entity(precision = 5, scale = 2)]
        decimal: Option<Decimal>,
        uuid: Option<Uuid>,
        json: Option<serde_json::Value>,
        color: Option<Color>,
        colors: Option<Set<Color>>,
    }

    /// The moments are the first column, which old servers treat in their own way.
    #[derive(Entity, Debug, PartialEq)]
    #[entity(table = "moments")]
    pub(super) struct Moment {
        first: DateTime<Utc>,
        second: DateTime<Utc>,
        #[entity(primary_key)]
        name: String,
    }

    #[derive(Entity, Debug, PartialEq)]
    #[entity(table = "defaults")]
    pub(super) struct Defaults {
        id: i32,
        #[entity(default = true)]
        yes: bool,
        #[entity(default = -5)]
        i: i16,
        #[entity(default = 18446744073709551615)]
        u: u64,
        #[entity(default = 0)]
        zero: u8,
        #[entity(default = 0.123456789)]
        f32: f32,
        #[entity(default = 1.5e-7)]
        f64: f64,
        #[entity(default = "it's \\ \"x\"")]
        text: String,
        #[entity(default = "NULL")]
        null: Option<String>,
        #[entity(default = "")]
        empty: String,
        #[entity(default = "2000-02-29")]
        date: NaiveDate,
        #[entity(default = "2000-02-29 10:00:00.5")]
        datetime: NaiveDateTime,
        #[entity(default = "2000-02-29")]
        at: DateTime<Utc>,
        #[entity(default = 1.5, precision = 10, scale = 3)]
        decimal: Decimal,
        #[entity(default = "it's")]
        color: Color,
        #[entity(default = -0.0)]
        minus: f64,
        #[entity(default = 0.005, precision = 10, scale = 2)]
        cent: Decimal,
    }

    /// Refer to each other, and to themselves.
    #[derive(Entity, Debug, PartialEq)]
    #[entity(table = "chickens")]
    pub(super) struct Chicken {
        #[entity(uuid)]
        id: Uuid,
        egg: Option<Reference<Egg>>,
        mother: Option<Reference<Chicken>>,
        #[entity(unique = "by_name")]
        farm: u32,
        #[entity(unique = "by_name", index)]
        name: String,
    }

    impl Chicken {
        pub(super) fn named(name: &str) -> Self {
            Self {
                id: Uuid::nil(),
                egg: None,
                mother: None,
                farm: 1,
                name: name.to_owned(),
            }
        }
    }

    #[derive(Entity, Debug, PartialEq)]
    #[entity(table = "a_very_long_name_of_a_table_of_eggs_of_which_there_are_many")]
    pub(super) struct Egg {
        id: u32,
        chicken_that_laid_it: Reference<Chicken>,
        #[entity(index)]
        bought_by: Option<Reference<Chicken>>,
    }
}

mod keys {
    use super::*;

    #[derive(Embedded, Debug, Default, PartialEq)]
    pub(super) struct Plate {
        #[entity(unique)]
        number: String,
    }

    #[derive(Entity, Debug, PartialEq)]
    #[entity(table = "countries")]
    pub(super) struct Country {
        #[entity(primary_key, column = "country code", length = 2)]
        code: String,
        #[entity(embedded, prefix = "")]
        plate: Plate,
        #[entity(embedded)]
        other: Plate,
    }

    #[derive(Entity, Debug, PartialEq)]
    #[entity(table = "select")]
    pub(super) struct City {
        #[entity(primary_key, auto_increment)]
        number: i8,
        r#where: Reference<Country>,
        #[entity(index = "two")]
        twin: Option<Reference<City>>,
        #[entity(index = "two")]
        size: u16,
    }

    #[derive(Entity, Debug, PartialEq)]
    #[entity(table = "visits")]
    pub(super) struct Visit {
        #[entity(uuid)]
        id: u64,
        city: Option<Reference<City>>,
        before: Option<Reference<Visit>>,
    }
}

/// The one's table and the other's column make one word.
mod one_word {
    use super::*;

    #[derive(Entity, Debug, Default)]
    #[entity(table = "user")]
    pub(super) struct User {
        id: u32,
        team_lead: Option<Reference<User>>,
        team: Option<Reference<User>>,
    }

    #[derive(Entity, Debug, Default)]
    #[entity(table = "user_team")]
    pub(super) struct UserTeam {
        id: u32,
        lead: Option<Reference<User>>,
    }
}

pub(crate) mod before {
    use super::*;

    #[derive(Entity, Debug, Default)]
    #[entity(table = "users")]
    pub(crate) struct User {
        pub(crate) id: u32,
        #[entity(length = 20)]
        pub(crate) name: String,
        pub(crate) age: u8,
        pub(crate) gone: u32,
    }
}

pub(crate) mod after {
    use super::*;

    /// Has more columns, which are not nullable.
    #[derive(Entity, Debug, Default, PartialEq)]
    #[entity(table = "users")]
    pub(crate) struct User {
        pub(crate) id: u32,
        #[entity(length = 20)]
        pub(crate) name: String,
        pub(crate) age: u8,
        pub(crate) gone: u32,
        pub(crate) b: bool,
        pub(crate) u: u64,
        pub(crate) f: f64,
        pub(crate) text: String,
        #[entity(length = max)]
        pub(crate) long: String,
        pub(crate) bytes: Vec<u8>,
        #[entity(precision = 18, scale = 4)]
        pub(crate) decimal: Decimal,
        #[entity(index)]
        pub(crate) uuid: Uuid,
        pub(crate) json: serde_json::Value,
        pub(crate) color: Color,
        pub(crate) colors: Set<Color>,
        pub(crate) date: NaiveDate,
        pub(crate) datetime: NaiveDateTime,
        pub(crate) at: DateTime<Utc>,
        #[entity(default = 7)]
        pub(crate) seven: i8,
        #[entity(unique)]
        pub(crate) email: Option<String>,
        pub(crate) friend: Option<Reference<User>>,
    }
}

mod wider {
    use super::*;

    #[derive(Entity, Debug, Default)]
    #[entity(table = "users")]
    pub(super) struct User {
        pub(super) id: u32,
        #[entity(length = 100, default = "bee")]
        pub(super) name: String,
        pub(super) age: Option<u32>,
        pub(super) gone: u64,
    }
}

mod other {
    use super::*;

    #[derive(Entity, Debug, Default)]
    #[entity(table = "users")]
    pub(super) struct User {
        pub(super) id: u32,
        #[entity(length = 10, unique)]
        pub(super) name: String,
        pub(super) age: i64,
    }
}

/// A database that outlives an engine.
pub(crate) struct Lasting {
    url: String,
    file: Option<std::path::PathBuf>,
}

impl Lasting {
    pub(crate) fn of(backend: &Backend, test: &str) -> Self {
        if !backend.database.starts_with("sqlite") {
            return Self {
                url: backend.database.clone(),
                file: None,
            };
        }
        let file =
            std::env::temp_dir().join(format!("beeorm_schema_{test}_{}.db", std::process::id()));
        Self {
            url: format!("sqlite://{}", file.display()),
            file: Some(file),
        }
    }

    pub(crate) fn registry(&self) -> Registry {
        Registry::new()
            .pool(DEFAULT_POOL, &self.url)
            .pool(DEFAULT_POOL, "embedded://memory")
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            if let Some(file) = &self.file {
                let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
            }
        }
    }
}

pub(crate) async fn connect<E: Entity>(lasting: &Lasting) -> Engine {
    lasting.registry().entity::<E>().connect().await.unwrap()
}

pub(crate) fn shown(alters: &[Alter]) -> Vec<String> {
    alters.iter().map(ToString::to_string).collect()
}

/// Makes the table of before, with a row in it.
async fn with_a_row(lasting: &Lasting) {
    let old = connect::<before::User>(lasting).await;
    old.schema().update().await.unwrap();
    let mut users = ["Tom", "Tom"].map(|name| before::User {
        name: name.to_owned(),
        age: 30,
        gone: 1,
        id: 0,
    });
    old.flush(&mut users).await.unwrap();
    old.close().await;
}

on_every_backend! {
    async fn what_is_made_is_as_asked_for(backend: Backend) {
        let registry = backend.registry();
        let registry = registry.entity::<types::Egg>().entity::<types::Chicken>().entity::<types::Defaults>();
        let registry = registry.entity::<types::Moment>().entity::<types::Nullable>().entity::<types::Thing>();
        let engine = registry.connect().await.unwrap();
        let alters = engine.schema().alters().await.unwrap();
        assert!(alters.iter().all(Alter::is_safe), "{:#?}", shown(&alters));
        assert_eq!(shown(&engine.schema().update().await.unwrap()), [""; 0]);
        assert_eq!(shown(&engine.schema().alters().await.unwrap()), [""; 0]);
    }

    async fn keys_of_every_kind_are_referred_to(backend: Backend) {
        let registry = backend.registry();
        let registry = registry.entity::<keys::Visit>().entity::<keys::City>().entity::<keys::Country>();
        let engine = registry.connect().await.unwrap();
        assert_eq!(shown(&engine.schema().update().await.unwrap()), [""; 0]);
        assert_eq!(shown(&engine.schema().alters().await.unwrap()), [""; 0]);
    }

    async fn references_have_names_of_their_own(backend: Backend) {
        let registry = backend.registry().entity::<one_word::User>().entity::<one_word::UserTeam>();
        let engine = registry.connect().await.unwrap();
        let wanted = engine.schema().alters().await.unwrap();
        assert!(wanted.iter().all(Alter::is_safe), "{:#?}", shown(&wanted));
        assert_eq!(shown(&engine.schema().update().await.unwrap()), [""; 0]);
        assert_eq!(shown(&engine.schema().alters().await.unwrap()), [""; 0]);
    }

    async fn columns_are_added_to_rows_that_there_are(backend: Backend) {
        let lasting = Lasting::of(&backend, "columns_are_added");
        with_a_row(&lasting).await;
        let new = connect::<after::User>(&lasting).await;
        assert_eq!(shown(&new.schema().update().await.unwrap()), [""; 0]);
        assert_eq!(shown(&new.schema().alters().await.unwrap()), [""; 0]);
        let user = new.load::<after::User>(1_u32).await.unwrap().unwrap();
        let at = DateTime::from_timestamp(1, 0).unwrap();
        let (name, json) = ("Tom".to_owned(), serde_json::Value::Null);
        let expected = after::User { id: 1, name, age: 30, gone: 1, json, at, seven: 7, ..after::User::default() };
        assert_eq!(*user, expected);
    }

    async fn what_is_not_safe_is_left_undone(backend: Backend) {
        let lasting = Lasting::of(&backend, "not_safe");
        with_a_row(&lasting).await;
        let new = connect::<other::User>(&lasting).await;
        let left = new.schema().update().await.unwrap();
        assert!(left.iter().all(|alter| !alter.is_safe() && alter.table() == "users" && alter.pool() == DEFAULT_POOL));
        assert!(left.iter().any(|alter| alter.to_string().contains("DROP COLUMN `gone`")));
        assert!(left.iter().any(|alter| alter.danger() == Some("it fails where two rows have the same values")));
        assert_eq!(new.schema().alters().await.unwrap(), left, "nothing was done");
        let unique = left.iter().find(|alter| alter.to_string().contains("UNIQUE")).unwrap();
        let refused = unique.exec(&new).await.unwrap_err();
        assert!(refused.is_duplicate_key(), "{refused}");
    }

    async fn processes_may_update_at_the_same_time(backend: Backend) {
        let lasting = Lasting::of(&backend, "same_time");
        with_a_row(&lasting).await;
        let mut engines = Vec::new();
        for _ in 0..4 {
            engines.push(connect::<after::User>(&lasting).await);
        }
        let schemas: Vec<_> = engines.iter().map(Engine::schema).collect();
        for updated in futures_util::future::join_all(schemas.iter().map(|schema| schema.update())).await {
            assert_eq!(shown(&updated.unwrap()), [""; 0]);
        }
        assert_eq!(shown(&engines[0].schema().alters().await.unwrap()), [""; 0]);
    }

    async fn an_index_is_named_as_the_entity_names_it(backend: Backend) {
        let engine = engine(backend.registry().entity::<types::Chicken>().entity::<types::Egg>()).await;
        let chicken = || types::Chicken::named("Berta");
        engine.flush(&mut chicken()).await.unwrap();
        let refused = engine.flush(&mut chicken()).await.unwrap_err();
        let Error::Database(refused) = refused else { panic!("{refused}") };
        assert_eq!(refused.index(), Some("by_name"));
    }
}

#[tokio::test]
async fn columns_are_widened_on_servers() {
    let backend = Backend::servers().await;
    let lasting = Lasting::of(&backend, "widened");
    with_a_row(&lasting).await;
    let new = connect::<wider::User>(&lasting).await;
    assert_eq!(shown(&new.schema().update().await.unwrap()), [""; 0]);
    assert_eq!(shown(&new.schema().alters().await.unwrap()), [""; 0]);
    let user = new.load::<wider::User>(1_u32).await.unwrap().unwrap();
    assert_eq!(
        (user.name.as_str(), user.age, user.gone),
        ("Tom", Some(30), 1)
    );
}

#[tokio::test]
async fn everything_is_done_when_asked_for_on_servers() {
    let backend = Backend::servers().await;
    let lasting = Lasting::of(&backend, "everything");
    let old = connect::<before::User>(&lasting).await;
    old.schema().update().await.unwrap();
    let new = connect::<other::User>(&lasting).await;
    assert_eq!(shown(&new.schema().update_unsafe().await.unwrap()), [""; 0]);
    assert_eq!(shown(&new.schema().alters().await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn what_sqlite_cannot_change_is_told() {
    let lasting = Lasting::of(&Backend::embedded().await, "by_hand");
    let old = connect::<before::User>(&lasting).await;
    old.schema().update().await.unwrap();
    old.close().await;
    let new = connect::<wider::User>(&lasting).await;
    let left = new.schema().update_unsafe().await.unwrap();
    assert!(
        shown(&left)
            .iter()
            .any(|alter| alter.starts_with("-- users: SQLite cannot change a column to `age`"))
    );
    assert!(
        left.iter()
            .all(|alter| alter.sql().is_none() && !alter.is_safe())
    );
    let refused = left[0].exec(&new).await.unwrap_err();
    assert!(
        refused.to_string().contains("make a new table"),
        "{refused}"
    );
}

#[tokio::test]
async fn moments_are_set_by_the_entity_alone() {
    let database = mysql_database().await;
    let registry = Registry::new()
        .pool(DEFAULT_POOL, database.url())
        .pool(DEFAULT_POOL, "embedded://memory");
    let engine = registry.entity::<types::Moment>().connect().await.unwrap();
    engine.schema().update().await.unwrap();
    let row = sqlx::query(
        "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'moments' \
         AND (EXTRA <> '' OR COLUMN_DEFAULT LIKE 'CURRENT%')",
    );
    let row = row.fetch_one(&mut database.connect().await).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 0);
}

/// What the entity does not speak of stays as it is.
#[tokio::test]
async fn tables_of_other_hands_keep_what_is_theirs() {
    let database = mysql_database().await;
    let mut connection = database.connect().await;
    let sql = "CREATE TABLE users (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         name varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL COMMENT 'it''s \\\\ a name', \
         age tinyint(4) unsigned NULL, gone bigint unsigned NOT NULL, FULLTEXT KEY words (name), KEY begins (name(5))) \
         ENGINE=InnoDB; CREATE TABLE strangers (a int); CREATE TABLE _beeorm_inbox (a int)";
    raw_sql(sql).execute(&mut connection).await.unwrap();
    let registry = Registry::new()
        .pool(DEFAULT_POOL, database.url())
        .pool(DEFAULT_POOL, "embedded://memory");
    let engine = registry.entity::<wider::User>().connect().await.unwrap();
    let alters = engine.schema().alters().await.unwrap();
    let tables: Vec<_> = alters.iter().map(Alter::table).collect();
    assert_eq!(
        tables,
        [
            "_beeorm_horizon",
            "_beeorm_dead_letters",
            "_beeorm_dead_keys",
            "users",
            "users"
        ],
        "{:#?}",
        shown(&alters)
    );
    assert_eq!(shown(&engine.schema().update().await.unwrap()), [""; 0]);
    assert_eq!(shown(&engine.schema().alters().await.unwrap()), [""; 0]);
    let sql = "SELECT COLUMN_TYPE, COLLATION_NAME, COLUMN_COMMENT FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'users' AND COLUMN_NAME = 'name'";
    let row = sqlx::query(sql).fetch_one(&mut connection).await.unwrap();
    let about: [String; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(about, ["varchar(100)", "latin1_bin", "it's \\ a name"]);
}

#[tokio::test]
async fn tables_have_the_character_set_that_the_pool_names() {
    let database = mysql_database().await;
    let options = PoolOptions::new().encoding("utf8mb4").collate("unicode_ci");
    let registry = Registry::new().pool_with(DEFAULT_POOL, database.url(), options);
    let registry = registry
        .pool(DEFAULT_POOL, "embedded://memory")
        .entity::<before::User>();
    let engine = registry.connect().await.unwrap();
    engine.schema().update().await.unwrap();
    let sql = "SELECT TABLE_COLLATION FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'users'";
    let row = sqlx::query(sql)
        .fetch_one(&mut database.connect().await)
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>(0), "utf8mb4_unicode_ci");
}
