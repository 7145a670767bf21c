use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use super::{
    entry,
    page::{Sizes, Weight},
    scripts,
};
use crate::{
    redis::{Arguments, Attempt, Client, Guard, Guarded, RedisError},
    stream::{Entry, EntryId, OWNER},
};

/// Reads new entries, and takes off what it has read, at the pace of the server's own commands: a script takes several times
/// as long, as all that it reads is made a table of its own first.
///
/// It knows the usual case only; in any other the scripts do it.
#[derive(Debug)]
pub(super) struct Reader {
    guarded: Guarded,
    state: Mutex<State>,
    /// The account may not begin transactions, or what is before the server knows none: it is not asked again.
    refused: AtomicBool,
}

/// The names that a reader's commands take.
pub(super) struct Names<'a> {
    pub(super) stream: &'a str,
    pub(super) lease: &'a str,
    pub(super) group: &'a str,
    /// The owner's, in the lease.
    pub(super) token: &'a str,
}

#[derive(Debug)]
struct State {
    /// Entries of one reading came from one server, on one connection, with ids that only grew: so each of their ids was
    /// delivered once, and stands for what was read. Behind a failover, or in a stream made anew, ids may come again.
    reading: u64,
    connection: u64,
    last: EntryId,
    sizes: Sizes,
}

impl Reader {
    pub(super) fn new(client: &Client) -> Self {
        Self {
            guarded: client.guarded(),
            state: Mutex::new(State {
                reading: 1,
                connection: 0,
                last: EntryId::default(),
                sizes: Sizes::default(),
            }),
            refused: AtomicBool::new(false),
        }
    }

    /// New entries, up to the one with which there are so many frames, or many bytes; none where a script has to look.
    pub(super) async fn read(
        &self,
        names: &Names<'_>,
        count: usize,
    ) -> Result<Option<Vec<Entry>>, RedisError> {
        if self.refused.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let enough = Weight::enough(count);
        let mut sizes = self.state().sizes;
        let mut read = Vec::new();
        let mut all = Weight::default();
        while all.is_below(enough) {
            let at_once = sizes.page(enough, all);
            let Some((page, connection)) = self.page(names, at_once).await? else {
                if read.is_empty() {
                    return Ok(None);
                }
                break;
            };
            let is_last = page.len() < at_once;
            let weights = page.iter().map(Weight::of);
            sizes.see(weights.inspect(|weight| all.add(*weight)));
            self.state().join(page, connection, &mut read);
            if is_last {
                break;
            }
        }
        self.state().sizes = sizes;
        Ok(Some(read))
    }

    /// The next entries and the connection's number; none where that is no simple matter.
    async fn page(
        &self,
        names: &Names<'_>,
        at_once: usize,
    ) -> Result<Option<(Vec<Entry>, u64)>, RedisError> {
        let guard = Guard {
            key: names.lease,
            field: "token",
            value: names.token.as_bytes(),
        };
        let arguments = Arguments::with_capacity(8)
            .word("GROUP")
            .text(names.group)
            .word(OWNER)
            .word("COUNT")
            .text(at_once)
            .word("STREAMS")
            .text(names.stream)
            .word(">");
        match self.guarded.command(guard, "XREADGROUP", arguments).await {
            Ok(Attempt::Done(reply, connection)) => Ok(Some((entry::of_group(reply)?, connection))),
            // As fence.lua says it.
            Ok(Attempt::Barred) => Err(RedisError::Refused(
                "NOTOWNER another consumer has taken the stream over".to_owned(),
            )),
            // A script is refused it too, and does not tell which command it was.
            Ok(Attempt::Refused(error)) if error.code() == "NOPERM" => Err(error),
            Ok(Attempt::Disturbed | Attempt::Refused(_)) => Ok(None),
            Ok(Attempt::Unconnected(error)) => {
                tracing::debug!(%error, "a script reads, as there is no connection to read by");
                Ok(None)
            }
            Err(error @ RedisError::Refused(_)) => {
                if matches!(error.code(), "NOPERM" | "ERR") {
                    self.refused.store(true, Ordering::Relaxed);
                    tracing::warn!(
                        %error,
                        "entries are read by a script, which takes the server longer, as a transaction is refused; \
                         give the account the right: ACL SETUSER … +@transaction"
                    );
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes off what was read in the last reading; false, and nothing done, where these are others.
    pub(super) async fn acknowledge(
        &self,
        names: &Names<'_>,
        entries: &[Entry],
    ) -> Result<bool, RedisError> {
        let connection = {
            let state = self.state();
            if !entries.iter().all(|entry| entry.reading == state.reading) {
                return Ok(false);
            }
            state.connection
        };
        let arguments = Arguments::with_capacity(2 + entries.len())
            .text(names.token)
            .text(names.group);
        let arguments = entries
            .iter()
            .fold(arguments, |arguments, entry| arguments.text(entry.id));
        let keys = [names.stream, names.lease];
        let script = &scripts::ACKNOWLEDGE_READ;
        let answer = self.guarded.script(connection, script, &keys, arguments);
        match answer.await? {
            Some(done) => Ok(done.into_count()? == 1),
            None => Ok(false),
        }
    }

    /// Its connection is left: what is there it does not see, so that it may be another server's.
    pub(super) async fn leave(&self) {
        self.guarded.leave().await;
    }

    /// Entries were delivered that it did not read.
    pub(super) fn end_reading(&self) {
        self.state().reading += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn close(&self) {
        self.guarded.close().await;
    }
}

impl State {
    fn join(&mut self, page: Vec<Entry>, connection: u64, read: &mut Vec<Entry>) {
        if self.connection != connection {
            self.connection = connection;
            self.reading += 1;
        }
        for mut entry in page {
            if entry.id <= self.last {
                self.reading += 1;
            }
            self.last = entry.id;
            entry.reading = self.reading;
            read.push(entry);
        }
    }
}
