//! What an engine is made of: pools, streams and entities, told in code or in YAML.
//!
//! Here it is collected, checked and connected; what is done with it is in the rooms that it is handed to.

mod check;
mod check_table;
mod connect;
mod error;
mod go_dsn;
mod lazy;
mod open;
#[cfg(feature = "redis")]
mod open_redis;
mod pool;
mod pool_options;
mod pool_url;
mod query;
mod redact;
mod short_form;
mod similar;
#[cfg(feature = "yaml")]
mod yaml;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use self::{
    error::{ConfigError, ConfigErrors},
    pool_options::PoolOptions,
};
use self::{
    lazy::LazyChannel,
    pool::{Pool, PoolKind, StreamPlace},
    pool_url::PoolUrl,
};
use crate::{
    engine::Engine,
    entity::{Entity, TableSchema},
    error::Error,
};

/// The pools, streams and entities that an [`Engine`] is made of.
///
/// Nothing is checked before [`connect`](Self::connect), which then names every mistake at once.
///
/// ```no_run
/// use beeorm::prelude::*;
///
/// #[derive(Entity, Debug, Default)]
/// struct User {
///     #[entity(uuid)]
///     id: Uuid,
///     name: String,
/// }
///
/// # async fn f() -> Result<(), Error> {
/// let engine = Registry::new()
///     .pool(DEFAULT_POOL, "mysql://root@localhost/app")
///     .pool(DEFAULT_POOL, "redis://localhost")
///     .entity::<User>()
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a registry does nothing before `connect()`"]
pub struct Registry {
    pools: Vec<Pool>,
    streams: Vec<StreamPlace>,
    schemas: Vec<&'static TableSchema>,
    server_id: u8,
    lazy_timeout: Option<Duration>,
    lazy: LazyChannel,
    /// Pools with a local cache, and how many values it holds.
    local_caches: Vec<(String, u64)>,
    /// Pools whose URL cannot be read, and their kind where it can be told: they are not missing as well.
    unread: Vec<(String, Option<PoolKind>)>,
    mistakes: Vec<ConfigError>,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// A pool of connections. Its URL's scheme decides of which kind; a name may have one of each kind.
    ///
    /// | kind | URL |
    /// |---|---|
    /// | database | `mysql://user:password@host:3306/database`, `mariadb://…`, `?socket=/path` for a Unix socket |
    /// | database | `sqlite://file.db`, `sqlite://memory` |
    /// | stream | `redis://user:password@host:6379/0`, `rediss://…` (encrypted), `redis+unix:///path?db=0` |
    /// | stream | `redis-sentinel://user:password@host:26379,host:26379/master/0`, `rediss-sentinel://…` |
    /// | stream | BeeORM's `host:port[:db[:namespace]]` or `/path.sock[:db[:namespace]]`, `?user=…&password=…` behind it |
    /// | stream | `embedded://file`, `embedded://memory` |
    ///
    /// What is in memory is an engine's own: two engines with `sqlite://memory` or `embedded://memory` share nothing, so a
    /// consumer in another process, or of another engine, sees none of it.
    ///
    /// `valkey` may stand for `redis` everywhere. Special characters of users and passwords are written as `%XX`
    /// (`@` is `%40`). Every URL to Redis takes `?namespace=name`: see [`PoolOptions::namespace`].
    ///
    /// ```no_run
    /// # use beeorm::prelude::*;
    /// let registry = Registry::new()
    ///     .pool(DEFAULT_POOL, "mysql://root@localhost/app")
    ///     .pool(DEFAULT_POOL, "redis://localhost/0?namespace=app")
    ///     .pool("lazy", "192.123.11.12:6379:1");
    /// ```
    pub fn pool(self, name: impl Into<String>, url: impl AsRef<str>) -> Self {
        self.pool_with(name, url, PoolOptions::new())
    }

    /// A pool of connections, with options.
    ///
    /// ```no_run
    /// # use beeorm::prelude::*;
    /// let options = PoolOptions::new().max_connections(50);
    /// let registry = Registry::new().pool_with(DEFAULT_POOL, "mysql://root@localhost/app", options);
    /// ```
    pub fn pool_with(
        mut self,
        name: impl Into<String>,
        url: impl AsRef<str>,
        options: PoolOptions,
    ) -> Self {
        let name = name.into();
        match PoolUrl::parse(url.as_ref()) {
            Ok(url) => self.pools.push(Pool { name, url, options }),
            Err(wrong) => {
                self.unread.push((name.clone(), wrong.meant));
                self.mistakes.push(ConfigError::Url {
                    pool: name,
                    problem: wrong.problem,
                });
            }
        }
        self
    }

    /// A stream, the stream pool that it lies in, and its consumer groups.
    ///
    /// [`LAZY_CHANNEL`](crate::LAZY_CHANNEL) need not be named: it lies in the stream pool
    /// [`DEFAULT_POOL`](crate::DEFAULT_POOL) and has the group
    /// [`BACKGROUND_CONSUMER_GROUP`](crate::BACKGROUND_CONSUMER_GROUP) unless this says otherwise. A stream has
    /// exactly one group; more come later. Nothing uses another stream yet: one is warned of, and refused where its
    /// name is nearly the lazy channel's.
    ///
    /// ```no_run
    /// # use beeorm::prelude::*;
    /// let registry = Registry::new()
    ///     .pool("lazy", "redis://192.123.11.12:6379")
    ///     .redis_stream(LAZY_CHANNEL, "lazy", [BACKGROUND_CONSUMER_GROUP]);
    /// ```
    pub fn redis_stream(
        mut self,
        stream: impl Into<String>,
        pool: impl Into<String>,
        groups: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let groups = groups.into_iter().map(Into::into).collect();
        self.streams.push(StreamPlace {
            stream: stream.into(),
            pool: pool.into(),
            groups,
        });
        self
    }

    /// An entity. Once more does no harm.
    pub fn entity<T: Entity>(mut self) -> Self {
        let schema = T::schema();
        if !self
            .schemas
            .iter()
            .any(|known| std::ptr::eq(*known, schema))
        {
            self.schemas.push(schema);
        }
        self
    }

    /// The number that this process's short 64-bit ids begin with; 0 unless said.
    ///
    /// Ids never repeat, also where several processes share a number; a number of its own lets each of
    /// them reserve ids without waiting for the others.
    pub fn server_id(mut self, server_id: u8) -> Self {
        self.server_id = server_id;
        self
    }

    /// How long [`Engine::flush`](crate::Engine::flush) and [`Engine::delete`](crate::Engine::delete) wait for lazy
    /// flushes of the same tracked entities that are still in the stream; ten seconds unless said.
    pub fn lazy_timeout(mut self, timeout: Duration) -> Self {
        self.lazy_timeout = Some(timeout);
        self
    }

    /// Checks everything, connects to every pool, and makes the engine.
    ///
    /// Its connections and tasks live on the tokio runtime that this is called on: that one has to run for as long as the
    /// engine is used, also where it is used from others.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every mistake there is: in what the registry was told, and pools that cannot be
    /// reached. [`Error::Database`] where no short 64-bit ids can be reserved.
    pub async fn connect(self) -> Result<Engine, Error> {
        connect::connect(self).await
    }

    /// A registry from YAML, with BeeORM's keys; entities, and whatever else, are added to it in code. Variables are not
    /// filled in: `${DB_URL}` is refused.
    ///
    /// ```yaml
    /// default:                              # the pools' name
    ///   mysql: mysql://root@localhost/app   # or mariadb://, sqlite://
    ///   mysqlEncoding: utf8mb4              # of the tables
    ///   mysqlCollate: 0900_ai_ci
    ///   redis: localhost:6379:0:app         # host:port[:db[:namespace]], or a URL: redis://, embedded://
    ///   local_cache: 1000                   # accepted, and without effect yet
    /// logs:
    ///   mysql:
    ///     uri: mysql://root@localhost/logs
    ///     MaxOpenConnections: 10
    /// lazy:
    ///   sentinel:
    ///     master:1:app:                     # name[:db[:namespace]], ?user=…&password=… behind it
    ///       - 192.156.23.11:26379
    ///       - 192.156.23.12:26379
    ///   streams:
    ///     orm-lazy-channel: [orm-async-consumer]
    /// ```
    ///
    /// The lazy channel's options stand in place of its groups; all of them may be left out:
    ///
    /// ```yaml
    /// default:
    ///   redis: localhost:6379
    ///   streams:
    ///     orm-lazy-channel:
    ///       groups: [orm-async-consumer]
    ///       durability: fsynced               # or appended: see Registry::durability
    ///       fsync_replicas: 1
    ///       fsync_timeout: 500ms              # ms, s or m
    ///       max_len: 1000000                  # see Registry::max_len
    ///       on_full: wait 2s                  # or error
    /// ```
    ///
    /// ```no_run
    /// # use beeorm::prelude::*;
    /// # #[derive(Entity)] struct User { #[entity(uuid)] id: Uuid }
    /// # async fn f(text: &str) -> Result<(), Error> {
    /// let engine = Registry::from_yaml(text)?.entity::<User>().connect().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every mistake in the text, each with its line.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, Error> {
        Ok(yaml::read(text, None)?)
    }

    /// A registry from a file of YAML: see [`from_yaml`](Self::from_yaml).
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every mistake in the file, or why it cannot be read.
    #[cfg(feature = "yaml")]
    pub fn from_yaml_file(path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        Ok(yaml::read_file(path.as_ref())?)
    }
}
