use super::ColumnError;

/// Gives the values of a database row, one column after the other.
///
/// Each call but [`is_null`](Self::is_null) takes the next column; every call can fail with
/// [`ColumnError::Mismatch`] or [`ColumnError::UnexpectedNull`].
#[allow(
    clippy::missing_errors_doc,
    reason = "said once above, for all of them"
)]
pub trait RowReader {
    /// How many columns were taken.
    fn position(&self) -> usize;

    /// Whether the next column is NULL; does not take it.
    fn is_null(&mut self) -> Result<bool, ColumnError>;

    /// Passes over the next column.
    fn skip(&mut self);

    /// A boolean.
    fn bool(&mut self) -> Result<bool, ColumnError>;

    /// A signed integer of any width.
    fn signed(&mut self) -> Result<i64, ColumnError>;

    /// An unsigned integer of any width.
    fn unsigned(&mut self) -> Result<u64, ColumnError>;

    /// A float.
    fn float(&mut self) -> Result<f32, ColumnError>;

    /// A double.
    fn double(&mut self) -> Result<f64, ColumnError>;

    /// Text; also decimals, JSON, and the values of ENUM and SET columns.
    fn text(&mut self) -> Result<&str, ColumnError>;

    /// Bytes; also UUIDs.
    fn bytes(&mut self) -> Result<&[u8], ColumnError>;

    /// A date, in days since 1970-01-01.
    fn date(&mut self) -> Result<i32, ColumnError>;

    /// A date and time without a zone, in microseconds since 1970-01-01 00:00:00.
    fn datetime(&mut self) -> Result<i64, ColumnError>;

    /// A moment, in microseconds since 1970-01-01 00:00:00 UTC.
    fn timestamp(&mut self) -> Result<i64, ColumnError>;
}
