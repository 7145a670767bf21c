use std::fmt;

/// How a column is stored, in MySQL's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnType {
    /// `TINYINT(1)`.
    Bool,
    /// `TINYINT` to `BIGINT`.
    Integer {
        /// 8, 16, 32 or 64.
        bits: u8,
        /// Whether it holds negative numbers.
        signed: bool,
    },
    /// `FLOAT`: 4 bytes, stored exactly.
    Float,
    /// `DOUBLE`: 8 bytes, stored exactly.
    Double,
    /// `VARCHAR(length)`, in characters; without a length `MEDIUMTEXT` (16 MiB).
    Text {
        /// At most so many characters.
        length: Option<u32>,
    },
    /// `BLOB`, `MEDIUMBLOB` or `LONGBLOB`.
    Blob(BlobSize),
    /// `DATE`, of the years 1000 to 9999.
    Date,
    /// `DATETIME(6)`: a date and a time without a zone, in microseconds.
    DateTime,
    /// `TIMESTAMP(6)`: a moment (UTC), in microseconds, of the years 1970 to 2038.
    Timestamp,
    /// `DECIMAL(precision, scale)`.
    Decimal {
        /// Digits in total, at most 65.
        precision: u8,
        /// Digits after the point, at most 30.
        scale: u8,
    },
    /// `BINARY(16)`.
    Uuid,
    /// `JSON`.
    Json,
    /// `ENUM` of these values.
    Enum(&'static [&'static str]),
    /// `SET` of these values.
    Set(&'static [&'static str]),
}

/// The key that a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefersTo {
    /// The database pool of its table.
    pub pool: &'static str,
    /// Its table.
    pub table: &'static str,
    /// Its key's column.
    pub column: &'static str,
}

/// The size of a blob column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobSize {
    /// `BLOB`: 64 KiB less one byte.
    Blob,
    /// `MEDIUMBLOB`: 16 MiB less one byte.
    MediumBlob,
    /// `LONGBLOB`: 4 GiB less one byte.
    LongBlob,
}

/// Bytes of a `MEDIUMTEXT` or `MEDIUMBLOB`.
pub(super) const MEDIUM: u64 = (1 << 24) - 1;

impl BlobSize {
    /// The most bytes that the column holds.
    #[must_use]
    pub const fn max_bytes(self) -> u64 {
        match self {
            Self::Blob => (1 << 16) - 1,
            Self::MediumBlob => MEDIUM,
            Self::LongBlob => (1 << 32) - 1,
        }
    }
}

impl ColumnType {
    /// Whether its comparisons go by a collation (so that 'bee' may equal 'BEE').
    #[must_use]
    pub const fn is_collated(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Enum(_) | Self::Set(_))
    }
}

/// MySQL's name of the type.
impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("tinyint(1)"),
            Self::Integer { bits, signed } => {
                f.write_str(match bits {
                    8 => "tinyint",
                    16 => "smallint",
                    32 => "int",
                    _ => "bigint",
                })?;
                if *signed {
                    Ok(())
                } else {
                    f.write_str(" unsigned")
                }
            }
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Text {
                length: Some(length),
            } => write!(f, "varchar({length})"),
            Self::Text { length: None } => f.write_str("mediumtext"),
            Self::Blob(BlobSize::Blob) => f.write_str("blob"),
            Self::Blob(BlobSize::MediumBlob) => f.write_str("mediumblob"),
            Self::Blob(BlobSize::LongBlob) => f.write_str("longblob"),
            Self::Date => f.write_str("date"),
            Self::DateTime => f.write_str("datetime(6)"),
            Self::Timestamp => f.write_str("timestamp(6)"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Uuid => f.write_str("binary(16)"),
            Self::Json => f.write_str("json"),
            Self::Enum(values) => list(f, "enum", values),
            Self::Set(values) => list(f, "set", values),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, values: &[&str]) -> fmt::Result {
    write!(f, "{name}(")?;
    for (position, value) in values.iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        write!(f, "{comma}'{}'", value.replace('\'', "''"))?;
    }
    f.write_str(")")
}
