//! apalis: a job a row, kept in Redis, whose handler inserts with sqlx. What dies with a job in hand leaves it to be
//! run again.

use std::{
    task::Poll,
    time::{Duration, Instant},
};

use apalis::prelude::*;
use apalis_core::backend::Vacuum;
use apalis_redis::{Config, IntoConnectionInfo, RedisStorage};
use fred::interfaces::KeysInterface;
use futures_util::stream::poll_fn;
use serde::{Deserialize, Serialize};
use sqlx::{MySqlPool, mysql::MySqlPoolOptions, query};
use tokio::{sync::oneshot, task::JoinHandle, time::MissedTickBehavior};
use uuid::Uuid;

use crate::{
    Fallible,
    entities::Page,
    stage::{Network, Stage},
    verify,
};

/// Jobs at a time.
const CONCURRENCY: u8 = 11;

/// How long one that found nothing to do waits until it asks again.
const PAUSE: Duration = Duration::from_millis(10);

const INSERT: &str =
    "INSERT INTO `bare_pages` (`id`,`path`,`referrer`,`status`,`millis`) VALUES (?,?,?,?,?)";

#[derive(Debug, Serialize, Deserialize)]
struct Job {
    id: Uuid,
    path: String,
    referrer: String,
    status: u16,
    millis: u32,
}

async fn insert(job: Job, pool: Data<MySqlPool>) -> Result<(), BoxDynError> {
    query(INSERT)
        .bind(job.id)
        .bind(job.path)
        .bind(job.referrer)
        .bind(job.status)
        .bind(job.millis)
        .execute(&*pool)
        .await?;
    Ok(())
}

#[derive(Clone, Debug)]
pub(crate) struct Queue(RedisStorage<Job>);

impl Queue {
    pub(crate) async fn open(stage: &Stage) -> Fallible<Self> {
        let info = stage.redis_url(Network::Loopback).into_connection_info()?;
        let settings = info.tcp_settings().clone().set_nodelay(true);
        let connection = apalis_redis::connect(info.set_tcp_settings(settings)).await?;
        let config = Config::default().queue("beeorm-bench-apalis");
        let queue = Self(RedisStorage::new(connection).with_config(config));
        queue.clear(stage).await?;
        Ok(queue)
    }

    /// Gives the row's id.
    pub(crate) async fn push(&mut self, page: Page) -> Fallible<Uuid> {
        let id = Uuid::now_v7();
        let job = Job {
            id,
            path: page.path,
            referrer: page.referrer,
            status: page.status,
            millis: page.millis,
        };
        self.0.push(job).await?;
        Ok(id)
    }

    /// Takes away the jobs that are done; fails where these do not become so many.
    pub(crate) async fn settle(&mut self, stage: &Stage, jobs: usize) -> Fallible<()> {
        let (begun, mut done) = (Instant::now(), 0);
        while done < jobs && begun.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(5)).await;
            done += self.0.vacuum().await?;
        }
        verify::count("jobs done", done as u64, jobs)?;
        self.clear(stage).await
    }

    /// Takes away the ids that are left, and whatever an earlier run left.
    async fn clear(&self, stage: &Stage) -> Fallible<()> {
        let config = self.0.get_config();
        let keys = vec![
            config.active_jobs_list(),
            config.dead_jobs_set(),
            config.done_jobs_set(),
            config.job_data_hash(),
            config.scheduled_jobs_set(),
            config.signal_list(),
        ];
        let redis = stage.redis(Network::Loopback).await?;
        Ok(redis.del::<(), _>(keys).await?)
    }
}

/// Inserts until it is stopped.
pub(crate) async fn work(
    stage: &Stage,
    stopped: oneshot::Receiver<()>,
) -> Fallible<JoinHandle<Result<(), WorkerError>>> {
    let pool = MySqlPoolOptions::new()
        .min_connections(CONCURRENCY.into())
        .max_connections(CONCURRENCY.into())
        .test_before_acquire(false)
        .connect(stage.mysql_url(Network::Loopback))
        .await?;
    let Queue(storage) = Queue::open(stage).await?;
    // Where Redis is to tell of jobs, 1.0.0 sleeps until its heartbeat, half a minute later; an interval of its own
    // may miss one that falls due while it asks.
    let mut ticks = tokio::time::interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let woken = poll_fn(move |context| {
        while ticks.poll_tick(context).is_ready() {}
        Poll::<Option<()>>::Pending
    });
    // A name is held for minutes by one that was killed.
    let worker = WorkerBuilder::new(format!("beeorm-bench-{}", std::process::id()))
        .backend(storage.poll_with_stream(woken))
        .concurrency(CONCURRENCY.into())
        .parallelize(tokio::spawn)
        .data(pool)
        .build(insert);
    Ok(tokio::spawn(worker.run_until(async {
        // Whoever has gone away has stopped it too.
        let _ = stopped.await;
        Ok::<(), WorkerError>(())
    })))
}
