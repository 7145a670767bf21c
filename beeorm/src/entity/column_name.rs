use std::{fmt, marker::PhantomData};

use super::{Assignment, Entity};
use crate::column::{Column, IntoColumn, Number};

/// A column of the entity `E` whose field is a `T`: `User::columns().email`.
pub struct ColumnName<E, T> {
    position: usize,
    of: PhantomData<fn() -> (E, T)>,
}

impl<E, T> ColumnName<E, T> {
    /// The column at this place of the schema; called by what the derive prints.
    #[doc(hidden)]
    #[must_use]
    pub const fn at(position: usize) -> Self {
        Self {
            position,
            of: PhantomData,
        }
    }

    /// The column's place in the schema.
    #[must_use]
    pub const fn position(self) -> usize {
        self.position
    }
}

impl<E: Entity, T> ColumnName<E, T> {
    /// The column's name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        E::schema()
            .columns
            .get(self.position)
            .map_or("", |column| &column.name)
    }

    /// Sets the column: for [`Change`](super::Change) and ON DUPLICATE KEY UPDATE.
    pub fn set(self, value: impl IntoColumn<T>) -> Assignment<E>
    where
        T: Column,
    {
        Assignment::set(self, &value.into_column())
    }

    /// Adds to what the column holds, in the database.
    #[allow(
        clippy::should_implement_trait,
        reason = "it adds in the database; `+` would say otherwise"
    )]
    pub fn add(self, value: impl IntoColumn<T>) -> Assignment<E>
    where
        T: Number,
    {
        Assignment::add(self, &value.into_column())
    }

    /// Subtracts from what the column holds, in the database.
    pub fn subtract(self, value: impl IntoColumn<T>) -> Assignment<E>
    where
        T: Number,
    {
        Assignment::subtract(self, &value.into_column())
    }
}

impl<E, T> Clone for ColumnName<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for ColumnName<E, T> {}

impl<E: Entity, T> fmt::Debug for ColumnName<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", E::schema().table, self.name())
    }
}
