//! What the derive's code calls; no part of the public interface.

#[cfg(feature = "json")]
pub use crate::column::json;
pub use crate::statement::{LazyRow, Row};
pub use crate::{
    column::{
        BlobSize, Column, ColumnError, ColumnSink, ColumnType, EntityEnum, RowReader, enumeration,
    },
    entity::{
        ClientKey, ColumnName, Embedded, Entity, IdSource, Key, KeySource, ReferenceVisitor,
        SchemaBuilder, TableSchema, VisitReferences, column,
    },
};
pub use std::{
    default::Default,
    fmt::{Debug, Formatter, Result as FmtResult},
    option::Option,
    primitive::{bool, str, u64, usize},
    result::Result,
    sync::OnceLock,
};

/// Writes a field of type `Option` under `#[entity(json)]`: `None` is NULL, and not JSON's `null`.
///
/// # Errors
///
/// [`ColumnError::JsonWrite`] when serde cannot serialize it.
#[cfg(feature = "json")]
pub fn write_nullable_json<T: serde::Serialize>(
    value: &Option<T>,
    sink: &mut ColumnSink<'_>,
) -> Result<(), ColumnError> {
    match value {
        Some(value) => json::write(value, sink),
        None => {
            sink.null();
            Ok(())
        }
    }
}

/// Reads such a field: NULL is `None`, and so is a `null` that someone else wrote.
///
/// # Errors
///
/// [`ColumnError::JsonRead`] when the stored JSON is not of the type's form.
#[cfg(feature = "json")]
pub fn read_nullable_json<T: serde::de::DeserializeOwned>(
    reader: &mut dyn RowReader,
) -> Result<Option<T>, ColumnError> {
    if reader.is_null()? {
        reader.skip();
        return Ok(None);
    }
    json::read(reader)
}

/// What the column of a field of type `Option` under `#[entity(json)]` holds.
#[cfg(feature = "json")]
pub trait NullableJson {
    /// The same with [`json::Json`] within.
    type Column;
}

#[cfg(feature = "json")]
impl<T> NullableJson for Option<T> {
    type Column = Option<json::Json<T>>;
}
