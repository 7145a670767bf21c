//! A process's connection to the stream: the library's seam, over a line that loses and delays.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{self, BoxFuture, Either};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{late::Late, server::StreamServer};
use crate::{
    simulation::{
        line::{Answer, Fate},
        process::Process,
    },
    stream::{Appended, AsideEntry, Entry, EntryId, Figures, Fsync, Lease, Stream, StreamError},
};

/// The client's own patience with an answer.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

/// What was given up arrives so many microseconds later at most: while the run waits for what is on its way.
const LATEST: u64 = 12_000_000;

const READ_NEW: &str = "read_new";

#[derive(Clone, Debug)]
pub(in crate::simulation) struct StreamClient {
    server: Arc<StreamServer>,
    process: Arc<Process>,
    /// When the last request arrives: there is one connection, on which none overtakes another.
    arrival: Arc<Mutex<Duration>>,
    /// How often the owner of this token has looked through its pending entries.
    looked: Arc<Mutex<(Uuid, u64)>>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    NotSent,
    Lost,
}

impl Silence {
    /// Of anything that may be asked again.
    fn plain(self) -> StreamError {
        StreamError::Unavailable {
            pool: "simulated".to_owned(),
            reason: format!("{self:?}"),
        }
    }

    /// Of an append.
    fn of_append(self) -> StreamError {
        match self {
            Self::NotSent => self.plain(),
            Self::Lost => StreamError::OutcomeUnknown {
                pool: "simulated".to_owned(),
                reason: "the connection is gone".to_owned(),
            },
        }
    }
}

impl StreamClient {
    pub(in crate::simulation) fn new(server: &Arc<StreamServer>, process: &Arc<Process>) -> Self {
        Self {
            server: Arc::clone(server),
            process: Arc::clone(process),
            arrival: Arc::default(),
            looked: Arc::default(),
        }
    }

    /// When a request arrives that takes so long: not before those that were sent before it.
    fn behind_others(&self, after: Duration) -> Duration {
        let now = self.process.world.now();
        let mut arrival = self.arrival.lock().unwrap_or_else(PoisonError::into_inner);
        *arrival = (*arrival).max(now + after);
        arrival.saturating_sub(now)
    }

    /// Nobody waits for an answer any more, and the request is still on its way: what is sent behind it overtakes it.
    fn give_up<T: 'static>(
        &self,
        name: &'static str,
        noticed: Duration,
        effect: impl FnOnce(&StreamServer) -> T + Send + 'static,
    ) {
        self.note(|| format!("FAULT: {name} is given up"));
        let late = Late::new(name, self.server.wire.line.era(), &self.process, effect);
        let world = &self.process.world;
        let (waits, after) = world.draw(|random| (random.chance(500), random.of_any_size(LATEST)));
        if name == READ_NEW && waits {
            self.server.keep_late(late);
        } else {
            let server = Arc::clone(&self.server);
            world.after(noticed + Duration::from_micros(after), move || {
                late.arrive(&server);
            });
        }
    }

    fn note(&self, what: impl FnOnce() -> String) {
        self.process.world.note_of(self.process.id, what);
    }

    /// Asks the server for something, which takes effect whether or not the answer is heard.
    async fn ask<T: Send + 'static>(
        &self,
        name: &'static str,
        effect: impl FnOnce(&StreamServer) -> T + Send + 'static,
    ) -> Result<T, Silence> {
        let world = &self.process.world;
        let wire = &self.server.wire;
        let (answer, answered) = oneshot::channel();
        match wire.line.fate(world) {
            Fate::Refused => {
                let moment = wire.line.way(world);
                world.sleep(moment).await;
                self.note(|| format!("FAULT: {name} is not sent"));
                return Err(Silence::NotSent);
            }
            Fate::Lost { noticed } => {
                if world.draw(|random| random.chance(500)) {
                    self.give_up(name, noticed, effect);
                } else {
                    self.note(|| format!("FAULT: {name} does not arrive"));
                }
                world.sleep(noticed).await;
                return Err(Silence::Lost);
            }
            Fate::Arrives {
                after,
                answer: fate,
            } => {
                let (server, era) = (Arc::clone(&self.server), wire.line.era());
                let process = self.process.clone();
                world.after(self.behind_others(after), move || {
                    let line = &server.wire.line;
                    if line.is_down() || line.era() != era {
                        return;
                    }
                    let done = effect(&server);
                    match fate {
                        Answer::Lost { .. } => {
                            process.world.note_of(process.id, || {
                                format!("FAULT: the answer to {name} is lost")
                            });
                        }
                        Answer::Arrives { after } => {
                            let back = Arc::clone(&server);
                            process.world.after(after, move || {
                                if back.wire.line.era() == era {
                                    // Whoever asked may be gone.
                                    let _ = answer.send(done);
                                }
                            });
                        }
                    }
                });
            }
        }
        let late = std::pin::pin!(world.sleep(COMMAND_TIMEOUT));
        match future::select(answered, late).await {
            Either::Left((Ok(done), _)) => Ok(done),
            Either::Left((Err(_), _)) | Either::Right(_) => Err(Silence::Lost),
        }
    }
}

/// The two ways in which a fenced script ends without its result.
fn flat<T>(answer: Result<Result<T, StreamError>, Silence>) -> Result<T, StreamError> {
    answer.map_err(Silence::plain)?
}

impl Stream for StreamClient {
    fn appends_at_a_time(&self) -> usize {
        4
    }

    fn append<'s>(&'s self, frames: &'s [Bytes]) -> BoxFuture<'s, Result<EntryId, StreamError>> {
        Box::pin(async move {
            let frames = Arc::new(frames.to_vec());
            let sent = Entry {
                id: EntryId::default(),
                frames: frames.to_vec(),
                deleted: false,
                reading: 0,
            };
            let done = self
                .ask("append", move |server| server.append(&frames))
                .await
                .map_err(Silence::of_append)
                .and_then(|answer| answer);
            self.note(|| format!("append {}: {}", sent.shown(), told(&done)));
            done
        })
    }

    fn append_fsynced<'s>(
        &'s self,
        frames: &'s [Bytes],
        fsync: Fsync,
    ) -> BoxFuture<'s, Result<Appended, StreamError>> {
        Box::pin(async move {
            let id = self.append(frames).await?;
            // The disk may be slow, or a replica away.
            let world = &self.process.world;
            let late = world.draw(|random| random.chance(100));
            if late {
                world.sleep(fsync.timeout).await;
            }
            let shortfall = late.then(|| "the disk was too slow".to_owned());
            Ok(Appended { id, shortfall })
        })
    }

    fn prepare_fsync(&self, _: Fsync) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async { Ok(()) })
    }

    fn len(&self) -> BoxFuture<'_, Result<u64, StreamError>> {
        Box::pin(async move {
            let len = self.ask("len", |server| server.state().data.entries.len() as u64);
            len.await.map_err(Silence::plain)
        })
    }

    fn delete_aside(&self, id: EntryId) -> BoxFuture<'_, Result<bool, StreamError>> {
        Box::pin(async move {
            let deleted = self.ask("delete_aside", move |server| {
                server.run(|state, _| {
                    let aside = &mut state.data.aside;
                    let before = aside.len();
                    aside.retain(|entry| entry.id != id);
                    aside.len() < before
                })
            });
            deleted.await.map_err(Silence::plain)
        })
    }

    fn prepare(&self) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            let done = self.ask("prepare", |server| {
                server.run(|state, _| state.data.prepare());
            });
            done.await.map_err(Silence::plain)
        })
    }

    fn lease(&self) -> BoxFuture<'_, Result<Option<Lease>, StreamError>> {
        Box::pin(async move {
            let seen = self.ask("lease", |server| server.state().data.lease());
            seen.await.map_err(Silence::plain)
        })
    }

    fn acquire<'s>(
        &'s self,
        seen: Option<&'s Lease>,
        token: Uuid,
    ) -> BoxFuture<'s, Result<bool, StreamError>> {
        Box::pin(async move {
            let seen = seen.cloned();
            let taken = self
                .ask("acquire", move |server| {
                    server.acquire(seen.as_ref(), token)
                })
                .await
                .map_err(Silence::plain);
            self.note(|| format!("acquire: {}", told(&taken)));
            taken
        })
    }

    fn beat(&self, token: Uuid) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move { flat(self.ask("beat", move |server| server.beat(token)).await) })
    }

    fn release(&self, token: Uuid) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            let released = self.ask("release", move |server| {
                server.run(|state, _| state.data.release(token))
            });
            let released = flat(released.await);
            self.note(|| format!("release: {}", told(&released)));
            released
        })
    }

    fn read_pending(
        &self,
        token: Uuid,
        after: EntryId,
        count: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>> {
        Box::pin(async move {
            let read = self.ask("read_pending", move |server| {
                server.run(|state, _| state.data.read_pending(token, after, count))
            });
            let read = flat(read.await).map(|(entries, looked)| {
                *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = (token, looked);
                entries
            });
            self.note(|| format!("read pending: {}", told_entries(&read)));
            if let Ok(entries) = &read {
                self.server.let_late_arrive(entries.is_empty());
            }
            read
        })
    }

    fn read_new(
        &self,
        token: Uuid,
        count: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>> {
        Box::pin(async move {
            let (of, looked) = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            let looked = if of == token { looked } else { 0 };
            let read = self.ask(READ_NEW, move |server| {
                server.run(|state, _| state.data.read_new(token, looked, count))
            });
            let read = flat(read.await);
            self.note(|| format!("read new: {}", told_entries(&read)));
            read
        })
    }

    fn wait(&self, at_most: Duration) -> BoxFuture<'_, Result<(), StreamError>> {
        Box::pin(async move {
            let there = self.ask("wait", StreamServer::subscribe);
            let there = there.await.map_err(Silence::plain)?;
            let late = std::pin::pin!(self.process.world.sleep(at_most));
            match future::select(there, late).await {
                Either::Left((Err(_), _)) => Err(Silence::Lost.plain()),
                Either::Left((Ok(()), _)) | Either::Right(_) => Ok(()),
            }
        })
    }

    fn acknowledge<'s>(
        &'s self,
        token: Uuid,
        entries: &'s [Entry],
    ) -> BoxFuture<'s, Result<(), StreamError>> {
        Box::pin(async move {
            let done = entries.to_vec();
            let acknowledged = self.ask("acknowledge", move |server| {
                server.run(|state, _| state.data.acknowledge(token, &done))
            });
            let acknowledged = flat(acknowledged.await);
            self.note(|| {
                format!(
                    "acknowledge {} entries: {}",
                    entries.len(),
                    told(&acknowledged)
                )
            });
            acknowledged
        })
    }

    fn set_aside<'s>(
        &'s self,
        token: Uuid,
        entry: &'s Entry,
        reason: &'s str,
    ) -> BoxFuture<'s, Result<bool, StreamError>> {
        Box::pin(async move {
            let (moved, why) = (entry.clone(), reason.to_owned());
            let aside = self.ask("set_aside", move |server| {
                server
                    .run(|state, now_millis| state.data.set_aside(token, &moved, &why, now_millis))
            });
            let aside = flat(aside.await);
            self.note(|| format!("set aside {}: {}", entry.id, told(&aside)));
            aside
        })
    }

    fn read_aside(&self, count: usize) -> BoxFuture<'_, Result<Vec<AsideEntry>, StreamError>> {
        Box::pin(async move {
            let aside = self.ask("read_aside", move |server| {
                let aside = &server.state().data.aside;
                aside.iter().take(count).cloned().collect()
            });
            aside.await.map_err(Silence::plain)
        })
    }

    fn statistics(&self) -> BoxFuture<'_, Result<Figures, StreamError>> {
        Box::pin(async move {
            let figures = self.ask("statistics", |server| {
                server.state().data.figures(server.now_millis())
            });
            figures.await.map_err(Silence::plain)
        })
    }

    fn peek(&self, from: EntryId, count: usize) -> BoxFuture<'_, Result<Vec<Entry>, StreamError>> {
        Box::pin(async move {
            let entries = self.ask("peek", move |server| server.state().data.peek(from, count));
            entries.await.map_err(Silence::plain)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

fn told<T: std::fmt::Debug>(answer: &Result<T, StreamError>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.to_string(),
    }
}

fn told_entries(answer: &Result<Vec<Entry>, StreamError>) -> String {
    match answer {
        Ok(entries) => entries
            .iter()
            .map(Entry::shown)
            .collect::<Vec<_>>()
            .join(", "),
        Err(error) => error.to_string(),
    }
}
