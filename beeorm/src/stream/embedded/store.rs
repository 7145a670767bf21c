use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, Notify};

use super::{failure::Failures, location::Location, state::State};
use crate::{
    database::{self, Database, OpenOptions, Purpose, Session},
    runtime::Runtime,
    stream::StreamError,
};

const TABLES: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS `_beeorm_stream_entry` (`stream` TEXT NOT NULL, `millis` INTEGER NOT NULL, \
     `sequence` INTEGER NOT NULL, `frames` BLOB NOT NULL, PRIMARY KEY (`stream`, `millis`, `sequence`))",
    // Up to where entries were delivered.
    "CREATE TABLE IF NOT EXISTS `_beeorm_stream_group` (`stream` TEXT NOT NULL PRIMARY KEY, \
     `millis` INTEGER NOT NULL, `sequence` INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS `_beeorm_stream_aside` (`stream` TEXT NOT NULL, `millis` INTEGER NOT NULL, \
     `sequence` INTEGER NOT NULL, `original_millis` INTEGER NOT NULL, `original_sequence` INTEGER NOT NULL, \
     `reason` TEXT NOT NULL, `frames` BLOB NOT NULL, PRIMARY KEY (`stream`, `millis`, `sequence`))",
];

/// The streams of one pool: a file, or memory.
pub(crate) struct Store {
    pool: String,
    in_memory: bool,
    database: Arc<dyn Database>,
    runtime: Runtime,
    /// An append took place, in any of the streams.
    pub(super) appended: Notify,
    /// None once it is closed. Taken before a session, never after.
    state: Mutex<Option<State>>,
}

/// Opens `embedded://memory` or `embedded://path`, for this pool alone.
pub(crate) async fn open(
    pool: &str,
    url: &str,
    runtime: Runtime,
) -> Result<Arc<Store>, StreamError> {
    let failures = Failures { pool };
    let refused = |reason| StreamError::Refused {
        pool: pool.to_owned(),
        reason,
    };
    let location = Location::of(url).map_err(refused)?;
    let lock = location.lock().map_err(refused)?;
    let options = OpenOptions {
        url: location.database(),
        max_connections: 1,
        connect_timeout: Duration::from_secs(30),
        encoding: None,
        collate: None,
        runtime: runtime.clone(),
    };
    let database = database::open(&options)
        .await
        .map_err(|error| failures.failed(&error))?;
    let store = Store {
        pool: pool.to_owned(),
        in_memory: matches!(location, Location::Memory),
        database,
        runtime,
        appended: Notify::new(),
        state: Mutex::new(Some(State::new(lock))),
    };
    let mut session = store.session().await?;
    for table in TABLES {
        session
            .execute(table, &[])
            .await
            .map_err(|error| failures.failed(&error))?;
    }
    drop(session);
    Ok(Arc::new(store))
}

impl Store {
    pub(super) fn pool(&self) -> &str {
        &self.pool
    }

    pub(super) fn is_in_memory(&self) -> bool {
        self.in_memory
    }

    pub(super) fn now_millis(&self) -> u64 {
        self.runtime.now_millis()
    }

    pub(super) async fn session(&self) -> Result<Box<dyn Session>, StreamError> {
        let session = self.database.session(Purpose::Caller).await;
        session.map_err(|error| Failures { pool: &self.pool }.failed(&error))
    }

    pub(super) async fn state(&self) -> Result<MappedMutexGuard<'_, State>, StreamError> {
        MutexGuard::try_map(self.state.lock().await, Option::as_mut).map_err(|_| {
            StreamError::Closed {
                pool: self.pool.clone(),
            }
        })
    }

    pub(super) async fn close(&self) {
        let mut state = self.state.lock().await;
        self.database.close().await;
        // Only now may somebody else open the file.
        *state = None;
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("pool", &self.pool)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
