//! A Redis master that is killed, and a replica that sentinels promote: producers and consumers find it by themselves,
//! and whatever is in its stream is executed once.
//!
//! Replication is asynchronous: what the killed master had said yes to and not yet handed on is gone, and what it had
//! taken off the stream may be there again.

use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use beeorm::{OutcomeUnknown, prelude::*};

use crate::{
    entities::registered,
    support::{
        Backend, PATIENCE, RawRedis, Sentinels, Sql, counter, engine, event, run, sentinels, until,
        visit,
    },
};

/// What the sentinels call their master.
const SERVICE: &str = "beeorm";
/// One second to see that the master is down, and some to agree on what to do.
const FAILOVER: Duration = Duration::from_secs(20);

struct Scene {
    sentinels: Sentinels,
    engine: Engine,
    sql: Sql,
    _backend: Backend,
}

impl Scene {
    async fn new(registry: impl FnOnce(&Backend, &Sentinels) -> Registry) -> Self {
        let backend = Backend::servers().await;
        let sentinels = sentinels();
        let engine = engine(registered(registry(&backend, &sentinels))).await;
        let mut counter = engine.track(counter(1)).unwrap();
        engine.flush(&mut counter).await.unwrap();
        let sql = Sql::connect(&backend).await;
        Self {
            sentinels,
            engine,
            sql,
            _backend: backend,
        }
    }

    /// The address of the master, as one of the sentinels sees it.
    async fn master(&self) -> String {
        let sentinel = self.sentinels.addresses.split(',').next().unwrap();
        let mut sentinel = RawRedis::at(sentinel).await;
        let answer = sentinel
            .command(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE])
            .await;
        let parts: Vec<String> = answer.list().iter().map(|part| part.text()).collect();
        parts.join(":")
    }

    async fn replica(&self) -> String {
        let sentinel = self.sentinels.addresses.split(',').next().unwrap();
        let mut sentinel = RawRedis::at(sentinel).await;
        let replicas = sentinel.command(["SENTINEL", "REPLICAS", SERVICE]).await;
        let replica = replicas.list().remove(0).list();
        replica[1].text()
    }

    /// What the server calls its process.
    async fn process(&self, address: &str) -> String {
        let info = RawRedis::at(address)
            .await
            .command(["INFO", "server"])
            .await;
        let info = info.text();
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("process_id:"));
        line.unwrap().to_owned()
    }

    /// Flushes a row and a visit until they are known to be in the stream, as a patient caller does.
    async fn flush(&self, number: u32) {
        let start = Instant::now();
        let mut unknown: Option<OutcomeUnknown> = None;
        loop {
            let flushed = match &unknown {
                Some(unknown) => unknown.resend().await,
                None => {
                    let mut event = self.engine.track(event(number)).unwrap();
                    self.engine.flush_lazy((&mut event, visit())).await
                }
            };
            match flushed {
                Ok(_) => return,
                Err(Error::OutcomeUnknown(not_known)) => unknown = Some(not_known),
                Err(error) => assert!(
                    start.elapsed() < FAILOVER,
                    "no flush succeeds for {FAILOVER:?}: {error}"
                ),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn flush_all(&self, numbers: RangeInclusive<u32>) {
        for number in numbers {
            self.flush(number).await;
        }
    }

    /// Everything that is in the stream of this master is executed.
    async fn until_drained(&self, master: &str) {
        let mut redis = RawRedis::at(master).await;
        until("everything is executed", FAILOVER, async || {
            redis.len().await == 0
        })
        .await;
    }

    /// The numbers of the rows, each of which is there once, and was counted once.
    async fn numbers(&mut self) -> Vec<u32> {
        let sql = "SELECT CAST(`number` AS SIGNED) FROM `events` ORDER BY `number`";
        let numbers = self.sql.numbers(sql).await;
        let mut once = numbers.clone();
        once.dedup();
        assert_eq!(numbers, once, "a row is there twice");
        let visits = "SELECT CAST(`visits` AS SIGNED) FROM `counters`";
        assert_eq!(
            self.sql.number(visits).await,
            numbers.len() as i64,
            "counted"
        );
        assert_eq!(self.sql.count("_beeorm_dead_letters").await, 0);
        numbers
            .into_iter()
            .map(|number| u32::try_from(number).unwrap())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_under_load_stops_nobody_for_long_and_executes_nothing_twice() {
    let mut scene = Scene::new(|backend, sentinels| {
        let stream = format!("redis-sentinel://{}/{SERVICE}", sentinels.addresses);
        Registry::new()
            .pool(DEFAULT_POOL, &backend.database)
            .pool(DEFAULT_POOL, stream)
    })
    .await;
    let consumer = run(scene.engine.background_consumer().batch_size(10));
    scene.flush_all(1..=100).await;
    let killed = scene.master().await;
    scene
        .sentinels
        .signal("-KILL", &scene.process(&killed).await);
    let start = Instant::now();
    scene.flush(101).await;
    println!("producers go on after {:?}", start.elapsed());
    scene.flush_all(102..=200).await;
    let master = scene.master().await;
    assert_ne!(master, killed, "nobody was promoted");
    scene.until_drained(&master).await;
    println!("all is executed after {:?}", start.elapsed());
    let report = consumer.stop().await;
    println!("{report:?}");
    assert_eq!((report.dead, report.set_aside), (0, 0), "{report:?}");
    let numbers = scene.numbers().await;
    let kept = |number: &u32| numbers.contains(number);
    // Of the flushes before the kill the last ones may not have been handed on.
    let lost: Vec<u32> = (1..=100).filter(|number| !kept(number)).collect();
    println!("not handed on to the replica: {lost:?}");
    assert!(lost.len() < 50, "{lost:?}");
    assert!((101..=200).all(|number| kept(&number)), "{numbers:?}");
}

/// The replica is stopped, so that it lags: what was executed meanwhile comes again, with ids that go back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_lagging_replica_shows_again_is_not_executed_again() {
    let mut scene = Scene::new(|backend, sentinels| {
        let sentinels: Vec<String> = sentinels
            .addresses
            .split(',')
            .map(|address| format!("\"{address}\""))
            .collect();
        let yaml = format!(
            "default:\n  mysql:\n    uri: \"{}\"\n  sentinel:\n    {SERVICE}:0: [{}]\n",
            backend.database,
            sentinels.join(", ")
        );
        Registry::from_yaml(&yaml).unwrap()
    })
    .await;
    let (master, replica) = (scene.master().await, scene.replica().await);
    let (killed, lagging) = (scene.process(&master).await, scene.process(&replica).await);
    scene.flush_all(1..=30).await;
    let mut redis = RawRedis::at(&master).await;
    redis.command(["WAIT", "1", "5000"]).await;
    scene.sentinels.signal("-STOP", &lagging);
    // Or what it is sent would wait for it in its socket.
    redis.command(["CLIENT", "KILL", "TYPE", "REPLICA"]).await;
    let consumer = run(scene.engine.background_consumer().batch_size(7));
    scene.flush_all(31..=40).await;
    scene.until_drained(&master).await;
    assert_eq!(scene.numbers().await, (1..=40).collect::<Vec<_>>());
    scene.sentinels.signal("-KILL", &killed);
    scene.sentinels.signal("-CONT", &lagging);
    // Executed before the failover, and in the stream again after it: 30 of them. Then new ones, whose ids may be those
    // of entries that are gone.
    scene.flush_all(41..=60).await;
    assert_eq!(scene.master().await, replica);
    scene.until_drained(&replica).await;
    assert_eq!(scene.numbers().await, (1..=60).collect::<Vec<_>>());
    let mut redis = RawRedis::at(&replica).await;
    until("the channel is owned anew", PATIENCE, async || {
        redis.owner().await.is_some()
    })
    .await;
    let report = consumer.stop().await;
    println!("{report:?}");
    assert_eq!(
        (report.applied, report.duplicates, report.dead),
        (60, 30, 0),
        "{report:?}"
    );
}
