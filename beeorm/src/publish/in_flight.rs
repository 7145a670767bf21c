use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most that is under way to the stream's server at a time, of all callers together: as much as the largest
/// entry, and many thousands of small ones.
const MOST_BYTES: usize = 32 << 20;

/// Bounds what waits in this process for a slow server: who comes when it is full waits, first come, first served.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Semaphore>);

/// So many bytes may be under way, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Turn {
    /// None is never seen: nobody closes the semaphore.
    _bytes: Option<OwnedSemaphorePermit>,
}

impl InFlight {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MOST_BYTES)))
    }

    /// None where it takes waiting.
    pub(super) fn turn_now(&self, bytes: usize) -> Option<Turn> {
        let permit = Arc::clone(&self.0).try_acquire_many_owned(permits(bytes));
        permit.ok().map(|permit| Turn {
            _bytes: Some(permit),
        })
    }

    pub(super) async fn turn(&self, bytes: usize) -> Turn {
        let permit = Arc::clone(&self.0).acquire_many_owned(permits(bytes)).await;
        Turn {
            _bytes: permit.ok(),
        }
    }
}

/// What is larger than all waits until nothing else is under way.
fn permits(bytes: usize) -> u32 {
    u32::try_from(bytes.min(MOST_BYTES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn bytes_wait_for_their_turn_and_small_ones_do_not_overtake() {
        let in_flight = InFlight::new();
        let half = in_flight.turn(MOST_BYTES / 2).await;
        let mut large = Box::pin(in_flight.turn(usize::MAX));
        assert!(large.as_mut().now_or_never().is_none());
        let mut small = Box::pin(in_flight.turn(1));
        assert!(small.as_mut().now_or_never().is_none(), "it came later");
        assert!(in_flight.turn_now(1).is_none(), "so did this");
        drop(half);
        let all = large.await;
        assert!(small.as_mut().now_or_never().is_none());
        drop(all);
        small.await;
    }

    #[tokio::test]
    async fn whoever_goes_away_while_waiting_takes_nothing() {
        let in_flight = InFlight::new();
        let all = in_flight.turn(MOST_BYTES).await;
        let mut waiting = Box::pin(in_flight.turn(MOST_BYTES));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(waiting);
        drop(all);
        in_flight.turn(MOST_BYTES).await;
    }
}
