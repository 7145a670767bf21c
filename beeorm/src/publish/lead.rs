use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Context,
};

use futures_util::future::BoxFuture;

use crate::runtime::Runtime;

/// A leader's work.
///
/// It is polled by the caller who came first for as long as nobody else depends on it: to have it done by a task, and to
/// be woken by that, takes longer than the rest of an append. Nobody knows when a caller polls again, or whether; so a
/// task gets it as soon as somebody comes behind, or the caller goes away.
pub(super) struct Lead(Mutex<State>);

enum State {
    /// The caller has it, and is not at it.
    Resting(BoxFuture<'static, ()>),
    /// The caller is at it.
    Polled,
    /// The caller is at it, and is to give it to a task then.
    Wanted,
    /// A task has it, or it is done.
    Gone,
}

impl Lead {
    pub(super) fn new(work: BoxFuture<'static, ()>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::Resting(work))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with it on behalf of the caller, while it is the caller's.
    fn poll(&self, context: &mut Context<'_>, runtime: &Runtime) {
        let mut state = self.state();
        let mut work = match mem::replace(&mut *state, State::Polled) {
            State::Resting(work) => work,
            other => {
                *state = other;
                return;
            }
        };
        drop(state);
        let is_done = work.as_mut().poll(context).is_ready();
        let mut state = self.state();
        match mem::replace(&mut *state, State::Gone) {
            _ if is_done => {}
            State::Wanted => {
                drop(state);
                runtime.spawn(work);
            }
            _ => *state = State::Resting(work),
        }
    }

    /// Gives it to a task, unless one has it.
    pub(super) fn hand_over(&self, runtime: &Runtime) {
        let mut state = self.state();
        match mem::replace(&mut *state, State::Gone) {
            State::Resting(work) => {
                drop(state);
                runtime.spawn(work);
            }
            State::Polled | State::Wanted => *state = State::Wanted,
            State::Gone => {}
        }
    }
}

impl fmt::Debug for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lead").finish_non_exhaustive()
    }
}

/// A caller who leads; whoever goes away leaves the work to a task.
pub(super) struct Leading<'r> {
    pub(super) lead: Arc<Lead>,
    pub(super) runtime: &'r Runtime,
}

impl Leading<'_> {
    pub(super) fn poll(&self, context: &mut Context<'_>) {
        self.lead.poll(context, self.runtime);
    }
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        self.lead.hand_over(self.runtime);
    }
}
