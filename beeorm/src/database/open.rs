use std::{sync::Arc, time::Duration};

use super::{Database, DatabaseError, FailureClass};
use crate::runtime::Runtime;

/// What a database is opened with.
#[derive(Clone)]
#[cfg_attr(
    not(feature = "mysql"),
    allow(
        dead_code,
        reason = "what databases that are built without say and need"
    )
)]
pub(crate) struct OpenOptions {
    /// `mysql://`, `mariadb://` or `sqlite://`; holds a password, so it is never shown.
    pub(crate) url: String,
    /// Connections for callers at most, and as many again for the consumer.
    pub(crate) max_connections: u32,
    /// How long to wait for a connection: a new one, or one in use.
    pub(crate) connect_timeout: Duration,
    /// The character set of the tables; connections speak utf8mb4 whatever it is.
    pub(crate) encoding: Option<String>,
    /// The collation of the tables, for the connection too where the encoding is utf8mb4.
    pub(crate) collate: Option<String>,
    /// Tells how long a connection has been idle.
    pub(crate) runtime: Runtime,
}

#[cfg(all(test, feature = "embedded"))]
impl OpenOptions {
    /// A database of a test's own.
    pub(crate) fn in_memory(runtime: Runtime) -> Self {
        Self {
            url: "sqlite://memory".to_owned(),
            max_connections: 1,
            connect_timeout: Duration::from_secs(10),
            encoding: None,
            collate: None,
            runtime,
        }
    }
}

/// Opens the database that the URL's scheme names, and makes sure that it answers.
pub(crate) async fn open(options: &OpenOptions) -> Result<Arc<dyn Database>, DatabaseError> {
    let scheme = options.url.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme {
        #[cfg(feature = "mysql")]
        "mysql" | "mariadb" => super::mysql::open(options).await,
        #[cfg(not(feature = "mysql"))]
        "mysql" | "mariadb" => Err(refused("beeorm was built without its feature `mysql`")),
        #[cfg(feature = "embedded")]
        "sqlite" => super::sqlite::open(options).await,
        #[cfg(not(feature = "embedded"))]
        "sqlite" => Err(refused("beeorm was built without its feature `embedded`")),
        // What is before the first colon may be a user's name: it is not repeated.
        _ => Err(refused(
            "the URL of a database begins with mysql://, mariadb:// or sqlite://, as in \
             mysql://user:password@host:3306/database",
        )),
    }
}

/// A URL or option that nothing can be opened with.
pub(super) fn refused(message: impl Into<String>) -> DatabaseError {
    DatabaseError::new(FailureClass::Unknown, message)
}
