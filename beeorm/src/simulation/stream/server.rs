//! The stream's server: its data, its memory of earlier states, and what can befall it.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{
    data::{Data, Frames},
    late::Late,
};
use crate::{
    simulation::{
        line::{Line, Wire},
        process::Process,
        world::World,
    },
    stream::{Entry, EntryId, Lease, StreamError},
};

/// As `consume/own.rs` has it: an owner that was heard within this time is not silent.
const SILENCE: Duration = Duration::from_secs(3);
/// How many changes a replica lags behind at most.
const LAG: usize = 24;
/// Nothing is appended again while there are more entries: as many as a slow consumer of small batches still comes to the end of.
const MOST_AGAIN: usize = 1000;

#[derive(Debug)]
pub(in crate::simulation) struct StreamServer {
    pub(in crate::simulation) wire: Wire,
    /// Whose clock makes the ids.
    machine: Arc<Process>,
    state: Mutex<State>,
    /// A reading that was given up, and waits for the worst moment.
    late: Mutex<Option<Late>>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) data: Data,
    /// The last states, the newest last; empty unless a failover may come.
    history: VecDeque<Data>,
    replicated: bool,
    out_of_memory: bool,
    /// When the owner was heard.
    heard: Option<Duration>,
    /// A beat that was taken back and made again looks like silence to who saw it the first time.
    failed_over: Option<Duration>,
    waiting: Vec<oneshot::Sender<()>>,
    pub(super) record: Record,
}

/// What the checker has to know of the stream.
#[derive(Clone, Debug, Default)]
pub(in crate::simulation) struct Record {
    /// The ids of the frames that a failover, or somebody's hand, took off the stream, with no copy left.
    pub(in crate::simulation) vanished: BTreeSet<Uuid>,
    /// Those of which a copy was taken off, and a later one may be left, or on its way: their place in the order is
    /// that one's.
    pub(in crate::simulation) displaced: BTreeSet<Uuid>,
    /// Everything that was ever appended.
    pub(in crate::simulation) appended: BTreeSet<Uuid>,
    /// The same, entry by entry.
    sent: Vec<Frames>,
    /// What was put in that no producer sent.
    pub(in crate::simulation) garbage: Vec<Vec<Bytes>>,
    pub(in crate::simulation) failovers: u64,
}

/// A frame's id stands behind its version.
pub(in crate::simulation) fn frame_id(frame: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(frame.get(1..17)?).ok()
}

impl StreamServer {
    pub(in crate::simulation) fn start(world: &Arc<World>, replicated: bool) -> Arc<Self> {
        let wire = Wire {
            world: Arc::clone(world),
            line: Arc::new(Line::default()),
        };
        let state = State {
            replicated,
            ..State::default()
        };
        Arc::new(Self {
            wire,
            machine: Process::start(world, "stream"),
            state: Mutex::new(state),
            late: Mutex::default(),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now_millis(&self) -> u64 {
        self.machine.now_millis()
    }

    fn world(&self) -> &World {
        &self.wire.world
    }

    fn note(&self, what: impl FnOnce() -> String) {
        self.world().note_of(self.machine.id, what);
    }

    /// Runs one of the scripts, and lets the replicas have what it changed.
    pub(super) fn run<T>(&self, script: impl FnOnce(&mut State, u64) -> T) -> T {
        let now_millis = self.now_millis();
        let mut state = self.state();
        if state.replicated {
            let before = state.data.clone();
            state.history.push_back(before);
            if state.history.len() > LAG {
                state.history.pop_front();
            }
        }
        script(&mut state, now_millis)
    }

    pub(super) fn append(&self, frames: &Frames) -> Result<EntryId, StreamError> {
        let (id, waiting) = self.run(|state, now_millis| {
            if state.out_of_memory {
                return Err(StreamError::OutOfMemory {
                    pool: "simulated".to_owned(),
                    reason: "OOM".to_owned(),
                });
            }
            let ids = frames.iter().filter_map(|frame| frame_id(frame));
            state.record.appended.extend(ids);
            state.record.sent.push(Arc::clone(frames));
            let id = state.data.append(Arc::clone(frames), now_millis);
            Ok((id, std::mem::take(&mut state.waiting)))
        })?;
        for waiting in waiting {
            // Whoever has gone away does not wait any more.
            let _ = waiting.send(());
        }
        Ok(id)
    }

    /// Tells when something new is there.
    pub(super) fn subscribe(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        if state.data.has_new() {
            let _ = sender.send(());
        } else {
            state.waiting.push(sender);
        }
        receiver
    }

    pub(super) fn keep_late(&self, late: Late) {
        *self.late.lock().unwrap_or_else(PoisonError::into_inner) = Some(late);
    }

    /// Between two pages of what is pending, or, where there is no more, when its owner has looked through it: the one
    /// that gave the reading up, or another.
    pub(super) fn let_late_arrive(&self, is_last_page: bool) {
        let arrives = |_: &mut Late| is_last_page || self.world().draw(|random| random.chance(300));
        let mut kept = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(late) = kept.take_if(arrives) {
            late.arrive(self);
        }
    }

    pub(super) fn beat(&self, token: Uuid) -> Result<(), StreamError> {
        let now = self.world().now();
        self.run(|state, now_millis| {
            state.data.beat(token, now_millis)?;
            state.heard = Some(now);
            Ok(())
        })
    }

    pub(super) fn acquire(&self, seen: Option<&Lease>, token: Uuid) -> bool {
        let now = self.world().now();
        let (taken, heard) = self.run(|state, now_millis| {
            let taken = state.data.acquire(seen, token, now_millis);
            let long_ago = |moment: Duration| now.saturating_sub(moment) > 3 * SILENCE;
            let heard = state
                .heard
                .filter(|_| state.failed_over.is_none_or(long_ago));
            if taken {
                state.heard = Some(now);
            }
            (taken, heard)
        });
        let itself = seen.is_some_and(|seen| seen.token == token);
        if let (true, true, false, Some(heard)) = (taken, seen.is_some(), itself, heard)
            && now.saturating_sub(heard) < SILENCE
        {
            let ago = now.saturating_sub(heard);
            self.world().violation(format!(
                "the channel was taken from an owner that was heard {ago:?} ago"
            ));
        }
        taken
    }

    pub(in crate::simulation) fn record(&self) -> Record {
        self.state().record.clone()
    }

    pub(in crate::simulation) fn is_empty(&self) -> bool {
        self.state().data.is_empty()
    }

    pub(in crate::simulation) fn aside(&self) -> Vec<Vec<Bytes>> {
        let state = self.state();
        state
            .data
            .aside
            .iter()
            .map(|entry| entry.frames.clone())
            .collect()
    }

    /// What is in it, for people.
    pub(in crate::simulation) fn describe(&self) -> String {
        let state = self.state();
        let figures = state.data.figures(0);
        format!("{} entries, {} pending", figures.len, figures.pending)
    }
}

/// What can befall it.
impl StreamServer {
    pub(in crate::simulation) fn set_out_of_memory(&self, full: bool) {
        self.note(|| {
            format!(
                "FAULT: the server is {}",
                if full {
                    "out of memory"
                } else {
                    "no longer out of memory"
                }
            )
        });
        self.state().out_of_memory = full;
    }

    /// Away; what is on its disk stays.
    pub(in crate::simulation) fn set_down(&self, down: bool) {
        self.note(|| {
            format!(
                "FAULT: the server is {}",
                if down { "down" } else { "up again" }
            )
        });
        self.wire.line.cut();
        self.wire.line.down.store(down, Ordering::Relaxed);
        self.state().waiting.clear();
    }

    /// Its clock goes wrong, so that ids are made by counting.
    pub(in crate::simulation) fn step_clock(&self, millis: i64) {
        self.note(|| format!("FAULT: the server's clock steps by {millis} ms"));
        self.machine.step_clock(millis);
    }

    /// A replica takes over that has not heard of the last changes.
    pub(in crate::simulation) fn fail_over(&self) {
        let mut state = self.state();
        let behind = self
            .world()
            .draw(|random| random.of_any_size(state.history.len() as u64));
        let place = state
            .history
            .len()
            .saturating_sub(usize::try_from(behind).unwrap_or(0));
        let Some(older) = state.history.get(place).cloned() else {
            return;
        };
        state.history.truncate(place);
        let newer = std::mem::replace(&mut state.data, older);
        let (waiting, gone) = (
            std::mem::take(&mut state.waiting),
            newer.entries.into_values(),
        );
        state.lose(gone);
        state.failed_over = Some(self.world().now());
        state.record.failovers += 1;
        drop(state);
        drop(waiting);
        self.wire.line.cut();
        self.note(|| format!("FAULT: failover to a replica that is {behind} changes behind"));
    }

    pub(in crate::simulation) fn delete_group(&self) {
        self.note(|| "FAULT: the group is deleted".to_owned());
        self.run(|state, _| state.data.delete_group());
    }

    pub(in crate::simulation) fn delete_stream(&self) {
        self.note(|| "FAULT: the stream is deleted".to_owned());
        self.run(|state, _| {
            let gone = state.data.delete_stream();
            state.lose(gone);
        });
    }

    /// XDEL of any entry, delivered or not.
    pub(in crate::simulation) fn delete_entry(&self) {
        let id = {
            let state = self.state();
            let ids: Vec<EntryId> = state.data.entries.keys().copied().collect();
            self.world()
                .draw(|random| ids.get(random.place(ids.len())).copied())
        };
        if let Some(id) = id {
            self.note(|| format!("FAULT: the entry {id} is deleted"));
            self.run(|state, _| {
                let gone = state.data.delete_entry(id);
                state.lose(gone);
            });
        }
    }

    /// The same frames once more, as a client that sends again what was not answered.
    pub(in crate::simulation) fn append_again(&self) {
        let frames = {
            let state = self.state();
            let all: Vec<&Frames> = state.data.entries.values().collect();
            if all.len() > MOST_AGAIN {
                return;
            }
            self.world().draw(|random| {
                all.get(random.place(all.len()))
                    .map(|frames| Arc::clone(frames))
            })
        };
        if let Some(frames) = frames {
            let again = self.append(&frames);
            self.note(|| format!("FAULT: an entry is appended again: {again:?}"));
        }
    }

    /// One that was done long ago, as out of a backup.
    pub(in crate::simulation) fn bring_back(&self) {
        let sent = {
            let Record {
                sent,
                displaced,
                garbage,
                ..
            } = &self.state().record;
            let is_done = |frames: &&Frames| {
                let mut ids = frames.iter().filter_map(|frame| frame_id(frame));
                !garbage.contains(frames) && ids.all(|id| !displaced.contains(&id))
            };
            let done: Vec<&Frames> = sent.iter().filter(is_done).collect();
            self.world().draw(|random| {
                done.get(random.place(done.len()))
                    .map(|frames| Arc::clone(frames))
            })
        };
        if let Some(frames) = sent {
            let back = self.append(&frames);
            self.note(|| format!("FAULT: an entry of old comes back: {back:?}"));
        }
    }

    /// What no consumer can read.
    pub(in crate::simulation) fn append_garbage(&self, frames: Vec<Bytes>) {
        let frames = Arc::new(frames);
        if let Ok(id) = self.append(&frames) {
            self.note(|| format!("FAULT: garbage in {id}"));
            self.state().record.garbage.push(frames.to_vec());
        }
    }

    pub(in crate::simulation) fn heal(&self) {
        self.wire.line.heal();
        let mut state = self.state();
        state.out_of_memory = false;
        // No failover any more: nothing has to be kept.
        state.replicated = false;
        state.history.clear();
    }
}

impl State {
    /// These were taken off: lost are those of which no copy is left.
    fn lose(&mut self, gone: impl IntoIterator<Item = Frames>) {
        let left: BTreeSet<Uuid> = self
            .data
            .entries
            .values()
            .flat_map(|frames| frames.iter().filter_map(|frame| frame_id(frame)))
            .collect();
        for frames in gone {
            for id in frames.iter().filter_map(|frame| frame_id(frame)) {
                self.record.displaced.insert(id);
                if !left.contains(&id) {
                    self.record.vanished.insert(id);
                }
            }
            self.record.garbage.retain(|garbage| *garbage != *frames);
        }
    }
}

impl Entry {
    /// For the trace.
    pub(super) fn shown(&self) -> String {
        let frames = self.frames.iter().filter_map(|frame| frame_id(frame));
        let frames: Vec<String> = frames.map(short).collect();
        format!("{} [{}]", self.id, frames.join(" "))
    }
}

/// The last eight digits are enough to tell frames apart.
pub(in crate::simulation) fn short(id: Uuid) -> String {
    let text = id.simple().to_string();
    text[24..].to_owned()
}
