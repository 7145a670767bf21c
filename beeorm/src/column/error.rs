use crate::error::debug_as_display;

/// What is wrong with one column's value.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// More characters or bytes than the column holds.
    #[error(
        "has {actual} {unit}, and the column takes {limit}; shorten the value or raise the column's length"
    )]
    TooLong {
        /// What the value has.
        actual: u64,
        /// What the column holds.
        limit: u64,
        /// `"characters"` or `"bytes"`.
        unit: &'static str,
    },
    /// A number, date or decimal that the column's type does not hold.
    #[error("is {value}, out of range for {column_type}: {allowed}")]
    OutOfRange {
        /// The value, as text.
        value: String,
        /// The column's type.
        column_type: String,
        /// What it holds.
        allowed: String,
    },
    /// A value that the enum or set does not have.
    #[error("is {value:?}, which is not one of {allowed:?}")]
    UnknownEnumValue {
        /// What was found.
        value: String,
        /// What there is.
        allowed: &'static [&'static str],
    },
    /// A value that could not be serialized as JSON.
    #[error("cannot be written as JSON: {0}")]
    JsonWrite(String),
    /// A stored JSON text that the field's type cannot be made of.
    #[error("cannot be read from its JSON: {0}")]
    JsonRead(String),
    /// NULL where the field is not an `Option`.
    #[error("is NULL in the database; make the field an `Option`")]
    UnexpectedNull,
    /// A stored value that the field's type cannot hold.
    #[error("holds {found}, which cannot be read as {wanted}")]
    Mismatch {
        /// What the row holds.
        found: String,
        /// What the field wants.
        wanted: &'static str,
    },
    /// A reference to an entity that has no id yet.
    #[error("is not set, or refers to an unsaved {parent}, which has no id yet: {advice}")]
    UnsavedReference {
        /// What it refers to.
        parent: &'static str,
        /// What to do about it, which depends on who makes that one's ids.
        advice: &'static str,
    },
}

debug_as_display!(ColumnError);
