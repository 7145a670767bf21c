//! How long a table or column that is not there is waited for.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// What is being waited for, by what is said of it. Each is waited for once: frames that meet it when the patience
/// is spent do not wait anew, or a backlog of a thousand would stand still a thousand times as long.
#[derive(Debug, Default)]
pub(super) struct Patience(Mutex<HashMap<String, Waited>>);

#[derive(Clone, Copy, Debug)]
struct Waited {
    since: Duration,
    met: Duration,
    told: Option<Duration>,
}

/// The shortest and the longest time between two words about one problem.
const SILENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// What was not met for so much longer than the patience was healed, and is waited for anew when it comes back.
const FORGOTTEN: Duration = Duration::from_secs(60);

impl Patience {
    /// How much is left of it for this problem, by a clock that never steps.
    pub(super) fn left(&self, problem: &str, now: Duration, patience: Duration) -> Duration {
        // Nothing in the critical section can leave the map half changed.
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        problems.retain(|_, waited| {
            now.saturating_sub(waited.met) <= patience.saturating_add(FORGOTTEN)
        });
        let waited = problems.entry(problem.to_owned()).or_insert(Waited {
            since: now,
            met: now,
            told: None,
        });
        waited.met = now;
        patience.saturating_sub(now.saturating_sub(waited.since))
    }

    /// Whether it is time to tell of it: at first, and then ever less often.
    pub(super) fn tells(&self, problem: &str, now: Duration) -> bool {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waited) = problems.get_mut(problem) else {
            return true;
        };
        tells(waited.since, &mut waited.told, now)
    }

    /// It was healed: the next time it is waited for anew.
    pub(super) fn healed(&self, problem: &str) {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        problems.remove(problem);
    }
}

fn tells(since: Duration, told: &mut Option<Duration>, now: Duration) -> bool {
    let tells = told.is_none_or(|told| {
        let silence = told.saturating_sub(since).clamp(SILENCE.0, SILENCE.1);
        now.saturating_sub(told) >= silence
    });
    if tells {
        *told = Some(now);
    }
    tells
}

/// A fault that is met again and again, and told of as a problem is.
#[derive(Debug, Default)]
pub(super) struct Standing(Option<(String, Duration, Option<Duration>)>);

impl Standing {
    /// Whether it is time to tell of it.
    pub(super) fn tells(&mut self, fault: &str, now: Duration) -> bool {
        let standing = self.0.take().filter(|(same, ..)| same == fault);
        let (fault, since, mut told) = standing.unwrap_or_else(|| (fault.to_owned(), now, None));
        let tells = tells(since, &mut told, now);
        self.0 = Some((fault, since, told));
        tells
    }

    /// It was not met any more.
    pub(super) fn ended(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_of_ever_less_often() {
        let (patience, second) = (Patience::default(), Duration::from_secs);
        let tells = |problem, millis| {
            let now = second(100) + Duration::from_millis(millis);
            patience.left(problem, now, second(300));
            patience.tells(problem, now)
        };
        let told = (0..3000)
            .step_by(100)
            .filter(|time| tells("no table", *time));
        assert_eq!(told.collect::<Vec<_>>(), [0, 1000, 2000]);
        assert!(tells("no column", 2100), "another problem");
        let told = (3000..300_000)
            .step_by(1000)
            .filter(|time| tells("no table", *time));
        let seconds: Vec<_> = told.map(|time| time / 1000).collect();
        assert_eq!(seconds, [4, 8, 16, 32, 64, 124, 184, 244]);
        patience.healed("no table");
        assert!(tells("no table", 300_000));
    }

    #[test]
    fn a_standing_fault_is_told_of_when_it_begins_and_ever_less_often() {
        let (mut standing, millis) = (Standing::default(), Duration::from_millis);
        let told = (0..3000)
            .step_by(250)
            .filter(|now| standing.tells("WRONGTYPE", millis(*now)));
        assert_eq!(told.collect::<Vec<_>>(), [0, 1000, 2000]);
        assert!(standing.tells("away", millis(3000)));
        assert!(!standing.tells("away", millis(3250)));
        standing.ended();
        assert!(standing.tells("away", millis(3500)));
    }

    #[test]
    fn each_problem_is_waited_for_once_and_anew_when_it_comes_back() {
        let (patience, second) = (Patience::default(), Duration::from_secs);
        let left = |problem, now| patience.left(problem, second(now), second(10));
        assert_eq!(left("no column", 100), second(10));
        assert_eq!(left("no table", 104), second(10));
        assert_eq!(left("no column", 104), second(6));
        assert_eq!(left("no column", 110), Duration::ZERO);
        assert_eq!(left("no column", 150), Duration::ZERO);
        assert_eq!(left("no column", 150 + 10 + 61), second(10));
        assert_eq!(left("no column", 222), second(9));
        patience.healed("no column");
        assert_eq!(left("no column", 223), second(10));
    }
}
