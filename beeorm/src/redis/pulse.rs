use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::Notify;

use crate::runtime::Runtime;

/// The longest between two beats.
const LONGEST: Duration = Duration::from_millis(200);
const SHORTEST: Duration = Duration::from_millis(5);

/// A beat that all commands of a connection share, so that none needs a timer of its own: whoever sets one wakes the
/// thread that waits for the network, which takes about as long as the command.
#[derive(Debug)]
pub(super) struct Pulse {
    runtime: Runtime,
    beats: Arc<Notify>,
}

impl Pulse {
    /// Beats for as long as it lives, often enough for this patience.
    pub(super) fn start(runtime: &Runtime, patience: Duration) -> Self {
        let beats = Arc::new(Notify::new());
        let between = (patience / 8).clamp(SHORTEST, LONGEST);
        runtime.spawn(beat(runtime.clone(), Arc::downgrade(&beats), between));
        Self {
            runtime: runtime.clone(),
            beats,
        }
    }

    /// Returns at the first beat at which this long has passed, or at which `is_over` says so; it is asked at each.
    pub(super) async fn wait(&self, at_most: Duration, mut is_over: impl FnMut() -> bool) {
        let begun = self.runtime.monotonic();
        loop {
            self.beats.notified().await;
            let waited = self.runtime.monotonic().saturating_sub(begun);
            if is_over() || waited >= at_most {
                return;
            }
        }
    }
}

async fn beat(runtime: Runtime, beats: Weak<Notify>, between: Duration) {
    while let Some(beats) = beats.upgrade() {
        beats.notify_waiters();
        drop(beats);
        runtime.sleep(between).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_wait_ends_when_it_is_over_and_not_before() {
        const PATIENCE: Duration = Duration::from_millis(80);
        let pulse = Pulse::start(&Runtime::system(), PATIENCE);
        let begun = Instant::now();
        pulse.wait(PATIENCE, || false).await;
        assert!(begun.elapsed() >= PATIENCE, "{:?}", begun.elapsed());
        let mut asked = 0;
        let third = || {
            asked += 1;
            asked == 3
        };
        pulse.wait(Duration::MAX, third).await;
        assert_eq!(asked, 3);
    }

    #[tokio::test]
    async fn it_ends_with_its_connection() {
        let runtime = Runtime::system();
        let beats = Arc::new(Notify::new());
        let mut task = Box::pin(beat(runtime, Arc::downgrade(&beats), SHORTEST));
        assert!(task.as_mut().now_or_never().is_none());
        drop(beats);
        task.await;
    }
}
