use std::{fmt, marker::PhantomData};

use super::{ColumnName, Entity};
use crate::column::{Column, ColumnError, ColumnSink, IntoColumn, Number};

/// How a value goes into its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AssignMode {
    Set,
    Add,
    Subtract,
}

impl AssignMode {
    /// What stands behind a column's name where its value is counted and not set.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Set => "",
            Self::Add => " +=",
            Self::Subtract => " -=",
        }
    }
}

/// One column's new value, set or counted: `User::columns().visits.add(1_u32)`.
pub struct Assignment<E> {
    pub(crate) column: usize,
    pub(crate) mode: AssignMode,
    /// The encoded value, or why there is none: told by the flush.
    pub(crate) value: Result<Vec<u8>, ColumnError>,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Assignment<E> {
    pub(super) fn set<T: Column>(column: ColumnName<E, T>, value: &T) -> Self {
        Self::new(column, AssignMode::Set, value)
    }

    pub(super) fn add<T: Number>(column: ColumnName<E, T>, value: &T) -> Self {
        Self::new(column, AssignMode::Add, value)
    }

    pub(super) fn subtract<T: Number>(column: ColumnName<E, T>, value: &T) -> Self {
        Self::new(column, AssignMode::Subtract, value)
    }

    fn new<T: Column>(column: ColumnName<E, T>, mode: AssignMode, value: &T) -> Self {
        let mut bytes = Vec::new();
        let written = value.write(&mut ColumnSink::new(&mut bytes));
        Self {
            column: column.position(),
            mode,
            value: written.map(|()| bytes),
            of: PhantomData,
        }
    }
}

impl<E: Entity> fmt::Debug for Assignment<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = E::schema()
            .columns
            .get(self.column)
            .map_or("", |column| &column.name);
        write!(f, "{:?} {column}", self.mode)
    }
}

/// A change of one row by its key, without loading it. Made by [`Entity::change`].
///
/// ```no_run
/// # use beeorm::prelude::*;
/// # #[derive(Entity)]
/// # struct User {
/// #     #[entity(uuid)]
/// #     id: Uuid,
/// #     name: String,
/// #     visits: u32,
/// # }
/// # async fn f(engine: &Engine, id: Uuid) -> Result<(), Error> {
/// let change = User::change(id).set(User::columns().name, "Ann").add(User::columns().visits, 1);
/// engine.flush_lazy(change).await?;
/// # Ok(()) }
/// ```
#[must_use = "a change does nothing until it is flushed"]
pub struct Change<E: Entity> {
    pub(crate) key: E::Key,
    pub(crate) assignments: Vec<Assignment<E>>,
}

impl<E: Entity> Change<E> {
    pub(super) fn new(key: E::Key) -> Self {
        Self {
            key,
            assignments: Vec::new(),
        }
    }

    /// Sets a column.
    pub fn set<T: Column>(self, column: ColumnName<E, T>, value: impl IntoColumn<T>) -> Self {
        self.assign(column.set(value))
    }

    /// Adds to what a column holds, in the database.
    pub fn add<T: Number>(self, column: ColumnName<E, T>, value: impl IntoColumn<T>) -> Self {
        self.assign(column.add(value))
    }

    /// Subtracts from what a column holds, in the database.
    pub fn subtract<T: Number>(self, column: ColumnName<E, T>, value: impl IntoColumn<T>) -> Self {
        self.assign(column.subtract(value))
    }

    fn assign(mut self, assignment: Assignment<E>) -> Self {
        self.assignments.push(assignment);
        self
    }
}

impl<E: Entity> fmt::Debug for Change<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("table", &E::schema().table)
            .field("key", &self.key)
            .field("assignments", &self.assignments)
            .finish()
    }
}
