use std::{fmt, time::Duration};

use crate::runtime::Runtime;

/// How to reach the server of one pool.
#[derive(Clone)]
pub(crate) struct RedisOptions {
    /// The pool's name, for messages.
    pub(crate) pool: String,
    /// `redis://[user:password@]host[:port][/db]`, `rediss://…`, `redis+unix:///path[?db=n]` or
    /// `redis-sentinel://[user:password@]host[:port][,host[:port]…]/service[/db]`.
    pub(crate) url: String,
    /// Goes before every key, with a colon.
    pub(crate) namespace: Option<String>,
    pub(crate) connect_timeout: Duration,
    /// How long an answer is waited for; a blocking command's own time is added to it.
    pub(crate) command_timeout: Duration,
    pub(crate) runtime: Runtime,
}

impl RedisOptions {
    pub(crate) fn new(pool: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            pool: pool.into(),
            url: url.into(),
            namespace: None,
            connect_timeout: Duration::from_secs(5),
            command_timeout: Duration::from_secs(5),
            runtime: Runtime::system(),
        }
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("pool", &self.pool)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
