//! Where it is measured: the servers, a database and a namespace on them, and the ways there.

use beeorm::{PoolOptions, prelude::*};
use fred::clients::Client;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, raw_sql};

use crate::{
    Fallible, by_hand, delay,
    entities::{Account, BARE_ACCOUNTS, BARE_PAGES, Page},
};

const DATABASE: &str = "beeorm_bench";
const NAMESPACE: &str = "beeorm-bench";

/// beeorm's stream.
pub(crate) const STREAM: &str = "beeorm-bench:orm-lazy-channel";

/// How far away the servers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Loopback,
    /// Half a millisecond there and back.
    Delayed,
}

impl Network {
    pub(crate) const BOTH: [Self; 2] = [Self::Loopback, Self::Delayed];

    /// Behind what a figure is called.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Loopback => "",
            Self::Delayed => ", delayed",
        }
    }
}

/// The servers, as they are reached: the loopback first, the delaying network second.
#[derive(Debug)]
pub(crate) struct Stage {
    mysql: [String; 2],
    redis: [String; 2],
}

impl Stage {
    /// On the servers that the environment names, as `cargo xtask bench` does.
    pub(crate) async fn build() -> Fallible<Self> {
        let variable = |name| {
            std::env::var(name).map_err(|_| format!("{name} is not set: use `cargo xtask bench`"))
        };
        let server = variable("BEEORM_BENCH_MYSQL_URL")?;
        let redis = variable("BEEORM_BENCH_REDIS_URL")?;
        let server = server.split('?').next().unwrap_or_default();
        let mut root = MySqlConnection::connect(&format!("{server}?ssl-mode=disabled")).await?;
        for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            let statement = format!("{statement} `{DATABASE}`");
            raw_sql(AssertSqlSafe(statement)).execute(&mut root).await?;
        }
        // Nobody's connection is encrypted: a server that offers it would have it from one side only.
        let mysql = format!("{server}/{DATABASE}?ssl-mode=disabled");
        let stage = Self {
            mysql: [mysql.clone(), delay::before(&mysql)?],
            redis: [redis.clone(), delay::before(&redis)?],
        };
        stage.clear().await?;
        let engine = stage.engine(Network::Loopback).await?;
        engine.schema().update().await?;
        let mut connection = stage.sql(Network::Loopback).await?;
        for (bare, table) in [(BARE_PAGES, "pages"), (BARE_ACCOUNTS, "accounts")] {
            let statement = format!("CREATE TABLE `{bare}` LIKE `{table}`");
            raw_sql(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await?;
        }
        Ok(stage)
    }

    /// Takes away what an earlier run left in Redis.
    async fn clear(&self) -> Fallible<()> {
        use fred::interfaces::KeysInterface;

        let keys = [
            STREAM.to_owned(),
            format!("{{{STREAM}}}:lease"),
            by_hand::STREAM.to_owned(),
        ];
        let redis = self.redis(Network::Loopback).await?;
        Ok(redis.del::<(), _>(keys.to_vec()).await?)
    }

    pub(crate) fn mysql_url(&self, network: Network) -> &str {
        &self.mysql[network as usize]
    }

    pub(crate) fn redis_url(&self, network: Network) -> &str {
        &self.redis[network as usize]
    }

    /// beeorm, as it comes.
    pub(crate) async fn engine(&self, network: Network) -> Fallible<Engine> {
        let namespace = PoolOptions::new().namespace(NAMESPACE);
        let registry = Registry::new()
            .pool(DEFAULT_POOL, self.mysql_url(network))
            .pool_with(DEFAULT_POOL, self.redis_url(network), namespace)
            .entity::<Page>()
            .entity::<Account>();
        Ok(registry.connect().await?)
    }

    /// A connection for whoever writes by hand.
    pub(crate) async fn sql(&self, network: Network) -> Fallible<MySqlConnection> {
        by_hand::sql(self.mysql_url(network)).await
    }

    /// A Redis client for whoever writes by hand.
    pub(crate) async fn redis(&self, network: Network) -> Fallible<Client> {
        by_hand::redis(self.redis_url(network)).await
    }
}
