//! Why the simulated database refuses, in the library's terms.

use crate::database::{DatabaseError, FailureClass, Kind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// With the index's name.
    Duplicate(String),
    ForeignKey,
    NotNull(String),
    NoTable(String),
    NoColumn(String),
    /// The whole transaction was rolled back.
    Deadlock,
    /// The statement was; the transaction goes on.
    LockWait,
    /// Read-only, full, too many connections.
    Infrastructure(String),
    /// The simulator does not know it: the run fails.
    Unsupported(String),
}

impl Refusal {
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    pub(super) fn error(&self) -> DatabaseError {
        use FailureClass::{Contention, Data, Infrastructure, Schema, Unknown};
        let (class, message) = match self {
            Self::Duplicate(index) => (Data, format!("duplicate entry in {index}")),
            Self::ForeignKey => (Data, "a foreign key constraint fails".to_owned()),
            Self::NotNull(column) => (Data, format!("{column} cannot be null")),
            Self::NoTable(table) => (Schema, format!("no such table: {table}")),
            Self::NoColumn(column) => (Schema, format!("no such column: {column}")),
            Self::Deadlock => (Contention, "deadlock found".to_owned()),
            Self::LockWait => (Contention, "lock wait timeout exceeded".to_owned()),
            Self::Infrastructure(reason) => (Infrastructure, reason.clone()),
            Self::Unsupported(what) => (Unknown, format!("not simulated: {what}")),
        };
        // MySQL's numbers: a server that answers has one.
        let code = match self {
            Self::Duplicate(_) => 1062,
            Self::ForeignKey => 1452,
            Self::NotNull(_) => 1048,
            Self::NoTable(_) => 1146,
            Self::NoColumn(_) => 1054,
            Self::Deadlock => 1213,
            Self::LockWait => 1205,
            Self::Infrastructure(_) => 1290,
            Self::Unsupported(_) => 1064,
        };
        let error = DatabaseError::new(class, message).with_code(Some(code), None);
        match self {
            Self::Duplicate(index) => error.with_kind(Kind::DuplicateKey(Some(index.clone()))),
            Self::ForeignKey => error.with_kind(Kind::ForeignKey(None)),
            Self::NotNull(_) => error.with_kind(Kind::Null),
            Self::NoTable(_) => error.with_kind(Kind::TableMissing),
            Self::NoColumn(_) => error.with_kind(Kind::ColumnMissing),
            _ => error,
        }
    }
}
