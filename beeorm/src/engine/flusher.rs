use std::fmt;

use super::{Engine, Receipt, flush, flush_lazy};
use crate::{
    entity::{Change, Entity, Tracked},
    error::Error,
    statement::{Intent, LazyRow, Row, Rows},
};

/// Collects entities and changes, to flush them together, in the order in which they were added: one transaction a
/// database pool, or one entry of the stream.
///
/// It borrows entities, so change first and then track. A flush that succeeds empties it; one that
/// fails keeps everything, to be flushed again. Where it was a lost answer that failed a lazy flush, the next flush, lazy
/// or not, first sees to it that the very same frames arrive, and does nothing of them a second time.
///
/// ```no_run
/// # use beeorm::prelude::*;
/// # #[derive(Entity)] struct User { #[entity(uuid)] id: Uuid, visits: u32 }
/// # async fn f(engine: Engine, friend: Uuid, mut user: Tracked<User>, mut gone: Tracked<User>) -> Result<(), Error> {
/// user.visits += 1;
/// let mut flusher = engine.flusher();
/// flusher
///     .track(&mut user)
///     .change(User::change(friend).add(User::columns().visits, 1))
///     .delete(&mut gone);
/// flusher.flush_lazy().await?;
/// # Ok(()) }
/// ```
#[must_use = "nothing is written until it is flushed"]
pub struct Flusher<'a> {
    engine: Engine,
    rows: Rows<'a>,
}

impl<'a> Flusher<'a> {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            rows: Rows::default(),
        }
    }

    /// Adds a tracked entity, to be inserted or updated, or a bare value, to be inserted.
    ///
    /// A bare value, one that is no [`Tracked`], remembers nothing: an unset key is all that tells a new one. It is inserted
    /// once, and gets its key from the flush; a value that has a key already, having been flushed or loaded before, is
    /// refused with [`Error::KeyAlreadySet`]. To go on with it, wrap it: [`Engine::track`] before its first flush,
    /// [`Engine::attach`] after that. One whose key
    /// is not made by `#[entity(uuid)]` has to be tracked, or given to [`add`](Self::add).
    pub fn track<R: LazyRow + 'a>(&mut self, row: &'a mut R) -> &mut Self {
        self.rows.push_borrowed(row, Intent::Save);
        self
    }

    /// Adds a new entity, to be inserted, and keeps it: what the database makes of it is seen by loading it.
    pub fn add<T: Entity>(&mut self, value: T) -> &mut Self {
        self.rows
            .push_owned(Box::new(Tracked::created(value)), Intent::Save);
        self
    }

    /// Adds a change of a row by its key, as [`Entity::change`] makes them.
    ///
    /// It is executed by each flush that succeeds, and no more than once by a lazy one. A counting change whose
    /// synchronous flush failed while it was being committed may have been done: see [`Engine::flush`].
    pub fn change<E: Entity>(&mut self, change: Change<E>) -> &mut Self {
        self.rows.push_owned(Box::new(change), Intent::Save);
        self
    }

    /// Adds an entity whose row is to be deleted.
    pub fn delete<R: Row + 'a>(&mut self, row: &'a mut R) -> &mut Self {
        self.rows.push_borrowed(row, Intent::Delete);
        self
    }

    /// How many entities and changes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.items.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.items.is_empty()
    }

    /// Forgets what was added.
    pub fn clear(&mut self) {
        self.rows = Rows::default();
    }

    /// Writes all of them to the database: see [`Engine::flush`].
    ///
    /// # Errors
    ///
    /// As [`Engine::flush`]; everything is kept.
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.rows.restart();
        flush::run(&self.engine.parts, &mut self.rows).await?;
        self.clear();
        Ok(())
    }

    /// Appends all of them to the lazy channel, as one entry: see [`Engine::flush_lazy`].
    ///
    /// # Errors
    ///
    /// As [`Engine::flush_lazy`]; everything is kept, unless it is in the stream
    /// ([`Error::AppendedNotDurable`]).
    pub async fn flush_lazy(&mut self) -> Result<Receipt, Error> {
        self.rows.restart();
        let Engine { parts, durability } = &self.engine;
        let flushed = flush_lazy::run(parts, *durability, &mut self.rows).await;
        if matches!(flushed, Ok(_) | Err(Error::AppendedNotDurable { .. })) {
            self.clear();
        }
        flushed
    }
}

impl fmt::Debug for Flusher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flusher")
            .field("rows", &self.len())
            .finish_non_exhaustive()
    }
}
