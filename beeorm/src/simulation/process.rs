//! One simulated process, as the library's runtime sees it: its clocks, its tasks, the ids that it made.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::world::{ProcessId, World};
use crate::runtime::{Host, Runtime};

/// Wall clocks begin in September 2026.
const BEGINNING_MILLIS: i64 = 1_790_000_000_000;

const MOST_WRONG_MILLIS: i64 = 10 * 60 * 60 * 1000;

#[derive(Debug)]
pub(super) struct Process {
    pub(super) world: Arc<World>,
    pub(super) id: ProcessId,
    pub(super) name: String,
    /// What its monotonic clock showed when the run began.
    beginning: Duration,
    clock_error_millis: AtomicI64,
    uuids: Mutex<Vec<Uuid>>,
}

impl Process {
    pub(super) fn start(world: &Arc<World>, name: impl Into<String>) -> Arc<Self> {
        let name = name.into();
        let (hours, error) = world.draw(|random| (random.below(1000), random.below(2000)));
        Arc::new(Self {
            world: Arc::clone(world),
            id: world.process(name.clone()),
            name,
            beginning: Duration::from_secs(3600 * hours),
            clock_error_millis: AtomicI64::new(error.cast_signed() - 1000),
            uuids: Mutex::default(),
        })
    }

    pub(super) fn runtime(self: &Arc<Self>) -> Runtime {
        Runtime::simulated(Arc::new(Machine(Arc::clone(self))))
    }

    /// Its wall clock goes wrong by so much more; by less than half a day in all, as what is sent again within a day is
    /// to be within a day by its own clock.
    pub(super) fn step_clock(&self, millis: i64) {
        let within = |error: i64| (error + millis).clamp(-MOST_WRONG_MILLIS, MOST_WRONG_MILLIS);
        let error = self.clock_error_millis.load(Ordering::Relaxed);
        self.clock_error_millis
            .store(within(error), Ordering::Relaxed);
    }

    pub(super) fn now_millis(&self) -> u64 {
        let now = i64::try_from(self.world.now().as_millis()).unwrap_or(i64::MAX);
        let now = now + self.world.days_passed_millis();
        let shown = BEGINNING_MILLIS + now + self.clock_error_millis.load(Ordering::Relaxed);
        shown.max(0).cast_unsigned()
    }

    /// The ids that it made since it was asked last.
    pub(super) fn take_uuids(&self) -> Vec<Uuid> {
        std::mem::take(&mut *self.uuids.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.world.spawn(self.id, Box::pin(task));
    }
}

/// What the library is given.
struct Machine(Arc<Process>);

impl Host for Machine {
    fn now_millis(&self) -> u64 {
        self.0.now_millis()
    }

    fn monotonic(&self) -> Duration {
        self.0.beginning + self.0.world.now()
    }

    fn uuid(&self) -> Uuid {
        let millis = self.0.now_millis();
        let uuid = self.0.world.draw(|random| random.uuid(millis));
        self.0
            .uuids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(uuid);
        uuid
    }

    fn random(&self) -> u64 {
        self.0.world.draw(super::random::Random::next)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.0.world.spawn(self.0.id, task);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(self.0.world.sleep(duration))
    }
}
