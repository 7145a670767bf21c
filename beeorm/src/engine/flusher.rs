use std::fmt;

use super::{Engine, Receipt, flush, flush_lazy};
use crate::{
    entity::{Entity, Tracked},
    error::Error,
    statement::{Intent, LazyRow, Row, Rows},
};

/// Collects entities, to flush them together: one transaction, or one entry of the stream.
///
/// It borrows them, so change first and then track. A flush that succeeds empties it; one that
/// fails keeps everything, to be flushed again.
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

    /// Adds a tracked entity, or a bare new one, to be inserted or updated.
    pub fn track<R: LazyRow + 'a>(&mut self, row: &'a mut R) -> &mut Self {
        self.rows.push_borrowed(row, Intent::Save);
        self
    }

    /// Adds a new entity and keeps it.
    pub fn add<T: Entity>(&mut self, value: T) -> &mut Self {
        self.rows
            .push_owned(Box::new(Tracked::created(value)), Intent::Save);
        self
    }

    /// Adds an entity whose row is to be deleted.
    pub fn delete<R: Row + 'a>(&mut self, row: &'a mut R) -> &mut Self {
        self.rows.push_borrowed(row, Intent::Delete);
        self
    }

    /// How many entities it holds.
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
