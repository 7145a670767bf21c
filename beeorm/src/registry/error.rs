use std::fmt;

use crate::error::debug_as_display;

/// Every mistake that was found in a [`Registry`](crate::Registry), in the order in which it was told.
///
/// Shown one a line, each with what to change.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use beeorm::{ConfigError, prelude::*};
///
/// let error = Registry::new().pool(DEFAULT_POOL, "mysq://root@localhost/app").connect().await.unwrap_err();
/// let Error::Config(mistakes) = error else { panic!() };
/// assert!(matches!(mistakes.errors(), [ConfigError::Url { .. }, ConfigError::NoLazyPool { .. }]));
/// # });
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigErrors {
    errors: Vec<ConfigError>,
}

impl ConfigErrors {
    /// None where nothing is wrong.
    pub(super) fn of(errors: Vec<ConfigError>) -> Option<Self> {
        (!errors.is_empty()).then_some(Self { errors })
    }

    pub(super) fn one(error: ConfigError) -> Self {
        Self {
            errors: vec![error],
        }
    }

    /// The mistakes; there is at least one.
    #[must_use]
    pub fn errors(&self) -> &[ConfigError] {
        &self.errors
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors.as_slice() {
            [_] => f.write_str("the registry has a mistake:")?,
            errors => write!(f, "the registry has {} mistakes:", errors.len())?,
        }
        self.errors
            .iter()
            .try_for_each(|error| write!(f, "\n- {error}"))
    }
}

debug_as_display!(ConfigErrors);

impl std::error::Error for ConfigErrors {}

/// A mistake in a [`Registry`](crate::Registry), or a pool that cannot be used. No message shows a password.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A mistake in YAML.
    #[error("{}{line}: {problem}", file.as_ref().map_or_else(|| "line ".to_owned(), |file| format!("{file}:")))]
    Yaml {
        /// The file, where it was one.
        file: Option<String>,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what to write.
        problem: String,
    },
    /// A file of YAML cannot be read.
    #[error("{file} cannot be read: {reason}")]
    File {
        /// Its path.
        file: String,
        /// What the system said.
        reason: String,
    },
    /// A pool's URL is wrong.
    #[error("pool {pool:?}: {problem}")]
    Url {
        /// The pool.
        pool: String,
        /// What is wrong, and what to write.
        problem: String,
    },
    /// Two pools of one kind under one name.
    #[error(
        "two {kind} pools have the name {pool:?}; give one of them another name, or take it out"
    )]
    PoolTwice {
        /// `"database"` or `"stream"`.
        kind: &'static str,
        /// The name.
        pool: String,
    },
    /// An option that means nothing to a pool of its kind, or with a value that does not work.
    #[error("pool {pool:?}: {problem}")]
    Option {
        /// The pool.
        pool: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The lazy channel has no pool to lie in.
    #[error(
        "there is no stream pool for the lazy channel: add `.pool(DEFAULT_POOL, \"redis://localhost\")`, or \
         `\"embedded://memory\"` for none but this process{}",
        if pools.is_empty() { String::new() } else {
            format!("; or put it in another pool: `.redis_stream(LAZY_CHANNEL, {:?}, [BACKGROUND_CONSUMER_GROUP])`", pools[0])
        }
    )]
    NoLazyPool {
        /// The stream pools that there are.
        pools: Vec<String>,
    },
    /// A stream lies in a pool that is not registered.
    #[error(
        "the stream {stream:?} lies in the stream pool {pool:?}, which is not registered ({}); add \
         `.pool({pool:?}, \"redis://…\")`",
        known(registered)
    )]
    StreamPoolMissing {
        /// The stream.
        stream: String,
        /// The pool.
        pool: String,
        /// The stream pools that there are.
        registered: Vec<String>,
    },
    /// A stream was registered twice.
    #[error("the stream {stream:?} is registered in the pools {} and {}; it lies in one: take the other out", pools.0, pools.1)]
    StreamTwice {
        /// The stream.
        stream: String,
        /// Where it was registered.
        pools: (String, String),
    },
    /// A stream has nearly the name of the lazy channel, which would then lie elsewhere unnoticed.
    #[error("the stream {stream:?} is used by nothing; did you mean {lazy:?}? Write `.redis_stream(LAZY_CHANNEL, …)`", lazy = crate::stream::LAZY_CHANNEL)]
    StreamMisspelt {
        /// The stream.
        stream: String,
    },
    /// A stream has no group, or several.
    #[error("the stream {stream:?} has {} consumer groups; give it exactly one, as in `.redis_stream({stream:?}, …, [{group:?}])`{}",
        groups.len(), if groups.len() > 1 { " (several are not supported yet)" } else { "" }, group = crate::stream::BACKGROUND_CONSUMER_GROUP)]
    StreamGroups {
        /// The stream.
        stream: String,
        /// Its groups.
        groups: Vec<String>,
    },
    /// An entity lies in a database pool that is not registered.
    #[error(
        "{entity} lies in the database pool {pool:?}, which is not registered ({}); add `.pool({pool:?}, \"mysql://…\")`, or \
         change its `#[entity(mysql = …)]`",
        known(registered)
    )]
    DatabasePoolMissing {
        /// The entity.
        entity: &'static str,
        /// The pool.
        pool: &'static str,
        /// The database pools that there are.
        registered: Vec<String>,
    },
    /// Two entities have one table.
    #[error(
        "{} and {} both have the table `{table}` of the pool {pool:?}; give one another: `#[entity(table = \"…\")]`",
        entities.0, entities.1
    )]
    TableTwice {
        /// The table.
        table: &'static str,
        /// Its pool.
        pool: &'static str,
        /// The entities.
        entities: (&'static str, &'static str),
    },
    /// An entity describes a table that cannot be.
    #[error("{entity}: {problem}")]
    Table {
        /// The entity.
        entity: &'static str,
        /// What is wrong, and what to change.
        problem: String,
    },
    /// An entity refers to one that is not registered.
    #[error(
        "{entity}.{column} refers to the entity of the table `{table}` in the pool {pool:?}, which is not registered; add \
         `.entity::<…>()` for it"
    )]
    ReferenceNotRegistered {
        /// The entity that refers.
        entity: &'static str,
        /// Its column.
        column: String,
        /// The table of the entity that it refers to.
        table: &'static str,
        /// The pool of that table.
        pool: &'static str,
    },
    /// Entities with short 64-bit ids lie in several database pools.
    #[error(
        "{} and {} have short 64-bit ids and lie in different database pools ({} and {}), which is not supported yet, as \
         ids are reserved in one database; put them in one pool, or give one an `#[entity(uuid)] id: Uuid`",
        entities.0, entities.1, pools.0, pools.1
    )]
    ShortIdPools {
        /// Two of them.
        entities: (&'static str, &'static str),
        /// Their pools.
        pools: (&'static str, &'static str),
    },
    /// A pool cannot be connected to.
    #[error("the {kind} pool {pool:?} ({url}) cannot be opened: {reason}")]
    Unreachable {
        /// `"database"` or `"stream"`.
        kind: &'static str,
        /// The pool.
        pool: String,
        /// Its URL, without the password.
        url: String,
        /// What the client or the server said.
        reason: String,
    },
    /// The server would drop lazy flushes when it is short of memory.
    #[error(
        "the stream pool {pool:?} has the eviction policy {policy}, with which the server silently drops lazy flushes when it \
         is short of memory; set `maxmemory-policy noeviction` there, or move the streams: `.redis_stream(…)`"
    )]
    Evicting {
        /// The pool.
        pool: String,
        /// Its `maxmemory-policy`.
        policy: String,
    },
    /// The server is a replica.
    #[error(
        "the server of the stream pool {pool:?} is a replica of {primary} and takes no writes; connect to the primary, or to \
         sentinels, which know it: `redis-sentinel://host:26379/service`"
    )]
    Replica {
        /// The pool.
        pool: String,
        /// The server that it copies.
        primary: String,
    },
    /// The server is a node of a cluster.
    #[error(
        "the server of the stream pool {pool:?} is a node of a Redis Cluster, which is not supported yet; use a server of its \
         own, or one that sentinels watch: `redis-sentinel://host:26379/service`"
    )]
    Cluster {
        /// The pool.
        pool: String,
    },
    /// The server cannot tell when a lazy flush is on disk.
    #[error(
        "`Durability::Fsynced` is asked for, and the stream pool {pool:?} cannot give it: {reason}"
    )]
    NoFsync {
        /// The pool.
        pool: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// An option of the lazy channel has a value that does not work.
    #[error("the lazy channel: {problem}")]
    LazyChannel {
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The server is too old.
    #[error(
        "the server of the stream pool {pool:?} is of version {version}; the oldest supported is Redis 6.2, or Valkey 7.2"
    )]
    TooOld {
        /// The pool.
        pool: String,
        /// What the server says of itself.
        version: String,
    },
}

debug_as_display!(ConfigError);

fn known(registered: &[String]) -> String {
    match registered {
        [] => "none is".to_owned(),
        _ => format!("registered: {}", registered.join(", ")),
    }
}
