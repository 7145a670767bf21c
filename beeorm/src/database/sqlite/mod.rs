//! SQLite, in a file or in memory: no server needed.
//!
//! One connection serves all sessions in turn, in the order they asked: a single writer needs no
//! locks, sees what everybody else sees, and is never told that the database is busy.
//!
//! What MySQL holds and SQLite does not is stored otherwise (see [`types`]); text is compared by its
//! bytes, so that 'bee' and 'BEE' are two values of a unique index.

mod bind;
mod failure;
mod read;
mod session;
mod types;

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::{sync::Mutex, time::timeout};

pub(crate) use self::types::{sqlite_index, sqlite_type};
use self::{failure::failure, session::SqliteSession};
use super::{
    Database, DatabaseError, Dialect, FailureClass, OpenOptions, Purpose, Session, open::refused,
};

/// Statements kept prepared.
const STATEMENTS: usize = 1000;

/// How long another process may hold the file before a statement fails with `SQLITE_BUSY`.
const BUSY: Duration = Duration::from_secs(5);

/// What the bundled SQLite takes.
const MAX_STATEMENT_BYTES: usize = 1_000_000_000;

struct SqliteDatabase {
    version: String,
    timeout: Duration,
    /// None once it is closed.
    connection: Arc<Mutex<Option<SqliteConnection>>>,
}

/// Opens the file, which is made if it is not there, or a new database in memory.
pub(crate) async fn open(options: &OpenOptions) -> Result<Arc<dyn Database>, DatabaseError> {
    let path = path(&options.url)?;
    let connect = SqliteConnectOptions::new()
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        .busy_timeout(BUSY)
        .disable_statement_logging();
    let connect = match &path {
        None => connect.in_memory(true),
        Some(path) => connect
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full),
    };
    let explain = |error| {
        let error = failure(error);
        const CANNOT_OPEN: u32 = 14;
        let advice = match error.code() {
            Some(code) if code & 0xff == CANNOT_OPEN => {
                "; its folder has to be there, and this program needs the right to write to it"
            }
            _ => "",
        };
        let message = format!(
            "cannot open the database {}: {}{advice}",
            path.as_deref().unwrap_or("in memory"),
            error.message()
        );
        DatabaseError::new(error.class(), message).with_code(error.code(), None)
    };
    let mut connection = connect.connect().await.map_err(explain)?;
    // The second asks for something of the file itself: a file that is no database is refused here.
    let sql = "SELECT sqlite_version(), (SELECT COUNT(*) FROM sqlite_schema)";
    let row = sqlx::query(sql)
        .fetch_one(&mut connection)
        .await
        .map_err(explain)?;
    let version: String = row.try_get(0).map_err(explain)?;
    Ok(Arc::new(SqliteDatabase {
        version: format!("SQLite {version}"),
        timeout: options.connect_timeout,
        connection: Arc::new(Mutex::new(Some(connection))),
    }))
}

/// The file, or None for memory.
fn path(url: &str) -> Result<Option<String>, DatabaseError> {
    let rest = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = rest.strip_prefix("//").unwrap_or(rest);
    match path {
        "memory" | ":memory:" => Ok(None),
        "" => Err(refused(
            "the URL names no file: sqlite://app.db, sqlite:///var/lib/app/app.db or sqlite://memory",
        )),
        _ if path.contains('?') => {
            Err(refused("the URL of an SQLite database takes no parameters"))
        }
        _ => Ok(Some(decode(path))),
    }
}

/// A name as URLs spell it; one that is no text then stays as it is.
pub(crate) fn decode(path: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8();
    decoded.map_or_else(|_| path.to_owned(), std::borrow::Cow::into_owned)
}

impl Database for SqliteDatabase {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn max_statement_bytes(&self) -> usize {
        MAX_STATEMENT_BYTES
    }

    fn session(&self, _: Purpose) -> BoxFuture<'_, Result<Box<dyn Session>, DatabaseError>> {
        Box::pin(async move {
            DatabaseError::unless_entered()?;
            let waiting = timeout(self.timeout, Arc::clone(&self.connection).lock_owned());
            let connection = waiting.await.map_err(|_| {
                DatabaseError::new(
                    FailureClass::Contention,
                    format!(
                        "another session held the embedded database for {:?}; it serves one at a time, so \
                         nobody may wait for a second session while holding one",
                        self.timeout
                    ),
                )
            })?;
            if connection.is_none() {
                return Err(DatabaseError::closed());
            }
            Ok(Box::new(SqliteSession::new(connection)) as Box<dyn Session>)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // Closing writes the log back into the file.
            if let Some(connection) = self.connection.lock().await.take() {
                let _ = connection.close().await;
            }
        })
    }
}

impl fmt::Debug for SqliteDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteDatabase")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_a_file_or_memory() {
        let path = |url| path(url).map_err(|error| error.message().to_owned());
        let file = |name: &str| Ok(Some(name.to_owned()));
        assert_eq!(path("sqlite://app.db"), file("app.db"));
        assert_eq!(path("sqlite://my%20app+1.db"), file("my app+1.db"));
        assert_eq!(path("sqlite://100%.db"), file("100%.db"));
        assert_eq!(path("sqlite:app.db"), file("app.db"));
        assert_eq!(path("sqlite:///tmp/app.db"), file("/tmp/app.db"));
        for memory in ["sqlite://memory", "sqlite::memory:", "sqlite://:memory:"] {
            assert_eq!(path(memory), Ok(None));
        }
        assert!(path("sqlite://").is_err());
        assert!(path("sqlite://app.db?mode=ro").is_err());
    }
}
