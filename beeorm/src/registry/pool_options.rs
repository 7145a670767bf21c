use std::time::Duration;

use super::pool_url::Backend;

/// What a pool may be told beside its URL; see [`Registry::pool_with`](crate::Registry::pool_with).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolOptions {
    pub(super) max_connections: Option<u32>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) command_timeout: Option<Duration>,
    pub(super) namespace: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) collate: Option<String>,
}

impl PoolOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Of a database pool: how many connections it makes at most for callers, and as many again for the background
    /// consumer; 20 unless said.
    #[must_use]
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = Some(connections);
        self
    }

    /// How long to wait for a connection; in a database pool also for one in use. Databases: 10 seconds unless
    /// said; Redis: 5.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Of a Redis pool: how long to wait for an answer; 5 seconds unless said.
    #[must_use]
    pub fn command_timeout(mut self, timeout: Duration) -> Self {
        self.command_timeout = Some(timeout);
        self
    }

    /// Of a Redis pool: goes before every key, with a colon, so that applications can share a server. Wins over
    /// the one in the URL.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Of a database pool: the character set of the tables; utf8mb4 unless said.
    #[must_use]
    pub fn encoding(mut self, encoding: impl Into<String>) -> Self {
        self.encoding = Some(encoding.into());
        self
    }

    /// Of a database pool: the collation of the tables, with or without its character set (`0900_ai_ci`).
    #[must_use]
    pub fn collate(mut self, collate: impl Into<String>) -> Self {
        self.collate = Some(collate.into());
        self
    }

    /// The options that are set and mean nothing to a pool of this kind.
    pub(super) fn strangers(&self, backend: Backend) -> Vec<&'static str> {
        use Backend::{Database, Redis};
        let options: [(_, _, &[Backend]); 6] = [
            (
                "max_connections",
                self.max_connections.is_some(),
                &[Database],
            ),
            (
                "connect_timeout",
                self.connect_timeout.is_some(),
                &[Database, Redis],
            ),
            ("command_timeout", self.command_timeout.is_some(), &[Redis]),
            ("namespace", self.namespace.is_some(), &[Redis]),
            ("encoding", self.encoding.is_some(), &[Database]),
            ("collate", self.collate.is_some(), &[Database]),
        ];
        let strange = options
            .iter()
            .filter(|(_, set, of)| *set && !of.contains(&backend));
        strange.map(|(name, ..)| *name).collect()
    }
}
