//! What the stream's server holds, and the scripts on it: `stream/redis/*.lua`, line for line.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use uuid::Uuid;

use crate::stream::{AsideEntry, Entry, EntryId, Figures, Lease, OWNER, StreamError};

pub(super) type Frames = Arc<Vec<Bytes>>;

/// All of it, as a replica has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Data {
    pub(super) entries: BTreeMap<EntryId, Frames>,
    last_id: EntryId,
    group: Option<Group>,
    lease: Option<Lease>,
    beat_millis: u64,
    /// The lease's count of looks through the pending entries.
    looked: u64,
    pub(super) aside: Vec<AsideEntry>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    delivered: EntryId,
    pending: BTreeSet<EntryId>,
}

type Answer<T> = Result<T, StreamError>;

impl Data {
    /// `fence.lua`.
    pub(super) fn fence(&self, token: Uuid) -> Answer<()> {
        match &self.lease {
            Some(lease) if lease.token == token => Ok(()),
            _ => Err(StreamError::NotOwner),
        }
    }

    /// `read.lua` with `>`, where the pending entries were looked through since.
    fn not_superseded(&self, looked: u64) -> Answer<()> {
        if looked == self.looked {
            return Ok(());
        }
        Err(StreamError::Unavailable {
            pool: "simulated".to_owned(),
            reason: "SUPERSEDED".to_owned(),
        })
    }

    /// XADD.
    pub(super) fn append(&mut self, frames: Frames, now_millis: u64) -> EntryId {
        let now = EntryId {
            millis: now_millis,
            sequence: 0,
        };
        let id = self.last_id.next().max(now);
        self.last_id = id;
        self.entries.insert(id, frames);
        id
    }

    /// `prepare.lua`.
    pub(super) fn prepare(&mut self) {
        self.group.get_or_insert_default();
    }

    pub(super) fn lease(&self) -> Option<Lease> {
        self.lease.clone()
    }

    /// `acquire.lua`.
    pub(super) fn acquire(&mut self, seen: Option<&Lease>, token: Uuid, now_millis: u64) -> bool {
        if self.lease.as_ref() != seen {
            return false;
        }
        let beat = self.lease.as_ref().map_or(0, |lease| lease.beat) + 1;
        self.lease = Some(Lease { token, beat });
        self.looked = 0;
        self.beat_millis = now_millis;
        true
    }

    /// `beat.lua`.
    pub(super) fn beat(&mut self, token: Uuid, now_millis: u64) -> Answer<()> {
        self.fence(token)?;
        if let Some(lease) = &mut self.lease {
            lease.beat += 1;
        }
        self.beat_millis = now_millis;
        Ok(())
    }

    /// `release.lua`.
    pub(super) fn release(&mut self, token: Uuid) -> Answer<()> {
        self.fence(token)?;
        self.lease = None;
        Ok(())
    }

    /// `read.lua` with an id.
    pub(super) fn read_pending(
        &mut self,
        token: Uuid,
        after: EntryId,
        frames_wanted: usize,
    ) -> Answer<(Vec<Entry>, u64)> {
        self.fence(token)?;
        if after == EntryId::default() {
            self.looked += 1;
        }
        let group = self.group.get_or_insert_default();
        let pending = group.pending.range(after.next()..);
        let entry = |id: &EntryId| {
            let frames = self.entries.get(id);
            Entry {
                id: *id,
                frames: frames.map_or_else(Vec::new, |frames| frames.to_vec()),
                deleted: frames.is_none(),
                reading: 0,
            }
        };
        Ok((up_to(frames_wanted, pending.map(entry)), self.looked))
    }

    /// `read.lua` with `>`.
    pub(super) fn read_new(
        &mut self,
        token: Uuid,
        looked: u64,
        frames_wanted: usize,
    ) -> Answer<Vec<Entry>> {
        self.fence(token)?;
        self.not_superseded(looked)?;
        // Made anew, where it has vanished, from the stream's beginning.
        let group = self.group.get_or_insert_default();
        let new = self.entries.range(group.delivered.next()..);
        let entry = |(id, frames): (&EntryId, &Frames)| Entry {
            id: *id,
            frames: frames.to_vec(),
            deleted: false,
            reading: 0,
        };
        let entries = up_to(frames_wanted, new.map(entry));
        group.pending.extend(entries.iter().map(|entry| entry.id));
        group.delivered = entries.last().map_or(group.delivered, |entry| entry.id);
        Ok(entries)
    }

    /// `acknowledge.lua`.
    pub(super) fn acknowledge(&mut self, token: Uuid, entries: &[Entry]) -> Answer<()> {
        self.fence(token)?;
        for entry in entries {
            if self.is_same(entry) {
                self.forget(entry.id);
            }
        }
        Ok(())
    }

    /// `set_aside.lua`.
    pub(super) fn set_aside(
        &mut self,
        token: Uuid,
        entry: &Entry,
        reason: &str,
        now_millis: u64,
    ) -> Answer<bool> {
        self.fence(token)?;
        let pending = self.group.as_ref();
        let pending = pending.is_some_and(|group| group.pending.contains(&entry.id));
        let is_there = self.entries.contains_key(&entry.id);
        if !(is_there && self.is_same(entry) || !is_there && pending) {
            let last = self.aside.last();
            return Ok(last.is_some_and(|last| last.original == entry.id));
        }
        self.aside.push(AsideEntry {
            id: EntryId {
                millis: now_millis,
                sequence: self.aside.len() as u64,
            },
            original: entry.id,
            reason: reason.to_owned(),
            frames: entry.frames.clone(),
        });
        self.forget(entry.id);
        Ok(true)
    }

    /// `identity.lua`: whether the entry of this id is still the one that was read, or nothing.
    fn is_same(&self, read: &Entry) -> bool {
        let there = self.entries.get(&read.id);
        there.is_none_or(|frames| **frames == read.frames)
    }

    fn forget(&mut self, id: EntryId) {
        if let Some(group) = &mut self.group {
            group.pending.remove(&id);
        }
        self.entries.remove(&id);
    }

    /// Up to where entries were delivered.
    fn delivered(&self) -> EntryId {
        self.group
            .as_ref()
            .map_or_else(EntryId::default, |group| group.delivered)
    }

    pub(super) fn has_new(&self) -> bool {
        self.entries
            .range(self.delivered().next()..)
            .next()
            .is_some()
    }

    /// XDEL by somebody's hand, with all copies: one that is left would come behind what it should come before.
    pub(super) fn delete_entry(&mut self, id: EntryId) -> Option<Frames> {
        let gone = self.entries.remove(&id)?;
        self.entries.retain(|_, frames| *frames != gone);
        Some(gone)
    }

    /// XGROUP DESTROY.
    pub(super) fn delete_group(&mut self) {
        self.group = None;
    }

    /// DEL: Redis forgets also which ids there were.
    pub(super) fn delete_stream(&mut self) -> Vec<Frames> {
        self.group = None;
        self.last_id = EntryId::default();
        std::mem::take(&mut self.entries).into_values().collect()
    }

    /// Whether nothing waits and nothing is pending.
    pub(super) fn is_empty(&self) -> bool {
        let pending = self.group.as_ref();
        self.entries.is_empty() && pending.is_none_or(|group| group.pending.is_empty())
    }

    /// `figures.lua`.
    pub(super) fn figures(&self, now_millis: u64) -> Figures {
        let pending = self.group.as_ref().map(|group| &group.pending);
        let count = pending.map_or(0, |pending| pending.len() as u64);
        let delivered = self.delivered();
        Figures {
            len: self.entries.len() as u64,
            oldest: self.entries.keys().next().copied(),
            pending: count,
            oldest_pending: pending.and_then(|pending| pending.first().copied()),
            last_delivered: (delivered != EntryId::default()).then_some(delivered),
            consumers: vec![(OWNER.to_owned(), count)],
            owner_beat_millis: self.lease.as_ref().map(|_| self.beat_millis),
            now_millis,
        }
    }

    /// XRANGE.
    pub(super) fn peek(&self, from: EntryId, count: usize) -> Vec<Entry> {
        let entry = |(id, frames): (&EntryId, &Frames)| Entry {
            id: *id,
            frames: frames.to_vec(),
            deleted: false,
            reading: 0,
        };
        self.entries.range(from..).take(count).map(entry).collect()
    }
}

/// Up to the entry with which there are as many frames.
fn up_to(frames: usize, entries: impl Iterator<Item = Entry>) -> Vec<Entry> {
    let mut found = 0;
    let fitting = entries.take_while(|entry| {
        let goes_on = found < frames;
        found += entry.weight();
        goes_on
    });
    fitting.collect()
}
