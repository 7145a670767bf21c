//! The background consumer: owns the channel, reads, plans, applies, acknowledges.
//!
//! What it knows of entities is their schema; every outcome of a frame is a row in its database's inbox,
//! written in the transaction that brings it about.

mod apply;
mod attempt;
mod batch;
mod bounded;
mod conclude;
mod failure;
mod hang_up;
mod own;
mod patience;
mod plan;
mod prune;
#[cfg(feature = "conformance")]
mod rehearse;
mod report;
mod stand_back;
mod stop;
mod tables;
mod too_old;
mod work;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::{self, Either};

#[cfg(feature = "conformance")]
pub(crate) use self::rehearse::rehearse;
use self::{
    bounded::Bounded, failure::Resolvers, patience::Patience, prune::Pruning, report::Counters,
    stand_back::StandBack, stop::Stop,
};
pub use self::{
    failure::{FailedStatement, Failure, Resolution},
    report::Report,
};
use crate::{
    database::{Database, DatabaseError, Databases, DeadInserts, FailureClass, dead_keys},
    error::Error,
    frame::Tables,
    runtime::Runtime,
    stream::{Backlog, Stream},
};

/// Executes what was flushed lazily.
///
/// Any number of them may run, in any number of processes: one owns the channel, and the others take
/// over within seconds when it goes away.
#[derive(Debug)]
pub struct BackgroundConsumer {
    source: Source,
    options: Options,
    resolvers: Resolvers,
}

/// What a consumer works on: a stream, the databases behind it, and the entities that there are.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) stream: Arc<dyn Stream>,
    /// The stream's name.
    pub(crate) channel: String,
    pub(crate) databases: Arc<Databases>,
    pub(crate) tables: Arc<Tables>,
    pub(crate) runtime: Runtime,
    pub(crate) backlog: Arc<Backlog>,
}

#[derive(Clone, Debug)]
struct Options {
    workers: usize,
    lane_rows: usize,
    batch_size: usize,
    block_time: Duration,
    schema_patience: Duration,
    answer_timeout: Duration,
    pruning: Pruning,
}

/// Everything that a run of a consumer shares.
#[derive(Debug)]
struct Run {
    source: Source,
    options: Options,
    resolvers: Resolvers,
    counters: Counters,
    stop: Stop,
    patience: Patience,
    stand_back: StandBack,
    pruning: prune::Progress,
    /// Whether the key of a dead INSERT may be among those that are remembered.
    dead_inserts: AtomicBool,
    /// Return when there is nothing left, instead of waiting for more.
    drain: bool,
}

impl BackgroundConsumer {
    pub(crate) fn new(source: Source) -> Self {
        let options = Options {
            workers: 11,
            lane_rows: plan::ROWS_OF_A_LANE,
            batch_size: 1000,
            block_time: Duration::from_secs(1),
            schema_patience: Duration::from_secs(300),
            answer_timeout: Duration::from_secs(60),
            pruning: Pruning::default(),
        };
        Self {
            source,
            options,
            resolvers: Resolvers::default(),
        }
    }

    /// How many transactions run at a time; 11 unless said, at least 1.
    #[must_use]
    pub fn lazy_flush_workers(mut self, workers: usize) -> Self {
        self.options.workers = workers.max(1);
        self
    }

    /// How many flushes are read at a time; 1000 unless said, at least 1. What was appended together is read together, so
    /// that a few hundred more may come.
    #[must_use]
    pub fn batch_size(mut self, flushes: usize) -> Self {
        self.options.batch_size = flushes.max(1);
        self
    }

    /// How long to wait for entries at a time, when there are none; one second unless said, at least a
    /// millisecond and at most a day.
    #[must_use]
    pub fn block_time(mut self, time: Duration) -> Self {
        let (least, most) = (Duration::from_millis(1), Duration::from_secs(24 * 60 * 60));
        self.options.block_time = time.clamp(least, most);
        self
    }

    /// How long a frame for a table or column that is not there is tried again, before it is
    /// dead-lettered; five minutes unless said. A deploy in progress heals by itself within that time. What is
    /// still not there then is not waited for again by the frames behind.
    #[must_use]
    pub fn schema_patience(mut self, time: Duration) -> Self {
        self.options.schema_patience = time;
        self
    }

    /// How long to wait for a database's answer to a statement before the connection is given up and the
    /// transaction tried again; one minute unless said, at least a second. Raise it where statements take longer, as a
    /// DELETE that cascades to millions of rows may.
    #[must_use]
    pub fn answer_timeout(mut self, time: Duration) -> Self {
        self.options.answer_timeout = time.max(Duration::from_secs(1));
        self
    }

    /// How long the databases remember which flushes are done; seven days unless said, at least two.
    ///
    /// A flush that comes back later, out of a Redis that was restored from an old backup say, is not executed,
    /// as it may have been already: it is dead-lettered, and
    /// [`may_have_been_applied`](crate::DeadLetter::may_have_been_applied) tells so. One that merely waited in the
    /// stream is executed, however long it waited there.
    ///
    /// What is older is pruned while a consumer owns the channel, beginning with its second minute; so one that
    /// only ever [drains](Self::drain) a few entries prunes nothing. Where streams share a database, they should
    /// share the horizon, and none should be left unconsumed for as long.
    #[must_use]
    pub fn idempotency_horizon(mut self, time: Duration) -> Self {
        self.options.pruning.horizon = time.max(prune::SHORTEST_HORIZON);
        self
    }

    /// Uses another worker for so few rows; for tests.
    #[cfg(any(feature = "conformance", feature = "simulation"))]
    #[doc(hidden)]
    #[must_use]
    pub fn rows_of_a_lane(mut self, rows: usize) -> Self {
        self.options.lane_rows = rows.max(1);
        self
    }

    /// Prunes so often, and at once; for tests.
    #[cfg(feature = "conformance")]
    #[doc(hidden)]
    #[must_use]
    pub fn prune_every(mut self, time: Duration) -> Self {
        self.options.pruning.every = time;
        self.options.pruning.settled = Duration::ZERO;
        self
    }

    /// Asks the function what to do with a flush that the database refuses for good.
    ///
    /// Several are asked in the order in which they were given, until one does not answer
    /// [`Resolution::Pass`]; when all pass, the flush is dead-lettered. One that panics has passed.
    ///
    /// ```no_run
    /// # use beeorm::prelude::*;
    /// # fn f(engine: &Engine) -> beeorm::BackgroundConsumer {
    /// engine.background_consumer().error_resolver(|failure| async move {
    ///     if failure.is_duplicate_key() { Resolution::Skip } else { Resolution::Pass }
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn error_resolver<F, R>(mut self, resolver: F) -> Self
    where
        F: Fn(Failure) -> R + Send + Sync + 'static,
        R: Future<Output = Resolution> + Send + 'static,
    {
        self.resolvers.push(resolver);
        self
    }

    /// Consumes until the future is ready; then finishes what it holds and gives the channel up.
    ///
    /// # Errors
    ///
    /// The library's own tables could not be made because of missing rights; [`Error::Closed`] of an engine that is
    /// closed, before or meanwhile. A database or Redis that is away is waited for.
    pub async fn run_until(self, shutdown: impl Future) -> Result<Report, Error> {
        self.begin(false).until(shutdown).await
    }

    /// Applies everything that there is, waits for the channel if another consumer owns it, and returns.
    ///
    /// # Errors
    ///
    /// As [`run_until`](Self::run_until).
    pub async fn drain(self) -> Result<Report, Error> {
        self.drain_until(future::pending::<()>()).await
    }

    /// Applies everything that there is, but no longer than until the future is ready; then finishes what it holds, and
    /// leaves the rest in the stream. A database that is away is waited for until then, and not for ever.
    ///
    /// ```no_run
    /// # async fn f(engine: beeorm::Engine) -> Result<(), beeorm::Error> {
    /// let time_out = tokio::time::sleep(std::time::Duration::from_secs(15));
    /// let report = engine.background_consumer().drain_until(time_out).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`run_until`](Self::run_until).
    pub async fn drain_until(self, shutdown: impl Future) -> Result<Report, Error> {
        self.begin(true).until(shutdown).await
    }

    fn begin(self, drain: bool) -> Arc<Run> {
        let Self {
            source,
            options,
            resolvers,
        } = self;
        let (counters, stop, patience) =
            (Counters::default(), Stop::default(), Patience::default());
        Arc::new(Run {
            source,
            options,
            resolvers,
            counters,
            stop,
            patience,
            stand_back: StandBack::default(),
            pruning: prune::Progress::default(),
            dead_inserts: AtomicBool::new(true),
            drain,
        })
    }
}

impl Run {
    /// Runs until the future is ready, or the engine is closed under it.
    async fn until(&self, shutdown: impl Future) -> Result<Report, Error> {
        let closed = std::pin::pin!(self.source.databases.closed());
        let shutdown = std::pin::pin!(shutdown);
        let shutdown = future::select(shutdown, closed);
        let work = std::pin::pin!(self.run());
        match future::select(work, shutdown).await {
            Either::Left((finished, _)) => finished?,
            Either::Right((end, work)) => {
                self.stop.set();
                work.await?;
                if matches!(end, Either::Right(_)) {
                    return Err(Error::Closed);
                }
            }
        }
        Ok(self.counters.report())
    }

    /// Owns, works, and contends again when another took over, or may, until stopped or drained.
    async fn run(&self) -> Result<(), Error> {
        self.begin_with_tables().await?;
        while let Some(ownership) = own::acquire(self, &self.source.stream).await {
            self.recall_dead_inserts().await;
            let ended = {
                let working = std::pin::pin!(work::work(self, &self.source.stream, &ownership));
                let pruning = std::pin::pin!(prune::prune(self, &ownership));
                match future::select(working, pruning).await {
                    Either::Left((ended, _)) => ended,
                    Either::Right((never, _)) => match never {},
                }
            };
            ownership.give_up().await;
            match ended {
                work::Ended::Lost => {}
                work::Ended::StandsBack => {
                    let time = self.source.runtime.sleep(stand_back::TIME);
                    if self.stop.unless(time).await.is_err() {
                        break;
                    }
                }
                work::Ended::Stopped | work::Ended::Drained => break,
            }
        }
        Ok(())
    }

    /// Frames are decoded for registered pools only.
    fn database(&self, pool: &str) -> Result<&Arc<dyn Database>, DatabaseError> {
        let database = self.source.databases.get(pool);
        database.map_err(|error| DatabaseError::new(FailureClass::Unknown, error.to_string()))
    }

    /// Learns whether former owners left keys of dead INSERTs behind.
    async fn recall_dead_inserts(&self) {
        self.dead_inserts.store(false, Ordering::Relaxed);
        for (pool, database) in self.source.databases.iter() {
            let any = async {
                let mut session = Bounded::open(self, &**database).await?;
                Ok::<_, DatabaseError>(dead_keys::any(&mut session).await?)
            };
            // They are looked for also where that is not known.
            let any = any.await.unwrap_or_else(|error| {
                tracing::debug!(%error, pool, "the keys of dead INSERTs could not be read");
                true
            });
            self.dead_inserts.fetch_or(any, Ordering::Relaxed);
        }
    }

    fn look_for_dead_inserts(&self) {
        self.dead_inserts.store(true, Ordering::Relaxed);
    }

    fn dead_inserts(&self) -> DeadInserts {
        if self.dead_inserts.load(Ordering::Relaxed) {
            DeadInserts::LookedFor
        } else {
            DeadInserts::Ignored
        }
    }

    /// How long this problem is still waited for.
    fn patience_for(&self, problem: &str) -> Duration {
        self.patience.left(
            problem,
            self.source.runtime.monotonic(),
            self.options.schema_patience,
        )
    }

    /// Whether it is time to tell of this problem, which is waited for.
    fn tells(&self, problem: &str) -> bool {
        self.patience
            .tells(problem, self.source.runtime.monotonic())
    }

    /// Waits for a database that gave no transaction.
    async fn away(
        &self,
        error: &DatabaseError,
        pool: &str,
        attempt: &mut u32,
    ) -> Result<(), work::Ended> {
        tracing::warn!(%error, pool, "retry: the database gave no transaction, and is tried again");
        self.counters.retries.add(1);
        // The library's own tables may have been dropped.
        if error.class() == FailureClass::Schema
            && let Err(error) = self.make_own_tables().await
        {
            tracing::warn!(%error, pool, "retry: the library's own tables could not be made");
        }
        self.pause(attempt, batch::LONGEST_PAUSE)
            .await
            .map_err(|_| work::Ended::Stopped)
    }

    /// Waits longer each time; an error when the run is to stop.
    async fn pause(&self, attempt: &mut u32, limit: Duration) -> Result<(), stop::Stopped> {
        let runtime = &self.source.runtime;
        let time = runtime.backoff(*attempt, limit);
        *attempt = attempt.saturating_add(1);
        self.stop.unless(runtime.sleep(time)).await
    }
}
