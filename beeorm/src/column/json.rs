//! JSON columns: `serde_json::Value`, and any serde type under `#[entity(json)]`.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    Column, ColumnError, ColumnSink, ColumnType, IntoColumn, RowReader, json_text::json_text,
};

/// Writes any serializable value as JSON.
///
/// # Errors
///
/// [`ColumnError::JsonWrite`] when serde cannot serialize it (a map with keys that are no text, say), when a number in
/// it is not finite or an integer beyond 64 bits, or when it is nested deeper than a database takes and serde_json reads.
pub fn write<T: Serialize>(value: &T, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
    let text = json_text(value).map_err(|error| ColumnError::JsonWrite(error.to_string()))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{EncodedReader, json_text::MOST_NESTED};

    fn stored(value: &impl Serialize) -> Result<Vec<u8>, ColumnError> {
        let mut row = Vec::new();
        write(value, &mut ColumnSink::new(&mut row))?;
        Ok(row)
    }

    fn loaded<T: DeserializeOwned>(row: &[u8]) -> T {
        read(&mut EncodedReader::new(row)).unwrap()
    }

    #[derive(Serialize)]
    enum Shape {
        Circle { radius: f64 },
        Line(Option<f32>, ()),
    }

    #[test]
    fn numbers_that_json_does_not_have_are_refused() {
        for radius in [f64::NAN, f64::INFINITY] {
            let refused = stored(&vec![Shape::Circle { radius }]).unwrap_err();
            assert!(
                refused.to_string().contains("JSON does not have"),
                "{refused}"
            );
        }
        assert!(stored(&Shape::Line(Some(f32::NAN), ())).is_err());
        assert!(stored(&std::collections::BTreeMap::from([(1, f64::NAN)])).is_err());
        assert!(stored(&Shape::Line(None, ())).is_ok());
        assert!(stored(&Shape::Circle { radius: 1.0 }).is_ok());
    }

    #[test]
    fn integers_beyond_64_bits_are_refused() {
        let (most, least) = (u128::from(u64::MAX), i128::from(i64::MIN));
        assert!(stored(&most).is_ok() && stored(&least).is_ok());
        assert!(stored(&i128::from(u64::MAX)).is_ok());
        for refused in [stored(&(most + 1)), stored(&[Some(least - 1)])] {
            let told = refused.unwrap_err().to_string();
            assert!(told.contains("beyond the 64 bits"), "{told}");
        }
    }

    #[test]
    fn every_number_comes_back() {
        let mut bits = 88_172_645_463_325_252_u64;
        for _ in 0..3000 {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            let number = f64::from_bits(bits);
            if number.is_finite() {
                let row = stored(&number).unwrap();
                assert_eq!(loaded::<f64>(&row).to_bits(), bits);
                let value = loaded::<serde_json::Value>(&row);
                assert_eq!(value.as_f64().map(f64::to_bits), Some(bits));
            }
        }
    }

    #[test]
    fn what_is_nested_too_deep_is_refused_before_the_stack_ends() {
        let nested = |depth| {
            let mut value = serde_json::Value::Null;
            for _ in 0..depth {
                value = serde_json::Value::Array(vec![value]);
            }
            value
        };
        let deepest = nested(MOST_NESTED);
        assert_eq!(
            loaded::<serde_json::Value>(&stored(&deepest).unwrap()),
            deepest
        );
        assert!(stored(&nested(MOST_NESTED + 1)).is_err());
        let bottomless = nested(100_000);
        let refused = stored(&bottomless).unwrap_err();
        assert!(
            refused.to_string().contains("more than 100 deep"),
            "{refused}"
        );
        // To drop it takes more stack than there is.
        std::mem::forget(bottomless);
    }
}
