//! Clock, randomness, new ids and tasks, behind one handle: nothing else in the library reads a clock
//! or spawns, so that a simulator can drive everything.

pub(crate) mod millis;
mod system;

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use uuid::Uuid;

use self::system::System;

/// Whether this is called on a runtime of tokio's: its timers and sockets panic elsewhere.
pub(crate) fn is_entered() -> bool {
    Handle::try_current().is_ok()
}

/// What the outside world gives.
pub(crate) trait Host: Send + Sync {
    /// Milliseconds since 1970. May step in either direction: for people and for the order of ids only.
    fn now_millis(&self) -> u64;

    /// Time that never steps, from any beginning.
    fn monotonic(&self) -> Duration;

    /// A UUID of version 7.
    fn uuid(&self) -> Uuid;

    /// Any number.
    fn random(&self) -> u64;

    fn spawn(&self, task: BoxFuture<'static, ()>);

    /// Whether what the engine began where it was made has ended with that runtime.
    fn has_ended(&self) -> bool {
        false
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The handle, shared by all that belongs to one engine.
#[derive(Clone)]
pub(crate) struct Runtime(Arc<dyn Host>);

impl Runtime {
    /// The machine's clock and tokio's tasks.
    pub(crate) fn system() -> Self {
        Self(Arc::new(System::new()))
    }

    /// Whatever a simulator or a test makes of time, chance and tasks.
    #[cfg(any(test, feature = "simulation"))]
    pub(crate) fn simulated(host: Arc<dyn Host>) -> Self {
        Self(host)
    }

    pub(crate) fn now_millis(&self) -> u64 {
        self.0.now_millis()
    }

    pub(crate) fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    pub(crate) fn uuid(&self) -> Uuid {
        self.0.uuid()
    }

    /// A number below the limit, for jitter.
    pub(crate) fn random_below(&self, limit: u64) -> u64 {
        self.0.random() % limit.max(1)
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(Box::pin(task));
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.0.has_ended()
    }

    pub(crate) fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(duration)
    }

    /// Waits longer each time, up to a limit, with a jitter of a half.
    pub(crate) fn backoff(&self, attempt: u32, limit: Duration) -> Duration {
        const FIRST: Duration = Duration::from_millis(20);
        let whole = FIRST.saturating_mul(1 << attempt.min(16)).min(limit);
        let half = u64::try_from(whole.as_millis() / 2).unwrap_or(u64::MAX);
        Duration::from_millis(half + self.random_below(half + 1))
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runtime")
    }
}
