use std::{fmt, time::Duration};

use fred::types::config::Config;
use tokio::sync::Mutex;

use super::{Arguments, RedisError, RedisOptions, Reply, closed::Closed, connection::Connection};

/// A connection of its own for blocking commands, one at a time; made when it is first needed.
pub(crate) struct Waiter {
    options: RedisOptions,
    config: Config,
    connection: Mutex<Option<Connection>>,
    closed: Closed,
}

impl Waiter {
    pub(super) fn new(options: RedisOptions, config: Config, closed: Closed) -> Self {
        Self {
            options,
            config,
            connection: Mutex::new(None),
            closed,
        }
    }

    /// Sends a command that blocks for at most this long.
    pub(crate) async fn command(
        &self,
        name: &'static str,
        arguments: Arguments,
        blocks: Duration,
    ) -> Result<Reply, RedisError> {
        let mut kept = self.connection.lock().await;
        self.closed.check()?;
        // Taken out, so that a command that fails, or is given up, takes its connection with it: nothing
        // waits behind a command that still blocks.
        let connection = match kept.take() {
            Some(connection) => connection,
            None => Connection::open(&self.config, &self.options).await?,
        };
        let timeout = blocks.saturating_add(self.options.command_timeout);
        let answer = connection.send(name, arguments, timeout).await;
        let error = answer.as_ref().err();
        if error.is_none_or(RedisError::is_this_server_still) {
            *kept = Some(connection);
        }
        answer
    }

    pub(crate) async fn close(&self) {
        // One that still blocks is closed by whoever gives up waiting.
        if let Ok(mut kept) = self.connection.try_lock() {
            *kept = None;
        }
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
