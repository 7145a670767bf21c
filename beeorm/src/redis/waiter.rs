use std::{fmt, time::Duration};

use tokio::sync::Mutex;

use super::{
    Arguments, RedisError, Reply,
    own::{Beside, Own},
};

/// A connection of its own for blocking commands, one at a time; made when it is first needed.
pub(crate) struct Waiter {
    own: Own,
    connection: Mutex<Option<Beside>>,
}

impl Waiter {
    pub(super) fn new(own: Own) -> Self {
        Self {
            own,
            connection: Mutex::new(None),
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
        self.own.closed.check()?;
        // Taken out, so that a command that fails, or is given up, takes its connection with it: nothing
        // waits behind a command that still blocks.
        let beside = match kept.take().filter(|beside| self.own.is_current(beside)) {
            Some(beside) => beside,
            None => self.own.open().await?,
        };
        let timeout = blocks.saturating_add(self.own.options.command_timeout);
        let answer = beside.connection.send(name, arguments, timeout).await;
        let error = answer.as_ref().err();
        if error.is_none_or(RedisError::is_this_server_still) {
            *kept = Some(beside);
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
            .field("options", &self.own.options)
            .finish_non_exhaustive()
    }
}
