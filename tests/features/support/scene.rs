//! Where the tests that break things play.

use std::time::Duration;

use beeorm::{Change, PoolOptions, Receipt, prelude::*};

use super::{Backend, Proxy, RawRedis, Sql, engine, until};
use crate::entities::{Counter, Event, Keeper, registered};

/// For what takes a second or two where nothing else runs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Servers, an engine that reaches them, a stored counter, and ways to look past it.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) backend: Backend,
    pub(crate) engine: Engine,
    pub(crate) sql: Sql,
    pub(crate) redis: RawRedis,
}

/// Another engine on the same servers, whose ways to them lead through proxies.
#[derive(Debug)]
pub(crate) struct Far {
    pub(crate) engine: Engine,
    pub(crate) database: Proxy,
    pub(crate) stream: Proxy,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let backend = Backend::servers().await;
        let engine = engine(registered(backend.registry())).await;
        let mut counter = engine.track(counter(1)).unwrap();
        engine.flush(&mut counter).await.unwrap();
        let (sql, redis) = (
            Sql::connect(&backend).await,
            RawRedis::connect(&backend).await,
        );
        Self {
            backend,
            engine,
            sql,
            redis,
        }
    }

    pub(crate) async fn far(&self) -> Far {
        let (database, database_url) = Proxy::before(&self.backend.database).await;
        let (stream, stream_url) = Proxy::before(&self.backend.stream).await;
        let impatient = PoolOptions::new().command_timeout(Duration::from_secs(2));
        let registry = Registry::new().pool(DEFAULT_POOL, database_url).pool_with(
            DEFAULT_POOL,
            stream_url,
            impatient,
        );
        Far {
            engine: registered(registry).connect().await.unwrap(),
            database,
            stream,
        }
    }

    /// Flushes a row whose id the database makes, and a visit, as one unit.
    pub(crate) async fn flush(&self, number: u32) -> Receipt {
        let mut event = self.engine.track(event(number)).unwrap();
        self.engine.flush_lazy((&mut event, visit())).await.unwrap()
    }

    /// Flushes a new entity of any kind lazily.
    pub(crate) async fn add<T: Entity>(&self, value: T) -> Receipt {
        let mut tracked = self.engine.track(value).unwrap();
        self.engine.flush_lazy(&mut tracked).await.unwrap()
    }

    pub(crate) async fn flush_all(&self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            self.flush(number).await;
        }
    }

    /// The numbers of the rows, in the order in which these were inserted.
    pub(crate) async fn numbers(&mut self) -> Vec<i64> {
        self.sql
            .numbers("SELECT CAST(`number` AS SIGNED) FROM `events` ORDER BY `id`")
            .await
    }

    pub(crate) async fn visits(&mut self) -> i64 {
        self.sql
            .number("SELECT CAST(`visits` AS SIGNED) FROM `counters` WHERE `id` = 1")
            .await
    }

    pub(crate) async fn until_drained(&mut self) {
        until("everything is executed", PATIENCE, async || {
            self.redis.len().await == 0
        })
        .await;
    }

    /// The flushes of the numbers from 1 on took effect, each once, and nothing is left.
    pub(crate) async fn check(&mut self, flushes: u32) {
        let mut numbers = self.numbers().await;
        numbers.sort_unstable();
        assert_eq!(
            numbers,
            (1..=i64::from(flushes)).collect::<Vec<_>>(),
            "the rows inserted"
        );
        assert_eq!(self.visits().await, i64::from(flushes), "counted");
        assert_eq!(self.sql.count("_beeorm_dead_letters").await, 0);
        assert_eq!(self.redis.len().await, 0);
    }
}

/// A row whose id the database makes.
pub(crate) fn event(number: u32) -> Event {
    Event {
        number,
        ..Event::default()
    }
}

pub(crate) fn counter(id: u32) -> Counter {
    Counter {
        id,
        ..Counter::default()
    }
}

pub(crate) fn keeper(id: u32, email: &str) -> Keeper {
    Keeper {
        id,
        email: email.to_owned(),
        age: 1,
    }
}

/// One visit more.
pub(crate) fn visit() -> Change<Counter> {
    Counter::change(1_u32).add(Counter::columns().visits, 1_u64)
}
