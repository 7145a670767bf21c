use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use fred::types::config::Config;

use super::{
    Arguments, FsyncWriter, Guarded, RedisError, RedisOptions, Reply, Waiter, closed::Closed,
    connection::Connection, generation::Generation, own::Own, url,
};

/// A pool's client: cheap commands from any number of tasks, over one connection.
pub(crate) struct Client {
    options: RedisOptions,
    config: Config,
    connection: RwLock<Arc<Connection>>,
    generation: Arc<Generation>,
    closed: Closed,
}

/// Connects to the pool's server.
pub(crate) async fn open(options: &RedisOptions) -> Result<Client, RedisError> {
    let config = url::config(&options.url)?;
    let connection = Connection::open(&config, options).await?;
    Ok(Client {
        options: options.clone(),
        config,
        generation: Arc::new(Generation::of(&connection)),
        connection: RwLock::new(Arc::new(connection)),
        closed: Closed::default(),
    })
}

impl Client {
    pub(crate) fn pool(&self) -> &str {
        &self.options.pool
    }

    /// The name with the pool's namespace before it.
    pub(crate) fn key(&self, name: &str) -> String {
        match &self.options.namespace {
            Some(namespace) => format!("{namespace}:{name}"),
            None => name.to_owned(),
        }
    }

    /// Sends a command once.
    pub(crate) async fn command(
        &self,
        name: &'static str,
        arguments: Arguments,
    ) -> Result<Reply, RedisError> {
        self.closed.check()?;
        let connection = Arc::clone(
            &self
                .connection
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let answer = connection
            .send(name, arguments, self.options.command_timeout)
            .await;
        match &answer {
            // A peer that vanished without a word is noticed by nothing else for a quarter of an hour; a server
            // that became a replica does not always hang up; and what was given up must not be sent later.
            Err(RedisError::TimedOut) => self.replace(&connection),
            Err(error @ RedisError::Refused(_)) if !error.is_this_server_still() => {
                self.replace(&connection);
            }
            _ => {}
        }
        answer
    }

    /// Connects anew, unless somebody did so already. What else is under way on the old connection is lost.
    fn replace(&self, old: &Arc<Connection>) {
        let mut current = self
            .connection
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if !self.closed.is_set()
            && Arc::ptr_eq(&current, old)
            && let Ok(new) = Connection::start(&self.config, &self.options)
        {
            tracing::warn!(
                pool = self.options.pool,
                "the connection is given up and made anew"
            );
            old.cut();
            self.generation.replace(&new);
            *current = Arc::new(new);
        }
    }

    /// Another number whenever the connection was made anew: the server may be another one since.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.current()
    }

    /// What connections beside this one need.
    fn own(&self) -> Own {
        Own {
            options: self.options.clone(),
            config: self.config.clone(),
            generation: Arc::clone(&self.generation),
            closed: self.closed.clone(),
        }
    }

    /// For blocking commands, which would hold up every other one on the connection.
    pub(crate) fn waiter(&self) -> Waiter {
        Waiter::new(self.own())
    }

    /// For writes that are waited for until they are on disk.
    pub(crate) fn fsync_writer(&self) -> FsyncWriter {
        FsyncWriter::new(self.own())
    }

    /// For commands that take effect only while a field of a hash has a certain value.
    pub(crate) fn guarded(&self) -> Guarded {
        Guarded::new(self.own())
    }

    /// Whether it was closed: what was under way may have failed on account of that.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_set()
    }

    pub(crate) async fn close(&self) {
        self.closed.set();
        let connection = Arc::clone(
            &self
                .connection
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        );
        connection.close(Duration::from_secs(1)).await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
