use std::time::Duration;

use tokio::sync::Mutex;

use crate::{
    error::Error,
    runtime::Runtime,
    stream::{Stream, StreamError},
};

/// What a lazy flush does when the channel has as many entries as
/// [`Registry::max_len`](crate::Registry::max_len) allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFull {
    /// It fails with [`Error::ChannelFull`]: nothing was appended, and the entities are as dirty as before.
    #[default]
    Error,
    /// It waits so long for room, and then fails likewise.
    Wait(Duration),
}

/// The soft limit of a channel's length.
///
/// Soft, as it is kept by looking now and then and counting what this process appends meanwhile: others may append
/// too, so that a few entries too many may come.
#[derive(Debug)]
pub(super) struct Room {
    limit: u64,
    on_full: OnFull,
    seen: Mutex<Option<Seen>>,
}

/// The length when it was last looked at.
#[derive(Debug)]
struct Seen {
    /// Failures are kept too: callers that wait for one look need not wait for one each.
    len: Result<u64, StreamError>,
    at: Duration,
    admitted: u64,
}

/// How long a look holds.
const HOLDS: Duration = Duration::from_millis(100);
/// Between two tries of one that waits.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

impl Room {
    pub(super) fn new(limit: u64, on_full: OnFull) -> Self {
        Self {
            limit,
            on_full,
            seen: Mutex::new(None),
        }
    }

    /// Returns when there is room for one more entry.
    pub(super) async fn admit(&self, stream: &dyn Stream, runtime: &Runtime) -> Result<(), Error> {
        let begun = runtime.monotonic();
        let patience = match self.on_full {
            OnFull::Error => Duration::ZERO,
            OnFull::Wait(patience) => patience,
        };
        let mut attempt = 0;
        while let Some(len) = self.full(stream, runtime).await? {
            let left = patience.saturating_sub(runtime.monotonic().saturating_sub(begun));
            if left.is_zero() {
                let limit = self.limit;
                return Err(Error::ChannelFull { len, limit });
            }
            let pause = runtime.backoff(attempt, LONGEST_PAUSE);
            runtime.sleep(pause.min(left)).await;
            attempt = attempt.saturating_add(1);
        }
        Ok(())
    }

    /// The length where it is at the limit; else one more is counted.
    async fn full(
        &self,
        stream: &dyn Stream,
        runtime: &Runtime,
    ) -> Result<Option<u64>, StreamError> {
        // Held while it is looked: one look is enough for all.
        let mut seen = self.seen.lock().await;
        let now = runtime.monotonic();
        let fresh = seen
            .take()
            .filter(|seen| now.saturating_sub(seen.at) < HOLDS)
            // What was only counted to be full may have been consumed meanwhile.
            .filter(|seen| seen.admitted == 0 || !seen.is_full(self.limit));
        let seen = seen.insert(match fresh {
            Some(fresh) => fresh,
            None => Seen {
                len: stream.len().await,
                at: runtime.monotonic(),
                admitted: 0,
            },
        });
        let len = seen.len.clone()?;
        if seen.is_full(self.limit) {
            return Ok(Some(len));
        }
        seen.admitted += 1;
        Ok(None)
    }
}

impl Seen {
    fn is_full(&self, limit: u64) -> bool {
        let len = self.len.as_ref().copied().unwrap_or_default();
        len.saturating_add(self.admitted) >= limit
    }
}
