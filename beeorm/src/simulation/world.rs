//! The world of one run: virtual time, tasks, and the one thread that runs them in an order drawn from the seed.
//!
//! A task belongs to a process, which can be killed, stopped and woken between any two polls. When no task is
//! ready, time jumps to the next timer.

use std::{
    collections::BTreeMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures_util::future::BoxFuture;

use super::{random::Random, trace::Trace};

/// A process, by its place among all that ever ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProcessId(usize);

/// A timer, by when it fires and the order in which it was set.
type TimerKey = (Duration, u64);

type Call = Box<dyn FnOnce() + Send>;

pub(super) struct World {
    state: Mutex<State>,
    /// How far all wall clocks went on at once.
    days_passed_millis: AtomicI64,
    /// Apart from the state, as anything may be woken while that is held.
    ready: Mutex<Vec<usize>>,
    pub(super) trace: Trace,
}

struct State {
    now: Duration,
    random: Random,
    tasks: Vec<Task>,
    timers: BTreeMap<TimerKey, Timer>,
    timers_made: u64,
    processes: Vec<Process>,
    running: ProcessId,
    polls: u64,
    violations: Vec<String>,
}

enum Timer {
    Wake(Waker),
    Call(Call),
}

struct Task {
    process: ProcessId,
    /// None while it is polled, and once it has ended.
    future: Option<BoxFuture<'static, ()>>,
    waker: Arc<TaskWaker>,
}

struct Process {
    name: String,
    alive: bool,
    stopped: bool,
    /// Tasks that became ready while the process was stopped.
    parked: Vec<usize>,
}

struct TaskWaker {
    world: Weak<World>,
    task: usize,
    queued: AtomicBool,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if let Some(world) = self.world.upgrade()
            && !self.queued.swap(true, Ordering::AcqRel)
        {
            world.ready().push(self.task);
        }
    }
}

/// Why a run ended without having come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stuck {
    /// Nothing will ever happen again.
    Idle,
    /// It goes on for longer than any run should.
    Endless,
}

/// More polls than any run needs: what spins without letting time pass is found by it.
const MOST_POLLS: u64 = 3_000_000;

impl World {
    pub(super) fn new(seed: u64, traced: bool) -> Arc<Self> {
        let state = State {
            now: Duration::ZERO,
            random: Random::new(seed),
            tasks: Vec::new(),
            timers: BTreeMap::new(),
            timers_made: 0,
            processes: Vec::new(),
            running: ProcessId(0),
            polls: 0,
            violations: Vec::new(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
            days_passed_millis: AtomicI64::new(0),
            ready: Mutex::new(Vec::new()),
            trace: Trace::new(traced),
        })
    }

    // A panic of the code under test is caught outside of these locks: what is in them is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ready(&self) -> MutexGuard<'_, Vec<usize>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Duration {
        self.state().now
    }

    /// Days go by in which nothing happens.
    pub(super) fn pass_days(&self, days: u64) {
        self.note(|| format!("FAULT: {days} days pass"));
        let millis = (days * 24 * 60 * 60 * 1000).cast_signed();
        self.days_passed_millis.fetch_add(millis, Ordering::Relaxed);
    }

    pub(super) fn days_passed_millis(&self) -> i64 {
        self.days_passed_millis.load(Ordering::Relaxed)
    }

    /// Draws from the seed.
    pub(super) fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.state().random)
    }

    /// Notes what must never happen.
    pub(super) fn violation(&self, what: impl Into<String>) {
        let what = what.into();
        self.note(|| format!("VIOLATION: {what}"));
        self.state().violations.push(what);
    }

    pub(super) fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Writes a line into the trace, under the name of the process that runs.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        let running = self.state().running;
        self.note_of(running, what);
    }

    pub(super) fn note_of(&self, process: ProcessId, what: impl FnOnce() -> String) {
        if !self.trace.is_kept() {
            return;
        }
        let (now, name) = {
            let state = self.state();
            (state.now, state.processes[process.0].name.clone())
        };
        self.trace.line(now, &name, &what());
    }

    pub(super) fn process(&self, name: impl Into<String>) -> ProcessId {
        let process = Process {
            name: name.into(),
            alive: true,
            stopped: false,
            parked: Vec::new(),
        };
        let mut state = self.state();
        state.processes.push(process);
        ProcessId(state.processes.len() - 1)
    }

    pub(super) fn spawn(self: &Arc<Self>, process: ProcessId, future: BoxFuture<'static, ()>) {
        let mut state = self.state();
        if !state.processes[process.0].alive {
            drop(state);
            return drop(future);
        }
        let waker = Arc::new(TaskWaker {
            world: Arc::downgrade(self),
            task: state.tasks.len(),
            queued: AtomicBool::new(false),
        });
        state.tasks.push(Task {
            process,
            future: Some(future),
            waker: Arc::clone(&waker),
        });
        drop(state);
        waker.wake();
    }

    /// As `kill -9` does: whatever its tasks were at, they are gone.
    pub(super) fn kill(&self, process: ProcessId) {
        let mut state = self.state();
        state.processes[process.0].alive = false;
        let tasks = state
            .tasks
            .iter_mut()
            .filter(|task| task.process == process);
        let futures: Vec<_> = tasks.filter_map(|task| task.future.take()).collect();
        drop(state);
        drop(futures);
    }

    /// Drops every task and timer, which hold the world as it holds them.
    pub(super) fn end(&self) {
        let mut state = self.state();
        let tasks = std::mem::take(&mut state.tasks);
        let timers = std::mem::take(&mut state.timers);
        let processes = state.processes.iter_mut();
        processes.for_each(|process| process.alive = false);
        drop(state);
        drop((tasks, timers));
        // What these set on their way out.
        let late = std::mem::take(&mut self.state().timers);
        drop(late);
    }

    /// As SIGSTOP does: time passes it by.
    pub(super) fn stop(&self, process: ProcessId) {
        self.state().processes[process.0].stopped = true;
    }

    /// As SIGCONT does.
    pub(super) fn wake(&self, process: ProcessId) {
        let parked = {
            let process = &mut self.state().processes[process.0];
            process.stopped = false;
            std::mem::take(&mut process.parked)
        };
        self.ready().extend(parked);
    }

    /// Does something after so much time, whatever becomes of who asked for it.
    pub(super) fn after(&self, delay: Duration, call: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        let at = state.now + delay;
        state.set_timer(at, Timer::Call(Box::new(call)));
    }

    pub(super) fn sleep(self: &Arc<Self>, time: Duration) -> Sleep {
        Sleep {
            world: Arc::clone(self),
            until: self.now() + time,
            timer: None,
        }
    }

    /// Runs until the future is ready, but not past the limit of virtual time.
    pub(super) fn run(
        self: &Arc<Self>,
        main: BoxFuture<'static, ()>,
        limit: Duration,
    ) -> Result<(), Stuck> {
        let ended = Arc::new(AtomicBool::new(false));
        let process = self.process("run");
        let flag = Arc::clone(&ended);
        self.spawn(
            process,
            Box::pin(async move {
                main.await;
                flag.store(true, Ordering::Release);
            }),
        );
        while !ended.load(Ordering::Acquire) {
            if self.poll_one() {
                continue;
            }
            if !self.pass_time() {
                return Err(Stuck::Idle);
            }
            let state = self.state();
            if state.now > limit || state.polls > MOST_POLLS {
                return Err(Stuck::Endless);
            }
        }
        Ok(())
    }

    /// Polls one of the ready tasks; false when there is none.
    fn poll_one(&self) -> bool {
        let task = {
            let mut state = self.state();
            let mut ready = self.ready();
            if ready.is_empty() || state.polls > MOST_POLLS {
                return false;
            }
            let place = state.random.place(ready.len());
            ready.swap_remove(place)
        };
        let (mut future, waker, process) = {
            let mut state = self.state();
            let process = state.tasks[task].process;
            if state.processes[process.0].stopped {
                state.processes[process.0].parked.push(task);
                return true;
            }
            let Some(future) = state.tasks[task].future.take() else {
                return true;
            };
            state.polls += 1;
            state.running = process;
            (future, Arc::clone(&state.tasks[task].waker), process)
        };
        waker.queued.store(false, Ordering::Release);
        let waker = Waker::from(waker);
        let polled = catch_unwind(AssertUnwindSafe(|| {
            future.as_mut().poll(&mut Context::from_waker(&waker))
        }));
        match polled {
            Ok(Poll::Ready(())) => {}
            Ok(Poll::Pending) => {
                let mut state = self.state();
                // A process that was killed from within one of its own polls.
                if state.processes[process.0].alive {
                    state.tasks[task].future = Some(future);
                }
            }
            Err(panic) => self.violation(format!("panic: {}", message(&*panic))),
        }
        true
    }

    /// Goes on to the next timer; false when there is none.
    fn pass_time(&self) -> bool {
        let mut state = self.state();
        let Some(((at, _), timer)) = state.timers.pop_first() else {
            return false;
        };
        state.now = state.now.max(at);
        drop(state);
        match timer {
            Timer::Wake(waker) => waker.wake(),
            Timer::Call(call) => call(),
        }
        true
    }
}

impl State {
    fn set_timer(&mut self, at: Duration, timer: Timer) -> TimerKey {
        self.timers_made += 1;
        let key = (at, self.timers_made);
        self.timers.insert(key, timer);
        key
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

/// Ready at its moment.
pub(super) struct Sleep {
    world: Arc<World>,
    until: Duration,
    timer: Option<TimerKey>,
}

impl Sleep {
    fn forget_timer(&mut self) {
        if let Some(key) = self.timer.take() {
            let forgotten = self.world.state().timers.remove(&key);
            drop(forgotten);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.forget_timer();
        if self.world.now() >= self.until {
            return Poll::Ready(());
        }
        let timer = Timer::Wake(cx.waker().clone());
        let key = self.world.state().set_timer(self.until, timer);
        self.timer = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget_timer();
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}
