//! An account that may read and write rows, and nothing else.

use std::time::Duration;

use beeorm::{Outcome, prelude::*};
use sqlx::{AssertSqlSafe, MySqlConnection};

use crate::{
    entities::registered,
    support::{TestDatabase, counter, engine, mysql_database, redis_url, servers},
};

struct Account {
    name: String,
    root: MySqlConnection,
    url: String,
}

impl Account {
    /// None on servers that are somebody's.
    async fn of(database: &TestDatabase) -> Option<Self> {
        if servers().kind == "given" {
            eprintln!("given servers are not the tests' to make accounts on");
            return None;
        }
        let name = database.name().replacen("test", "rows", 1);
        let url = database.url().replacen("root@", &format!("{name}@"), 1);
        let mut account = Self {
            root: database.connect().await,
            url,
            name,
        };
        let (user, database) = (&account.name, database.name());
        let sql = format!(
            "CREATE USER `{user}`; GRANT SELECT, INSERT, UPDATE, DELETE ON `{database}`.* TO `{user}`"
        );
        account.say(sql).await;
        Some(account)
    }

    async fn engine(&self) -> Engine {
        let registry = Registry::new()
            .pool(DEFAULT_POOL, &self.url)
            .pool(DEFAULT_POOL, redis_url());
        registered(registry).connect().await.unwrap()
    }

    async fn say(&mut self, sql: String) {
        let said = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.root);
        said.await.unwrap();
    }

    async fn drop(mut self) {
        let sql = format!("DROP USER `{}`", self.name);
        self.say(sql).await;
    }
}

#[tokio::test]
async fn to_read_and_write_rows_is_all_that_a_consumer_needs() {
    let database = mysql_database().await;
    let Some(account) = Account::of(&database).await else {
        return;
    };
    let owner = Registry::new()
        .pool(DEFAULT_POOL, database.url())
        .pool(DEFAULT_POOL, redis_url());
    engine(registered(owner)).await;

    let engine = account.engine().await;
    assert!(engine.schema().update().await.unwrap().is_empty());
    let mut counter = engine.track(counter(1)).unwrap();
    let receipt = engine.flush_lazy(&mut counter).await.unwrap();
    let drained = engine.background_consumer().drain().await;
    assert_eq!(drained.unwrap().applied, 1);
    let outcome = receipt.applied(Duration::from_secs(20)).await.unwrap();
    assert_eq!(outcome, Outcome::Applied);
    account.drop().await;
}

#[tokio::test]
async fn where_tables_are_missing_the_right_to_make_them_is_named() {
    let database = mysql_database().await;
    let Some(account) = Account::of(&database).await else {
        return;
    };
    let engine = account.engine().await;
    let consumer = engine.background_consumer().drain().await.unwrap_err();
    let update = engine.schema().update().await.unwrap_err();
    for refused in [consumer, update] {
        let told = refused.to_string();
        assert!(told.contains("CREATE command denied"), "{told}");
        assert!(
            told.contains("GRANT CREATE to the account, or run `engine.schema().update()` once"),
            "{told}"
        );
    }
    account.drop().await;
}

#[tokio::test]
async fn of_a_table_that_is_there_the_right_to_its_rows_is_named() {
    let database = mysql_database().await;
    let Some(mut account) = Account::of(&database).await else {
        return;
    };
    let owner = || {
        let registry = Registry::new().pool(DEFAULT_POOL, database.url());
        registered(registry.pool(DEFAULT_POOL, redis_url())).entity::<Short>()
    };
    engine(owner()).await;
    let (user, name) = (account.name.clone(), database.name());
    account
        .say(format!(
            "REVOKE SELECT, INSERT, UPDATE, DELETE ON `{name}`.* FROM `{user}`"
        ))
        .await;
    account
        .say(format!("GRANT SELECT ON `{name}`.`shorts` TO `{user}`"))
        .await;
    let engine = account.engine().await;
    let refused = engine
        .background_consumer()
        .drain()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("GRANT SELECT, INSERT, UPDATE and DELETE"),
        "{refused}"
    );

    for rights in ["", "SELECT"] {
        if !rights.is_empty() {
            account
                .say(format!("GRANT {rights} ON `{name}`.* TO `{user}`"))
                .await;
        }
        let registry = Registry::new().pool(DEFAULT_POOL, &account.url);
        let registry = registry.pool(DEFAULT_POOL, redis_url()).entity::<Short>();
        let refused = registry.connect().await.unwrap_err().to_string();
        assert!(!refused.contains("CREATE"), "{refused}");
        assert!(
            refused.contains("GRANT SELECT, INSERT and UPDATE on `_beeorm_short_ids`"),
            "{refused}"
        );
    }
    account.drop().await;
}

#[derive(Entity, Debug, Default)]
#[entity(table = "shorts")]
struct Short {
    #[entity(uuid)]
    id: u64,
}
