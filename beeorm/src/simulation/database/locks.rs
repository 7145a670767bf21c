//! Locks on rows and unique values, held until a transaction ends: who has what, who waits for whom.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tokio::sync::oneshot;

use super::datum::Row;

/// A transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tx(pub(super) u64);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A table's row, there or not.
    Row(String, Row),
    /// A value of one of a table's unique indexes.
    Unique(String, usize, Row),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Shared,
    Exclusive,
}

#[derive(Debug)]
pub(super) enum Request {
    Granted,
    /// Answered when it is granted; closed when the waiter was chosen as a deadlock's victim.
    Waits(oneshot::Receiver<()>),
    /// Nobody would ever go on: these wait for each other, who asked is the first. One of them has to be
    /// cancelled; who asked waits, if it is another.
    Deadlock(Vec<Tx>, oneshot::Receiver<()>),
}

#[derive(Debug, Default)]
pub(super) struct Locks {
    held: BTreeMap<Key, Vec<(Tx, Mode)>>,
    queues: BTreeMap<Key, VecDeque<Waiter>>,
}

#[derive(Debug)]
struct Waiter {
    tx: Tx,
    mode: Mode,
    granted: oneshot::Sender<()>,
}

fn conflict(left: Mode, right: Mode) -> bool {
    left == Mode::Exclusive || right == Mode::Exclusive
}

impl Locks {
    pub(super) fn request(&mut self, tx: Tx, key: &Key, mode: Mode) -> Request {
        let holders = self.held.entry(key.clone()).or_default();
        let own = holders.iter().find(|(holder, _)| *holder == tx);
        if own.is_some_and(|(_, own)| *own == Mode::Exclusive || mode == Mode::Shared) {
            return Request::Granted;
        }
        let queue = self.queues.entry(key.clone()).or_default();
        let in_the_way = holders
            .iter()
            .any(|(holder, held)| *holder != tx && conflict(*held, mode));
        // Who has a part already does not stand behind those who wait for it.
        let overtakes = own.is_none() && !queue.is_empty();
        if !in_the_way && !overtakes {
            holders.retain(|(holder, _)| *holder != tx);
            holders.push((tx, mode));
            return Request::Granted;
        }
        let (granted, waits) = oneshot::channel();
        let waiter = Waiter { tx, mode, granted };
        if own.is_some() {
            queue.push_front(waiter);
        } else {
            queue.push_back(waiter);
        }
        match self.cycle(tx) {
            Some(cycle) => Request::Deadlock(cycle, waits),
            None => Request::Waits(waits),
        }
    }

    /// Waits no longer: timed out, or a deadlock's victim.
    pub(super) fn cancel(&mut self, tx: Tx) {
        let keys: Vec<Key> = self.queues.keys().cloned().collect();
        for key in keys {
            if let Some(queue) = self.queues.get_mut(&key) {
                queue.retain(|waiter| waiter.tx != tx);
            }
            self.grant(&key);
        }
    }

    /// Gives back all that the transaction has.
    pub(super) fn release(&mut self, tx: Tx) {
        let mut freed = Vec::new();
        for (key, holders) in &mut self.held {
            let before = holders.len();
            holders.retain(|(holder, _)| *holder != tx);
            if holders.len() < before {
                freed.push(key.clone());
            }
        }
        for key in freed {
            self.grant(&key);
        }
        self.held.retain(|_, holders| !holders.is_empty());
        self.queues.retain(|_, queue| !queue.is_empty());
    }

    /// Lets in whoever is first and not in anybody's way.
    fn grant(&mut self, key: &Key) {
        let Some(queue) = self.queues.get_mut(key) else {
            return;
        };
        let holders = self.held.entry(key.clone()).or_default();
        while let Some(first) = queue.front() {
            let free = holders
                .iter()
                .all(|(holder, held)| *holder == first.tx || !conflict(*held, first.mode));
            if !free {
                return;
            }
            let Some(Waiter { tx, mode, granted }) = queue.pop_front() else {
                return;
            };
            holders.retain(|(holder, _)| *holder != tx);
            holders.push((tx, mode));
            // One that has gone away is let go with its transaction.
            let _ = granted.send(());
        }
    }

    /// Those whom the transaction waits for.
    fn blockers(&self, tx: Tx) -> BTreeSet<Tx> {
        let mut blockers = BTreeSet::new();
        for (key, queue) in &self.queues {
            let Some(place) = queue.iter().position(|waiter| waiter.tx == tx) else {
                continue;
            };
            let mode = queue[place].mode;
            let before = queue.iter().take(place);
            let before = before.map(|waiter| (waiter.tx, waiter.mode));
            let holders = self.held.get(key).into_iter().flatten().copied();
            let others = holders.chain(before);
            blockers.extend(
                others
                    .filter(|(other, theirs)| *other != tx && conflict(*theirs, mode))
                    .map(|(other, _)| other),
            );
        }
        blockers
    }

    fn cycle(&self, from: Tx) -> Option<Vec<Tx>> {
        let mut path = vec![from];
        let mut seen = BTreeSet::new();
        self.search(from, &mut path, &mut seen).then_some(path)
    }

    fn search(&self, from: Tx, path: &mut Vec<Tx>, seen: &mut BTreeSet<Tx>) -> bool {
        let Some(last) = path.last().copied() else {
            return false;
        };
        for next in self.blockers(last) {
            if next == from {
                return true;
            }
            if seen.insert(next) {
                path.push(next);
                if self.search(from, path, seen) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::database::datum::Datum;

    fn row(number: i128) -> Key {
        Key::Row("t".to_owned(), vec![Datum::Integer(number)])
    }

    fn waits(request: Request) -> oneshot::Receiver<()> {
        match request {
            Request::Waits(waits) => waits,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_exclusive_lock_is_waited_for_in_turn_and_shared_ones_are_had_together() {
        let mut locks = Locks::default();
        let granted = |request| matches!(request, Request::Granted);
        assert!(granted(locks.request(Tx(1), &row(1), Mode::Exclusive)));
        assert!(granted(locks.request(Tx(1), &row(1), Mode::Shared)));
        let mut second = waits(locks.request(Tx(2), &row(1), Mode::Shared));
        let mut third = waits(locks.request(Tx(3), &row(1), Mode::Exclusive));
        // Not past one that waits already.
        let mut fourth = waits(locks.request(Tx(4), &row(1), Mode::Shared));
        locks.release(Tx(1));
        assert!(second.try_recv().is_ok() && third.try_recv().is_err());
        locks.release(Tx(2));
        assert!(third.try_recv().is_ok() && fourth.try_recv().is_err());
        locks.release(Tx(3));
        assert!(fourth.try_recv().is_ok());
        assert!(granted(locks.request(Tx(5), &row(1), Mode::Shared)));
    }

    #[test]
    fn who_waits_for_each_other_is_found_and_a_victim_lets_the_other_on() {
        let mut locks = Locks::default();
        locks.request(Tx(1), &row(1), Mode::Exclusive);
        locks.request(Tx(2), &row(2), Mode::Exclusive);
        let mut first = waits(locks.request(Tx(1), &row(2), Mode::Exclusive));
        let Request::Deadlock(cycle, _) = locks.request(Tx(2), &row(1), Mode::Exclusive) else {
            panic!("no deadlock");
        };
        assert_eq!(cycle, [Tx(2), Tx(1)]);
        locks.cancel(Tx(2));
        locks.release(Tx(2));
        assert!(first.try_recv().is_ok());
    }

    #[test]
    fn two_that_share_and_both_want_more_are_a_deadlock() {
        let mut locks = Locks::default();
        locks.request(Tx(1), &row(1), Mode::Shared);
        locks.request(Tx(2), &row(1), Mode::Shared);
        let _first = waits(locks.request(Tx(1), &row(1), Mode::Exclusive));
        let second = locks.request(Tx(2), &row(1), Mode::Exclusive);
        assert!(matches!(second, Request::Deadlock(..)));
    }

    #[test]
    fn one_that_gives_up_waiting_is_not_in_the_way_any_more() {
        let mut locks = Locks::default();
        locks.request(Tx(1), &row(1), Mode::Shared);
        let _second = waits(locks.request(Tx(2), &row(1), Mode::Exclusive));
        let mut third = waits(locks.request(Tx(3), &row(1), Mode::Shared));
        locks.cancel(Tx(2));
        assert!(third.try_recv().is_ok());
    }
}
