use tokio::sync::watch;
use uuid::Uuid;

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
    state: watch::Sender<DeliveryState>,
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
    pub(crate) fn new(frames: Vec<Vec<u8>>, ids: Vec<(&'static str, Uuid)>) -> Self {
        Self {
            frames,
            ids,
            state: watch::Sender::new(DeliveryState::InFlight),
        }
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
