use std::{fmt, marker::PhantomData};

use super::{Column, ColumnError, ColumnSink, ColumnType, EntityEnum, RowReader};

/// Any number of an enum's values, stored in a SET column (at most 64 of them, as in MySQL).
///
/// ```
/// use beeorm::prelude::*;
///
/// #[derive(EntityEnum, Clone, Copy, PartialEq, Eq, Debug)]
/// enum Day {
///     Saturday,
///     Sunday,
/// }
///
/// let mut open = Set::from([Day::Saturday]);
/// open.insert(Day::Sunday);
/// open.remove(Day::Saturday);
/// assert!(open.contains(Day::Sunday) && !open.contains(Day::Saturday));
/// assert_eq!(open.iter().count(), 1);
/// ```
pub struct Set<E> {
    bits: u64,
    of: PhantomData<E>,
}

impl<E: EntityEnum> Set<E> {
    /// A set of none.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bits: 0,
            of: PhantomData,
        }
    }

    /// Puts a value in.
    pub fn insert(&mut self, value: E) {
        self.bits |= bit(value.position());
    }

    /// Takes a value out.
    pub fn remove(&mut self, value: E) {
        self.bits &= !bit(value.position());
    }

    /// Whether the value is in.
    #[must_use]
    pub fn contains(&self, value: E) -> bool {
        self.holds(value.position())
    }

    /// Whether nothing is in.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// How many are in.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bits.count_ones() as usize
    }

    /// The values in it, in the order of the enum.
    pub fn iter(&self) -> impl Iterator<Item = E> + '_ {
        (0..E::VARIANTS.len())
            .filter(|position| self.holds(*position))
            .filter_map(E::from_position)
    }

    fn holds(&self, position: usize) -> bool {
        self.bits & bit(position) != 0
    }
}

/// The derive refuses enums of more than 64 values, so that the shift stays within the word.
fn bit(position: usize) -> u64 {
    u32::try_from(position)
        .ok()
        .and_then(|position| 1_u64.checked_shl(position))
        .unwrap_or(0)
}

impl<E> Clone for Set<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Set<E> {}

impl<E> PartialEq for Set<E> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<E> Eq for Set<E> {}

impl<E> Default for Set<E> {
    fn default() -> Self {
        Self {
            bits: 0,
            of: PhantomData,
        }
    }
}

impl<E: EntityEnum> fmt::Debug for Set<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|value| value.as_str()))
            .finish()
    }
}

impl<E: EntityEnum> FromIterator<E> for Set<E> {
    fn from_iter<I: IntoIterator<Item = E>>(values: I) -> Self {
        let mut set = Self::new();
        set.extend(values);
        set
    }
}

impl<E: EntityEnum> Extend<E> for Set<E> {
    fn extend<I: IntoIterator<Item = E>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.insert(value));
    }
}

impl<E: EntityEnum, const N: usize> From<[E; N]> for Set<E> {
    fn from(values: [E; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<E: EntityEnum> Column for Set<E> {
    fn column_type() -> ColumnType {
        ColumnType::Set(E::VALUES)
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        let mut text = String::new();
        for value in self.iter() {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(value.as_str());
        }
        sink.word(&text);
        Ok(())
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        let text = reader.text()?;
        text.split(',')
            .filter(|name| !name.is_empty())
            .map(E::from_name)
            .collect()
    }
}
