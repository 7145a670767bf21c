use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::sync::oneshot;

use super::{Durability, in_flight::Turn, lead::Lead};
use crate::{
    entity::{Delivery, DeliveryState},
    stream::{Appended, StreamError},
};

/// The most frames and bytes of concurrent callers in one entry; those of a single call may be more.
const MOST_FRAMES: usize = 512;
const MOST_BYTES: usize = 1 << 20;
/// So many calls do not wait for the appends that are under way: each append has its price, for the server as well.
const ENOUGH_CALLS: usize = 8;

/// A call's frames, which are the publisher's now.
#[derive(Debug)]
pub(super) struct Handed {
    pub(super) delivery: Arc<Delivery>,
    /// What was known of it when it was sent; in flight the first time.
    pub(super) before: DeliveryState,
    /// Among what is under way, until the answer is there.
    pub(super) turn: Option<Turn>,
    pub(super) answer: Option<oneshot::Sender<Result<Appended, StreamError>>>,
}

impl Handed {
    /// Tells the entities what became of it, and the caller, who may be gone.
    pub(super) fn conclude(
        mut self,
        appended: Result<Appended, StreamError>,
        durability: Durability,
    ) {
        let is_complete = |appended: &Appended| appended.shortfall.is_none();
        if durability == Durability::Fsynced && appended.as_ref().is_ok_and(is_complete) {
            self.delivery.set_on_disk();
        }
        self.delivery.set(match &appended {
            Ok(_) => DeliveryState::Appended,
            Err(_) if self.before == DeliveryState::Appended => DeliveryState::Appended,
            Err(StreamError::OutcomeUnknown { .. }) => DeliveryState::Unknown,
            // What was sent first may still have arrived: a refused second try decides nothing.
            Err(_) if self.before == DeliveryState::Unknown => DeliveryState::Unknown,
            Err(_) => DeliveryState::Refused,
        });
        drop(self.turn.take());
        if let Some(answer) = self.answer.take() {
            let _ = answer.send(appended);
        }
    }
}

/// It ended without an answer, with its runtime say: nobody waits for one.
impl Drop for Handed {
    fn drop(&mut self) {
        if self.delivery.state() == DeliveryState::InFlight {
            self.delivery.set(match self.before {
                DeliveryState::Appended => DeliveryState::Appended,
                _ => DeliveryState::Unknown,
            });
        }
    }
}

/// Concurrent calls share appends: those that come while one is under way go with the next. One that comes alone does
/// not wait for company.
#[derive(Debug, Default)]
pub(super) struct Together {
    line: Mutex<Line>,
    /// The leader's.
    enough: AtomicWaker,
}

/// Calls in the order in which they came.
#[derive(Debug, Default)]
struct Line {
    waiting: Vec<Handed>,
    is_led: bool,
    /// Where a caller may be the one who leads.
    led_by_caller: Option<Arc<Lead>>,
}

/// A place in the line.
pub(super) enum Joined {
    /// There was no leader: this is it.
    First(Leader),
    /// Somebody leads; where that is a caller, it is not to be one any more.
    Behind(Option<Arc<Lead>>),
}

impl Together {
    /// Joins the line, behind its leader or as that.
    pub(super) fn join(self: &Arc<Self>, handed: Handed) -> Joined {
        let mut line = self.line();
        line.waiting.push(handed);
        if mem::replace(&mut line.is_led, true) {
            let enough = line.waiting.len() == ENOUGH_CALLS;
            let led_by_caller = line.led_by_caller.take();
            drop(line);
            if enough {
                self.enough.wake();
            }
            return Joined::Behind(led_by_caller);
        }
        Joined::First(Leader {
            together: Arc::clone(self),
            is_done: false,
        })
    }

    /// Notes that a caller does the leader's work; tells whether it may, being the only one.
    pub(super) fn is_alone(&self, lead: &Arc<Lead>) -> bool {
        let mut line = self.line();
        let is_alone = line.waiting.len() == 1;
        if is_alone {
            line.led_by_caller = Some(Arc::clone(lead));
        }
        is_alone
    }

    /// The leader's work, where a caller does it: it is not to any more.
    pub(super) fn take_from_caller(&self) -> Option<Arc<Lead>> {
        self.line().led_by_caller.take()
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has to append group after group, until nobody waits.
#[derive(Debug)]
pub(super) struct Leader {
    together: Arc<Together>,
    is_done: bool,
}

impl Leader {
    /// Has this one woken when enough calls wait.
    pub(super) fn register(&self, waker: &Waker) {
        self.together.enough.register(waker);
    }

    /// Those who go together next, in order; none, while other appends are under way, where these are few. It is the end
    /// where nobody waits and nothing is under way.
    pub(super) fn next_group(&mut self, under_way: usize) -> Option<Vec<Handed>> {
        let mut line = self.together.line();
        if under_way > 0 && line.waiting.len() < ENOUGH_CALLS {
            return None;
        }
        if line.waiting.is_empty() {
            line.is_led = false;
            line.led_by_caller = None;
            self.is_done = true;
            return None;
        }
        let (mut frames, mut bytes) = (0, 0);
        let fitting = line.waiting.iter().take_while(|handed| {
            frames += handed.delivery.frames.len();
            bytes += handed.delivery.bytes();
            frames <= MOST_FRAMES && bytes <= MOST_BYTES
        });
        let count = fitting.count().max(1);
        let rest = line.waiting.split_off(count);
        Some(mem::replace(&mut line.waiting, rest))
    }
}

/// Nobody is left to lead those who wait: its runtime has ended.
impl Drop for Leader {
    fn drop(&mut self) {
        if !self.is_done {
            let mut line = self.together.line();
            line.is_led = false;
            line.led_by_caller = None;
            let left = mem::take(&mut line.waiting);
            drop(line);
            drop(left);
        }
    }
}

/// The frames of all of them, as one entry.
pub(super) fn entry(group: &[Handed]) -> Vec<Bytes> {
    let frames = group.iter().flat_map(|handed| &handed.delivery.frames);
    frames.cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
        time::Duration,
    };

    use super::*;
    use crate::entity::Moment;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn handed(bytes: usize) -> Handed {
        let now = Moment {
            wall_millis: 0,
            monotonic: Duration::ZERO,
        };
        Handed {
            delivery: Arc::new(Delivery::new(
                vec![vec![0; bytes].into()],
                Vec::new(),
                0,
                now,
            )),
            before: DeliveryState::InFlight,
            turn: None,
            answer: None,
        }
    }

    fn led(joined: Joined) -> Option<Leader> {
        match joined {
            Joined::First(leader) => Some(leader),
            Joined::Behind(_) => None,
        }
    }

    fn sizes(group: Option<Vec<Handed>>) -> Vec<usize> {
        let group = group.unwrap_or_default();
        group.iter().map(|handed| handed.delivery.bytes()).collect()
    }

    #[test]
    fn who_comes_meanwhile_goes_next_in_order() {
        let together = Arc::new(Together::default());
        let mut leader = led(together.join(handed(1))).expect("the first leads");
        assert_eq!(sizes(leader.next_group(0)), [1]);
        for bytes in [2, 3, 4] {
            assert!(led(together.join(handed(bytes))).is_none());
        }
        assert_eq!(sizes(leader.next_group(0)), [2, 3, 4]);
        assert!(leader.next_group(0).is_none());
        let mut next = led(together.join(handed(5))).expect("nobody leads any more");
        drop(leader);
        assert_eq!(
            sizes(next.next_group(0)),
            [5],
            "the first one took nothing with it"
        );
    }

    #[test]
    fn a_few_wait_for_what_is_under_way_and_many_do_not() {
        let together = Arc::new(Together::default());
        let mut leader = led(together.join(handed(1))).expect("it leads");
        assert_eq!(sizes(leader.next_group(0)), [1]);
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let woken = || wakes.0.load(Ordering::Relaxed);
        for round in 1..=2 {
            leader.register(&waker);
            for _ in 1..ENOUGH_CALLS {
                together.join(handed(1));
            }
            assert!(leader.next_group(round).is_none());
            assert_eq!(woken(), round - 1, "too few");
            together.join(handed(1));
            assert_eq!(woken(), round);
            assert_eq!(sizes(leader.next_group(round)).len(), ENOUGH_CALLS);
        }
        assert!(leader.next_group(2).is_none());
        assert!(led(together.join(handed(1))).is_none(), "it leads still");
        assert_eq!(sizes(leader.next_group(0)), [1]);
    }

    #[test]
    fn an_entry_is_bounded() {
        let together = Arc::new(Together::default());
        let mut leader = led(together.join(handed(MOST_BYTES + 1))).expect("it leads");
        for bytes in [MOST_BYTES - 1, 1, 1, MOST_BYTES] {
            assert!(led(together.join(handed(bytes))).is_none());
        }
        assert_eq!(sizes(leader.next_group(0)), [MOST_BYTES + 1]);
        assert_eq!(sizes(leader.next_group(0)), [MOST_BYTES - 1, 1]);
        assert_eq!(sizes(leader.next_group(0)), [1]);
        assert_eq!(sizes(leader.next_group(0)), [MOST_BYTES]);
        for _ in 0..MOST_FRAMES + 1 {
            together.join(handed(1));
        }
        assert_eq!(sizes(leader.next_group(0)).len(), MOST_FRAMES);
    }

    #[test]
    fn a_leader_that_vanishes_leaves_nobody_waiting() {
        let together = Arc::new(Together::default());
        let (answer, mut answered) = oneshot::channel();
        let mut waiting = handed(1);
        waiting.answer = Some(answer);
        let delivery = Arc::clone(&waiting.delivery);
        drop(together.join(waiting));
        assert_eq!(delivery.state(), DeliveryState::Unknown);
        assert!(
            answered
                .try_recv()
                .is_err_and(|error| error == oneshot::error::TryRecvError::Closed)
        );
        assert!(led(together.join(handed(1))).is_some(), "another leads");
    }
}
