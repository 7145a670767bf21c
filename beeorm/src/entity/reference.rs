use std::{convert::Infallible, fmt};

use super::{Entity, Key, KeySource, Tracked};
use crate::column::{Column, ColumnError, ColumnSink, ColumnType, IntoColumn, RefersTo, RowReader};

/// A column that refers to the row of another entity, by its key.
///
/// It holds the key alone, or an entity that is not saved yet and is flushed together with the one
/// that holds it, parent first.
///
/// ```no_run
/// # use beeorm::prelude::*;
/// #[derive(Entity, Default)]
/// struct Team {
///     #[entity(uuid)]
///     id: Uuid,
///     name: String,
/// }
///
/// #[derive(Entity)]
/// struct Player {
///     #[entity(uuid)]
///     id: Uuid,
///     team: Reference<Team>,
/// }
///
/// # async fn f(engine: &Engine, known: Uuid) -> Result<(), Error> {
/// let team = Team { name: "Bees".to_owned(), ..Team::default() };
/// let mut first = Player { id: Uuid::nil(), team: Reference::new(team) }; // flushed with it
/// let mut second = Player { id: Uuid::nil(), team: Reference::to(known) };
/// engine.flush((&mut first, &mut second)).await?;
/// # Ok(()) }
/// ```
pub struct Reference<T: Entity> {
    key: T::Key,
    value: Option<Box<Tracked<T>>>,
}

impl<T: Entity> Reference<T> {
    /// Refers to a new entity, which is flushed before the one that holds the reference.
    #[must_use]
    pub fn new(value: T) -> Self {
        let key = T::Key::default();
        Self {
            key,
            value: Some(Box::new(Tracked::created(value))),
        }
    }

    /// Refers to the row with this key.
    pub fn to(key: impl IntoColumn<T::Key>) -> Self {
        Self {
            key: key.into_column(),
            value: None,
        }
    }

    /// The key; unset while the entity that it refers to has none.
    #[must_use]
    pub fn key(&self) -> &T::Key {
        self.value.as_ref().map_or(&self.key, |value| value.key())
    }

    /// The entity itself, where the reference was made from one.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.value.as_deref().map(|value| &**value)
    }
}

/// Looks at the references of an entity; for the rooms that flush.
pub trait ReferenceVisitor {
    /// What stops it.
    type Error;

    /// The entity that a reference holds.
    ///
    /// # Errors
    ///
    /// The visitor's own.
    fn visit<T: Entity>(&mut self, parent: &mut Tracked<T>) -> Result<(), Self::Error>;

    /// A reference, whether it holds an entity or not.
    ///
    /// # Errors
    ///
    /// The visitor's own.
    #[doc(hidden)]
    fn visit_reference<T: Entity>(
        &mut self,
        reference: &mut Reference<T>,
    ) -> Result<(), Self::Error> {
        reference
            .value
            .as_deref_mut()
            .map_or(Ok(()), |parent| self.visit(parent))
    }
}

/// A field that may hold references: called by what the derive prints for every field.
pub trait VisitReferences {
    /// Shows the entities that the references hold to the visitor.
    ///
    /// # Errors
    ///
    /// The visitor's.
    fn visit_references<V: ReferenceVisitor>(&mut self, visitor: &mut V) -> Result<(), V::Error>;
}

impl<T: Entity> VisitReferences for Reference<T> {
    fn visit_references<V: ReferenceVisitor>(&mut self, visitor: &mut V) -> Result<(), V::Error> {
        visitor.visit_reference(self)
    }
}

impl<T: Entity> VisitReferences for Option<Reference<T>> {
    fn visit_references<V: ReferenceVisitor>(&mut self, visitor: &mut V) -> Result<(), V::Error> {
        self.as_mut()
            .map_or(Ok(()), |reference| reference.visit_references(visitor))
    }
}

/// Entities that hold each other are dropped one after the other, and not within each other: a stack is shorter than a
/// chain of them may be.
impl<T: Entity> Drop for Reference<T> {
    fn drop(&mut self) {
        let Some(mut first) = self.value.take() else {
            return;
        };
        let mut taken = Taken(Vec::new());
        first.give(&mut taken);
        drop(first);
        while let Some(mut next) = taken.0.pop() {
            next.give(&mut taken);
        }
    }
}

/// What references held.
struct Taken(Vec<Box<dyn Holder>>);

impl ReferenceVisitor for Taken {
    type Error = Infallible;

    fn visit<T: Entity>(&mut self, _: &mut Tracked<T>) -> Result<(), Infallible> {
        Ok(())
    }

    fn visit_reference<T: Entity>(
        &mut self,
        reference: &mut Reference<T>,
    ) -> Result<(), Infallible> {
        if let Some(value) = reference.value.take() {
            self.0.push(value);
        }
        Ok(())
    }
}

/// An entity of any type.
trait Holder {
    /// Gives away what its references hold.
    fn give(&mut self, taken: &mut Taken);
}

impl<T: Entity> Holder for Tracked<T> {
    fn give(&mut self, taken: &mut Taken) {
        let Ok(()) = self.value_mut().visit_references(taken);
    }
}

/// The key that the entity has now; one without a key makes a reference that no flush accepts.
impl<T: Entity> From<&T> for Reference<T> {
    fn from(value: &T) -> Self {
        Self {
            key: value.key().clone(),
            value: None,
        }
    }
}

impl<T: Entity> From<&Tracked<T>> for Reference<T> {
    fn from(value: &Tracked<T>) -> Self {
        Self {
            key: value.key().clone(),
            value: None,
        }
    }
}

impl<T: Entity> Default for Reference<T> {
    fn default() -> Self {
        Self {
            key: T::Key::default(),
            value: None,
        }
    }
}

impl<T: Entity> Clone for Reference<T>
where
    T::Key: Clone,
{
    /// The clone refers by key alone: an unsaved entity is flushed by one of its holders only.
    fn clone(&self) -> Self {
        Self {
            key: self.key().clone(),
            value: None,
        }
    }
}

impl<T: Entity> PartialEq for Reference<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T: Entity> Eq for Reference<T> {}

impl<T: Entity> fmt::Debug for Reference<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unsaved = if self.key().is_unset() {
            " (unsaved)"
        } else {
            ""
        };
        write!(f, "{}({:?}){unsaved}", T::schema().entity, self.key())
    }
}

impl<T: Entity> Column for Reference<T> {
    fn column_type() -> ColumnType {
        T::Key::column_type()
    }

    fn refers_to() -> Option<fn() -> RefersTo> {
        Some(|| {
            let schema = T::schema();
            RefersTo {
                pool: schema.pool,
                table: schema.table,
                column: &schema.key_column().name,
            }
        })
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        if self.key().is_unset() {
            sink.refuse(ColumnError::UnsavedReference {
                parent: T::schema().entity,
                advice: advice(T::schema().key_source),
            })?;
        }
        self.key().write(sink)
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        let key = T::Key::read(reader)?;
        Ok(Self { key, value: None })
    }
}

/// How an entity that is referred to gets its id.
fn advice(made_by: KeySource) -> &'static str {
    match made_by {
        KeySource::Client => {
            "its id is made by `engine.track(value)?`, so track it before you refer to it by `Reference::from(&tracked)`, \
             or let the reference hold it, `Reference::new(value)`; then one flush takes both, lazily too"
        }
        KeySource::AutoIncrement => {
            "only the database can make its id: `engine.flush` it before you refer to it, or let the reference hold it, \
             `Reference::new(value)`, and `engine.flush` both; a lazy flush takes both where its key has `#[entity(uuid)]`"
        }
        KeySource::User => "nothing else makes its id: set it before you refer to it",
    }
}

impl<T: Entity> IntoColumn<Reference<T>> for &T {
    fn into_column(self) -> Reference<T> {
        self.into()
    }
}

impl<T: Entity> IntoColumn<Reference<T>> for &Tracked<T> {
    fn into_column(self) -> Reference<T> {
        self.into()
    }
}

impl<T: Entity> IntoColumn<Option<Reference<T>>> for &T {
    fn into_column(self) -> Option<Reference<T>> {
        Some(self.into())
    }
}

impl<T: Entity> IntoColumn<Option<Reference<T>>> for &Tracked<T> {
    fn into_column(self) -> Option<Reference<T>> {
        Some(self.into())
    }
}
