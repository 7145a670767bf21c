//! What can be seen to be wrong before anything is connected to.

use std::time::Duration;

use super::{
    ConfigError, Registry, check_table,
    pool::{Pool, PoolKind, StreamPlace},
    similar::is_slip,
};
use crate::{
    entity::{DEFAULT_POOL, TableSchema},
    stream::LAZY_CHANNEL,
};

/// The mistakes of the whole; those that were seen when something was told stand before them.
pub(super) fn check(registry: &Registry) -> Vec<ConfigError> {
    let mut check = Check {
        registry,
        mistakes: registry.mistakes.clone(),
    };
    check.pools();
    check.streams();
    check.entities();
    check.short_ids();
    check.mistakes.extend(registry.lazy.mistakes());
    if registry.lazy_timeout == Some(Duration::ZERO) {
        check.mistakes.push(ConfigError::LazyChannel {
            problem:
                "`lazy_timeout` is 0, so that no `flush` could follow a lazy one; give it some time"
                    .to_owned(),
        });
    }
    check.mistakes
}

struct Check<'a> {
    registry: &'a Registry,
    mistakes: Vec<ConfigError>,
}

impl Check<'_> {
    fn pools(&mut self) {
        for (position, pool) in self.registry.pools.iter().enumerate() {
            let same =
                |other: &Pool| other.name == pool.name && other.url.kind() == pool.url.kind();
            if self.registry.pools.iter().take(position).any(same) {
                self.mistakes.push(ConfigError::PoolTwice {
                    kind: pool.url.kind().name(),
                    pool: pool.name.clone(),
                });
            }
            self.options(pool);
        }
    }

    fn options(&mut self, pool: &Pool) {
        let backend = pool.url.backend;
        let strangers = pool.options.strangers(backend).into_iter();
        let strangers = strangers
            .map(|option| format!("{} pool has no `{option}`; take it out", backend.name()));
        let none = (pool.options.max_connections == Some(0))
            .then(|| "`max_connections` is 0; give it one at least".to_owned());
        let never = [
            (
                "connect_timeout",
                pool.options.connect_timeout,
                "connection",
            ),
            ("command_timeout", pool.options.command_timeout, "answer"),
        ];
        let never = never
            .into_iter()
            .filter(|(_, time, _)| *time == Some(Duration::ZERO))
            .map(|(option, _, what)| {
                format!("`{option}` is 0, and no {what} comes within that; give it some time")
            });
        for problem in strangers.chain(none).chain(never) {
            self.mistakes.push(ConfigError::Option {
                pool: pool.name.clone(),
                problem,
            });
        }
    }

    /// Whether there is such a pool, or would be if its URL were right.
    fn has_pool(&self, kind: PoolKind, name: &str) -> bool {
        let unread = &self.registry.unread;
        self.registry.pool_of(kind, name).is_some()
            || unread
                .iter()
                .any(|(pool, meant)| pool == name && meant.is_none_or(|meant| meant == kind))
    }

    fn streams(&mut self) {
        let registered = &self.registry.streams;
        let misspelt = |place: &&StreamPlace| is_slip(&place.stream, LAZY_CHANNEL);
        let is_it = |place: &StreamPlace| place.stream == LAZY_CHANNEL || misspelt(&place);
        if !registered.iter().any(is_it) && !self.has_pool(PoolKind::Stream, DEFAULT_POOL) {
            self.mistakes.push(ConfigError::NoLazyPool {
                pools: self.registry.names(PoolKind::Stream),
            });
        }
        for (position, place) in registered.iter().enumerate() {
            let same = |other: &&StreamPlace| other.stream == place.stream;
            if let Some(first) = registered.iter().take(position).find(same) {
                let pools = (first.pool.clone(), place.pool.clone());
                self.mistakes.push(ConfigError::StreamTwice {
                    stream: place.stream.clone(),
                    pools,
                });
            }
            if misspelt(&place) {
                self.mistakes.push(ConfigError::StreamMisspelt {
                    stream: place.stream.clone(),
                });
            }
            if place.groups.len() != 1 {
                let (stream, groups) = (place.stream.clone(), place.groups.clone());
                self.mistakes
                    .push(ConfigError::StreamGroups { stream, groups });
            }
            if !self.has_pool(PoolKind::Stream, &place.pool) {
                self.mistakes.push(ConfigError::StreamPoolMissing {
                    stream: place.stream.clone(),
                    pool: place.pool.clone(),
                    registered: self.registry.names(PoolKind::Stream),
                });
            }
        }
    }

    fn entities(&mut self) {
        for (position, schema) in self.registry.schemas.iter().enumerate() {
            if !self.has_pool(PoolKind::Database, schema.pool) {
                self.mistakes.push(ConfigError::DatabasePoolMissing {
                    entity: schema.entity,
                    pool: schema.pool,
                    registered: self.registry.names(PoolKind::Database),
                });
            }
            let same =
                |other: &&&TableSchema| (other.pool, other.table) == (schema.pool, schema.table);
            if let Some(first) = self.registry.schemas.iter().take(position).find(same) {
                self.mistakes.push(ConfigError::TableTwice {
                    table: schema.table,
                    pool: schema.pool,
                    entities: (first.entity, schema.entity),
                });
            }
            let problems = check_table::problems(schema).into_iter();
            self.mistakes
                .extend(problems.map(|problem| ConfigError::Table {
                    entity: schema.entity,
                    problem,
                }));
            self.references(schema);
        }
    }

    fn references(&mut self, schema: &'static TableSchema) {
        for column in &schema.columns {
            let Some(parent) = column.refers_to.map(|refers_to| refers_to()) else {
                continue;
            };
            let is_parent =
                |other: &&TableSchema| (other.pool, other.table) == (parent.pool, parent.table);
            if !self.registry.schemas.iter().any(is_parent) {
                self.mistakes.push(ConfigError::ReferenceNotRegistered {
                    entity: schema.entity,
                    column: column.name.clone(),
                    table: parent.table,
                    pool: parent.pool,
                });
            }
        }
    }

    /// Processes that register different entities must reserve in the same place, or ids come twice.
    fn short_ids(&mut self) {
        let mut schemas = self
            .registry
            .schemas
            .iter()
            .filter(|schema| check_table::has_short_ids(schema));
        let Some(first) = schemas.next() else { return };
        if let Some(other) = schemas.find(|other| other.pool != first.pool) {
            self.mistakes.push(ConfigError::ShortIdPools {
                entities: (first.entity, other.entity),
                pools: (first.pool, other.pool),
            });
        }
    }
}
