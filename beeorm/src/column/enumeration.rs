use super::{ColumnError, ColumnSink, RowReader};

/// An enum without fields, stored in an ENUM column, or in a SET column by [`Set`](super::Set).
///
/// Made by `#[derive(EntityEnum)]`, which also makes it a [`Column`](super::Column).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no enum of a column",
    label = "no `EntityEnum`",
    note = "put `#[derive(EntityEnum)]` on an enum without fields"
)]
pub trait EntityEnum: Sized + 'static {
    /// The stored names, in the order of the variants.
    const VALUES: &'static [&'static str];

    /// The variants, in the same order.
    const VARIANTS: &'static [Self];

    /// The variant's place in both lists.
    fn position(&self) -> usize;

    /// The variant at this place.
    fn from_position(position: usize) -> Option<Self>;

    /// The stored name.
    #[must_use]
    fn as_str(&self) -> &'static str {
        Self::VALUES
            .get(self.position())
            .copied()
            .unwrap_or_default()
    }

    /// The variant of a stored name.
    ///
    /// # Errors
    ///
    /// [`ColumnError::UnknownEnumValue`].
    fn from_name(name: &str) -> Result<Self, ColumnError> {
        let position = Self::VALUES.iter().position(|value| *value == name);
        position
            .and_then(Self::from_position)
            .ok_or_else(|| ColumnError::UnknownEnumValue {
                value: name.to_owned(),
                allowed: Self::VALUES,
            })
    }
}

/// Writes an enum; called by what the derive prints.
#[doc(hidden)]
pub fn write<E: EntityEnum>(value: &E, sink: &mut ColumnSink<'_>) {
    sink.word(value.as_str());
}

/// Reads an enum; called by what the derive prints.
#[doc(hidden)]
pub fn read<E: EntityEnum>(reader: &mut dyn RowReader) -> Result<E, ColumnError> {
    E::from_name(reader.text()?)
}
