//! MySQL 8.0 and later, MariaDB 10.6 and later.

mod binary_log;
mod bind;
mod codes;
mod failure;
mod options;
mod pool;
mod read;
mod session;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use sqlx::{Column, Connection, MySqlConnection, Row, mysql::MySqlTypeInfo};

use self::{
    binary_log::BinaryLog,
    failure::{explain, failure},
    options::{STATEMENTS, connect_options, table_charset},
    pool::{Pool, PoolOptions},
    session::MySqlSession,
};
use super::{
    Database, DatabaseError, Dialect, FailureClass, OpenOptions, Purpose, SeenTables, Session,
    open::refused,
};

/// Whatever the server's own settings are: a value that does not fit is an error and never cut, a statement by itself
/// is a transaction, COMMIT ends one and begins none, no mode gives texts or the grammar another meaning, a statement
/// finds all of its rows and is not refused for how it may have to find them, and references and unique values are looked at.
const OWN_SETTINGS: &str = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,\
     NO_ENGINE_SUBSTITUTION', SESSION autocommit = 1, SESSION completion_type = 0, \
     SESSION sql_select_limit = 18446744073709551615, SESSION sql_safe_updates = 0, SESSION sql_big_selects = 1, \
     SESSION foreign_key_checks = 1, SESSION unique_checks = 1 /*M! , SESSION check_constraint_checks = 1 */";

/// How long a caller's connection may lie idle.
const CALLER_IDLE: Duration = Duration::from_secs(600);

/// Consumers wait briefly for locks, and lose a connection on which they stop speaking, so that
/// whoever comes after a stopped one waits seconds for its locks.
const CONSUMER: [&str; 3] = [
    OWN_SETTINGS,
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = 5, SESSION lock_wait_timeout = 5, SESSION wait_timeout = 15",
];

/// Below the consumer's `wait_timeout`, so that no connection is taken that the server is about to close.
const CONSUMER_IDLE: Duration = Duration::from_secs(10);

struct MySqlDatabase {
    dialect: Dialect,
    version: String,
    max_statement_bytes: Arc<AtomicUsize>,
    table_charset: String,
    seen_tables: SeenTables,
    /// The type of its decimals.
    decimal: MySqlTypeInfo,
    caller: Arc<Pool>,
    consumer: Arc<Pool>,
}

/// Connects once, to say at once what is wrong, and to learn what the server is.
pub(crate) async fn open(options: &OpenOptions) -> Result<Arc<dyn Database>, DatabaseError> {
    let (connect, table_charset) = (connect_options(options)?, table_charset(options)?);
    let max_statement_bytes = Arc::new(AtomicUsize::new(0));
    let prepared = Arc::new(AtomicUsize::new(STATEMENTS));
    let pool = |setup: &'static [&'static str], max_idle| {
        Pool::new(PoolOptions {
            connect: connect.clone(),
            setup,
            max_connections: options.max_connections,
            max_idle,
            timeout: options.connect_timeout,
            runtime: options.runtime.clone(),
            max_statement_bytes: Arc::clone(&max_statement_bytes),
            prepared: Arc::clone(&prepared),
        })
    };
    let (caller, consumer) = (
        pool(&[OWN_SETTINGS], CALLER_IDLE),
        pool(&CONSUMER, CONSUMER_IDLE),
    );
    let mut connection = caller.connect().await?.connection;
    let about = About::ask(&mut connection)
        .await
        .map_err(|error| explain(failure(error), &connect))?;
    let binary_log = BinaryLog::ask(&mut connection)
        .await
        .map_err(|error| explain(failure(error), &connect))?;
    // What it says of a polite farewell is of no interest.
    let _ = connection.close().await;
    if !about.strict {
        tracing::warn!(
            version = about.version,
            "the server's sql_mode is not strict: beeorm's own connections are, other clients' may cut values"
        );
    }
    if binary_log.refuses_read_committed() {
        return Err(refused(
            "the server writes its binary log with binlog_format = STATEMENT, and so refuses what the background consumer \
             writes under READ COMMITTED (error 1665): SET GLOBAL binlog_format = 'ROW', and in the server's own \
             configuration too",
        ));
    }
    let maria = about.version.to_ascii_lowercase().contains("mariadb");
    Ok(Arc::new(MySqlDatabase {
        dialect: if maria {
            Dialect::MariaDb
        } else {
            Dialect::MySql
        },
        version: about.version,
        max_statement_bytes,
        table_charset,
        seen_tables: SeenTables::default(),
        decimal: about.decimal,
        caller,
        consumer,
    }))
}

/// What the server says of itself.
struct About {
    version: String,
    strict: bool,
    decimal: MySqlTypeInfo,
}

impl About {
    async fn ask(connection: &mut MySqlConnection) -> Result<Self, sqlx::Error> {
        let sql = "SELECT CAST(VERSION() AS CHAR), CAST(@@GLOBAL.sql_mode AS CHAR), \
                   CAST(0 AS DECIMAL(1, 0))";
        let row = sqlx::query(sql).fetch_one(connection).await?;
        let sql_mode: String = row.try_get(1)?;
        Ok(Self {
            version: row.try_get(0)?,
            strict: sql_mode.contains("STRICT_TRANS_TABLES")
                || sql_mode.contains("STRICT_ALL_TABLES"),
            decimal: row.try_column(2)?.type_info().clone(),
        })
    }
}

impl Database for MySqlDatabase {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn max_statement_bytes(&self) -> usize {
        self.max_statement_bytes.load(Ordering::Relaxed)
    }

    fn table_charset(&self) -> &str {
        &self.table_charset
    }

    fn seen_tables(&self) -> Option<&SeenTables> {
        Some(&self.seen_tables)
    }

    fn session(&self, purpose: Purpose) -> BoxFuture<'_, Result<Box<dyn Session>, DatabaseError>> {
        let pool = match purpose {
            Purpose::Caller => &self.caller,
            Purpose::Consumer => &self.consumer,
        };
        Box::pin(async move {
            DatabaseError::unless_entered()?;
            let lease = pool.lease().await?;
            Ok(Box::new(MySqlSession::new(lease, self.decimal.clone())) as Box<dyn Session>)
        })
    }

    fn forget_connections(&self) {
        self.consumer.forget_idle();
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.caller.close().await;
            self.consumer.close().await;
        })
    }
}

impl fmt::Debug for MySqlDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlDatabase")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A failure that only we can see.
fn lost(message: impl Into<String>) -> DatabaseError {
    DatabaseError::new(FailureClass::Infrastructure, message)
}
