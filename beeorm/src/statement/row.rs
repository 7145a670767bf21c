use std::{fmt, sync::Arc};

use super::{
    encode::{Encoder, Path},
    parents,
    rows::{Conclusion, Intent, MadeKeys, Outstanding, Progress, Slot},
};
use crate::{
    column::{ColumnError, RowReader},
    entity::{
        AssignMode, Change, ClientKey, Delivery, DeliveryState, Difference, Entity, History, Key,
        KeySource, Origin, Place, Prepared, TableSchema, Tracked,
    },
    error::Error,
};

/// Is shown lazy flushes, with their entity's name, and whether the row cannot be written any more, whatever became of them.
type Look<'l> = dyn FnMut(&'static str, &mut History, bool) + 'l;

/// Anything that stands for one row in a flush: an entity, a tracked one, a change, a key to delete.
///
/// Its methods are the library's own affair; `dyn Row` is what a `Flusher` holds.
#[doc(hidden)]
#[allow(
    private_interfaces,
    reason = "implemented and called in this crate only"
)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither an entity nor a `Tracked` one",
    label = "no row of a table",
    note = "put `#[derive(Entity)]` on it"
)]
pub trait Row: Send {
    /// Writes the row's statement, after those of unsaved parents.
    fn encode(
        &mut self,
        slot: &mut Slot,
        intent: Intent,
        encoder: &mut Encoder<'_>,
    ) -> Result<Progress, Error>;

    /// Adds the lazy flushes of the row that are not settled.
    fn outstanding(&mut self, slot: &mut Slot, found: &mut Outstanding) {
        let _ = (slot, found);
    }

    /// Shows the lazy flushes of the row, and of those that it refers to, with the entity's name: the consumer may not
    /// have come to them yet.
    fn each_history(&mut self, slot: &mut Slot, look: &mut Look<'_>) {
        let _ = (slot, look);
    }

    /// Refuses what refers to entities that refer to others, and so on, at such a depth that a stack might not hold them.
    fn check_depth(&mut self, depth: usize) -> Result<(), Error> {
        let _ = depth;
        Ok(())
    }

    /// Adds the tables of the row and, behind it, of the new ones that it refers to.
    fn tables(&mut self, found: &mut Vec<&'static TableSchema>) {
        let _ = found;
    }

    /// Whether it counts in the database and remembers nothing: executed again, it counts again.
    fn counts(&self, slot: &Slot) -> bool {
        let _ = slot;
        false
    }

    /// Takes the key that the database made.
    fn assign(&mut self, slot: &mut Slot, made: &MadeKeys) -> Result<(), Error> {
        let _ = (slot, made);
        Ok(())
    }

    /// Takes the row that the ON DUPLICATE KEY UPDATE at this place found or made.
    fn reload(&mut self, place: Place, reader: &mut dyn RowReader) -> Result<(), ColumnError> {
        let _ = (place, reader);
        Ok(())
    }

    /// Learns how the flush ended, as far as the call knows.
    fn conclude(&mut self, slot: &mut Slot, conclusion: &Conclusion) {
        let _ = (slot, conclusion);
    }

    /// Learns what the publisher answered.
    fn resolve(&mut self, slot: &mut Slot, state: DeliveryState) {
        let _ = (slot, state);
    }
}

/// A row that can be flushed lazily.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither an entity whose id the client makes nor a `Tracked` one, so it cannot be flushed lazily",
    label = "not lazily",
    note = "an entity whose id is not made by `#[entity(uuid)]` has to be tracked first: `let mut value = engine.track(value)?;`",
    note = "or let the client make the id: put `#[entity(uuid)]` on a key of type `Uuid` or `u64`"
)]
pub trait LazyRow: Row {}

impl<T: Entity + ClientKey> LazyRow for T {}
impl<T: Entity> LazyRow for Tracked<T> {}

/// The row with this key, to be deleted.
pub(crate) struct ById<E: Entity>(pub(crate) E::Key);

impl<E: Entity> fmt::Debug for ById<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", E::schema().table, self.0)
    }
}

/// A bare entity: it remembers nothing, so an unset key is all that tells a new one.
#[allow(private_interfaces, reason = "as the trait")]
impl<T: Entity> Row for T {
    fn encode(
        &mut self,
        slot: &mut Slot,
        intent: Intent,
        encoder: &mut Encoder<'_>,
    ) -> Result<Progress, Error> {
        let entity = T::schema().entity;
        if slot.settled {
            return Ok(Progress::Done);
        }
        if intent == Intent::Delete {
            if self.key().is_unset() {
                return Err(Error::UnsetKey {
                    entity,
                    operation: "delete",
                });
            }
            encoder.delete::<T>(self.key(), None)?;
            return Ok(Progress::Done);
        }
        if !self.key().is_unset() {
            return Err(Error::KeyAlreadySet { entity });
        }
        if parents::encode(self, encoder)? == Progress::Waiting {
            return Ok(Progress::Waiting);
        }
        slot.made_key = encoder.make_key(self)?;
        slot.place = Some(encoder.insert(self, &[])?);
        Ok(Progress::Done)
    }

    fn outstanding(&mut self, slot: &mut Slot, found: &mut Outstanding) {
        parents::each(self, &mut |parent| {
            parent.outstanding(&mut Slot::default(), found)
        });
        found.open.extend(slot.flight.clone());
    }

    fn each_history(&mut self, slot: &mut Slot, look: &mut Look<'_>) {
        look(T::schema().entity, slot.history(T::schema().pool), false);
        parents::each(self, &mut |parent| {
            parent.each_history(&mut Slot::default(), look)
        });
    }

    fn check_depth(&mut self, depth: usize) -> Result<(), Error> {
        parents::check_depth(self, depth)
    }

    fn tables(&mut self, found: &mut Vec<&'static TableSchema>) {
        found.push(T::schema());
        parents::each_new(self, &mut |parent| parent.tables(found));
    }

    fn assign(&mut self, slot: &mut Slot, made: &MadeKeys) -> Result<(), Error> {
        parents::assign(self, made)?;
        if let Some(key) = slot
            .place
            .take()
            .and_then(|place| made.get(place.pool)?.get(place.statement).copied())
        {
            slot.made_key |= take_made_key(self, key)?;
        }
        Ok(())
    }

    fn conclude(&mut self, slot: &mut Slot, conclusion: &Conclusion) {
        parents::each(self, &mut |parent| {
            parent.conclude(&mut Slot::default(), conclusion)
        });
        match conclusion {
            Conclusion::Refused if slot.made_key => *self.key_mut() = T::Key::default(),
            Conclusion::HandedOver(delivery) => slot.flight = Some(Arc::clone(delivery)),
            _ => {}
        }
    }

    fn resolve(&mut self, slot: &mut Slot, state: DeliveryState) {
        parents::each(self, &mut |parent| {
            parent.resolve(&mut Slot::default(), state)
        });
        if slot.land() == Some(DeliveryState::Refused) && slot.made_key {
            *self.key_mut() = T::Key::default();
        }
    }
}

#[allow(private_interfaces, reason = "as the trait")]
impl<T: Entity> Row for Tracked<T> {
    fn encode(
        &mut self,
        slot: &mut Slot,
        intent: Intent,
        encoder: &mut Encoder<'_>,
    ) -> Result<Progress, Error> {
        if self.prepared().is_some() {
            // A parent that was encoded on behalf of a child of the same flush.
            return Ok(Progress::Done);
        }
        let entity = T::schema().entity;
        let arrived = slot.settled;
        match self.origin() {
            // Only where nothing was changed since: there is no key to write a change by.
            Origin::KeyUnknown
                if arrived && intent == Intent::Save && self.difference()?.is_none() =>
            {
                return Ok(Progress::Done);
            }
            Origin::Deleted if arrived && intent == Intent::Delete => return Ok(Progress::Done),
            Origin::KeyUnknown => return Err(Error::KeyUnknown { entity }),
            Origin::Deleted => return Err(Error::Deleted { entity }),
            Origin::New | Origin::Stored => {}
        }
        match intent {
            Intent::Save => save(self, encoder),
            Intent::Delete => delete(self, encoder),
        }
    }

    fn outstanding(&mut self, slot: &mut Slot, found: &mut Outstanding) {
        parents::each(self.value_mut(), &mut |parent| {
            parent.outstanding(&mut Slot::default(), found)
        });
        // Whoever flushed it last did not hear what became of it.
        slot.settled |= self.delivery().is_some();
        let delivery = self.delivery().cloned();
        self.resolve_flight();
        if self.delivery().is_some() {
            found.open.extend(delivery);
        } else {
            let has_landed = |delivery: &Arc<Delivery>| delivery.state() == DeliveryState::Appended;
            found.landed.extend(delivery.filter(has_landed));
        }
    }

    fn each_history(&mut self, slot: &mut Slot, look: &mut Look<'_>) {
        let is_over = !slot.settled && !matches!(self.origin(), Origin::New | Origin::Stored);
        if let Some(history) = self.history_mut() {
            look(T::schema().entity, history, is_over);
        }
        parents::each(self.value_mut(), &mut |parent| {
            parent.each_history(&mut Slot::default(), look)
        });
    }

    fn check_depth(&mut self, depth: usize) -> Result<(), Error> {
        parents::check_depth(self.value_mut(), depth)
    }

    fn tables(&mut self, found: &mut Vec<&'static TableSchema>) {
        found.push(T::schema());
        parents::each_new(self.value_mut(), &mut |parent| parent.tables(found));
    }

    fn assign(&mut self, _: &mut Slot, made: &MadeKeys) -> Result<(), Error> {
        parents::assign(self.value_mut(), made)?;
        let Some(mut prepared) = self.prepared() else {
            return Ok(());
        };
        if let Some(key) = prepared
            .place
            .take()
            .and_then(|place| made.get(place.pool)?.get(place.statement).copied())
        {
            prepared.made_key |= take_made_key(self.value_mut(), key)?;
        }
        self.memory_mut().prepared = Some(prepared);
        Ok(())
    }

    fn reload(&mut self, place: Place, reader: &mut dyn RowReader) -> Result<(), ColumnError> {
        if self
            .prepared()
            .is_some_and(|prepared| prepared.place == Some(place))
        {
            self.replace(T::read(reader)?);
        }
        Ok(())
    }

    fn conclude(&mut self, _: &mut Slot, conclusion: &Conclusion) {
        parents::each(self.value_mut(), &mut |parent| {
            parent.conclude(&mut Slot::default(), conclusion)
        });
        match conclusion {
            Conclusion::Committed => self.committed(),
            Conclusion::Refused => self.refused(),
            Conclusion::Unknown => self.uncertain(),
            Conclusion::HandedOver(delivery) => self.handed_over(delivery),
        }
    }

    fn resolve(&mut self, _: &mut Slot, state: DeliveryState) {
        parents::each(self.value_mut(), &mut |parent| {
            parent.resolve(&mut Slot::default(), state)
        });
        self.resolve_flight();
    }
}

fn save<T: Entity>(tracked: &mut Tracked<T>, encoder: &mut Encoder<'_>) -> Result<Progress, Error> {
    let schema = T::schema();
    if parents::encode(tracked.value_mut(), encoder)? == Progress::Waiting {
        return Ok(Progress::Waiting);
    }
    if tracked.origin() == Origin::New {
        if encoder.path == Path::Lazy && tracked.on_duplicate().is_some() {
            return Err(Error::LazyOnDuplicateKey {
                entity: schema.entity,
            });
        }
        let made_key = encoder.make_key(tracked.value_mut())?;
        let by_database = schema.key_source == KeySource::AutoIncrement && tracked.key().is_unset();
        let becomes = if by_database && encoder.path == Path::Lazy {
            Origin::KeyUnknown
        } else {
            Origin::Stored
        };
        let place = encoder.insert(&**tracked, tracked.on_duplicate().unwrap_or_default());
        let place = place.inspect_err(|_| {
            if made_key {
                *tracked.value_mut().key_mut() = T::Key::default();
            }
        })?;
        tracked.memory_mut().prepared = Some(Prepared {
            becomes,
            place: Some(place),
            made_key,
        });
        return Ok(Progress::Done);
    }
    let Some(Difference {
        row,
        stored,
        changed,
    }) = tracked.difference()?
    else {
        return Ok(Progress::Done);
    };
    if changed.contains(&schema.key) {
        return Err(Error::KeyChanged {
            entity: schema.entity,
        });
    }
    // Attached without one: no row has it.
    if tracked.key().is_unset() {
        return Err(Error::UnsetKey {
            entity: schema.entity,
            operation: "change",
        });
    }
    let place = encoder.update::<T>(tracked.key(), &row, stored, &changed)?;
    let prepared = Prepared {
        becomes: Origin::Stored,
        place: Some(place),
        made_key: false,
    };
    tracked.memory_mut().prepared = Some(prepared);
    Ok(Progress::Done)
}

fn delete<T: Entity>(
    tracked: &mut Tracked<T>,
    encoder: &mut Encoder<'_>,
) -> Result<Progress, Error> {
    let schema = T::schema();
    if tracked.key().is_unset() {
        return Err(Error::UnsetKey {
            entity: schema.entity,
            operation: "delete",
        });
    }
    // The row of the key that it has now is another's.
    if tracked.origin() == Origin::Stored && tracked.is_key_changed()? {
        return Err(Error::KeyChanged {
            entity: schema.entity,
        });
    }
    // What was never flushed has no row: it is only forgotten.
    let place = match tracked.origin() {
        Origin::New if !tracked.may_be_stored() => None,
        Origin::New => Some(encoder.delete::<T>(tracked.key(), None)?),
        _ if schema.indexes.iter().any(|index| index.unique) => {
            Some(encoder.delete::<T>(tracked.key(), tracked.stored_row().as_deref())?)
        }
        _ => Some(encoder.delete::<T>(tracked.key(), None)?),
    };
    tracked.memory_mut().prepared = Some(Prepared {
        becomes: Origin::Deleted,
        place,
        made_key: false,
    });
    Ok(Progress::Done)
}

/// An integer key that AUTO_INCREMENT made; tells whether it was taken.
fn take_made_key<T: Entity>(value: &mut T, key: u64) -> Result<bool, Error> {
    if key == 0 || !value.key().is_unset() {
        return Ok(false);
    }
    let made = T::Key::from_auto_increment(key).ok_or(Error::KeyOutOfRange {
        entity: T::schema().entity,
        key,
        inserted: false,
    })?;
    *value.key_mut() = made;
    Ok(true)
}

#[allow(private_interfaces, reason = "as the trait")]
impl<E: Entity> Row for Change<E> {
    fn encode(
        &mut self,
        slot: &mut Slot,
        intent: Intent,
        encoder: &mut Encoder<'_>,
    ) -> Result<Progress, Error> {
        if slot.settled {
            return Ok(Progress::Done);
        }
        let entity = E::schema().entity;
        if self.key.is_unset() {
            let operation = if intent == Intent::Delete {
                "delete"
            } else {
                "change"
            };
            return Err(Error::UnsetKey { entity, operation });
        }
        if intent == Intent::Delete {
            encoder.delete::<E>(&self.key, None)?;
        } else if !self.assignments.is_empty() {
            encoder.change(&self.key, &self.assignments)?;
        }
        Ok(Progress::Done)
    }

    fn outstanding(&mut self, slot: &mut Slot, found: &mut Outstanding) {
        found.open.extend(slot.flight.clone());
    }

    fn each_history(&mut self, slot: &mut Slot, look: &mut Look<'_>) {
        look(E::schema().entity, slot.history(E::schema().pool), false);
    }

    fn tables(&mut self, found: &mut Vec<&'static TableSchema>) {
        found.push(E::schema());
    }

    fn counts(&self, slot: &Slot) -> bool {
        let mut assignments = self.assignments.iter();
        !slot.settled && assignments.any(|assignment| assignment.mode != AssignMode::Set)
    }

    fn conclude(&mut self, slot: &mut Slot, conclusion: &Conclusion) {
        if let Conclusion::HandedOver(delivery) = conclusion
            && !slot.settled
        {
            slot.flight = Some(Arc::clone(delivery));
        }
    }

    fn resolve(&mut self, slot: &mut Slot, _: DeliveryState) {
        slot.land();
    }
}

#[allow(private_interfaces, reason = "as the trait")]
impl<E: Entity> Row for ById<E> {
    fn encode(
        &mut self,
        _: &mut Slot,
        _: Intent,
        encoder: &mut Encoder<'_>,
    ) -> Result<Progress, Error> {
        if self.0.is_unset() {
            return Err(Error::UnsetKey {
                entity: E::schema().entity,
                operation: "delete",
            });
        }
        encoder.delete::<E>(&self.0, None)?;
        Ok(Progress::Done)
    }
}
