use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::sync::Mutex;

use super::{
    Arguments, RedisError, Reply, Script,
    in_order::in_order,
    own::{Beside, Own},
    script::Server,
};

/// Commands that take effect only while a field of a hash has a certain value, and without a script, which takes a
/// multiple of a command's own time to hand a large answer on. They have a connection of their own, which never connects
/// again: what was read on it and what is done on it later meet the same server.
///
/// The hash is watched, so that the server refuses a transaction where it was written since. It is watched and read for
/// the next command in the round trip of the one before: each takes one round trip, as a rule.
pub(crate) struct Guarded {
    own: Own,
    kept: Mutex<Option<Kept>>,
    /// How many connections there have been.
    connections: AtomicU64,
}

struct Kept {
    beside: Beside,
    /// Which of the connections it is.
    number: u64,
    /// The field's value, since when the hash is watched; none where it is not.
    seen: Option<Reply>,
    patience: Duration,
}

/// What must hold for a command to take effect.
pub(crate) struct Guard<'a> {
    pub(crate) key: &'a str,
    pub(crate) field: &'static str,
    pub(crate) value: &'a [u8],
}

/// What became of a guarded command.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// It took effect, on the connection of this number.
    Done(Reply, u64),
    /// The field has another value.
    Barred,
    /// The hash was written each time.
    Disturbed,
    /// The command itself was refused before it was executed, and no transaction.
    Refused(RedisError),
    /// The server takes no further connection, say: nothing was sent.
    Unconnected(RedisError),
}

/// The hash is written rarely.
const ATTEMPTS: usize = 3;

impl Guarded {
    pub(super) fn new(own: Own) -> Self {
        Self {
            own,
            kept: Mutex::new(None),
            connections: AtomicU64::new(0),
        }
    }

    /// Sends a command.
    pub(crate) async fn command(
        &self,
        guard: Guard<'_>,
        name: &'static str,
        arguments: Arguments,
    ) -> Result<Attempt, RedisError> {
        let mut kept = self.kept.lock().await;
        self.own.closed.check()?;
        // Taken out: what fails, or is given up, takes its connection with it.
        let mut current = match kept.take().filter(|kept| self.is_usable(kept)) {
            Some(current) => current,
            None => match self.connect().await {
                Ok(current) => current,
                Err(error) => return Ok(Attempt::Unconnected(error)),
            },
        };
        let attempt = current.attempt(&guard, name, &arguments).await;
        let is_sound = match &attempt {
            Ok(Attempt::Refused(error)) => error.is_this_server_still(),
            // Behind another refusal a transaction may still be open, which would swallow what comes.
            attempt => attempt.is_ok(),
        };
        if is_sound {
            *kept = Some(current);
        }
        attempt
    }

    /// Runs a script on the connection of this number; none where that is gone.
    pub(crate) async fn script(
        &self,
        number: u64,
        script: &Script,
        keys: &[&str],
        arguments: Arguments,
    ) -> Result<Option<Reply>, RedisError> {
        let mut kept = self.kept.lock().await;
        self.own.closed.check()?;
        let is_it = |kept: &mut Kept| kept.number == number && self.is_usable(kept);
        let Some(current) = kept.take_if(is_it) else {
            return Ok(None);
        };
        let answer = script.run(&current, keys, arguments).await;
        if is_sound(&answer) {
            *kept = Some(current);
        }
        answer.map(Some)
    }

    async fn connect(&self) -> Result<Kept, RedisError> {
        Ok(Kept {
            beside: self.own.open_once().await?,
            number: self.connections.fetch_add(1, Ordering::Relaxed) + 1,
            seen: None,
            patience: self.own.options.command_timeout,
        })
    }

    fn is_usable(&self, kept: &Kept) -> bool {
        kept.beside.connection.is_connected() && self.own.is_current(&kept.beside)
    }

    /// Leaves the connection that there is; the next command is sent on another one.
    pub(crate) async fn leave(&self) {
        *self.kept.lock().await = None;
    }

    pub(crate) async fn close(&self) {
        // One that is in use is closed by whoever uses it.
        if let Ok(mut kept) = self.kept.try_lock() {
            *kept = None;
        }
    }
}

impl Kept {
    async fn attempt(
        &mut self,
        guard: &Guard<'_>,
        name: &'static str,
        arguments: &Arguments,
    ) -> Result<Attempt, RedisError> {
        for _ in 0..ATTEMPTS {
            if !self.saw(guard) {
                // What was seen may be old: the field may have got the value since.
                self.look(guard).await?;
                if !self.saw(guard) {
                    return Ok(Attempt::Barred);
                }
            }
            match self.transaction(guard, name, arguments).await? {
                Ok(Some(reply)) => return Ok(Attempt::Done(reply, self.number)),
                Ok(None) => {}
                Err(refused) => return Ok(Attempt::Refused(refused)),
            }
        }
        Ok(Attempt::Disturbed)
    }

    fn saw(&self, guard: &Guard<'_>) -> bool {
        matches!(&self.seen, Some(Reply::Bytes(value)) if value == guard.value)
    }

    /// Begins to watch. Behind an empty transaction, as an account that may begin none would have its commands executed
    /// without one.
    async fn look(&mut self, guard: &Guard<'_>) -> Result<(), RedisError> {
        let [watch, get] = watch(guard);
        let commands = [begin(), execute(), watch, get];
        let [begun, executed, watched, seen] = self.send_all(commands).await?;
        begun.and(executed).and(watched)?;
        self.seen = Some(seen?);
        Ok(())
    }

    /// The command's answer; none where the hash was written meanwhile, and it was not executed. Apart from the
    /// transaction's, what the command alone is refused for.
    async fn transaction(
        &mut self,
        guard: &Guard<'_>,
        name: &'static str,
        arguments: &Arguments,
    ) -> Result<Result<Option<Reply>, RedisError>, RedisError> {
        let [watch, get] = watch(guard);
        let commands = [begin(), (name, arguments.clone()), execute(), watch, get];
        let [begun, queued, executed, watched, seen] = self.send_all(commands).await?;
        self.seen = watched.and(seen).ok();
        if begun.is_err() && queued.is_ok() {
            // The account has lost the right since: what was done is not known here.
            let reason = "it was executed outside of a transaction";
            return Err(RedisError::Lost(reason.to_owned()));
        }
        begun?;
        if let Err(refused) = queued {
            return Ok(Err(refused));
        }
        if let Err(refused) = &executed
            && !refused.did_nothing()
        {
            // A proxy's, say: what was done is not known here.
            return Err(RedisError::Lost(refused.to_string()));
        }
        let Some(executed) = executed?.optional() else {
            return Ok(Ok(None));
        };
        let [reply] = executed.into_items()?;
        Ok(Ok(Some(reply)))
    }

    /// Sends the commands one behind the other, in one round trip; an error where one of them has no answer.
    async fn send_all<const N: usize>(
        &self,
        commands: [Command; N],
    ) -> Result<[Result<Reply, RedisError>; N], RedisError> {
        let sends = commands.map(|(name, arguments)| self.send(name, arguments).boxed());
        let replies = in_order(sends).await;
        if let Some(Err(error)) = replies.iter().find(|reply| !is_sound(reply)) {
            return Err(error.clone());
        }
        let fewer = |_| RedisError::Unexpected("as many answers as commands");
        replies.try_into().map_err(fewer)
    }
}

impl Server for Kept {
    async fn send(&self, name: &'static str, arguments: Arguments) -> Result<Reply, RedisError> {
        let connection = &self.beside.connection;
        connection.send(name, arguments, self.patience).await
    }
}

type Command = (&'static str, Arguments);

fn begin() -> Command {
    ("MULTI", Arguments::new())
}

fn execute() -> Command {
    ("EXEC", Arguments::new())
}

fn watch(guard: &Guard<'_>) -> [Command; 2] {
    let key = || Arguments::new().text(guard.key);
    [("WATCH", key()), ("HGET", key().text(guard.field))]
}

/// Whether the connection can still be used.
fn is_sound<T>(reply: &Result<T, RedisError>) -> bool {
    let error = reply.as_ref().err();
    error.is_none_or(RedisError::is_this_server_still)
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded")
            .field("options", &self.own.options)
            .finish_non_exhaustive()
    }
}
