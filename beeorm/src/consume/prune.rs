//! Keeps the inboxes short: moves the watermark forward, and deletes what is below it.
//!
//! The order makes it safe. The watermark is committed first. From then on every INSERT into the inbox refuses
//! frames below it; so when those that began before are over, rows below it are missed by nobody.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future;

use super::{Run, bounded::Bounded, own::Ownership};
use crate::{
    database::{Database, DatabaseError, horizon, inbox},
    entity::RESENT_WITHIN,
    stream::Figures,
};

/// What the publisher sends again must be done with, and clocks differ, before the horizon comes near.
pub(super) const SHORTEST_HORIZON: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// How much clocks may differ.
const MARGIN: Duration = Duration::from_secs(60 * 60);

/// Rows deleted at a time, and the pause behind: nobody waits long for a lock, nor the disk for the log.
const CHUNK: u64 = 1000;
const PAUSE: Duration = Duration::from_millis(10);

/// When what is pruned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pruning {
    pub(super) horizon: Duration,
    pub(super) every: Duration,
    /// How long after the watermark was moved every INSERT has seen it: many times the time for which one may
    /// wait for a lock.
    pub(super) settled: Duration,
}

impl Default for Pruning {
    fn default() -> Self {
        Self {
            horizon: Duration::from_secs(7 * 24 * 60 * 60),
            every: Duration::from_secs(60),
            settled: Duration::from_secs(60),
        }
    }
}

impl Pruning {
    /// How far the watermark may go: what is still in the stream, and what the publisher may send again, is above it.
    ///
    /// None where the clocks contradict each other.
    fn watermark(&self, figures: &Figures, own_millis: u64) -> Option<u64> {
        if own_millis.saturating_add(millis(MARGIN)) < figures.now_millis {
            return None;
        }
        let now = own_millis.min(figures.now_millis);
        let mut watermark = now.saturating_sub(millis(self.horizon));
        if let Some(oldest) = figures.oldest {
            // An entry is no older than its frames, which may have been sent again.
            let made = oldest.millis.saturating_sub(millis(RESENT_WITHIN + MARGIN));
            watermark = watermark.min(made);
        }
        Some(watermark)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A watermark that is committed, and since when, by a clock that never steps.
#[derive(Clone, Copy, Debug)]
struct Raised {
    millis: u64,
    since: Duration,
}

/// How far the pruning has come: an ownership may end before it is time, again and again.
#[derive(Debug, Default)]
pub(super) struct Progress(Mutex<Come>);

#[derive(Debug, Default)]
struct Come {
    /// When it is time again, by a clock that never steps.
    next: Option<Duration>,
    /// By pool.
    raised: BTreeMap<String, Raised>,
}

impl Progress {
    fn come(&self) -> MutexGuard<'_, Come> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long it is until it is time.
    fn left(&self, now: Duration, every: Duration) -> Duration {
        let mut come = self.come();
        let next = come.next.get_or_insert(now.saturating_add(every));
        next.saturating_sub(now)
    }
}

/// Prunes every database for as long as the channel is owned.
pub(super) async fn prune(run: &Run, ownership: &Ownership) -> Infallible {
    let runtime = &run.source.runtime;
    loop {
        let every = run.options.pruning.every;
        let left = run.pruning.left(runtime.monotonic(), every);
        runtime.sleep(left).await;
        if ownership.is_lost() {
            return future::pending().await;
        }
        run.pruning.come().next = Some(runtime.monotonic().saturating_add(every));
        let figures = match run.source.stream.statistics().await {
            Ok(figures) => figures,
            Err(error) => {
                tracing::debug!(%error, "the inboxes are not pruned, as the stream cannot be seen");
                continue;
            }
        };
        let own = run.source.runtime.now_millis();
        let Some(watermark) = run.options.pruning.watermark(&figures, own) else {
            tracing::warn!(
                own,
                stream = figures.now_millis,
                "the inboxes are not pruned: this machine's clock is far behind the stream's"
            );
            continue;
        };
        for (pool, database) in run.source.databases.iter() {
            let before = run.pruning.come().raised.get(pool).copied();
            let now = prune_one(run, ownership, &**database, before, watermark).await;
            let raised = &mut run.pruning.come().raised;
            match now {
                Ok(Some(now)) => drop(raised.insert(pool.to_owned(), now)),
                Ok(None) => drop(raised.remove(pool)),
                Err(error) => {
                    raised.remove(pool);
                    tracing::warn!(%error, pool, "the inbox was not pruned, and will be tried again");
                }
            }
        }
    }
}

/// Deletes below the watermark that was raised before, if that is long enough ago; raises it where there is more to
/// delete.
async fn prune_one(
    run: &Run,
    ownership: &Ownership,
    database: &dyn Database,
    raised: Option<Raised>,
    watermark: u64,
) -> Result<Option<Raised>, DatabaseError> {
    let runtime = &run.source.runtime;
    if let Some(raised) = raised {
        if runtime.monotonic().saturating_sub(raised.since) < run.options.pruning.settled {
            return Ok(Some(raised));
        }
        sweep(run, ownership, database, raised.millis).await?;
    }
    let mut session = Bounded::open(run, database).await?;
    // An idle inbox costs no more than this look.
    if !inbox::has_older(&mut session, watermark).await? {
        return Ok(None);
    }
    horizon::raise(&mut session, database.dialect(), watermark).await?;
    // Others raise it too: what is there now is committed, and no less than that.
    let millis = horizon::read(&mut session).await?;
    let since = runtime.monotonic();
    Ok(Some(Raised { millis, since }))
}

async fn sweep(
    run: &Run,
    ownership: &Ownership,
    database: &dyn Database,
    below_millis: u64,
) -> Result<(), DatabaseError> {
    while !ownership.is_lost() {
        let mut session = Bounded::open(run, database).await?;
        let pruned = inbox::prune(&mut session, below_millis, CHUNK).await?;
        drop(session);
        run.counters
            .pruned
            .add(usize::try_from(pruned.rows).unwrap_or(usize::MAX));
        if !pruned.more {
            break;
        }
        run.source.runtime.sleep(PAUSE).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::EntryId;

    const DAY: u64 = 24 * 60 * 60 * 1000;
    const HOUR: u64 = 60 * 60 * 1000;
    const NOW: u64 = 20_000 * DAY;

    fn watermark(own: u64, stream: u64, oldest: Option<u64>) -> Option<u64> {
        let oldest = oldest.map(|millis| EntryId {
            millis,
            sequence: 7,
        });
        let figures = Figures {
            oldest,
            now_millis: stream,
            ..Figures::default()
        };
        Pruning::default().watermark(&figures, own)
    }

    #[test]
    fn it_stays_behind_the_horizon() {
        assert_eq!(watermark(NOW, NOW, None), Some(NOW - 7 * DAY));
        assert_eq!(watermark(NOW, NOW, Some(NOW - DAY)), Some(NOW - 7 * DAY));
    }

    #[test]
    fn it_never_passes_what_waits_nor_what_may_be_sent_again() {
        let oldest = NOW - 30 * DAY;
        assert_eq!(watermark(NOW, NOW, Some(oldest)), Some(oldest - DAY - HOUR));
    }

    #[test]
    fn the_slower_clock_decides_and_a_wrong_one_stops_it() {
        assert_eq!(watermark(NOW, NOW - 3 * DAY, None), Some(NOW - 10 * DAY));
        assert_eq!(watermark(NOW - HOUR, NOW, None), Some(NOW - HOUR - 7 * DAY));
        assert_eq!(watermark(NOW - HOUR - 1, NOW, None), None);
        assert_eq!(watermark(0, 0, None), Some(0));
    }
}
