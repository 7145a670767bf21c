use sqlx::{
    Decode, MySql, Row, Type, TypeInfo, ValueRef as _,
    mysql::{MySqlRow, MySqlTypeInfo},
};

use super::super::calendar;
use crate::column::{ColumnError, RowReader};

/// How a column's bytes are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Signed,
    Unsigned,
    Float,
    Bits,
    Date,
    Moment,
    /// Everything that comes as bytes: texts, blobs, decimals, JSON, ENUM and SET.
    Bytes,
    Other,
}

/// The kinds of a result's columns, asked once a result.
pub(super) fn kinds(row: &MySqlRow) -> Vec<Kind> {
    row.columns()
        .iter()
        .map(|column| kind(sqlx::Column::type_info(column)))
        .collect()
}

fn kind(info: &MySqlTypeInfo) -> Kind {
    match info.name() {
        "BIT" => Kind::Bits,
        "DATE" => Kind::Date,
        "DATETIME" | "TIMESTAMP" => Kind::Moment,
        "FLOAT" | "DOUBLE" => Kind::Float,
        "TIME" | "GEOMETRY" | "NULL" => Kind::Other,
        // `TINYINT(1)` has a name of its own that does not tell its sign.
        _ if <u64 as Type<MySql>>::compatible(info) => Kind::Unsigned,
        _ if <i64 as Type<MySql>>::compatible(info) => Kind::Signed,
        _ => Kind::Bytes,
    }
}

/// Reads a row as the binary protocol sends it: numbers in little endian, dates in parts.
pub(super) struct Reader<'r> {
    row: &'r MySqlRow,
    kinds: &'r [Kind],
    next: usize,
}

impl<'r> Reader<'r> {
    pub(super) fn new(row: &'r MySqlRow, kinds: &'r [Kind]) -> Self {
        Self {
            row,
            kinds,
            next: 0,
        }
    }

    fn peek(&self) -> Result<Option<&'r [u8]>, ColumnError> {
        let nothing = || ColumnError::Mismatch {
            found: "no such column".to_owned(),
            wanted: "another column",
        };
        let value = self.row.try_get_raw(self.next).map_err(|_| nothing())?;
        // Dates of zeros, which servers that are not strict take, count as NULL.
        if value.is_null() {
            return Ok(None);
        }
        <&[u8] as Decode<'r, MySql>>::decode(value)
            .map(Some)
            .map_err(|_| nothing())
    }

    /// Takes the next column's bytes.
    fn take(&mut self) -> Result<(Kind, &'r [u8]), ColumnError> {
        let bytes = self.peek()?;
        let kind = self.kinds.get(self.next).copied().unwrap_or(Kind::Other);
        self.next += 1;
        bytes
            .map(|bytes| (kind, bytes))
            .ok_or(ColumnError::UnexpectedNull)
    }

    /// What the column that was just taken holds, for people.
    fn mismatch(&self, wanted: &'static str) -> ColumnError {
        let column = self
            .next
            .checked_sub(1)
            .and_then(|taken| self.row.columns().get(taken));
        let name = column.map_or("nothing", |column| sqlx::Column::type_info(column).name());
        ColumnError::Mismatch {
            found: format!("a value of the type {name}"),
            wanted,
        }
    }

    /// An integer of any width and sign.
    fn integer(&mut self, wanted: &'static str) -> Result<i128, ColumnError> {
        let (kind, bytes) = self.take()?;
        let number = match kind {
            Kind::Unsigned => little(bytes).map(i128::from),
            Kind::Signed => little(bytes).map(|value| {
                // Shifted up and down again, so that the sign of the narrow number is kept.
                let unused = 64 - 8 * bytes.len();
                i128::from((value << unused).cast_signed() >> unused)
            }),
            Kind::Bits if bytes.len() <= 8 => Some(
                bytes
                    .iter()
                    .fold(0, |value, byte| value << 8 | i128::from(*byte)),
            ),
            _ => None,
        };
        number.ok_or_else(|| self.mismatch(wanted))
    }

    fn moment(&mut self, wanted: &'static str) -> Result<i64, ColumnError> {
        let (kind, bytes) = self.take()?;
        let parts = if kind == Kind::Moment {
            moment(bytes)
        } else {
            None
        };
        parts.ok_or_else(|| self.mismatch(wanted))
    }
}

fn little(bytes: &[u8]) -> Option<u64> {
    let mut whole = [0; 8];
    whole
        .get_mut(..bytes.len())
        .filter(|_| !bytes.is_empty())?
        .copy_from_slice(bytes);
    Some(u64::from_le_bytes(whole))
}

/// Its length, then year (two bytes), month and day.
fn date(bytes: &[u8]) -> Option<i32> {
    let [_, low, high, month, day, ..] = *bytes else {
        return None;
    };
    calendar::days(u16::from_le_bytes([low, high]).into(), month, day)
}

/// A date, then hour, minute and second, then microseconds (four bytes); zeros at the end are left out.
fn moment(bytes: &[u8]) -> Option<i64> {
    let days = date(bytes)?;
    match *bytes.get(5..)? {
        [] => calendar::micros(days, 0, 0, 0, 0),
        [hour, minute, second] => calendar::micros(days, hour, minute, second, 0),
        [hour, minute, second, a, b, c, d] => {
            calendar::micros(days, hour, minute, second, u32::from_le_bytes([a, b, c, d]))
        }
        _ => None,
    }
}

impl RowReader for Reader<'_> {
    fn position(&self) -> usize {
        self.next
    }

    fn is_null(&mut self) -> Result<bool, ColumnError> {
        self.peek().map(|value| value.is_none())
    }

    fn skip(&mut self) {
        self.next += 1;
    }

    fn bool(&mut self) -> Result<bool, ColumnError> {
        self.integer("a boolean").map(|value| value != 0)
    }

    fn signed(&mut self) -> Result<i64, ColumnError> {
        let value = self.integer("a signed integer")?;
        value
            .try_into()
            .map_err(|_| out_of_range(value, "a signed integer of 64 bits"))
    }

    fn unsigned(&mut self) -> Result<u64, ColumnError> {
        let value = self.integer("an unsigned integer")?;
        value
            .try_into()
            .map_err(|_| out_of_range(value, "an unsigned integer"))
    }

    fn float(&mut self) -> Result<f32, ColumnError> {
        match self.take()? {
            (Kind::Float, bytes) => bytes
                .try_into()
                .map(f32::from_le_bytes)
                .map_err(|_| self.mismatch("a float")),
            _ => Err(self.mismatch("a float")),
        }
    }

    fn double(&mut self) -> Result<f64, ColumnError> {
        match self.take()? {
            (Kind::Float, bytes) => {
                match (<[u8; 8]>::try_from(bytes), <[u8; 4]>::try_from(bytes)) {
                    (Ok(double), _) => Ok(f64::from_le_bytes(double)),
                    (_, Ok(float)) => Ok(f32::from_le_bytes(float).into()),
                    _ => Err(self.mismatch("a double")),
                }
            }
            _ => Err(self.mismatch("a double")),
        }
    }

    fn text(&mut self) -> Result<&str, ColumnError> {
        match self.take()? {
            (Kind::Bytes, bytes) => {
                std::str::from_utf8(bytes).map_err(|_| self.mismatch("text in UTF-8"))
            }
            _ => Err(self.mismatch("text")),
        }
    }

    fn bytes(&mut self) -> Result<&[u8], ColumnError> {
        match self.take()? {
            (Kind::Bytes, bytes) => Ok(bytes),
            _ => Err(self.mismatch("bytes")),
        }
    }

    fn date(&mut self) -> Result<i32, ColumnError> {
        let (kind, bytes) = self.take()?;
        let days = if kind == Kind::Date {
            date(bytes)
        } else {
            None
        };
        days.ok_or_else(|| self.mismatch("a date"))
    }

    fn datetime(&mut self) -> Result<i64, ColumnError> {
        self.moment("a date and time")
    }

    fn timestamp(&mut self) -> Result<i64, ColumnError> {
        self.moment("a moment")
    }
}

fn out_of_range(value: i128, wanted: &'static str) -> ColumnError {
    ColumnError::Mismatch {
        found: value.to_string(),
        wanted,
    }
}
