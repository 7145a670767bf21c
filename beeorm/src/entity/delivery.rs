use std::{
    pin::pin,
    sync::atomic::{AtomicBool, AtomicU8, Ordering},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::Notify;
use uuid::Uuid;

/// How long after it was made a delivery may be sent again. Later the inbox may have forgotten what became of the
/// first one.
pub(crate) const RESENT_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// What became of the frames of one lazy flush, shared by the entities in it and the publisher.
///
/// The frames belong to the publisher from the moment they are handed over: whoever waits may go
/// away. An entity looks here to learn what it has to believe.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The encoded frames of the one entry.
    pub(crate) frames: Vec<Bytes>,
    /// The frames' database pools and ids, in the same order.
    pub(crate) ids: Vec<(&'static str, Uuid)>,
    /// How many statements are in them.
    pub(crate) statements: usize,
    made: Moment,
    state: AtomicU8,
    /// The disks that a call asked for have it.
    on_disk: AtomicBool,
    /// What was encoded behind it may be in the stream.
    passed: AtomicBool,
    changed: Notify,
}

/// Now, by the two clocks that there are: one may step, and the other one may stand still while the machine sleeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) wall_millis: u64,
    pub(crate) monotonic: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum DeliveryState {
    /// Handed over, no answer yet.
    InFlight,
    /// In the stream.
    Appended,
    /// Certainly not in the stream.
    Refused,
    /// The answer was lost: the same bytes have to be sent again before anything new.
    Unknown,
}

impl DeliveryState {
    /// The one with this number.
    fn of(number: u8) -> Self {
        [Self::InFlight, Self::Appended, Self::Refused]
            .into_iter()
            .find(|state| *state as u8 == number)
            .unwrap_or(Self::Unknown)
    }
}

impl Delivery {
    pub(crate) fn new(
        frames: Vec<Bytes>,
        ids: Vec<(&'static str, Uuid)>,
        statements: usize,
        made: Moment,
    ) -> Self {
        Self {
            frames,
            ids,
            statements,
            made,
            state: AtomicU8::new(DeliveryState::InFlight as u8),
            on_disk: AtomicBool::new(false),
            passed: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// How many bytes the frames have.
    pub(crate) fn bytes(&self) -> usize {
        self.frames.iter().map(Bytes::len).sum()
    }

    /// Whether it is too late to send it again.
    pub(crate) fn is_too_old(&self, now: Moment) -> bool {
        let wall = Duration::from_millis(now.wall_millis.saturating_sub(self.made.wall_millis));
        let monotonic = now.monotonic.saturating_sub(self.made.monotonic);
        wall.max(monotonic) > RESENT_WITHIN
    }

    pub(crate) fn state(&self) -> DeliveryState {
        DeliveryState::of(self.state.load(Ordering::Acquire))
    }

    pub(crate) fn set(&self, state: DeliveryState) {
        self.state.store(state as u8, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Whether a disk was asked for, and has it.
    pub(crate) fn is_on_disk(&self) -> bool {
        self.on_disk.load(Ordering::Acquire)
    }

    /// Before its state tells that it is in the stream.
    pub(crate) fn set_on_disk(&self) {
        self.on_disk.store(true, Ordering::Release);
    }

    /// Whether newer frames of its rows may be in the stream: were it lost, it is not to come behind them.
    pub(crate) fn is_passed(&self) -> bool {
        self.passed.load(Ordering::Acquire)
    }

    pub(crate) fn set_passed(&self) {
        self.passed.store(true, Ordering::Release);
    }

    /// Takes the resending over, if it is in this state still and nobody else is at it.
    pub(crate) fn begin_resend(&self, from: DeliveryState) -> bool {
        let [from, in_flight] = [from, DeliveryState::InFlight].map(|state| state as u8);
        let begun =
            self.state
                .compare_exchange(from, in_flight, Ordering::AcqRel, Ordering::Acquire);
        begun.is_ok()
    }

    /// Waits until it is not in flight any more.
    pub(crate) async fn settled(&self) -> DeliveryState {
        loop {
            let mut changed = pin!(self.changed.notified());
            // Before the look: what changes after it is told.
            changed.as_mut().enable();
            match self.state() {
                DeliveryState::InFlight => changed.await,
                settled => return settled,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_sent_again_for_a_day_by_either_clock() {
        const SECOND: Duration = Duration::from_secs(1);
        let start = Moment {
            wall_millis: 1_000_000,
            monotonic: SECOND,
        };
        let delivery = Delivery::new(Vec::new(), Vec::new(), 0, start);
        let later = |wall: Duration, monotonic: Duration| Moment {
            wall_millis: start.wall_millis + u64::try_from(wall.as_millis()).unwrap(),
            monotonic: start.monotonic + monotonic,
        };
        assert!(!delivery.is_too_old(later(RESENT_WITHIN, RESENT_WITHIN)));
        assert!(delivery.is_too_old(later(RESENT_WITHIN + SECOND, SECOND)));
        assert!(delivery.is_too_old(later(SECOND, RESENT_WITHIN + SECOND)));
        let stepped_back = Moment {
            wall_millis: 0,
            monotonic: SECOND,
        };
        assert!(!delivery.is_too_old(stepped_back));
    }
}
