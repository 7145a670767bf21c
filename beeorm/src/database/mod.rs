//! The seam to SQL: pools, sessions, what a failure means, and what stands on these for every
//! database alike (rendering of statements, inbox and its horizon, dead letters and their keys).
//!
//! Each folder is a database: it binds and reads values, says what its errors mean, and nothing more.
//! sqlx is named in this room only.

mod apply;
#[cfg(any(feature = "mysql", feature = "embedded"))]
mod calendar;
mod chunks;
mod count;
mod databases;
pub(crate) mod dead_keys;
pub(crate) mod dead_letters;
#[cfg(any(feature = "mysql", feature = "embedded"))]
mod driver;
mod engines;
mod error;
pub(crate) mod horizon;
pub(crate) mod inbox;
#[cfg(feature = "mysql")]
mod mysql;
mod open;
mod own_tables;
pub(crate) mod render;
#[cfg(feature = "embedded")]
pub(crate) mod sqlite;
mod views;

use std::fmt::Debug;

use futures_util::future::BoxFuture;

#[cfg(feature = "simulation")]
pub(crate) use self::error::Kind;
pub use self::error::{DatabaseError, FailureClass};
#[cfg(feature = "embedded")]
pub(crate) use self::sqlite::{sqlite_index, sqlite_type};
pub(crate) use self::{
    apply::{DeadInserts, Keys, Limits, StatementFailure, apply, is_one_statement},
    chunks::room,
    count::counts_here,
    databases::Databases,
    engines::{SeenTables, doubt_tables, look_at_table, look_at_tables, without_transactions},
    open::{OpenOptions, open},
    own_tables::{make_table, own_tables},
};
use crate::column::{ColumnError, RowReader, ValueRef};

/// A pool of connections to one database.
pub(crate) trait Database: Debug + Send + Sync {
    /// Which SQL it speaks.
    fn dialect(&self) -> Dialect;

    /// What the server says of itself: `9.7.0`, `11.4.2-MariaDB`, `SQLite 3.50.4`.
    fn version(&self) -> &str;

    /// The largest statement that the server takes, in bytes (`max_allowed_packet`).
    fn max_statement_bytes(&self) -> usize;

    /// What a new table says of its character set and collation, with a space before; empty where the pool
    /// was told nothing of them.
    fn table_charset(&self) -> &str {
        ""
    }

    /// The tables that were seen to have transactions; none where there are no others.
    fn seen_tables(&self) -> Option<&SeenTables> {
        None
    }

    /// A connection, kept until the session is dropped; one with an open transaction is rolled back.
    fn session(&self, purpose: Purpose) -> BoxFuture<'_, Result<Box<dyn Session>, DatabaseError>>;

    /// Closes the consumer's connections that are not in use: new ones know the server's settings as they are now.
    fn forget_connections(&self) {}

    /// Closes the connections.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The caller's reads and writes.
    Caller,
    /// The background consumer's transactions: READ COMMITTED, a short lock wait, and a server that hangs
    /// up soon on a client that has stopped, so that a new owner waits seconds and not hours for its locks.
    Consumer,
}

/// Which SQL a database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "mysql", feature = "embedded")),
    allow(dead_code, reason = "the dialects of databases that are built without")
)]
pub(crate) enum Dialect {
    MySql,
    MariaDb,
    Sqlite,
}

/// One connection, one statement at a time.
///
/// SQL uses `?` for values and backticks around names in every dialect.
pub(crate) trait Session: Send {
    /// Runs a statement; one that comes again and again is prepared once a connection.
    fn execute<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
    ) -> BoxFuture<'s, Result<Done, DatabaseError>>;

    /// Runs a query and shows each row.
    fn select<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
        each: EachRow<'s>,
    ) -> BoxFuture<'s, Result<(), SelectError>>;

    /// Begins a transaction.
    fn begin(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>>;

    /// Commits it. After an error of the class [`FailureClass::Infrastructure`] its outcome is unknown.
    fn commit(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>>;

    /// Rolls it back.
    fn rollback(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>>;

    /// The largest statement that this connection takes, in bytes: it keeps what the server's limit was when it was
    /// made.
    fn statement_bytes(&self, database: &dyn Database) -> usize {
        database.max_statement_bytes()
    }
}

/// What to do with each row.
pub(crate) type EachRow<'s> =
    &'s mut (dyn FnMut(&mut dyn RowReader) -> Result<(), ColumnError> + Send);

/// Why a query did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Column(#[from] ColumnError),
}

/// For queries of the library's own tables, which hold what they should.
impl From<SelectError> for DatabaseError {
    fn from(error: SelectError) -> Self {
        match error {
            SelectError::Database(error) => error,
            SelectError::Column(problem) => Self::new(
                FailureClass::Schema,
                format!("a table of the library's own {problem}"),
            ),
        }
    }
}

/// What a statement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Rows inserted, deleted, or found for an update (also where nothing changed in them).
    pub(crate) rows: u64,
    /// What AUTO_INCREMENT made, of the first row; else 0.
    pub(crate) last_insert_id: u64,
}

/// What stands behind the columns of the library's own tables: transactions, and every text there is,
/// whatever the database's own character set.
fn own_table_options(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::MySql | Dialect::MariaDb => " ENGINE=InnoDB CHARACTER SET utf8mb4",
        Dialect::Sqlite => "",
    }
}
