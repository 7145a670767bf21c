use crate::column::{BlobSize, ColumnType};

/// The column's type in SQLite, where its words decide how values are kept (its "affinity").
///
/// - Integers are 64 bits and signed. An unsigned one of 64 bits is kept as it is up to 2⁶³ − 1 and
///   above that as a text of 20 digits, which sorts behind all numbers: order and uniqueness hold.
///   The type's words keep SQLite from turning that text into a float.
/// - Floats would lose the sign of a zero if SQLite knew that they are floats.
/// - Decimals, dates, times, JSON, ENUM and SET are texts; dates and times sort as they should,
///   decimals do not.
///
/// SQLite adds none of these exactly, and keeps what is out of a column's range: `database/count` adds.
pub(crate) fn sqlite_type(column_type: &ColumnType) -> &'static str {
    match column_type {
        ColumnType::Bool => "BOOLEAN",
        ColumnType::Integer {
            bits: 64,
            signed: false,
        } => "UNSIGNED_BLOB",
        ColumnType::Integer { bits, signed } => match (bits, signed) {
            (8, true) => "TINYINT",
            (8, false) => "TINYINT UNSIGNED",
            (16, true) => "SMALLINT",
            (16, false) => "SMALLINT UNSIGNED",
            (32, true) => "INT",
            (32, false) => "INT UNSIGNED",
            _ => "BIGINT",
        },
        ColumnType::Float => "FLOAT_BLOB",
        ColumnType::Double => "DOUBLE_BLOB",
        ColumnType::Text { length: Some(_) } => "VARCHAR",
        ColumnType::Text { length: None } => "MEDIUMTEXT",
        ColumnType::Blob(BlobSize::Blob) => "BLOB",
        ColumnType::Blob(BlobSize::MediumBlob) => "MEDIUMBLOB",
        ColumnType::Blob(BlobSize::LongBlob) => "LONGBLOB",
        ColumnType::Date => "DATE",
        ColumnType::DateTime => "DATETIME",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Decimal { .. } => "DECIMAL_TEXT",
        ColumnType::Uuid => "UUID_BLOB",
        ColumnType::Json => "JSON_TEXT",
        ColumnType::Enum(_) => "ENUM_TEXT",
        ColumnType::Set(_) => "SET_TEXT",
    }
}

/// An index's name in SQLite, where all tables of a database share the names of their indexes.
pub(crate) fn sqlite_index(table: &str, index: &str) -> String {
    format!("{table}.{index}")
}
