//! An entity ORM for MySQL-protocol databases whose speciality is **lazy flush**.
#![cfg_attr(docsrs, feature(doc_cfg))]

// The derive names the crate by its name, in its own tests too.
#[cfg(test)]
extern crate self as beeorm;

mod column;
#[cfg(feature = "conformance")]
pub mod conformance;
mod consume;
mod database;
mod engine;
mod entity;
mod error;
mod frame;
pub mod prelude;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod publish;
#[cfg(feature = "redis")]
mod redis;
mod registry;
mod runtime;
mod statement;
mod stream;

pub use beeorm_derive::{Embedded, Entity, EntityEnum};
pub use uuid::Uuid;

pub use self::{
    column::{BlobSize, Column, ColumnError, ColumnSink, ColumnType, EntityEnum, IntoColumn, Number, RefersTo, RowReader, Set, Value},
    consume::{BackgroundConsumer, Failure, FailedStatement, Report, Resolution},
    database::{DatabaseError, FailureClass},
    engine::{DeadLetter, DeadLetters, Engine, EventBroker, Flusher, WaitingFrame},
    entity::{
        Assignment, Change, ClientKey, ColumnName, ColumnSchema, DEFAULT_POOL, Embedded, Entity, IndexSchema, Key, KeySource, Reference,
        TableSchema, Tracked,
    },
    error::Error,
    publish::{OutcomeUnknown, Receipt},
    registry::{ConfigError, ConfigErrors, PoolOptions, Registry},
    statement::{Flush, LazyFlush, WaitingStatement},
    stream::{
        BACKGROUND_CONSUMER_GROUP, ConsumerStatistics, EntryId, GroupStatistics, LAZY_CHANNEL, StreamError, StreamStatistics,
    },
};
