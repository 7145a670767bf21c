//! What became of lazy flushes: asked of the inboxes, once for all who wait.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::{self, Either};
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use crate::{
    database::{
        DatabaseError, Databases, horizon,
        inbox::{self, Verdict},
    },
    entity::RESENT_WITHIN,
    error::Error,
    runtime::Runtime,
};

/// Between two looks, the first and the longest.
const FIRST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(50);
/// So long without an answer, and the connection is given up: one that is half open would silence all who wait.
const PATIENCE: Duration = Duration::from_secs(5);

/// The waiting room of an engine.
#[derive(Clone)]
pub(crate) struct Outcomes(Arc<Shared>);

struct Shared {
    databases: Arc<Databases>,
    runtime: Runtime,
    /// By database pool. A pool that is there has a task that looks into its inbox.
    pools: Mutex<HashMap<&'static str, Waiting>>,
}

/// What became of a frame; none where the inbox has forgotten it.
pub(super) type Fate = Option<Verdict>;

/// Who waits for which frame.
#[derive(Default)]
struct Waiting {
    listeners: HashMap<Uuid, Vec<oneshot::Sender<Fate>>>,
    /// Somebody has come in.
    arrival: Arc<Notify>,
}

impl Outcomes {
    pub(crate) fn new(databases: Arc<Databases>, runtime: Runtime) -> Self {
        Self(Arc::new(Shared {
            databases,
            runtime,
            pools: Mutex::default(),
        }))
    }

    /// The frames' fates, once each has one; [`Error::LazyPending`] with the advice when that takes too long.
    pub(crate) async fn of_all(
        &self,
        frames: &[(&'static str, Uuid)],
        timeout: Duration,
        advice: &'static str,
    ) -> Result<Vec<Fate>, Error> {
        if frames.is_empty() {
            return Ok(Vec::new());
        }
        let waited: Vec<_> = frames
            .iter()
            .map(|(pool, frame)| {
                // Asked for at once, so that one look serves all.
                let told = self.ask_for(pool, *frame);
                (*frame, Box::pin(self.wait_for(pool, *frame, told)))
            })
            .collect();
        let closed = self.0.databases.closed();
        let mut late = Box::pin(future::select(
            self.0.runtime.sleep(timeout),
            Box::pin(closed),
        ));
        let mut fates = Vec::with_capacity(waited.len());
        for (frame_id, fate) in waited {
            match future::select(fate, late).await {
                Either::Left((fate, still)) => {
                    fates.push(fate);
                    late = still;
                }
                Either::Right(_) if self.0.databases.is_closed() => return Err(Error::Closed),
                Either::Right(_) => {
                    return Err(Error::LazyPending {
                        frame_id,
                        waited: timeout,
                        advice,
                    });
                }
            }
        }
        Ok(fates)
    }

    /// The fates that there are already: of others nothing is said, nor where the inbox cannot be asked.
    pub(crate) async fn known(&self, frames: &[(&'static str, Uuid)]) -> Vec<(Uuid, Fate)> {
        let mut by_pool: HashMap<&'static str, Vec<Uuid>> = HashMap::new();
        for (pool, frame) in frames {
            by_pool.entry(pool).or_default().push(*frame);
        }
        let mut fates = Vec::new();
        for (pool, frames) in &by_pool {
            let looked = std::pin::pin!(self.0.look(pool, frames));
            match future::select(looked, self.0.runtime.sleep(PATIENCE)).await {
                Either::Left((Ok(found), _)) => fates.extend(found),
                Either::Left((Err(error), _)) => {
                    tracing::debug!(%error, pool, "the inbox cannot be read");
                }
                Either::Right(_) => tracing::warn!(pool, "the inbox does not answer"),
            }
        }
        fates
    }

    async fn wait_for(
        &self,
        pool: &'static str,
        frame: Uuid,
        mut told: oneshot::Receiver<Fate>,
    ) -> Fate {
        loop {
            if let Ok(fate) = told.await {
                return fate;
            }
            // The task that looked has ended with its runtime: one of this caller's looks from now on.
            self.0.runtime.sleep(FIRST).await;
            told = self.ask_for(pool, frame);
        }
    }

    fn ask_for(&self, pool: &'static str, frame: Uuid) -> oneshot::Receiver<Fate> {
        let (tell, told) = oneshot::channel();
        let mut pools = self.0.pools();
        let is_first = !pools.contains_key(pool);
        let waiting = pools.entry(pool).or_default();
        waiting.listeners.entry(frame).or_default().push(tell);
        waiting.arrival.notify_one();
        drop(pools);
        if is_first {
            let looking = Looking {
                shared: Arc::clone(&self.0),
                pool,
                finished: false,
            };
            self.0.runtime.spawn(looking.until_nobody_waits());
        }
        told
    }
}

/// The task of a pool: when it ends before its time, with its runtime say, nobody waits in vain.
struct Looking {
    shared: Arc<Shared>,
    pool: &'static str,
    finished: bool,
}

impl Looking {
    async fn until_nobody_waits(mut self) {
        self.shared.look_until_nobody_waits(self.pool).await;
        self.finished = true;
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        if !self.finished {
            self.shared.pools().remove(self.pool);
        }
    }
}

impl Shared {
    /// Nothing in its critical sections can leave the map half changed.
    fn pools(&self) -> MutexGuard<'_, HashMap<&'static str, Waiting>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look_until_nobody_waits(&self, pool: &'static str) {
        let mut pause = FIRST;
        while let Some((frames, arrival)) = self.waited_for(pool) {
            let looked = std::pin::pin!(self.look(pool, &frames));
            match future::select(looked, self.runtime.sleep(PATIENCE)).await {
                Either::Left((Ok(found), _)) => {
                    for (frame, fate) in found {
                        self.tell(pool, frame, fate);
                    }
                }
                // Those who wait have a time-out of their own.
                Either::Left((Err(error), _)) => {
                    tracing::debug!(%error, pool, "the inbox cannot be read");
                }
                Either::Right(_) => tracing::warn!(pool, "the inbox does not answer"),
            }
            // Whoever came in meanwhile is looked for soon, and not at once: that may be many.
            self.runtime.sleep(FIRST).await;
            let slept = self.runtime.sleep(pause);
            pause = match future::select(slept, std::pin::pin!(arrival.notified())).await {
                Either::Left(_) => (pause * 2).min(LONGEST),
                Either::Right(_) => FIRST,
            };
        }
    }

    /// Also forgets those who went away, and the pool when none is left.
    fn waited_for(&self, pool: &'static str) -> Option<(Vec<Uuid>, Arc<Notify>)> {
        let mut pools = self.pools();
        let waiting = pools.get_mut(pool)?;
        waiting.listeners.retain(|_, listeners| {
            listeners.retain(|listener| !listener.is_closed());
            !listeners.is_empty()
        });
        if waiting.listeners.is_empty() {
            pools.remove(pool);
            return None;
        }
        let frames = waiting.listeners.keys().copied().collect();
        Some((frames, Arc::clone(&waiting.arrival)))
    }

    async fn look(&self, pool: &str, frames: &[Uuid]) -> Result<Vec<(Uuid, Fate)>, Error> {
        let mut session = self.databases.session(pool).await?;
        // The table is made by the first consumer, or by `schema()`: without it nothing is done yet.
        let found = inbox::find(&mut *session, frames).await;
        let found = found.map_err(DatabaseError::from)?;
        let mut fates: Vec<(Uuid, Fate)> = found
            .into_iter()
            .map(|(frame, verdict)| (frame, Some(verdict)))
            .collect();
        // The watermark is never so near: it need not be asked for in each look.
        let day = u64::try_from(RESENT_WITHIN.as_millis()).unwrap_or(u64::MAX);
        let old = self.runtime.now_millis().saturating_sub(day);
        let is_missing = |frame: &Uuid| fates.iter().all(|(found, _)| found != frame);
        let mut missing: Vec<Uuid> = frames.to_vec();
        missing.retain(|frame| horizon::made_millis(*frame) < old && is_missing(frame));
        if !missing.is_empty() {
            let watermark = horizon::read(&mut *session).await;
            let watermark = watermark.map_err(DatabaseError::from)?;
            missing.retain(|frame| horizon::made_millis(*frame) < watermark);
            fates.extend(missing.into_iter().map(|frame| (frame, None)));
        }
        Ok(fates)
    }

    fn tell(&self, pool: &'static str, frame: Uuid, fate: Fate) {
        let listeners = self
            .pools()
            .get_mut(pool)
            .and_then(|waiting| waiting.listeners.remove(&frame));
        for listener in listeners.into_iter().flatten() {
            // Whoever waited may have gone away.
            let _ = listener.send(fate);
        }
    }
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outcomes")
    }
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        database::{OpenOptions, Purpose, inbox::Guard, open, own_tables},
        entity::DEFAULT_POOL,
    };

    /// Nobody waits for what the inbox will never tell.
    #[tokio::test]
    async fn what_the_inbox_has_forgotten_is_told_at_once() {
        let runtime = Runtime::system();
        let options = OpenOptions::in_memory(runtime.clone());
        let database = open(&options).await.unwrap();
        let pools = BTreeMap::from([(DEFAULT_POOL.to_owned(), Arc::clone(&database))]);
        let databases = Arc::new(Databases::new(pools));
        let mut session = database.session(Purpose::Caller).await.unwrap();
        for (_, definition) in own_tables(database.dialect()) {
            session.execute(&definition, &[]).await.unwrap();
        }
        drop(session);
        let now = runtime.now_millis();
        let days_ago = |days: u64| horizon::first_of(now - days * 24 * 60 * 60 * 1000);
        let (forgotten, remembered, waiting) = (days_ago(9), days_ago(10), days_ago(7));
        let mut session = database.session(Purpose::Caller).await.unwrap();
        let row = [remembered];
        inbox::insert(&mut *session, &row, Verdict::Skipped, now, Guard::Off)
            .await
            .unwrap();
        let watermark = horizon::made_millis(days_ago(8));
        horizon::raise(&mut *session, database.dialect(), watermark)
            .await
            .unwrap();
        drop(session);

        let outcomes = Outcomes::new(databases, runtime);
        let long = Duration::from_secs(60);
        let frames = [forgotten, remembered].map(|frame| (DEFAULT_POOL, frame));
        let fates = outcomes.of_all(&frames, long, "").await.unwrap();
        assert_eq!(fates, [None, Some(Verdict::Skipped)]);
        let short = Duration::from_millis(50);
        let pending = outcomes.of_all(&[(DEFAULT_POOL, waiting)], short, "").await;
        assert!(
            matches!(pending, Err(Error::LazyPending { .. })),
            "{pending:?}"
        );
    }
}
