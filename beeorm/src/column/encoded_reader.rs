use super::{ColumnError, RowReader, ValueRef};

/// Reads encoded values as if they came from the database.
#[derive(Debug)]
pub(crate) struct EncodedReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> EncodedReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    fn next(&mut self) -> Option<ValueRef<'a>> {
        self.position += 1;
        ValueRef::take(&mut self.bytes).ok()
    }
}

fn mismatch<T>(found: Option<ValueRef<'_>>, wanted: &'static str) -> Result<T, ColumnError> {
    match found {
        Some(ValueRef::Null) => Err(ColumnError::UnexpectedNull),
        found => {
            let found = found.map_or_else(
                || "nothing".to_owned(),
                |value| value.to_value().to_string(),
            );
            Err(ColumnError::Mismatch { found, wanted })
        }
    }
}

macro_rules! methods {
    ($($name:ident -> $type:ty, $wanted:literal: $($pattern:pat => $value:expr),+;)+) => {$(
        fn $name(&mut self) -> Result<$type, ColumnError> {
            match self.next() {
                $(Some($pattern) => Ok($value),)+
                found => mismatch(found, $wanted),
            }
        }
    )+};
}

impl RowReader for EncodedReader<'_> {
    fn position(&self) -> usize {
        self.position
    }

    fn is_null(&mut self) -> Result<bool, ColumnError> {
        let mut ahead = self.bytes;
        Ok(ValueRef::take(&mut ahead) == Ok(ValueRef::Null))
    }

    fn skip(&mut self) {
        self.next();
    }

    methods! {
        bool -> bool, "a boolean": ValueRef::Bool(value) => value;
        signed -> i64, "a signed integer": ValueRef::Signed(value) => value;
        unsigned -> u64, "an unsigned integer": ValueRef::Unsigned(value) => value;
        float -> f32, "a float": ValueRef::Float(value) => value;
        double -> f64, "a double": ValueRef::Double(value) => value;
        text -> &str, "text":
            ValueRef::Text(value) | ValueRef::Decimal(value) | ValueRef::Json(value) | ValueRef::Word(value) => value;
        date -> i32, "a date": ValueRef::Date(days) => days;
        datetime -> i64, "a date and time": ValueRef::DateTime(micros) => micros;
        timestamp -> i64, "a moment": ValueRef::Timestamp(micros) => micros;
    }

    fn bytes(&mut self) -> Result<&[u8], ColumnError> {
        let before = self.bytes;
        match self.next() {
            Some(ValueRef::Bytes(value)) => Ok(value),
            // The sixteen bytes lie right behind the tag.
            Some(ValueRef::Uuid(_)) => Ok(before.get(1..17).unwrap_or_default()),
            found => mismatch(found, "bytes"),
        }
    }
}
