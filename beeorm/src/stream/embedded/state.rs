use std::{collections::HashMap, fs::File};

use uuid::Uuid;

use crate::stream::{EntryId, Lease, StreamError};

/// What an open store keeps in memory.
pub(super) struct State {
    /// Kept for as long as the store is open.
    _lock: Option<File>,
    leases: HashMap<String, Held>,
    /// The last id made, by stream, once there is one.
    last_ids: HashMap<String, EntryId>,
}

/// A lease, and when its owner's heart was last heard.
struct Held {
    lease: Lease,
    beat_millis: u64,
}

impl State {
    pub(super) fn new(lock: Option<File>) -> Self {
        Self {
            _lock: lock,
            leases: HashMap::new(),
            last_ids: HashMap::new(),
        }
    }

    pub(super) fn lease(&self, stream: &str) -> Option<&Lease> {
        self.leases.get(stream).map(|held| &held.lease)
    }

    pub(super) fn beat_millis(&self, stream: &str) -> Option<u64> {
        self.leases.get(stream).map(|held| held.beat_millis)
    }

    pub(super) fn acquire(
        &mut self,
        stream: &str,
        seen: Option<&Lease>,
        token: Uuid,
        beat_millis: u64,
    ) -> bool {
        let current = self.lease(stream);
        if current != seen {
            return false;
        }
        let beat = current.map_or(0, |lease| lease.beat) + 1;
        let lease = Lease { token, beat };
        self.leases
            .insert(stream.to_owned(), Held { lease, beat_millis });
        true
    }

    pub(super) fn beat(
        &mut self,
        stream: &str,
        token: Uuid,
        beat_millis: u64,
    ) -> Result<(), StreamError> {
        let held = self
            .leases
            .get_mut(stream)
            .filter(|held| held.lease.token == token);
        let held = held.ok_or(StreamError::NotOwner)?;
        (held.lease.beat, held.beat_millis) = (held.lease.beat + 1, beat_millis);
        Ok(())
    }

    pub(super) fn release(&mut self, stream: &str, token: Uuid) -> Result<(), StreamError> {
        self.check(stream, token)?;
        self.leases.remove(stream);
        Ok(())
    }

    pub(super) fn check(&self, stream: &str, token: Uuid) -> Result<(), StreamError> {
        match self.lease(stream) {
            Some(lease) if lease.token == token => Ok(()),
            _ => Err(StreamError::NotOwner),
        }
    }

    pub(super) fn last_id(&self, stream: &str) -> Option<EntryId> {
        self.last_ids.get(stream).copied()
    }

    /// An id behind the last one, whatever the clock did.
    pub(super) fn next_id(&mut self, stream: &str, last: EntryId, now_millis: u64) -> EntryId {
        let id = last.next().max(EntryId {
            millis: now_millis,
            sequence: 0,
        });
        self.last_ids.insert(stream.to_owned(), id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_increase_also_when_the_clock_steps_back() {
        let mut state = State::new(None);
        let mut last = EntryId::default();
        for now in [1000, 1000, 1001, 5, 5, 1001, 2000] {
            let next = state.next_id("lazy", last, now);
            assert!(next > last);
            assert_eq!(state.last_id("lazy"), Some(next));
            last = next;
        }
        assert_eq!(
            last,
            EntryId {
                millis: 2000,
                sequence: 0
            }
        );
    }
}
