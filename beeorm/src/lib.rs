//! An entity ORM for MySQL-protocol databases whose speciality is **lazy flush**: instead of running SQL while
//! the caller waits, [`Engine::flush_lazy`] appends the statements to a Redis stream and returns; a background
//! consumer executes them, once and in order.
//!
//! ```no_run
//! use beeorm::prelude::*;
//!
//! #[derive(Entity, Debug, Default)]
//! #[entity(table = "users")]
//! struct User {
//!     #[entity(uuid)]
//!     id: Uuid,
//!     #[entity(length = 100)]
//!     first_name: String,
//!     #[entity(unique)]
//!     email: String,
//!     visits: u32,
//! }
//!
//! # async fn run() -> Result<(), Error> {
//! let engine = Registry::new()
//!     .pool(DEFAULT_POOL, "mysql://root@localhost/app")
//!     .pool(DEFAULT_POOL, "redis://localhost")
//!     .entity::<User>()
//!     .connect()
//!     .await?;
//! engine.schema().update().await?;
//!
//! let mut user = User { first_name: "Tom".into(), email: "bee@beeorm.io".into(), ..Default::default() };
//! engine.flush_lazy(&mut user).await?; // one append to the stream; `user.id` is set
//! engine.flush_lazy(User::change(user.id).add(User::columns().visits, 1)).await?; // without loading
//!
//! // Here, or in a process of its own:
//! engine.background_consumer().run_until(tokio::signal::ctrl_c()).await?;
//! # Ok(()) }
//! ```
//!
//! - [`Registry`] describes pools, streams and entities, in code or from YAML.
//! - [`Engine`] loads, flushes and deletes; [`Tracked`] knows what changed; [`Flusher`] collects.
//! - [`BackgroundConsumer`] executes what was flushed lazily; [`Resolution`] is what its error resolvers answer.
//! - [`EventBroker`] has the statistics, [`DeadLetters`] what could not be executed.
//! - The derives: [`derive@Entity`], [`derive@Embedded`], [`derive@EntityEnum`].
//!
//! A bare value whose id only the database can make is not accepted lazily, at compile time:
//!
//! ```compile_fail,E0277
//! # use beeorm::prelude::*;
//! #[derive(Entity)]
//! struct Product {
//!     id: u64,
//! }
//!
//! # async fn f(engine: Engine) -> Result<(), Error> {
//! engine.flush_lazy(&mut Product { id: 0 }).await?;
//! # Ok(()) }
//! ```

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

// The derive names the crate by its name, in its own tests and in the simulation too.
#[cfg(any(test, feature = "simulation"))]
extern crate self as beeorm;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
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
mod publish;
#[cfg(feature = "redis")]
mod redis;
mod registry;
mod runtime;
mod schema;
#[cfg(feature = "simulation")]
pub mod simulation;
mod statement;
mod stream;

pub use beeorm_derive::{Embedded, Entity, EntityEnum};
pub use uuid::Uuid;

pub use self::{
    column::{
        BlobSize, Column, ColumnError, ColumnSink, ColumnType, EntityEnum, IntoColumn, Number,
        RefersTo, RowReader, Set, Value,
    },
    consume::{BackgroundConsumer, FailedStatement, Failure, Report, Resolution},
    database::{DatabaseError, FailureClass},
    engine::{
        DeadLetter, DeadLetters, Engine, EventBroker, Flusher, Outcome, OutcomeUnknown, Receipt,
        Replay, ReplayOutcome, Replayed, Schema, SetAsideEntry, WaitingFrame,
    },
    entity::{
        Assignment, Change, ClientKey, ColumnName, ColumnSchema, DEFAULT_POOL, Embedded, Entity,
        IndexSchema, Key, KeySource, Reference, TableSchema, Tracked,
    },
    error::Error,
    publish::{Durability, OnFull},
    registry::{ConfigError, ConfigErrors, PoolOptions, Registry},
    schema::Alter,
    statement::{Flush, LazyFlush, WaitingStatement},
    stream::{
        BACKGROUND_CONSUMER_GROUP, ConsumerStatistics, EntryId, GroupStatistics, LAZY_CHANNEL,
        StreamError, StreamStatistics,
    },
};
