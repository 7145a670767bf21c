//! Several consumers: one owns the channel, the others take over within seconds when it is gone or stopped.

use std::time::{Duration, Instant};

use beeorm::prelude::*;

use crate::{
    entities::Counter,
    support::{ConsumerProcess, PATIENCE, Scene, Sql, event, until},
};

/// A counter whose changes the database writes down.
struct Play {
    scene: Scene,
    flushed: u32,
}

impl Play {
    async fn new() -> Self {
        let mut scene = Scene::new().await;
        scene.sql.record("counters", "last").await;
        Self { scene, flushed: 0 }
    }

    fn consumer(&self) -> ConsumerProcess {
        self.consumer_of(4)
    }

    fn consumer_of(&self, workers: usize) -> ConsumerProcess {
        let backend = &self.scene.backend;
        ConsumerProcess::start((&backend.database, &backend.stream), workers, 10)
    }

    /// Each flush sets the counter to the next number, counts, and inserts a row.
    async fn flush(&mut self, count: u32) {
        for number in self.flushed + 1..=self.flushed + count {
            let columns = Counter::columns();
            let change = Counter::change(1_u32)
                .set(columns.last, number)
                .add(columns.visits, 1_u64);
            let mut event = self.scene.engine.track(event(number)).unwrap();
            self.scene
                .engine
                .flush_lazy((change, &mut event))
                .await
                .unwrap();
        }
        self.flushed += count;
    }

    /// Waits until another than this one owns the channel.
    async fn next_owner(&mut self, than: Option<&str>) -> (String, Duration) {
        let start = Instant::now();
        let mut owner = None;
        until("another consumer owns the channel", PATIENCE, async || {
            owner = self.scene.redis.owner().await;
            owner.is_some() && owner.as_deref() != than
        })
        .await;
        (owner.unwrap(), start.elapsed())
    }

    /// Flushes so many, and waits until the owner is at work on them.
    async fn flush_and_see(&mut self, count: u32) {
        let before = self.scene.sql.done().await;
        self.flush(count).await;
        let sql = &mut self.scene.sql;
        until("the owner works", PATIENCE, async || {
            sql.done().await > before + 10
        })
        .await;
    }

    /// Flushes so many, which the owner has read and cannot finish, as another client holds their row until the end of
    /// what is returned.
    async fn flush_held_up(&mut self, count: u32) -> Sql {
        let mut stranger = Sql::connect(&self.scene.backend).await;
        stranger.run("BEGIN").await;
        stranger
            .run("SELECT `id` FROM `counters` WHERE `id` = 1 FOR UPDATE")
            .await;
        self.flush(count).await;
        let redis = &mut self.scene.redis;
        until("the owner is in the middle of it", PATIENCE, async || {
            redis.pending().await > 0
        })
        .await;
        stranger
    }

    /// Which of them has the channel: the one whose heart stands still with it.
    async fn owner_among(&mut self, consumers: &[ConsumerProcess]) -> usize {
        let mut candidates = 0..consumers.len();
        while candidates.len() > 1 {
            let half = candidates.start..candidates.start + candidates.len() / 2;
            consumers[half.clone()]
                .iter()
                .for_each(ConsumerProcess::suspend);
            // What it had sent before may still arrive; and whoever is silent for three seconds has lost the channel.
            tokio::time::sleep(Duration::from_millis(100)).await;
            let before = self.scene.redis.beat().await;
            tokio::time::sleep(Duration::from_millis(1200)).await;
            let stands_still = self.scene.redis.beat().await == before;
            consumers[half.clone()]
                .iter()
                .for_each(ConsumerProcess::resume);
            candidates = if stands_still {
                half
            } else {
                half.end..candidates.end
            };
        }
        candidates.start
    }

    /// Everything once, in order.
    async fn check(&mut self) {
        self.scene.until_drained().await;
        self.scene.check(self.flushed).await;
        let expected: Vec<i64> = (1..=i64::from(self.flushed)).collect();
        let recorded = self.scene.sql.recorded().await;
        assert_eq!(
            recorded, expected,
            "the database's own record of the updates, in order"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_owner_is_replaced_within_five_seconds() {
    let mut play = Play::new().await;
    let first = play.consumer();
    let (owner, _) = play.next_owner(None).await;
    let second = play.consumer();
    // Long enough for the second to have seen the first.
    tokio::time::sleep(Duration::from_millis(600)).await;
    play.flush_and_see(100).await;
    let mut stranger = play.flush_held_up(300).await;
    first.kill().await;
    stranger.run("ROLLBACK").await;
    let (_, took) = play.next_owner(Some(&owner)).await;
    println!("taken over after {took:?}");
    assert!(
        took < Duration::from_secs(5),
        "taken over only after {took:?}"
    );
    play.scene.until_drained().await;
    let report = second.stop().await;
    assert_eq!(
        (&report["takeovers"], &report["dead"]),
        (&1.into(), &0.into()),
        "{report}"
    );
    play.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_gives_up_is_replaced_at_once() {
    let mut play = Play::new().await;
    let first = play.consumer();
    let (owner, _) = play.next_owner(None).await;
    let second = play.consumer();
    tokio::time::sleep(Duration::from_millis(600)).await;
    play.flush_and_see(300).await;
    let report = first.stop().await;
    assert!(
        report["applied"]
            .as_u64()
            .is_some_and(|applied| applied > 0),
        "{report}"
    );
    play.next_owner(Some(&owner)).await;
    play.scene.until_drained().await;
    let report = second.stop().await;
    // A takeover would be what comes of an owner's silence.
    assert_eq!(
        (&report["takeovers"], &report["duplicates"]),
        (&0.into(), &0.into()),
        "{report}"
    );
    play.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_owner_that_wakes_up_stands_by() {
    let mut play = Play::new().await;
    let mut first = play.consumer();
    let (owner, _) = play.next_owner(None).await;
    let second = play.consumer();
    tokio::time::sleep(Duration::from_millis(600)).await;
    play.flush_and_see(100).await;
    let mut stranger = play.flush_held_up(300).await;
    first.suspend();
    stranger.run("ROLLBACK").await;
    let (successor, took) = play.next_owner(Some(&owner)).await;
    assert!(
        took < Duration::from_secs(5),
        "taken over only after {took:?}"
    );
    // In the middle of the successor's work, and holding the locks of what it was at.
    tokio::time::sleep(Duration::from_millis(100)).await;
    first.resume();
    play.flush(100).await;
    play.scene.until_drained().await;
    assert!(first.is_running(), "it has to stand by");
    assert_eq!(
        play.scene.redis.owner().await.as_ref(),
        Some(&successor),
        "the channel went back to the one that had lost it"
    );
    play.check().await;

    // It does stand by: when the successor is gone, it is its turn again.
    second.kill().await;
    let (_, took) = play.next_owner(Some(&successor)).await;
    assert!(
        took < Duration::from_secs(5),
        "taken over only after {took:?}"
    );
    play.flush(20).await;
    play.scene.until_drained().await;
    let report = first.stop().await;
    assert_eq!(
        (&report["takeovers"], &report["dead"]),
        (&1.into(), &0.into()),
        "{report}"
    );
    play.check().await;
}

/// Ten look at the owner at the same time, and one of them gets the channel, each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_that_stand_by_one_takes_over_each_time() {
    let mut play = Play::new().await;
    let mut consumers = vec![play.consumer()];
    let (mut owner, _) = play.next_owner(None).await;
    consumers.extend((0..10).map(|_| play.consumer()));
    for kill in 1..=2 {
        play.flush_and_see(300).await;
        let place = play.owner_among(&consumers).await;
        consumers.remove(place).kill().await;
        let (next, took) = play.next_owner(Some(&owner)).await;
        println!("kill {kill}: taken over after {took:?}");
        assert!(
            took < Duration::from_secs(5),
            "taken over only after {took:?}"
        );
        play.flush(50).await;
        play.scene.until_drained().await;
        assert_eq!(
            play.scene.redis.owner().await.as_ref(),
            Some(&next),
            "the channel went from hand to hand"
        );
        owner = next;
    }
    let mut takeovers = Vec::new();
    for consumer in consumers {
        let report = consumer.stop().await;
        assert_eq!(report["dead"], 0, "{report}");
        takeovers.push(report["takeovers"].as_u64().unwrap());
    }
    takeovers.sort_unstable();
    // The first of the two was killed afterwards.
    assert_eq!(takeovers, [0, 0, 0, 0, 0, 0, 0, 0, 1]);
    play.check().await;
}

/// As in a deploy: other numbers of workers come while the old ones go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_join_and_leave_under_load() {
    let mut play = Play::new().await;
    let mut consumer = play.consumer_of(1);
    play.next_owner(None).await;
    for workers in [8, 2, 4] {
        play.flush_and_see(200).await;
        let next = play.consumer_of(workers);
        play.flush(50).await;
        let report = consumer.stop().await;
        assert_eq!(
            (&report["dead"], &report["duplicates"]),
            (&0.into(), &0.into()),
            "{report}"
        );
        consumer = next;
    }
    play.flush(50).await;
    play.scene.until_drained().await;
    consumer.stop().await;
    play.check().await;
}
