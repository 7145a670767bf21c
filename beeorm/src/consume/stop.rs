use std::sync::Arc;

use futures_util::future::{self, Either};
use tokio::sync::watch;

/// Whether a run is to stop.
#[derive(Clone, Debug)]
pub(super) struct Stop(Arc<watch::Sender<bool>>);

/// The run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stopped;

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    pub(super) fn set(&self) {
        self.0.send_replace(true);
    }

    pub(super) fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the future, but no longer than until the run is to stop.
    pub(super) async fn unless<F: Future>(&self, future: F) -> Result<F::Output, Stopped> {
        let mut watcher = self.0.subscribe();
        let stopped = std::pin::pin!(watcher.wait_for(|stopped| *stopped));
        match future::select(stopped, std::pin::pin!(future)).await {
            Either::Left(_) => Err(Stopped),
            Either::Right((output, _)) => Ok(output),
        }
    }
}
