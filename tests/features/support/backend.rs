//! Where a feature is tried: on real servers, and embedded.

use beeorm::prelude::*;

use super::{FEW, TestDatabase, key_prefix, mysql_database, servers};

/// A database and a stream of a test's own.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) database: String,
    pub(crate) stream: String,
    /// Dropped with the test.
    _own: Option<TestDatabase>,
}

impl Backend {
    /// MySQL or MariaDB, and Redis.
    pub(crate) async fn servers() -> Self {
        let own = mysql_database().await;
        let database = own.url().to_owned();
        Self {
            database,
            stream: redis_url(),
            _own: Some(own),
        }
    }

    /// MySQL or MariaDB, and another Redis server than the one that the tests share.
    pub(crate) async fn with_redis(redis: &str) -> Self {
        let namespace = key_prefix();
        Self {
            stream: format!("{redis}?namespace={namespace}"),
            ..Self::servers().await
        }
    }

    /// SQLite and the embedded stream, in memory.
    pub(crate) async fn embedded() -> Self {
        Self {
            database: "sqlite://memory".to_owned(),
            stream: "embedded://memory".to_owned(),
            _own: None,
        }
    }

    /// SQLite in memory, and Redis, into which a test may put what it likes.
    pub(crate) fn sqlite_and_redis() -> Self {
        Self {
            database: "sqlite://memory".to_owned(),
            stream: redis_url(),
            _own: None,
        }
    }

    /// Both under their default names.
    pub(crate) fn registry(&self) -> Registry {
        Registry::new()
            .pool(DEFAULT_POOL, &self.database)
            .pool(DEFAULT_POOL, &self.stream)
    }
}

/// The Redis server, with a namespace of its own.
pub(crate) fn redis_url() -> String {
    let namespace = key_prefix();
    format!(
        "{}?namespace={}",
        servers().redis,
        namespace.trim_end_matches(':')
    )
}

/// Connects and makes the tables.
pub(crate) async fn engine(registry: Registry) -> Engine {
    let engine = registry.connect().await.expect("the pools can be reached");
    engine
        .schema()
        .update()
        .await
        .expect("the tables can be made");
    engine
}

/// Executes everything that was flushed lazily.
pub(crate) async fn drain(engine: &Engine) -> beeorm::Report {
    engine
        .background_consumer()
        .rows_of_a_lane(FEW)
        .drain()
        .await
        .expect("the channel can be drained")
}

/// Makes of each function a test on every backend: `name::on_servers` and `name::embedded`.
macro_rules! on_every_backend {
    ($($(#[$meta:meta])* async fn $name:ident($backend:ident: Backend) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test uses everything")]
            use super::*;

            $(#[$meta])*
            async fn on($backend: $crate::support::Backend) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_servers() {
                on($crate::support::Backend::servers().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn embedded() {
                on($crate::support::Backend::embedded().await).await;
            }
        }
    )+};
}

pub(crate) use on_every_backend;
