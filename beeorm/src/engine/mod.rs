//! What a program holds: loading, flushing, deleting, and the doors to consumer and statistics.

mod broker;
mod dead_letters;
mod flush;
mod flush_lazy;
mod flusher;
mod ids;
mod load;
mod outcome_unknown;
mod outcomes;
mod parts;
mod receipt;
mod reload;
mod replay;
mod schema;

use std::sync::Arc;

pub use self::{
    broker::{EventBroker, SetAsideEntry, WaitingFrame},
    dead_letters::{DeadLetter, DeadLetters, Replay, ReplayOutcome, Replayed},
    flusher::Flusher,
    outcome_unknown::OutcomeUnknown,
    receipt::{Outcome, Receipt},
    schema::Schema,
};
pub(crate) use self::{
    ids::{DEFINITION as SHORT_IDS, ShortIds},
    outcomes::Outcomes,
    parts::{Channel, Parts},
};
use crate::{
    column::IntoColumn,
    consume::{BackgroundConsumer, Source},
    entity::{Entity, Key, KeySource, Tracked},
    error::Error,
    publish::Durability,
    statement::{ById, Flush, LazyFlush},
    stream::LAZY_CHANNEL,
};

/// The way to the databases and streams of a [`Registry`](crate::Registry): cheap to clone, shared by all
/// tasks.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) parts: Arc<Parts>,
    /// Of its lazy flushes.
    durability: Durability,
}

impl Engine {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            durability: parts.publisher.durability(),
            parts: Arc::new(parts),
        }
    }

    /// The same engine, for lazy flushes that return when they are as durable as that.
    ///
    /// ```no_run
    /// # use beeorm::prelude::*;
    /// # async fn f<T: Entity>(engine: Engine, payment: Change<T>) -> Result<(), Error> {
    /// engine.with_durability(Durability::Fsynced).flush_lazy(payment).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_durability(&self, durability: Durability) -> Self {
        Self {
            parts: Arc::clone(&self.parts),
            durability,
        }
    }

    /// Tracks a new entity: its first flush inserts it. A key that the client makes is made at once, so
    /// that others can refer to it.
    ///
    /// # Errors
    ///
    /// [`Error::NoShortIds`] where the key is a short 64-bit id and none is to be had; [`Error::EntityNotRegistered`] where
    /// it is one and nobody has registered the entity.
    pub fn track<T: Entity>(&self, mut value: T) -> Result<Tracked<T>, Error> {
        if T::schema().key_source == KeySource::Client
            && value.key().is_unset()
            && let Some(made) = T::Key::from_client(&*self.parts)
        {
            // Ids are reserved for those that are registered.
            *value.key_mut() = made.map_err(|error| match error {
                Error::NoShortIds { .. } if !self.parts.tables.contains(T::schema()) => {
                    Error::EntityNotRegistered {
                        entity: T::schema().entity,
                    }
                }
                error => error,
            })?;
        }
        Ok(Tracked::created(value))
    }

    /// Tracks an entity that is stored already, as it is now: its next flush writes what changes from here.
    pub fn attach<T: Entity>(&self, value: T) -> Tracked<T> {
        Tracked::stored(value)
    }

    /// The row with this key.
    ///
    /// # Errors
    ///
    /// [`Error::Database`], or [`Error::Column`] where the row holds what the entity cannot.
    pub async fn load<T: Entity>(
        &self,
        key: impl IntoColumn<T::Key>,
    ) -> Result<Option<Tracked<T>>, Error> {
        load::one(&self.parts, &key.into_column()).await
    }

    /// The rows with these keys, in the order of the keys: `None` where there is none, or where the row was asked for
    /// by another key of the same call.
    ///
    /// By one query; by two where the database takes a key for one that is spelled otherwise, as a collation does
    /// with 'bee' and 'BEE'. Then a row stands where its key is asked for as it is stored, else at the first key that
    /// the database takes for it.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_many<T: Entity>(
        &self,
        keys: impl IntoIterator<Item = impl IntoColumn<T::Key>>,
    ) -> Result<Vec<Option<Tracked<T>>>, Error> {
        let keys: Vec<T::Key> = keys.into_iter().map(IntoColumn::into_column).collect();
        load::many(&self.parts, &keys).await
    }

    /// Writes the entities to the database, in one transaction a database pool.
    ///
    /// New ones are inserted, changed ones updated; ids that the database makes are written back.
    ///
    /// # Errors
    ///
    /// A refused value or key, before anything is sent; else [`Error::Database`]: the transaction is rolled back
    /// and the entities are as dirty as before, unless the connection was lost while it was being committed. Then
    /// it may have been done; ids that were made stay, so that a second attempt meets the first one's row. Of
    /// several pools, those that were committed before the error stay committed.
    ///
    /// Where lazy flushes of the same tracked entities are still in the stream, it waits for the background consumer
    /// to be done with them, so that they cannot undo it: [`Error::LazyPending`] when that takes longer than
    /// [`Registry::lazy_timeout`](crate::Registry::lazy_timeout), [`Error::LazyFailed`] when one never took effect, as often
    /// as the entity is flushed; [`Error::LazyForgotten`] when there were too many to remember.
    ///
    /// # What it refers to
    ///
    /// It waits for the lazy flushes of no other entity. A child whose parent was flushed lazily, and that refers to it by
    /// its key alone, is refused by the foreign key ([`Error::is_foreign_key`], MySQL's error 1452) until the consumer has
    /// inserted the parent. Wait for that with the parent's receipt, or flush the child lazily too: what touches a parent
    /// and its child takes effect in the order of the flushes.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use beeorm::prelude::*;
    /// # #[derive(Entity)] struct Team { #[entity(uuid)] id: Uuid }
    /// # #[derive(Entity)] struct Player { #[entity(uuid)] id: Uuid, team: Reference<Team> }
    /// # async fn f(engine: Engine, mut team: Tracked<Team>, mut player: Tracked<Player>) -> Result<(), Error> {
    /// let receipt = engine.flush_lazy(&mut team).await?;
    /// player.team = Reference::from(&team);
    /// receipt.applied(Duration::from_secs(10)).await?; // before a synchronous flush of what refers to it
    /// engine.flush(&mut player).await?;
    /// # Ok(()) }
    /// ```
    pub async fn flush<'a>(&self, values: impl Flush<'a>) -> Result<(), Error> {
        flush::save(&self.parts, values).await
    }

    /// Appends the entities' statements to the lazy channel and returns; the background consumer
    /// executes them, in one transaction a database pool.
    ///
    /// Ids made on the client are set at once. One call is one entry of the stream: all of it or nothing.
    ///
    /// # Errors
    ///
    /// A refused value, key or reference, [`Error::ChannelFull`] or [`Error::Stream`]: nothing was appended, and the
    /// entities are as dirty as before. [`Error::OutcomeUnknown`]: whether it was appended is not known; flushing
    /// again, or its `resend()`, is safe. [`Error::AppendedNotDurable`]: it is in the stream and will be executed.
    pub async fn flush_lazy<'a>(&self, values: impl LazyFlush<'a>) -> Result<Receipt, Error> {
        flush_lazy::save(&self.parts, self.durability, values).await
    }

    /// Deletes the entities' rows, in one transaction a database pool.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush); [`Error::UnsetKey`] for an entity without an id.
    pub async fn delete<'a>(&self, values: impl Flush<'a>) -> Result<(), Error> {
        flush::delete(&self.parts, values).await
    }

    /// Deletes the entities' rows lazily.
    ///
    /// # Errors
    ///
    /// As [`flush_lazy`](Self::flush_lazy); [`Error::UnsetKey`] for an entity without an id.
    pub async fn delete_lazy<'a>(&self, values: impl Flush<'a>) -> Result<Receipt, Error> {
        flush_lazy::delete(&self.parts, self.durability, values).await
    }

    /// Deletes the row with this key, without loading it.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete).
    pub async fn delete_by_id<T: Entity>(&self, key: impl IntoColumn<T::Key>) -> Result<(), Error> {
        flush::delete(&self.parts, ById::<T>(key.into_column())).await
    }

    /// Deletes the row with this key lazily, without loading it.
    ///
    /// # Errors
    ///
    /// As [`delete_lazy`](Self::delete_lazy).
    pub async fn delete_by_id_lazy<T: Entity>(
        &self,
        key: impl IntoColumn<T::Key>,
    ) -> Result<Receipt, Error> {
        flush_lazy::delete(&self.parts, self.durability, ById::<T>(key.into_column())).await
    }

    /// Collects entities, to flush them together.
    pub fn flusher<'a>(&self) -> Flusher<'a> {
        Flusher::new(self.clone())
    }

    /// The consumer that executes lazy flushes; run one in any number of processes.
    #[must_use]
    pub fn background_consumer(&self) -> BackgroundConsumer {
        let Parts {
            publisher,
            databases,
            tables,
            runtime,
            ..
        } = &*self.parts;
        BackgroundConsumer::new(Source {
            stream: publisher.stream(),
            channel: LAZY_CHANNEL.to_owned(),
            databases: Arc::clone(databases),
            tables: Arc::clone(tables),
            runtime: runtime.clone(),
            backlog: publisher.backlog(),
        })
    }

    /// The streams' figures, and a look at what waits in them.
    #[must_use]
    pub fn event_broker(&self) -> EventBroker {
        EventBroker::new(Arc::clone(&self.parts))
    }

    /// What could not be executed.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(Arc::clone(&self.parts))
    }

    /// The tables: `engine.schema().update().await?` makes what is missing.
    #[must_use]
    pub fn schema(&self) -> Schema {
        Schema::new(Arc::clone(&self.parts))
    }

    /// Closes the connections. What was flushed lazily stays in the stream.
    pub async fn close(&self) {
        self.parts.close().await;
    }
}
