use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, MySqlConnection, mysql::MySqlConnectOptions,
    query_as, raw_sql,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    super::DatabaseError,
    failure::{explain, failure, server},
    lost,
};
use crate::runtime::Runtime;

/// A connection that was good this short a time ago is taken without asking it again. An older one is
/// asked, which costs 80 µs: what the server or a firewall closed meanwhile is no error of the caller's.
const TRUSTED: Duration = Duration::from_millis(100);

/// How long a connection may take to say that it is alive before it is given up as half open.
const PATIENCE: Duration = Duration::from_secs(2);

/// However few a server takes: preparing and closing one costs 40 ms.
const FEWEST_PREPARED: usize = 4;

pub(super) struct PoolOptions {
    pub(super) connect: MySqlConnectOptions,
    /// What is run on each new connection.
    pub(super) setup: &'static [&'static str],
    pub(super) max_connections: u32,
    pub(super) max_idle: Duration,
    /// For a new connection, and for one that is in use to become free.
    pub(super) timeout: Duration,
    pub(super) runtime: Runtime,
    /// What the server last said of `max_allowed_packet`.
    pub(super) max_statement_bytes: Arc<AtomicUsize>,
    /// How many statements a new connection keeps prepared.
    pub(super) prepared: Arc<AtomicUsize>,
}

/// Connections, the last used one first.
///
/// Unlike the driver's pool it asks no connection before it is put back (a round trip for each use),
/// reports a refused connection at once, and gives up on half-open connections.
pub(super) struct Pool {
    options: PoolOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<VecDeque<Idle>>,
}

/// A connection, and what it knows of its server.
pub(super) struct Connected {
    pub(super) connection: MySqlConnection,
    /// What `max_allowed_packet` was when it was made: that is its own limit.
    statement_bytes: usize,
    /// The most statements that it keeps prepared.
    prepared: usize,
}

struct Idle {
    connection: Connected,
    /// By the runtime's monotonic clock.
    since: Duration,
}

impl Pool {
    pub(super) fn new(options: PoolOptions) -> Arc<Self> {
        let connections = usize::try_from(options.max_connections).unwrap_or(usize::MAX);
        let permits = Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS)));
        Arc::new(Self {
            options,
            permits,
            idle: Mutex::default(),
        })
    }

    /// A new connection, which belongs to nobody.
    pub(super) async fn connect(&self) -> Result<Connected, DatabaseError> {
        let connecting = async {
            let prepared = self.options.prepared.load(Ordering::Relaxed);
            let options = self.options.connect.clone();
            let options = options.statement_cache_capacity(prepared);
            let mut connection = options.connect().await?;
            for statement in self.options.setup {
                raw_sql(AssertSqlSafe(*statement))
                    .execute(&mut connection)
                    .await?;
            }
            let (bytes,): (u64,) = query_as("SELECT CAST(@@max_allowed_packet AS UNSIGNED)")
                .fetch_one(&mut connection)
                .await?;
            let statement_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            self.options
                .max_statement_bytes
                .store(statement_bytes, Ordering::Relaxed);
            Ok(Connected {
                connection,
                statement_bytes,
                prepared,
            })
        };
        let connected = match timeout(self.options.timeout, connecting).await {
            Ok(connected) => connected.map_err(failure),
            Err(_) => Err(lost(format!("no answer within {:?}", self.options.timeout))),
        };
        connected.map_err(|error| explain(error, &self.options.connect))
    }

    /// A connection that lives, an idle one or a new one.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, DatabaseError> {
        let permit = match timeout(
            self.options.timeout,
            Arc::clone(&self.permits).acquire_owned(),
        )
        .await
        {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(DatabaseError::closed()),
            Err(_) => {
                return Err(lost(format!(
                    "all {} connections of the pool were in use for {:?}; allow more, or hold them for less long",
                    self.options.max_connections, self.options.timeout
                )));
            }
        };
        while let Some(Idle {
            mut connection,
            since,
        }) = self.take()
        {
            let trusted = self.idle_for(since) < TRUSTED;
            if trusted
                || matches!(
                    timeout(PATIENCE, connection.connection.ping()).await,
                    Ok(Ok(()))
                )
            {
                return Ok(Lease {
                    connection: Some(connection),
                    pool: Arc::clone(self),
                    _permit: permit,
                });
            }
        }
        let connection = self.connect().await?;
        Ok(Lease {
            connection: Some(connection),
            pool: Arc::clone(self),
            _permit: permit,
        })
    }

    fn idle_for(&self, since: Duration) -> Duration {
        self.options.runtime.monotonic().saturating_sub(since)
    }

    fn take(&self) -> Option<Idle> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = idle.pop_back()?;
        if self.idle_for(newest.since) < self.options.max_idle {
            return Some(newest);
        }
        // The others have been idle for longer still.
        idle.clear();
        None
    }

    /// The server prepares no more statements: connections are to keep half as many as this one does.
    fn keep_fewer_prepared(&self, prepared: usize) {
        let fewer = (prepared / 2).max(FEWEST_PREPARED);
        let lowered = self.options.prepared.compare_exchange(
            prepared,
            fewer,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        self.forget_idle();
        if lowered.is_ok() && fewer < prepared {
            tracing::warn!(
                server = server(&self.options.connect),
                fewer,
                "the server keeps no more statements prepared, and each connection is to keep fewer, which is slower: \
                 raise its max_prepared_stmt_count"
            );
        }
    }

    /// Where the server is.
    fn server(&self) -> String {
        server(&self.options.connect)
    }

    /// Hangs up on those that nobody uses.
    pub(super) fn forget_idle(&self) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn give_back(&self, mut connection: Connected) {
        let most = self.options.prepared.load(Ordering::Relaxed);
        if self.permits.is_closed() || connection.prepared > most {
            return;
        }
        connection.connection.shrink_buffers();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while idle
            .front()
            .is_some_and(|oldest| self.idle_for(oldest.since) >= self.options.max_idle)
        {
            idle.pop_front();
        }
        idle.push_back(Idle {
            connection,
            since: self.options.runtime.monotonic(),
        });
    }

    /// Closes the idle connections, and those in use as they come back.
    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for Idle { connection, .. } in idle {
            let _ = timeout(PATIENCE, connection.connection.close()).await;
        }
    }
}

/// A connection out of the pool; when dropped it is closed unless it was put back.
pub(super) struct Lease {
    connection: Option<Connected>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// The connection, unless it was discarded.
    pub(super) fn connection(&mut self) -> Option<&mut MySqlConnection> {
        self.connection
            .as_mut()
            .map(|connected| &mut connected.connection)
    }

    /// The largest statement that it takes; none once it was discarded.
    pub(super) fn statement_bytes(&self) -> Option<usize> {
        self.connection
            .as_ref()
            .map(|connected| connected.statement_bytes)
    }

    /// Where the server is.
    pub(super) fn server(&self) -> String {
        self.pool.server()
    }

    /// The server prepares no more statements.
    pub(super) fn keep_fewer_prepared(&self) {
        if let Some(connected) = &self.connection {
            self.pool.keep_fewer_prepared(connected.prepared);
        }
    }

    /// Hangs up: the server rolls back what is open and lets go of its locks.
    pub(super) fn discard(&mut self) {
        self.connection = None;
    }

    /// Lets others have the connection.
    pub(super) fn put_back(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(connection);
        }
    }
}
