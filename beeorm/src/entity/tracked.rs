use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::{
    Assignment, Entity,
    delivery::{Delivery, DeliveryState},
    history::History,
    row_bytes::{changed_columns, check_row, encode_as_is},
};
use crate::{
    column::{Column, ColumnSink, EncodedReader, RowReader, ValueRef},
    error::Error,
};

/// An entity that remembers how it is stored, so that a flush writes what changed and no more.
///
/// It derefs to the entity; the snapshot is taken at the first mutable borrow, so that a loaded and
/// untouched entity costs nothing. Made by `Engine::load`, `track` and `attach`. What there is to ask of
/// it are associated functions, `Tracked::is_dirty(&user)`, so that no method of the entity is hidden.
///
/// ```no_run
/// # use beeorm::prelude::*;
/// # #[derive(Entity)]
/// # struct User {
/// #     id: u32,
/// #     name: String,
/// # }
/// # async fn f(engine: &Engine) -> Result<(), Error> {
/// if let Some(mut user) = engine.load::<User>(1_u32).await? {
///     user.name = "Ann".to_owned();
///     assert_eq!(Tracked::dirty_columns(&user), ["name"]);
///     engine.flush(&mut user).await?; // UPDATE of the name alone
/// }
/// # Ok(()) }
/// ```
///
/// A change is a column that is encoded otherwise than before. What is changed through `&`, an atomic number in a JSON field
/// say, is not seen unless the entity was borrowed mutably before that.
pub struct Tracked<T: Entity> {
    value: T,
    origin: Origin,
    memory: Option<Box<Memory<T>>>,
}

/// A stored entity that was changed.
pub(crate) struct Difference<'t> {
    /// The whole row as it is now.
    pub(crate) row: Vec<u8>,
    /// The row as it is stored, where nothing of it is in doubt.
    pub(crate) stored: Option<&'t [u8]>,
    /// The columns in which they differ, or may.
    pub(crate) changed: Vec<usize>,
}

/// What the database, or the stream before it, has of the entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nothing: a flush inserts it.
    New,
    /// A row: a flush updates it.
    Stored,
    /// An INSERT in the stream whose key only the database will know.
    KeyUnknown,
    /// A DELETE.
    Deleted,
}

/// Kept only once the entity was touched or flushed.
pub(crate) struct Memory<T> {
    /// The row as it is stored, from the first mutable borrow on; empty where a hand-written `Column` refused to write it.
    baseline: Option<Vec<u8>>,
    pub(crate) on_duplicate: Option<Vec<Assignment<T>>>,
    /// What the flush under way will have stored.
    pub(crate) prepared: Option<Prepared>,
    /// Of a new entity: nobody knows whether its INSERT was executed.
    may_be_stored: bool,
    /// Columns of a stored one that may be stored otherwise than the baseline says: nobody knows whether a flush that wrote
    /// them was executed.
    doubtful: Vec<usize>,
    /// The value before ON DUPLICATE KEY UPDATE replaced it by the row that there was.
    replaced: Option<T>,
    /// The last lazy flush, until its outcome is known, and what to go back to if it was refused.
    flight: Option<Flight>,
    /// The lazy flushes that are in the stream, or were.
    history: History,
}

#[derive(Clone, Copy)]
pub(crate) struct Prepared {
    pub(crate) becomes: Origin,
    /// None when there is nothing to execute: a new entity was deleted.
    pub(crate) place: Option<Place>,
    /// Whether the flush made the key, and has to take it back when it fails.
    pub(crate) made_key: bool,
}

/// A statement's place in a flush: its database pool's, then its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) pool: usize,
    pub(crate) statement: usize,
}

struct Flight {
    delivery: Arc<Delivery>,
    origin: Origin,
    baseline: Option<Vec<u8>>,
    doubtful: Vec<usize>,
    made_key: bool,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self {
            baseline: None,
            on_duplicate: None,
            prepared: None,
            may_be_stored: false,
            doubtful: Vec::new(),
            replaced: None,
            flight: None,
            history: History::default(),
        }
    }
}

impl<T: Entity> Tracked<T> {
    pub(crate) fn created(value: T) -> Self {
        Self {
            value,
            origin: Origin::New,
            memory: None,
        }
    }

    pub(crate) fn stored(value: T) -> Self {
        Self {
            value,
            origin: Origin::Stored,
            memory: None,
        }
    }

    /// Whether a flush would insert it; so it is too behind a flush that nobody knows the outcome of, while a delete then
    /// deletes what there may be.
    #[must_use]
    pub fn is_new(this: &Self) -> bool {
        this.believed().0 == Origin::New
    }

    /// Whether a flush would write anything.
    #[must_use]
    pub fn is_dirty(this: &Self) -> bool {
        Self::is_new(this) || !Self::dirty_columns(this).is_empty()
    }

    /// The columns that a flush would write.
    #[must_use]
    pub fn dirty_columns(this: &Self) -> Vec<&'static str> {
        let columns = T::schema()
            .columns
            .iter()
            .map(|column| column.name.as_str());
        let changed = match this.believed() {
            (Origin::New, _) => return columns.collect(),
            (_, None) => return Vec::new(),
            (_, Some(baseline)) => {
                let mut row = Vec::new();
                // A value that cannot be encoded is dirty: the flush will say what is wrong with it.
                match encode_as_is(&this.value, &mut row) {
                    Ok(_) => this.changed(baseline, &row),
                    Err(_) => return columns.collect(),
                }
            }
        };
        columns
            .enumerate()
            .filter(|(position, _)| changed.contains(position))
            .map(|(_, name)| name)
            .collect()
    }

    /// Gives every column back the value that is stored; skipped fields get their default.
    ///
    /// Does nothing to an entity that is new or untouched.
    ///
    /// # Errors
    ///
    /// [`Error::StoredUnknown`], or [`Error::Column`] where the stored value cannot be read back.
    pub fn reset(this: &mut Self) -> Result<(), Error> {
        this.resolve_flight();
        if let Some(baseline) = this.baseline()? {
            let mut reader = EncodedReader::new(baseline);
            let value = T::read(&mut reader).map_err(|problem| {
                Error::column(T::schema(), reader.position().saturating_sub(1), problem)
            })?;
            this.value = value;
        }
        Ok(())
    }

    /// The entity alone.
    #[must_use]
    pub fn into_inner(this: Self) -> T {
        this.value
    }

    /// What the INSERT of a new entity does when a row with its key or with one of its unique values
    /// exists: these assignments instead, as ON DUPLICATE KEY UPDATE does. Synchronous `flush` only.
    ///
    /// After the flush the entity is the row as it then is in the database, its key included. Values that several rows have,
    /// one this and another that, are refused: [`Error::DuplicateKeyAmbiguous`].
    pub fn on_duplicate_key_update(
        this: &mut Self,
        assignments: impl IntoIterator<Item = Assignment<T>>,
    ) {
        this.memory_mut().on_duplicate = Some(assignments.into_iter().collect());
    }

    pub(crate) fn memory_mut(&mut self) -> &mut Memory<T> {
        self.memory.get_or_insert_default()
    }

    pub(crate) fn prepared(&self) -> Option<Prepared> {
        self.memory.as_ref()?.prepared
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// The value, to be changed without a snapshot.
    pub(crate) fn value_mut(&mut self) -> &mut T {
        &mut self.value
    }

    pub(crate) fn on_duplicate(&self) -> Option<&[Assignment<T>]> {
        self.memory.as_ref()?.on_duplicate.as_deref()
    }

    /// What is stored and how, counting a lazy flush that was refused meanwhile as not done.
    fn believed(&self) -> (Origin, Option<&[u8]>) {
        let Some(memory) = &self.memory else {
            return (self.origin, None);
        };
        match &memory.flight {
            Some(flight) if flight.delivery.state() == DeliveryState::Refused => {
                (flight.origin, flight.baseline.as_deref())
            }
            _ => (self.origin, memory.baseline.as_deref()),
        }
    }

    /// The columns that may be stored otherwise than the baseline says.
    fn doubtful(&self) -> &[usize] {
        let Some(memory) = &self.memory else {
            return &[];
        };
        match &memory.flight {
            Some(flight) if flight.delivery.state() == DeliveryState::Refused => &flight.doubtful,
            _ => &memory.doubtful,
        }
    }

    /// The columns that a flush has to write.
    fn changed(&self, baseline: &[u8], row: &[u8]) -> Vec<usize> {
        let mut changed = changed_columns(baseline, row);
        let doubtful = self.doubtful();
        if !doubtful.is_empty() {
            changed.extend_from_slice(doubtful);
            changed.sort_unstable();
            changed.dedup();
        }
        changed
    }

    /// The row as it was stored at the first mutable borrow; none where nobody has borrowed it.
    fn baseline(&self) -> Result<Option<&[u8]>, Error> {
        let memory = self.memory.as_ref();
        match memory.and_then(|memory| memory.baseline.as_deref()) {
            Some([]) => Err(Error::StoredUnknown {
                entity: T::schema().entity,
            }),
            baseline => Ok(baseline),
        }
    }

    /// The row now, the one that is stored, and the columns in which they differ. These are checked, and no others: what
    /// stays may be what no flush would write.
    pub(crate) fn difference(&self) -> Result<Option<Difference<'_>>, Error> {
        let Some(baseline) = self.baseline()? else {
            return Ok(None);
        };
        let mut row = Vec::with_capacity(baseline.len() + 16);
        let problems = encode_as_is(&self.value, &mut row)?;
        let changed = self.changed(baseline, &row);
        let mut problems = problems.into_iter();
        if let Some((column, problem)) = problems.find(|(column, _)| changed.contains(column)) {
            return Err(Error::column(T::schema(), column, problem));
        }
        check_row::<T>(&row, |column| changed.contains(&column))?;
        Ok((!changed.is_empty()).then_some(Difference {
            row,
            stored: Some(baseline).filter(|_| self.doubtful().is_empty()),
            changed,
        }))
    }

    /// Whether the key is another than that of the row that is stored.
    pub(crate) fn is_key_changed(&self) -> Result<bool, Error> {
        let Some(mut baseline) = self.baseline()? else {
            return Ok(false);
        };
        let schema = T::schema();
        let mut key = Vec::new();
        let written = self.value.key().write(&mut ColumnSink::new(&mut key));
        written.map_err(|problem| Error::column(schema, schema.key, problem))?;
        for _ in 0..schema.key {
            let _ = ValueRef::take_bytes(&mut baseline);
        }
        Ok(ValueRef::take_bytes(&mut baseline) != Ok(key.as_slice()))
    }

    /// The row that is stored, as far as it is known.
    pub(crate) fn stored_row(&self) -> Option<Vec<u8>> {
        if !self.doubtful().is_empty() {
            return None;
        }
        match self.baseline() {
            Ok(Some(baseline)) => Some(baseline.to_vec()),
            Ok(None) => {
                let mut row = Vec::new();
                encode_as_is(&self.value, &mut row).ok().map(|_| row)
            }
            Err(_) => None,
        }
    }

    /// The lazy flush whose outcome is not settled yet.
    pub(crate) fn delivery(&self) -> Option<&Arc<Delivery>> {
        Some(&self.memory.as_ref()?.flight.as_ref()?.delivery)
    }

    /// The lazy flushes that were appended: the consumer may not have come to them yet.
    pub(crate) fn history_mut(&mut self) -> Option<&mut History> {
        Some(&mut self.memory.as_mut()?.history)
    }

    /// Learns what became of the last lazy flush, where that is known.
    pub(crate) fn resolve_flight(&mut self) {
        let Some(memory) = &mut self.memory else {
            return;
        };
        let state = memory.flight.as_ref().map(|flight| flight.delivery.state());
        match state {
            Some(DeliveryState::Appended) => {
                if let Some(flight) = memory.flight.take() {
                    let mut frames = flight.delivery.ids.iter();
                    let ours = frames.find(|(pool, _)| *pool == T::schema().pool);
                    memory.history.push(ours.copied().into_iter());
                }
            }
            Some(DeliveryState::Refused) => {
                if let Some(flight) = memory.flight.take() {
                    self.origin = flight.origin;
                    memory.baseline = flight.baseline;
                    memory.doubtful = flight.doubtful;
                    if flight.made_key {
                        *self.value.key_mut() = T::Key::default();
                    }
                }
            }
            Some(DeliveryState::InFlight | DeliveryState::Unknown) | None => {}
        }
    }

    /// The statements were handed to the publisher: from here on they count as done.
    pub(crate) fn handed_over(&mut self, delivery: &Arc<Delivery>) {
        let Some(memory) = &mut self.memory else {
            return;
        };
        let Some(prepared) = memory.prepared.take() else {
            return;
        };
        // The next mutable borrow takes the snapshot: of the value as it was handed over.
        let baseline = memory.baseline.take();
        let doubtful = std::mem::take(&mut memory.doubtful);
        let (delivery, origin, made_key) = (Arc::clone(delivery), self.origin, prepared.made_key);
        memory.flight = Some(Flight {
            delivery,
            origin,
            baseline,
            doubtful,
            made_key,
        });
        self.origin = prepared.becomes;
    }

    /// The statements were committed.
    pub(crate) fn committed(&mut self) {
        let Some(memory) = &mut self.memory else {
            return;
        };
        if let Some(prepared) = memory.prepared.take() {
            self.origin = prepared.becomes;
            // The next mutable borrow takes the snapshot anew.
            self.memory = None;
        }
    }

    /// Takes the values of the row that an ON DUPLICATE KEY UPDATE found or made.
    pub(crate) fn replace(&mut self, value: T) {
        let old = std::mem::replace(&mut self.value, value);
        self.memory_mut().replaced.get_or_insert(old);
    }

    /// Nobody knows whether the flush was done: a key that was made stays, and what was to be written is written by the
    /// next one, also where it was taken back meanwhile.
    pub(crate) fn uncertain(&mut self) {
        let prepared = self.memory.as_mut().and_then(|memory| {
            memory.replaced = None;
            memory.prepared.take()
        });
        let Some(Prepared { becomes, .. }) = prepared else {
            return;
        };
        let schema = T::schema();
        let doubtful = match (self.origin, becomes) {
            (Origin::New, Origin::Deleted) => return,
            (Origin::New, _) => {
                self.memory_mut().may_be_stored = true;
                return;
            }
            (Origin::Stored, Origin::Stored) => match self.difference() {
                Ok(Some(difference)) => Some(difference.changed),
                Ok(None) => return,
                Err(_) => None,
            },
            // A row that is there no more is no row of the next UPDATE, which says so.
            _ => None,
        };
        let all = || (0..schema.columns.len()).filter(|column| *column != schema.key);
        let doubtful = doubtful.unwrap_or_else(|| all().collect());
        self.take_snapshot();
        self.memory_mut().doubtful = doubtful;
    }

    /// Remembers the row as it is, unless an earlier one is remembered.
    fn take_snapshot(&mut self) {
        let memory = self.memory.as_ref();
        if memory.is_none_or(|memory| memory.baseline.is_none()) {
            let mut row = Vec::new();
            if encode_as_is(&self.value, &mut row).is_err() {
                row.clear();
            }
            self.memory_mut().baseline = Some(row);
        }
    }

    /// Whether there may be a row though it is new.
    pub(crate) fn may_be_stored(&self) -> bool {
        let memory = self.memory.as_ref();
        memory.is_some_and(|memory| memory.may_be_stored)
    }

    /// Nothing of the flush was done.
    pub(crate) fn refused(&mut self) {
        let Some(memory) = &mut self.memory else {
            return;
        };
        if let Some(value) = memory.replaced.take() {
            self.value = value;
        }
        if memory
            .prepared
            .take()
            .is_some_and(|prepared| prepared.made_key)
        {
            *self.value.key_mut() = T::Key::default();
        }
    }
}

impl<T: Entity> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Entity> DerefMut for Tracked<T> {
    fn deref_mut(&mut self) -> &mut T {
        // Of one whose key is not known too: a change of it must not pass for none.
        if matches!(self.origin, Origin::Stored | Origin::KeyUnknown) {
            self.take_snapshot();
        }
        &mut self.value
    }
}

impl<T: Entity + fmt::Debug> fmt::Debug for Tracked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: Entity + serde::Serialize> serde::Serialize for Tracked<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}
