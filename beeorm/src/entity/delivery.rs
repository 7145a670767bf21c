use std::time::Duration;

use tokio::sync::watch;
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
    pub(crate) frames: Vec<Vec<u8>>,
    /// The frames' database pools and ids, in the same order.
    pub(crate) ids: Vec<(&'static str, Uuid)>,
    /// How many statements are in them.
    pub(crate) statements: usize,
    made: Moment,
    state: watch::Sender<DeliveryState>,
}

/// Now, by the two clocks that there are: one may step, and the other one may stand still while the machine sleeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) wall_millis: u64,
    pub(crate) monotonic: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Delivery {
    pub(crate) fn new(
        frames: Vec<Vec<u8>>,
        ids: Vec<(&'static str, Uuid)>,
        statements: usize,
        made: Moment,
    ) -> Self {
        Self {
            frames,
            ids,
            statements,
            made,
            state: watch::Sender::new(DeliveryState::InFlight),
        }
    }

    /// How many bytes the frames have.
    pub(crate) fn bytes(&self) -> usize {
        self.frames.iter().map(Vec::len).sum()
    }

    /// Whether it is too late to send it again.
    pub(crate) fn is_too_old(&self, now: Moment) -> bool {
        let wall = Duration::from_millis(now.wall_millis.saturating_sub(self.made.wall_millis));
        let monotonic = now.monotonic.saturating_sub(self.made.monotonic);
        wall.max(monotonic) > RESENT_WITHIN
    }

    pub(crate) fn state(&self) -> DeliveryState {
        *self.state.borrow()
    }

    pub(crate) fn set(&self, state: DeliveryState) {
        self.state.send_replace(state);
    }

    /// Takes the resending over, if the outcome is unknown and nobody else is at it.
    pub(crate) fn begin_resend(&self) -> bool {
        self.state.send_if_modified(|state| {
            let unknown = *state == DeliveryState::Unknown;
            if unknown {
                *state = DeliveryState::InFlight;
            }
            unknown
        })
    }

    /// Waits until it is not in flight any more.
    pub(crate) async fn settled(&self) -> DeliveryState {
        let mut watcher = self.state.subscribe();
        let settled = watcher
            .wait_for(|state| *state != DeliveryState::InFlight)
            .await;
        settled.map_or(DeliveryState::Unknown, |state| *state)
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
