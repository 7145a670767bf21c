use super::{PoolOptions, PoolUrl, Registry};
use crate::{
    entity::DEFAULT_POOL,
    stream::{BACKGROUND_CONSUMER_GROUP, LAZY_CHANNEL},
};

/// A pool as it was registered.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub(super) name: String,
    pub(super) url: PoolUrl,
    pub(super) options: PoolOptions,
}

/// A pool holds a database, or streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolKind {
    Database,
    Stream,
}

impl PoolKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Stream => "stream",
        }
    }
}

/// Which pool a stream lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamPlace {
    pub(super) stream: String,
    pub(super) pool: String,
    pub(super) groups: Vec<String>,
}

impl Registry {
    pub(super) fn pool_of(&self, kind: PoolKind, name: &str) -> Option<&Pool> {
        self.pools
            .iter()
            .find(|pool| pool.url.kind() == kind && pool.name == name)
    }

    /// The names of the pools of one kind, each once.
    pub(super) fn names(&self, kind: PoolKind) -> Vec<String> {
        let mut names: Vec<_> = self
            .pools
            .iter()
            .filter(|pool| pool.url.kind() == kind)
            .map(|pool| pool.name.clone())
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The streams that were registered, and the lazy channel where it was not: it is always there.
    pub(super) fn places(&self) -> Vec<StreamPlace> {
        let mut places = self.streams.clone();
        if !places.iter().any(|place| place.stream == LAZY_CHANNEL) {
            places.push(StreamPlace {
                stream: LAZY_CHANNEL.to_owned(),
                pool: DEFAULT_POOL.to_owned(),
                groups: vec![BACKGROUND_CONSUMER_GROUP.to_owned()],
            });
        }
        places
    }
}
