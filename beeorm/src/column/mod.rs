//! How a Rust type is stored in a column, written and read: one type a file.
//!
//! Values are written by [`ColumnSink`] into the compact bytes that the statements, the frames and
//! the snapshots of tracked entities share, and are read back from a database row by a
//! [`RowReader`]. No table, entity or database is known here.

mod bytes;
mod check;
mod column_type;
#[cfg(feature = "chrono")]
mod datetime;
#[cfg(feature = "decimal")]
mod decimal;
mod encoded;
mod encoded_reader;
#[doc(hidden)]
pub mod enumeration;
mod error;
mod identity;
mod into_column;
mod number;
mod option;
mod reader;
mod set;
mod sink;
mod text;
mod uuid;
mod value;

#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "json")]
mod json_numbers;
#[cfg(feature = "json")]
mod json_text;

#[cfg(any(feature = "mysql", feature = "embedded"))]
pub(crate) use self::value::{date_text, datetime_text};
pub(crate) use self::{
    check::{check, finite, is_small, whole},
    encoded::{Corrupt, ValueRef, read_varint, write_varint},
    encoded_reader::EncodedReader,
    identity::identity,
};
pub use self::{
    column_type::{BlobSize, ColumnType, RefersTo},
    enumeration::EntityEnum,
    error::ColumnError,
    into_column::IntoColumn,
    number::Number,
    reader::RowReader,
    set::Set,
    sink::ColumnSink,
    value::Value,
};

/// A Rust type that is stored in one column.
///
/// Implemented for booleans, integers, floats, `String`, `Vec<u8>`, `Uuid`, dates and times of
/// `chrono`, `Decimal` of `rust_decimal`, `serde_json::Value`, [`EntityEnum`]s, [`Set`]s,
/// references, and for `Option` of all of these, where `None` is NULL.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a column",
    note = "an enum can with `#[derive(EntityEnum)]` on it",
    note = "to refer to another entity, hold a `Reference` of it",
    note = "under `#[entity(json)]` any serde type can; `#[entity(embedded)]` takes a struct with `#[derive(Embedded)]`, and `#[entity(skip)]` leaves the field out"
)]
pub trait Column: Sized {
    /// Whether the column may be NULL.
    const NULLABLE: bool = false;

    /// How it is stored unless an attribute says otherwise.
    fn column_type() -> ColumnType;

    /// The key that the column refers to, where it holds a reference.
    ///
    /// A function that is called late, so that an entity can refer to itself.
    #[must_use]
    fn refers_to() -> Option<fn() -> RefersTo> {
        None
    }

    /// Writes the value: exactly one call of the sink.
    ///
    /// # Errors
    ///
    /// A value that no column can hold (JSON that cannot be serialized, say).
    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError>;

    /// Reads the row's next column.
    ///
    /// # Errors
    ///
    /// The column holds something that the type cannot.
    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError>;
}
