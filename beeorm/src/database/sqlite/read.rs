use sqlx::{
    Decode, Row, Sqlite, TypeInfo, ValueRef as _,
    sqlite::{SqliteRow, SqliteValueRef},
};

use super::super::calendar;
use crate::column::{ColumnError, RowReader};

/// Reads a row; every value carries its own type.
pub(super) struct Reader<'r> {
    row: &'r SqliteRow,
    next: usize,
}

/// A stored value.
enum Stored<'r> {
    Integer(i64),
    Real(f64),
    Text(&'r str),
    Blob(&'r [u8]),
}

impl<'r> Reader<'r> {
    pub(super) fn new(row: &'r SqliteRow) -> Self {
        Self { row, next: 0 }
    }

    fn value(&self) -> Result<SqliteValueRef<'r>, ColumnError> {
        self.row
            .try_get_raw(self.next)
            .map_err(|_| ColumnError::Mismatch {
                found: "no such column".to_owned(),
                wanted: "another column",
            })
    }

    /// Takes the next column's value.
    fn take(&mut self) -> Result<Stored<'r>, ColumnError> {
        let value = self.value()?;
        self.next += 1;
        if value.is_null() {
            return Err(ColumnError::UnexpectedNull);
        }
        let info = value.type_info();
        let stored = match info.name() {
            "INTEGER" => <i64 as Decode<'r, Sqlite>>::decode(value).map(Stored::Integer),
            "REAL" => <f64 as Decode<'r, Sqlite>>::decode(value).map(Stored::Real),
            "TEXT" => <&str as Decode<'r, Sqlite>>::decode(value).map(Stored::Text),
            _ => <&[u8] as Decode<'r, Sqlite>>::decode(value).map(Stored::Blob),
        };
        stored.map_err(|error| ColumnError::Mismatch {
            found: error.to_string(),
            wanted: "a value",
        })
    }

    fn real(&mut self, wanted: &'static str) -> Result<f64, ColumnError> {
        match self.take()? {
            Stored::Real(value) => Ok(value),
            other => Err(mismatch(&other, wanted)),
        }
    }

    fn moment(&mut self, wanted: &'static str) -> Result<i64, ColumnError> {
        match self.take()? {
            Stored::Text(text) => {
                calendar::parse_datetime(text).ok_or_else(|| mismatch(&Stored::Text(text), wanted))
            }
            other => Err(mismatch(&other, wanted)),
        }
    }
}

fn mismatch(stored: &Stored<'_>, wanted: &'static str) -> ColumnError {
    let found = match stored {
        Stored::Integer(value) => format!("the integer {value}"),
        Stored::Real(value) => format!("the float {value}"),
        Stored::Text(text) => format!("the text {:?}", text.chars().take(64).collect::<String>()),
        Stored::Blob(bytes) => format!("{} bytes", bytes.len()),
    };
    ColumnError::Mismatch { found, wanted }
}

impl RowReader for Reader<'_> {
    fn position(&self) -> usize {
        self.next
    }

    fn is_null(&mut self) -> Result<bool, ColumnError> {
        self.value().map(|value| value.is_null())
    }

    fn skip(&mut self) {
        self.next += 1;
    }

    fn bool(&mut self) -> Result<bool, ColumnError> {
        match self.take()? {
            Stored::Integer(value) => Ok(value != 0),
            other => Err(mismatch(&other, "a boolean")),
        }
    }

    fn signed(&mut self) -> Result<i64, ColumnError> {
        match self.take()? {
            Stored::Integer(value) => Ok(value),
            other => Err(mismatch(&other, "a signed integer")),
        }
    }

    fn unsigned(&mut self) -> Result<u64, ColumnError> {
        let stored = self.take()?;
        let value = match stored {
            Stored::Integer(value) => u64::try_from(value).ok(),
            Stored::Text(digits) => digits.parse().ok(),
            _ => None,
        };
        value.ok_or_else(|| mismatch(&stored, "an unsigned integer"))
    }

    fn float(&mut self) -> Result<f32, ColumnError> {
        // Written as a float, so nothing is lost.
        self.real("a float").map(|value| value as f32)
    }

    fn double(&mut self) -> Result<f64, ColumnError> {
        self.real("a double")
    }

    fn text(&mut self) -> Result<&str, ColumnError> {
        match self.take()? {
            Stored::Text(text) => Ok(text),
            other => Err(mismatch(&other, "text")),
        }
    }

    fn bytes(&mut self) -> Result<&[u8], ColumnError> {
        match self.take()? {
            Stored::Blob(bytes) => Ok(bytes),
            other => Err(mismatch(&other, "bytes")),
        }
    }

    fn date(&mut self) -> Result<i32, ColumnError> {
        match self.take()? {
            Stored::Text(text) => {
                calendar::parse_date(text).ok_or_else(|| mismatch(&Stored::Text(text), "a date"))
            }
            other => Err(mismatch(&other, "a date")),
        }
    }

    fn datetime(&mut self) -> Result<i64, ColumnError> {
        self.moment("a date and time")
    }

    fn timestamp(&mut self) -> Result<i64, ColumnError> {
        self.moment("a moment")
    }
}
