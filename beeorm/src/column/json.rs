//! JSON columns: `serde_json::Value`, and any serde type under `#[entity(json)]`.

use serde::{Serialize, de::DeserializeOwned};

use super::{Column, ColumnError, ColumnSink, ColumnType, IntoColumn, RowReader};

/// Writes any serializable value as JSON.
///
/// # Errors
///
/// [`ColumnError::JsonWrite`] when serde cannot serialize it (a map with keys that are no text, say).
pub fn write<T: Serialize>(value: &T, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
    let text =
        serde_json::to_string(value).map_err(|error| ColumnError::JsonWrite(error.to_string()))?;
    sink.json(&text);
    Ok(())
}

/// Reads any deserializable value from JSON.
///
/// # Errors
///
/// [`ColumnError::JsonRead`] when the stored JSON is not of the type's form.
pub fn read<T: DeserializeOwned>(reader: &mut dyn RowReader) -> Result<T, ColumnError> {
    serde_json::from_str(reader.text()?).map_err(|error| ColumnError::JsonRead(error.to_string()))
}

impl Column for serde_json::Value {
    fn column_type() -> ColumnType {
        ColumnType::Json
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        write(self, sink)
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        read(reader)
    }
}

/// The column of a field under `#[entity(json)]`: what `User::columns().settings` takes.
///
/// There is no need to write it: `.set(User::columns().settings, Settings { .. })` does.
#[derive(Clone, Debug, PartialEq)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Column for Json<T> {
    fn column_type() -> ColumnType {
        ColumnType::Json
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        write(&self.0, sink)
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        read(reader).map(Self)
    }
}

impl<T: Serialize + DeserializeOwned> IntoColumn<Json<T>> for T {
    fn into_column(self) -> Json<T> {
        Json(self)
    }
}

impl<T: Serialize + DeserializeOwned> IntoColumn<Option<Json<T>>> for T {
    fn into_column(self) -> Option<Json<T>> {
        Some(Json(self))
    }
}

impl<T: Serialize + DeserializeOwned> IntoColumn<Option<Json<T>>> for Option<T> {
    fn into_column(self) -> Option<Json<T>> {
        self.map(Json)
    }
}
