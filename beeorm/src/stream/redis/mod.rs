//! A stream in Redis: one key, one group with one consumer name, and a lease beside it.
//!
//! What the owner does goes through scripts that check its token first.

mod durable;
mod entry;
mod failure;
mod figures;
mod identity;
mod page;
mod reader;
mod scripts;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use self::{
    durable::Durable,
    entry::Group,
    failure::Failures,
    identity::identity,
    reader::{Names, Reader},
};
use super::{
    Appended, AsideEntry, Entry, EntryId, Figures, Fsync, Lease, OWNER, Stream, StreamError,
};
use crate::redis::{Arguments, Client, RedisError, Reply, Script, Waiter};

/// What is attempted, for messages.
const APPENDING: &str = "appending a flush";
const READING: &str = "reading entries";
const ACKNOWLEDGING: &str = "acknowledging entries";
const LEASE: &str = "asking who consumes";
const ASIDE: &str = "looking after what is set aside";

/// A stream and its group.
#[derive(Debug)]
pub(crate) struct RedisStream {
    client: Arc<Client>,
    waiter: Waiter,
    durable: Durable,
    reader: Reader,
    /// How often the owner of this token has looked through its pending entries, as the server answered last.
    looked: Mutex<(Uuid, u64)>,
    /// Something new was seen, and not yet read.
    seen_new: AtomicBool,
    key: String,
    /// In the cluster slot of the stream, as scripts touch both.
    lease: String,
    aside: String,
    group: String,
}

impl RedisStream {
    /// The stream of this name, in the pool's namespace.
    pub(crate) fn new(client: Arc<Client>, name: &str, group: &str) -> Self {
        let key = client.key(name);
        let (lease, aside) = (format!("{{{key}}}:lease"), format!("{{{key}}}:aside"));
        Self {
            waiter: client.waiter(),
            durable: Durable::new(&client),
            reader: Reader::new(&client),
            looked: Mutex::default(),
            seen_new: AtomicBool::new(false),
            client,
            key,
            lease,
            aside,
            group: group.to_owned(),
        }
    }

    fn failures(&self, attempt: &'static str) -> Failures<'_> {
        Failures {
            pool: self.client.pool(),
            attempt,
            closed: self.client.is_closed(),
        }
    }

    fn failed(&self, attempt: &'static str, error: RedisError) -> StreamError {
        self.failures(attempt).failed(error)
    }

    /// Arguments that begin with the stream's key.
    fn keyed(&self) -> Arguments {
        Arguments::new().text(&self.key)
    }

    /// An XADD's.
    fn entry(&self, frames: &[Bytes]) -> Arguments {
        let head = Arguments::with_capacity(2 + 2 * frames.len());
        let head = head.bytes(self.key.clone()).word("*");
        frames.iter().fold(head, |arguments, frame| {
            arguments.word("f").bytes(frame.clone())
        })
    }

    /// Runs a script of the owner's: its first key and argument are checked by `fence.lua`.
    async fn fenced(
        &self,
        attempt: &'static str,
        script: &Script,
        token: Uuid,
        more: impl FnOnce(Arguments) -> Arguments,
    ) -> Answer {
        let arguments = more(Arguments::new().text(token.hyphenated()));
        let answer = self
            .client
            .script(script, &[&self.key, &self.lease, &self.aside], arguments)
            .await;
        answer.map_err(|error| self.failed(attempt, error))
    }

    fn names<'a>(&'a self, token: &'a str) -> Names<'a> {
        Names {
            stream: &self.key,
            lease: &self.lease,
            group: &self.group,
            token,
        }
    }

    async fn read(
        &self,
        token: Uuid,
        after: &str,
        count: usize,
    ) -> Result<Vec<Entry>, StreamError> {
        self.reader.end_reading();
        let reply = self
            .fenced(READING, &scripts::READ, token, |arguments| {
                arguments
                    .text(&self.group)
                    .text(OWNER)
                    .text(count)
                    .text(after)
                    .text(self.looked(token))
            })
            .await?;
        let (group, entries, looked) =
            entry::of_read(reply).map_err(|error| self.failed(READING, error))?;
        self.set_looked(token, looked);
        let found = match group {
            Group::AsItWas => return Ok(entries),
            Group::MadeAnew => "had vanished and was made anew",
            Group::Rewound => "had passed entries over, as by an XGROUP SETID, and was set back",
        };
        tracing::warn!(
            stream = self.key,
            group = self.group,
            pool = self.client.pool(),
            "the consumer group {found}: everything in the stream is read again, and what was executed before is \
             recognized and not executed twice"
        );
        Ok(entries)
    }

    fn looked(&self, token: Uuid) -> u64 {
        let (of, looked) = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if of == token { looked } else { 0 }
    }

    fn set_looked(&self, token: Uuid, looked: u64) {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = (token, looked);
    }

    /// The id up to which entries were delivered.
    async fn delivered(&self) -> Result<EntryId, RedisError> {
        match self
            .client
            .command("XINFO", Arguments::new().text("GROUPS").text(&self.key))
            .await
        {
            Ok(groups) => figures::delivered(groups, &self.group),
            // No stream yet.
            Err(error) if error.code() == "ERR" => Ok(EntryId::default()),
            Err(error) => Err(error),
        }
    }

    async fn acknowledge_some(&self, token: Uuid, entries: &[Entry]) -> Result<(), StreamError> {
        let owner = token.hyphenated().to_string();
        let done = self.reader.acknowledge(&self.names(&owner), entries).await;
        if done.map_err(|error| self.failed(ACKNOWLEDGING, error))? {
            return Ok(());
        }
        let reply = self
            .fenced(ACKNOWLEDGING, &scripts::ACKNOWLEDGE, token, |arguments| {
                entries
                    .iter()
                    .fold(arguments.text(&self.group), |arguments, entry| {
                        arguments.text(entry.id).bytes(identity(entry))
                    })
            })
            .await?;
        let others = reply
            .into_count()
            .map_err(|error| self.failed(ACKNOWLEDGING, error))?;
        if others > 0 {
            tracing::warn!(
                stream = self.key,
                pool = self.client.pool(),
                entries = others,
                "entries are others than were read, as after a failover that lost some: they stay in the stream"
            );
        }
        Ok(())
    }
}

type Answer = Result<Reply, StreamError>;

impl Stream for RedisStream {
    fn append<'s>(&'s self, frames: &'s [Bytes]) -> BoxFuture<'s, Result<EntryId, StreamError>> {
        Box::pin(async move {
            let reply = self.client.command("XADD", self.entry(frames)).await;
            reply
                .and_then(entry::id)
                .map_err(|error| self.failures(APPENDING).append_failed(error))
        })
    }

    fn appends_at_a_time(&self) -> usize {
        // One connection keeps their order.
        4
    }

    fn append_fsynced<'s>(
        &'s self,
        frames: &'s [Bytes],
        fsync: Fsync,
    ) -> BoxFuture<'s, Result<Appended, StreamError>> {
        Box::pin(async move {
            let appended = self
                .durable
                .append(&self.client, || self.entry(frames), fsync)
                .await;
            appended.map_err(|error| self.failures(APPENDING).append_failed(error))
        })
    }

    fn prepare_fsync(&self, fsync: Fsync) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            let prepared = self.durable.prepare(&self.client, fsync).await;
            prepared.map_err(|error| self.failed("asking the server for its fsync", error))
        })
    }

    fn len(&self) -> BoxFuture<'_, Result<u64, StreamError>> {
        Box::pin(async move {
            let answer = self.client.command("XLEN", self.keyed()).await;
            answer
                .and_then(Reply::into_count)
                .map_err(|error| self.failed("asking for the length", error))
        })
    }

    fn prepare(&self) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            let keys = [self.key.as_str(), &self.lease];
            let answer = self
                .client
                .script(&scripts::PREPARE, &keys, Arguments::new().text(&self.group))
                .await;
            answer
                .map(drop)
                .map_err(|error| self.failed("making the stream and its group", error))
        })
    }

    fn lease(&self) -> BoxFuture<'_, Result<Option<Lease>, StreamError>> {
        Box::pin(async move {
            let arguments = Arguments::new()
                .text(&self.lease)
                .text("token")
                .text("beat");
            let answer = self.client.command("HMGET", arguments).await;
            answer
                .and_then(entry::lease)
                .map_err(|error| self.failed(LEASE, error))
        })
    }

    fn acquire<'s>(
        &'s self,
        seen: Option<&'s Lease>,
        token: Uuid,
    ) -> BoxFuture<'s, Result<bool, StreamError>> {
        Box::pin(async move {
            let arguments = Arguments::new().text(token.hyphenated());
            let arguments = match seen {
                Some(lease) => arguments.text(lease.token.hyphenated()).text(lease.beat),
                None => arguments.text("").text(""),
            };
            let answer = self
                .client
                .script(&scripts::ACQUIRE, &[&self.lease], arguments)
                .await;
            let taken = answer
                .and_then(Reply::into_count)
                .map_err(|error| self.failed(LEASE, error))?;
            Ok(taken == 1)
        })
    }

    fn beat(&self, token: Uuid) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            self.fenced(LEASE, &scripts::BEAT, token, |arguments| arguments)
                .await
                .map(drop)
        })
    }

    fn release(&self, token: Uuid) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            self.fenced(LEASE, &scripts::RELEASE, token, |arguments| arguments)
                .await
                .map(drop)
        })
    }

    fn read_pending(
        &self,
        token: Uuid,
        after: EntryId,
        count: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>> {
        Box::pin(async move {
            // The last id of all is how Redis keeps `>` to itself: it would deliver new entries.
            let last = EntryId {
                millis: u64::MAX,
                sequence: u64::MAX,
            };
            let after = if after == last {
                EntryId {
                    sequence: u64::MAX - 1,
                    ..last
                }
            } else {
                after
            };
            self.read(token, &after.to_string(), count).await
        })
    }

    fn read_new(
        &self,
        token: Uuid,
        count: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>> {
        Box::pin(async move {
            let owner = token.hyphenated().to_string();
            let seen_new = self.seen_new.swap(false, Ordering::Relaxed);
            let read = self.reader.read(&self.names(&owner), count).await;
            match read.map_err(|error| self.failed(READING, error))? {
                // Not what was seen: the connections may lead to different servers, behind a failover that cut only some.
                Some(entries) if entries.is_empty() && seen_new => {
                    self.reader.leave().await;
                    self.read(token, ">", count).await
                }
                Some(entries) => Ok(entries),
                None => self.read(token, ">", count).await,
            }
        })
    }

    fn wait(&self, at_most: Duration) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            // A plain read behind what was delivered: it returns at once where something is there already.
            let delivered = self
                .delivered()
                .await
                .map_err(|error| self.failed("waiting for entries", error))?;
            let millis = at_most.as_millis().max(1);
            let arguments = Arguments::new()
                .text("COUNT")
                .text(1)
                .text("BLOCK")
                .text(millis);
            let arguments = arguments.text("STREAMS").text(&self.key).text(delivered);
            let seen = self.waiter.command("XREAD", arguments, at_most).await;
            let seen = seen.map_err(|error| self.failed("waiting for entries", error))?;
            self.seen_new
                .store(seen.optional().is_some(), Ordering::Relaxed);
            Ok(())
        })
    }

    fn acknowledge<'s>(
        &'s self,
        token: Uuid,
        entries: &'s [Entry],
    ) -> BoxFuture<'s, Result<(), StreamError>> {
        Box::pin(async move {
            // A script stalls the server for everybody else: a bounded part at a time.
            for part in identity::parts(entries) {
                self.acknowledge_some(token, part).await?;
            }
            Ok(())
        })
    }

    fn set_aside<'s>(
        &'s self,
        token: Uuid,
        entry: &'s Entry,
        reason: &'s str,
    ) -> BoxFuture<'s, Result<bool, StreamError>> {
        Box::pin(async move {
            let aside = |arguments: Arguments| {
                let arguments = arguments
                    .text(&self.group)
                    .text(entry.id)
                    .bytes(identity(entry))
                    .text(reason);
                entry
                    .frames
                    .iter()
                    .fold(arguments, |arguments, frame| arguments.bytes(frame.clone()))
            };
            let answer = self
                .fenced(ASIDE, &scripts::SET_ASIDE, token, aside)
                .await?;
            let is_aside = answer.into_count();
            Ok(is_aside.map_err(|error| self.failed(ASIDE, error))? == 1)
        })
    }

    fn read_aside(&self, count: usize) -> BoxFuture<'_, Result<Vec<AsideEntry>, StreamError>> {
        Box::pin(async move {
            let arguments = Arguments::new()
                .text(&self.aside)
                .text("-")
                .text("+")
                .text("COUNT")
                .text(count);
            let answer = self.client.command("XRANGE", arguments).await;
            answer
                .and_then(entry::asides)
                .map_err(|error| self.failed(ASIDE, error))
        })
    }

    fn delete_aside(&self, id: EntryId) -> BoxFuture<'_, Result<bool, StreamError>> {
        Box::pin(async move {
            let arguments = Arguments::new().text(&self.aside).text(id);
            let answer = self.client.command("XDEL", arguments).await;
            let deleted = answer
                .and_then(Reply::into_count)
                .map_err(|error| self.failed(ASIDE, error))?;
            Ok(deleted == 1)
        })
    }

    fn statistics(&self) -> BoxFuture<'_, Result<Figures, StreamError>> {
        Box::pin(async move {
            let answer = self
                .client
                .script(
                    &scripts::FIGURES,
                    &[&self.key, &self.lease],
                    Arguments::new().text(&self.group),
                )
                .await;
            answer
                .and_then(figures::figures)
                .map_err(|error| self.failed("asking for the figures", error))
        })
    }

    fn peek(&self, from: EntryId, count: usize) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>> {
        Box::pin(async move {
            let arguments = self.keyed().text(from).text("+").text("COUNT").text(count);
            let answer = self.client.command("XRANGE", arguments).await;
            answer
                .and_then(entry::entries)
                .map_err(|error| self.failed("looking at what waits", error))
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.waiter.close().await;
            self.durable.close().await;
            self.reader.close().await;
            self.client.close().await;
        })
    }
}
