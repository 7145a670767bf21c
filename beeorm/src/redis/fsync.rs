use std::{
    fmt, mem,
    pin::pin,
    sync::{Mutex as SyncMutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use tokio::sync::{Mutex, oneshot};

use super::{
    Arguments, RedisError, Reply,
    in_order::in_order,
    own::{Beside, Own},
};

/// Writes that are waited for until they are on disk, over a connection of their own.
///
/// `WAITAOF` tells of what was written before it on its own connection, and holds up what is behind it until the
/// next fsync, for up to a second. So writers go in rounds: all that came while one round waited is sent at once,
/// with one `WAITAOF` behind it, in one round trip.
pub(crate) struct FsyncWriter {
    own: Own,
    next_round: SyncMutex<Vec<Write>>,
    /// Held by whoever leads a round. Never one that connects again: behind a break, another server, or the same
    /// one without its last writes, would call them safe.
    connection: Mutex<Option<Beside>>,
}

struct Write {
    command: &'static str,
    arguments: Arguments,
    replicas: u32,
    timeout: Duration,
    answer: oneshot::Sender<Result<Written, RedisError>>,
}

/// A write that the server has done.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) reply: Reply,
    /// How many disks confirmed it: the server's own (0 or 1), and those of its replicas.
    pub(crate) synced: Result<(u64, u64), RedisError>,
}

impl FsyncWriter {
    pub(super) fn new(own: Own) -> Self {
        Self {
            own,
            next_round: SyncMutex::default(),
            connection: Mutex::new(None),
        }
    }

    /// Connects where there is no connection.
    pub(crate) async fn prepare(&self) -> Result<(), RedisError> {
        let mut kept = self.connection.lock().await;
        let connection = self.connected(kept.take()).await?;
        *kept = Some(connection);
        Ok(())
    }

    /// Sends a write, and waits at most this long until the server's disk has it, and those of so many replicas.
    pub(crate) async fn write(
        &self,
        command: &'static str,
        arguments: Arguments,
        replicas: u32,
        timeout: Duration,
    ) -> Result<Written, RedisError> {
        let (answer, answered) = oneshot::channel();
        self.next_round().push(Write {
            command,
            arguments,
            replicas,
            timeout,
            answer,
        });
        let lost = |_| Err(RedisError::Lost("the round was given up".to_owned()));
        // Whoever gets the connection leads a round for all that wait; an answer comes first.
        let answered = match select(answered, pin!(self.connection.lock())).await {
            Either::Left((answer, _)) => return answer.unwrap_or_else(lost),
            Either::Right((mut kept, answered)) => {
                let writes = mem::take(&mut *self.next_round());
                // Taken out: a round that fails, or is given up, takes its connection with it.
                let connection = kept.take();
                *kept = self.round(connection, writes).await;
                answered
            }
        };
        answered.await.unwrap_or_else(lost)
    }

    fn next_round(&self) -> MutexGuard<'_, Vec<Write>> {
        self.next_round
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the writes and answers them; gives the connection back where it is sound.
    async fn round(&self, kept: Option<Beside>, writes: Vec<Write>) -> Option<Beside> {
        let beside = match self.connected(kept).await {
            Ok(beside) => beside,
            Err(error) => {
                for write in writes {
                    // Nobody may be waiting any more.
                    let _ = write.answer.send(Err(error.clone()));
                }
                return None;
            }
        };
        let replicas = writes.iter().map(|write| write.replicas).max();
        let timeout = writes
            .iter()
            .map(|write| write.timeout)
            .max()
            .unwrap_or_default();
        let wait = Arguments::new()
            .text(1)
            .text(replicas.unwrap_or_default())
            // None at all would be for ever.
            .text(timeout.as_millis().max(1));
        let (commands, answers): (Vec<_>, Vec<_>) = writes
            .into_iter()
            .map(|write| ((write.command, write.arguments), write.answer))
            .unzip();
        let patience = self.own.options.command_timeout;
        let connection = &beside.connection;
        let sends = commands
            .into_iter()
            .map(|(command, arguments)| connection.send(command, arguments, patience).boxed())
            .chain([connection
                .send("WAITAOF", wait, patience.saturating_add(timeout))
                .boxed()]);
        let mut replies = in_order(sends).await;
        let is_sound = replies.iter().all(|reply| {
            reply
                .as_ref()
                .err()
                .is_none_or(RedisError::is_this_server_still)
        });
        let synced = replies
            .pop()
            .unwrap_or(Err(RedisError::Unexpected("as many answers as commands")))
            .and_then(counts);
        for (answer, reply) in answers.into_iter().zip(replies) {
            let synced = synced.clone();
            let written = match reply {
                Ok(reply) => Ok(Written { reply, synced }),
                // Of a connection that was sound a moment ago: what it took with it is not for certain nothing.
                Err(RedisError::NotSent(reason)) => Err(RedisError::Lost(reason)),
                Err(error) => Err(error),
            };
            // Nobody may be waiting any more.
            let _ = answer.send(written);
        }
        is_sound.then_some(beside)
    }

    /// The connection that is kept, or a new one; its server can tell when a write is on disk.
    async fn connected(&self, kept: Option<Beside>) -> Result<Beside, RedisError> {
        self.own.closed.check()?;
        let is_usable = |kept: &Beside| kept.connection.is_connected() && self.own.is_current(kept);
        if let Some(kept) = kept.filter(is_usable) {
            return Ok(kept);
        }
        let beside = self.own.open_once().await?;
        // Nothing was written on it, so there is nothing to wait for: whoever cannot do it says so before it has
        // anything to do it with.
        let wait = Arguments::new().text(1).text(0).text(1);
        let asked = beside
            .connection
            .send("WAITAOF", wait, self.own.options.command_timeout)
            .await;
        match asked {
            Ok(_) => Ok(beside),
            Err(RedisError::Refused(reason)) if !is_of_a_moment(&reason) => {
                Err(RedisError::NoFsync(reason))
            }
            Err(error) => Err(RedisError::NotSent(error.to_string())),
        }
    }

    pub(crate) async fn close(&self) {
        // One whose round is under way is closed by its leader's end.
        if let Ok(mut kept) = self.connection.try_lock() {
            *kept = None;
        }
    }
}

/// Whether a server refuses for what it is just now: one that loads, or became a replica.
fn is_of_a_moment(refusal: &str) -> bool {
    let begins = |code: &&str| refusal.starts_with(*code);
    let codes = ["LOADING", "MASTERDOWN", "READONLY", "UNBLOCKED", "BUSY "];
    codes.iter().any(begins) || refusal.contains("replica instances")
}

fn counts(reply: Reply) -> Result<(u64, u64), RedisError> {
    let [local, replicas] = reply.into_items()?;
    Ok((local.into_count()?, replicas.into_count()?))
}

impl fmt::Debug for FsyncWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FsyncWriter")
            .field("options", &self.own.options)
            .finish_non_exhaustive()
    }
}
