//! A value as the simulated database keeps it, and rows of them as the library reads them.

use std::fmt;

use crate::column::{ColumnError, RowReader, ValueRef};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation) enum Datum {
    Null,
    Integer(i128),
    /// By its bits: compared for being the same, never for size.
    Real(u64),
    Text(String),
    Bytes(Vec<u8>),
}

pub(in crate::simulation) type Row = Vec<Datum>;

impl Datum {
    pub(super) fn of(value: &ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Bool(value) => Self::Integer(i128::from(*value)),
            ValueRef::Signed(value) => Self::Integer(i128::from(*value)),
            ValueRef::Unsigned(value) => Self::Integer(i128::from(*value)),
            ValueRef::Float(value) => Self::Real(f64::from(*value).to_bits()),
            ValueRef::Double(value) => Self::Real(value.to_bits()),
            ValueRef::Text(text)
            | ValueRef::Decimal(text)
            | ValueRef::Json(text)
            | ValueRef::Word(text) => Self::Text((*text).to_owned()),
            ValueRef::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            ValueRef::Uuid(bytes) => Self::Bytes(bytes.to_vec()),
            ValueRef::Date(days) => Self::Integer(i128::from(*days)),
            ValueRef::DateTime(micros) | ValueRef::Timestamp(micros) => {
                Self::Integer(i128::from(*micros))
            }
        }
    }

    pub(super) fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Real(bits) => write!(f, "{}", f64::from_bits(*bits)),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Bytes(bytes) => {
                // Of a UUID the end is enough to tell it from others.
                let shown = bytes.len().saturating_sub(4);
                f.write_str("…")?;
                bytes
                    .iter()
                    .skip(shown)
                    .try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

/// Reads one row.
pub(super) struct Reader<'r> {
    row: &'r [Datum],
    next: usize,
}

impl<'r> Reader<'r> {
    pub(super) fn new(row: &'r [Datum]) -> Self {
        Self { row, next: 0 }
    }

    fn take(&mut self) -> Result<&'r Datum, ColumnError> {
        let taken = self.row.get(self.next).ok_or(ColumnError::UnexpectedNull)?;
        self.next += 1;
        match taken {
            Datum::Null => Err(ColumnError::UnexpectedNull),
            datum => Ok(datum),
        }
    }

    fn integer<T: TryFrom<i128>>(&mut self) -> Result<T, ColumnError> {
        match self.take()? {
            Datum::Integer(value) => T::try_from(*value).map_err(|_| mismatch("an integer")),
            _ => Err(mismatch("an integer")),
        }
    }

    fn real(&mut self) -> Result<f64, ColumnError> {
        match self.take()? {
            Datum::Real(bits) => Ok(f64::from_bits(*bits)),
            _ => Err(mismatch("a float")),
        }
    }
}

fn mismatch(wanted: &'static str) -> ColumnError {
    ColumnError::Mismatch {
        found: "something else".to_owned(),
        wanted,
    }
}

impl RowReader for Reader<'_> {
    fn position(&self) -> usize {
        self.next
    }

    fn is_null(&mut self) -> Result<bool, ColumnError> {
        Ok(self.row.get(self.next).is_some_and(Datum::is_null))
    }

    fn skip(&mut self) {
        self.next += 1;
    }

    fn bool(&mut self) -> Result<bool, ColumnError> {
        self.integer::<i64>().map(|value| value != 0)
    }

    fn signed(&mut self) -> Result<i64, ColumnError> {
        self.integer()
    }

    fn unsigned(&mut self) -> Result<u64, ColumnError> {
        self.integer()
    }

    fn float(&mut self) -> Result<f32, ColumnError> {
        self.real().map(|value| value as f32)
    }

    fn double(&mut self) -> Result<f64, ColumnError> {
        self.real()
    }

    fn text(&mut self) -> Result<&str, ColumnError> {
        match self.take()? {
            Datum::Text(text) => Ok(text),
            _ => Err(mismatch("text")),
        }
    }

    fn bytes(&mut self) -> Result<&[u8], ColumnError> {
        match self.take()? {
            Datum::Bytes(bytes) => Ok(bytes),
            _ => Err(mismatch("bytes")),
        }
    }

    fn date(&mut self) -> Result<i32, ColumnError> {
        self.integer()
    }

    fn datetime(&mut self) -> Result<i64, ColumnError> {
        self.integer()
    }

    fn timestamp(&mut self) -> Result<i64, ColumnError> {
        self.integer()
    }
}
