//! Leaving the channel to others, who may understand what this program does not.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// So long it is left to them: contenders look at it several times meanwhile.
pub(super) const TIME: Duration = Duration::from_secs(1);
/// Between two times: where there is nobody, hardly anything is lost by it.
const BETWEEN: Duration = Duration::from_secs(10);

/// When it was last left to others.
#[derive(Debug, Default)]
pub(super) struct StandBack(Mutex<Option<Duration>>);

impl StandBack {
    /// Whether it is time to, by a clock that never steps; if so, it is taken to be done.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.saturating_sub(last) >= BETWEEN);
        if due {
            *last = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_at_once_and_then_now_and_then() {
        let stand_back = StandBack::default();
        let due = [100, 101, 109, 110, 115, 125]
            .map(|second| stand_back.is_due(Duration::from_secs(second)));
        assert_eq!(due, [true, false, false, true, false, true]);
    }
}
