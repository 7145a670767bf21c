use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{Figures, Stream};
use crate::runtime::Runtime;

/// Warns of a stream that grows and grows: looked at where somebody is at the stream anyway, once a minute at most.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// A limited one is refused to grow by whoever appends.
    limited: bool,
    looked: Mutex<Option<Duration>>,
}

const BETWEEN_LOOKS: Duration = Duration::from_secs(60);
/// More entries than a burst leaves.
const MANY: u64 = 1_000_000;
/// Longer than a deploy or a failover takes.
const OLD: Duration = Duration::from_secs(10 * 60);

impl Backlog {
    pub(crate) fn new(limited: bool) -> Self {
        Self {
            limited,
            looked: Mutex::new(None),
        }
    }

    /// Looks where it is time to, in a task of its own: nobody waits for it. A stream that cannot be reached is told of
    /// elsewhere.
    pub(crate) fn look(self: &Arc<Self>, stream: &Arc<dyn Stream>, runtime: &Runtime) {
        if self.is_due(runtime.monotonic()) {
            let (backlog, stream) = (Arc::clone(self), Arc::clone(stream));
            runtime.spawn(async move { backlog.warn(&*stream).await });
        }
    }

    async fn warn(&self, stream: &dyn Stream) {
        let Ok(figures) = stream.statistics().await else {
            return;
        };
        let age = figures.oldest.map(|oldest| oldest.age(figures.now_millis));
        if let Some(problem) = self.problem(&figures) {
            tracing::warn!(entries = figures.len, oldest = ?age, "backlog: {problem}");
        }
    }

    fn is_due(&self, now: Duration) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = looked.is_none_or(|looked| now.saturating_sub(looked) >= BETWEEN_LOOKS);
        if due {
            *looked = Some(now);
        }
        due
    }

    fn problem(&self, figures: &Figures) -> Option<&'static str> {
        let is_old = |id: super::EntryId| id.age(figures.now_millis) >= OLD;
        if figures.oldest.is_some_and(is_old) {
            Some(
                "the oldest lazy flush has waited for long; is a background consumer running, and does it keep up?",
            )
        } else if figures.len >= MANY && !self.limited {
            Some(
                "very many lazy flushes wait, and nothing limits them but the server's memory; is a background consumer \
                 running, and does it keep up? `Registry::max_len` sets a limit",
            )
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::EntryId;

    fn figures(len: u64, age: Duration) -> Figures {
        let now_millis = 1_700_000_000_000;
        let oldest = EntryId {
            millis: now_millis - u64::try_from(age.as_millis()).unwrap(),
            sequence: 0,
        };
        Figures {
            len,
            oldest: Some(oldest),
            now_millis,
            ..Figures::default()
        }
    }

    #[test]
    fn what_is_many_and_what_is_old_is_told() {
        let (young, old) = (Duration::from_secs(5), Duration::from_secs(3600));
        let told = |limited, len, age| {
            Backlog::new(limited)
                .problem(&figures(len, age))
                .map_or("", |problem| {
                    if problem.contains("max_len") {
                        "many"
                    } else {
                        "old"
                    }
                })
        };
        assert_eq!(told(false, 10, young), "");
        assert_eq!(told(false, 10, old), "old");
        assert_eq!(told(false, MANY, young), "many");
        assert_eq!(
            told(true, MANY, young),
            "",
            "whoever appends is told by an error"
        );
        assert_eq!(told(true, MANY, old), "old");
        assert_eq!(
            Backlog::new(false).problem(&Figures::default()),
            None,
            "nothing waits"
        );
    }

    #[test]
    fn it_is_looked_once_a_minute() {
        let backlog = Backlog::new(false);
        let due = [0, 1, 59, 60, 61, 200].map(|second| backlog.is_due(Duration::from_secs(second)));
        assert_eq!(due, [true, false, false, true, false, true]);
    }
}
