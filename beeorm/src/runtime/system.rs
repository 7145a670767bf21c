use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::Host;

/// The machine's clock and tokio's tasks.
pub(super) struct System {
    start: Instant,
    /// Where the engine was made.
    runtime: Option<Handle>,
}

impl System {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            runtime: Handle::try_current().ok(),
        }
    }

    /// Where tasks run that many wait for: where the engine was made, as a caller's own runtime may stand still as soon as
    /// that caller has its answer. Only when that one has ended, the caller's.
    fn home(&self) -> Option<Handle> {
        let current = Handle::try_current().ok();
        match (&self.runtime, current) {
            (Some(own), Some(current)) if own.id() != current.id() && has_ended(own) => {
                Some(current)
            }
            (Some(own), _) => Some(own.clone()),
            (None, current) => current,
        }
    }
}

/// A runtime that has ended takes no tasks.
fn has_ended(runtime: &Handle) -> bool {
    let task = runtime.spawn(std::future::pending::<()>());
    let ended = task.is_finished();
    task.abort();
    ended
}

impl Host for System {
    fn now_millis(&self) -> u64 {
        // A clock before 1970 counts as 1970; one after the year 500 million is none of ours.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&self) -> u64 {
        // The low half of a version 7 UUID is random but for its two highest bits.
        Uuid::now_v7().as_u64_pair().1 & (u64::MAX >> 2)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        // The handle is dropped and the task goes on: whoever waits for it has a channel to it.
        match self.home() {
            Some(runtime) => drop(runtime.spawn(task)),
            // Guards within the task tell whoever waits for it.
            None => drop(task),
        }
    }

    fn has_ended(&self) -> bool {
        self.runtime.as_ref().is_some_and(has_ended)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        // The timer is the runtime's that is entered: polled from a plain thread, that of the engine.
        match (Handle::try_current(), &self.runtime) {
            (Ok(_), _) => Box::pin(tokio::time::sleep(duration)),
            (Err(_), Some(runtime)) => {
                let _entered = runtime.enter();
                Box::pin(tokio::time::sleep(duration))
            }
            // There is nothing to wait on.
            (Err(_), None) => Box::pin(std::future::ready(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn runtime() -> Runtime {
        Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap()
    }

    /// The id of the runtime on which the task ran.
    fn spawned_from(caller: &Runtime, system: &Arc<System>) -> tokio::runtime::Id {
        let (tell, told) = mpsc::channel();
        let system = Arc::clone(system);
        caller.block_on(async move {
            system.spawn(Box::pin(async move {
                tell.send(Handle::current().id()).unwrap();
            }));
        });
        told.recv().unwrap()
    }

    #[test]
    fn tasks_run_where_the_engine_was_made_and_elsewhere_once_that_has_ended() {
        let (own, other) = (runtime(), runtime());
        let system = own.block_on(async { Arc::new(System::new()) });
        assert_eq!(spawned_from(&own, &system), own.handle().id());
        assert_eq!(spawned_from(&other, &system), own.handle().id());
        assert!(!system.has_ended());
        drop(own);
        assert!(system.has_ended());
        assert_eq!(spawned_from(&other, &system), other.handle().id());
    }
}
