//! What a registry tells of the lazy channel.

use std::time::Duration;

use super::{ConfigError, Registry};
use crate::{
    publish::{Durability, OnFull, Settings},
    stream::Fsync,
};

/// The lazy channel's options; none where nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LazyChannel {
    pub(super) durability: Durability,
    pub(super) fsync_replicas: u32,
    pub(super) fsync_timeout: Option<Duration>,
    pub(super) max_len: Option<u64>,
    pub(super) on_full: Option<OnFull>,
}

/// Enough for `appendfsync everysec` on a slow disk.
const FSYNC_TIMEOUT: Duration = Duration::from_secs(5);

impl LazyChannel {
    pub(super) fn settings(&self) -> Settings {
        Settings {
            durability: self.durability,
            fsync: Fsync {
                replicas: self.fsync_replicas,
                timeout: self.fsync_timeout.unwrap_or(FSYNC_TIMEOUT),
            },
            limit: self
                .max_len
                .map(|limit| (limit, self.on_full.unwrap_or_default())),
        }
    }

    pub(super) fn mistakes(&self) -> Vec<ConfigError> {
        let mut problems = Vec::new();
        if self.max_len == Some(0) {
            problems.push("`max_len` is 0, so that nothing could be flushed; give it one at least");
        }
        if self.on_full.is_some() && self.max_len.is_none() {
            problems.push("`on_full` is said and no `max_len`; add one, or take it out");
        }
        if self
            .fsync_timeout
            .is_some_and(|timeout| timeout < Duration::from_millis(1))
        {
            problems
                .push("`fsync_timeout` is less than a millisecond; give it more, or take it out");
        }
        problems
            .into_iter()
            .map(|problem| ConfigError::LazyChannel {
                problem: problem.to_owned(),
            })
            .collect()
    }
}

impl Registry {
    /// When lazy flushes return, unless a call says otherwise by
    /// [`Engine::with_durability`](crate::Engine::with_durability): when the stream's server has them, unless said.
    ///
    /// [`Durability::Fsynced`] is refused by [`connect`](Self::connect) where the stream's server cannot tell when
    /// something is on disk.
    ///
    /// ```no_run
    /// # use beeorm::prelude::*;
    /// let registry = Registry::new()
    ///     .pool(DEFAULT_POOL, "redis://localhost")
    ///     .durability(Durability::Fsynced);
    /// ```
    pub fn durability(mut self, durability: Durability) -> Self {
        self.lazy.durability = durability;
        self
    }

    /// On how many replicas' disks, beside the server's own, a flush with [`Durability::Fsynced`] has to be; 0 unless
    /// said.
    pub fn fsync_replicas(mut self, replicas: u32) -> Self {
        self.lazy.fsync_replicas = replicas;
        self
    }

    /// How long a flush with [`Durability::Fsynced`] waits for the disks before it returns
    /// [`Error::AppendedNotDurable`](crate::Error::AppendedNotDurable); 5 seconds unless said.
    pub fn fsync_timeout(mut self, timeout: Duration) -> Self {
        self.lazy.fsync_timeout = Some(timeout);
        self
    }

    /// How many entries the lazy channel may have before lazy flushes do what [`on_full`](Self::on_full) says; as many
    /// as the server's memory holds unless said. One lazy flush is one entry. Nothing is ever taken out to make room.
    ///
    /// A soft limit: the length is looked at ten times a second at most, or as often as it is close, and what other
    /// processes append meanwhile is not seen, so that there may come a few more.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use beeorm::prelude::*;
    /// let registry = Registry::new()
    ///     .pool(DEFAULT_POOL, "redis://localhost")
    ///     .max_len(1_000_000)
    ///     .on_full(OnFull::Wait(Duration::from_secs(2)));
    /// ```
    pub fn max_len(mut self, entries: u64) -> Self {
        self.lazy.max_len = Some(entries);
        self
    }

    /// What lazy flushes do while the channel has [`max_len`](Self::max_len) entries; they fail unless said.
    pub fn on_full(mut self, on_full: OnFull) -> Self {
        self.lazy.on_full = Some(on_full);
        self
    }
}
