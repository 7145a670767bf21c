//! The inbox forgets what was done long ago; what comes back then is not executed on a guess.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use beeorm::{Replay, Resolution, prelude::*};

use crate::{
    entities::{Counter, Event, registered},
    support::{
        Backend, PATIENCE, RawRedis, Scene, counter, drain, engine, event, run, until, visit,
    },
};

/// Often enough for a test.
const OFTEN: Duration = Duration::from_millis(20);

fn days_ago(days: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap() - days * 24 * 60 * 60 * 1000
}

/// An entry's fields, as if its frame had been flushed so long ago: the frame's id begins with the time.
fn aged(fields: &[Vec<u8>], days: u64) -> Vec<Vec<u8>> {
    let mut fields = fields.to_vec();
    fields[1][1..7].copy_from_slice(&days_ago(days).to_be_bytes()[2..]);
    fields
}

/// Takes everything out of the channel, which begins anew.
async fn take(redis: &mut RawRedis) -> Vec<Vec<Vec<u8>>> {
    let entries = redis.entries().await;
    redis.keyed(&["DEL", "KEY"]).await;
    entries.into_iter().map(|entry| entry.fields).collect()
}

async fn visits(engine: &Engine) -> u64 {
    engine.load::<Counter>(1_u32).await.unwrap().unwrap().visits
}

/// What is behind the horizon is forgotten, and what is not is remembered.
async fn done_flushes_are_forgotten_after_the_horizon(backend: Backend) {
    let engine = engine(registered(backend.registry())).await;
    engine
        .flush(&mut engine.track(counter(1)).unwrap())
        .await
        .unwrap();
    let mut redis = RawRedis::connect(&backend).await;
    engine.flush_lazy(visit()).await.unwrap();
    engine.flush_lazy(visit()).await.unwrap();
    let flushed = take(&mut redis).await;
    let (old, young) = (aged(&flushed[0], 8), aged(&flushed[1], 6));
    redis.add(&old).await;
    redis.add(&young).await;
    assert_eq!(drain(&engine).await.applied, 2);

    let consumer = run(engine.background_consumer().prune_every(OFTEN));
    until("the old one is forgotten", PATIENCE, async || {
        redis.add(&old).await;
        until("it is read", PATIENCE, async || redis.len().await == 0).await;
        engine.dead_letters().count().await.unwrap() == 1
    })
    .await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (0, 1), "{report:?}");
    assert!(report.pruned > 0, "{report:?}");
    let letter = engine.dead_letters().list(1).await.unwrap().remove(0);
    assert!(letter.may_have_been_applied, "{letter:?}");
    assert!(letter.statements.contains("visits"), "{letter:?}");

    // Among others, by another consumer, in one transaction with them.
    for _ in 0..10 {
        engine.flush_lazy(visit()).await.unwrap();
    }
    let mut others = take(&mut redis).await;
    let mut third = old.clone();
    third[1][16] ^= 1;
    others.insert(5, third);
    others.insert(3, young);
    for fields in &others {
        redis.add(fields).await;
    }
    let consumer = engine
        .background_consumer()
        .error_resolver(|failure| async move {
            panic!("nobody can know what became of {failure:?}");
        });
    let report = consumer.drain().await.unwrap();
    let figures = (
        report.applied,
        report.dead,
        report.duplicates,
        report.skipped,
    );
    assert_eq!(figures, (10, 1, 1, 0), "{report:?}");
    assert_eq!(visits(&engine).await, 12);

    let letters = engine.dead_letters();
    let refused = letters.replay(letter.frame_id, Replay::IfSafe).await;
    assert!(
        matches!(refused, Err(Error::ReplayNeedsForce { .. })),
        "{refused:?}"
    );
    letters
        .replay(letter.frame_id, Replay::Force)
        .await
        .unwrap();
    assert_eq!(visits(&engine).await, 13);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn done_flushes_are_forgotten_after_the_horizon_on_servers() {
    done_flushes_are_forgotten_after_the_horizon(Backend::servers().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn done_flushes_are_forgotten_after_the_horizon_on_sqlite() {
    done_flushes_are_forgotten_after_the_horizon(Backend::sqlite_and_redis()).await;
}

/// The watermark never passes what is still in the stream.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_that_waited_longer_than_the_horizon_is_executed() {
    let mut scene = Scene::new().await;
    scene.engine.flush_lazy(visit()).await.unwrap();
    let late = Counter::change(7_u32).add(Counter::columns().visits, 1_u64);
    scene.engine.flush_lazy(late).await.unwrap();
    let flushed = take(&mut scene.redis).await;
    scene.redis.add(&aged(&flushed[0], 30)).await;
    assert_eq!(drain(&scene.engine).await.applied, 1);

    // It waits at the head of the channel, as its row is not there.
    scene.redis.keyed(&["DEL", "KEY"]).await;
    scene
        .redis
        .add_as(&format!("{}-0", days_ago(10)), &aged(&flushed[1], 10))
        .await;
    let consumer = scene.engine.background_consumer().prune_every(OFTEN);
    let consumer = run(consumer.error_resolver(|_| async { Resolution::Retry }));
    until("what is older still is pruned", PATIENCE, async || {
        scene.sql.done().await == 0
    })
    .await;
    let mut row = scene.engine.track(counter(7)).unwrap();
    scene.engine.flush(&mut row).await.unwrap();
    scene.until_drained().await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
}

/// Moves the watermark, and prunes nothing yet.
async fn raise_watermark(scene: &mut Scene, days: u64) {
    let watermark = days_ago(days);
    let raise = format!("REPLACE INTO `_beeorm_horizon` VALUES (1, {watermark})");
    scene.sql.run(&raise).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_to_be_forgotten_and_is_not_yet_is_remembered() {
    let mut scene = Scene::new().await;
    scene.engine.flush_lazy(visit()).await.unwrap();
    let old = aged(&take(&mut scene.redis).await[0], 8);
    scene.redis.add(&old).await;
    assert_eq!(drain(&scene.engine).await.applied, 1);
    raise_watermark(&mut scene, 7).await;
    scene.redis.add(&old).await;
    scene.flush(1).await;
    let report = drain(&scene.engine).await;
    let figures = (report.applied, report.duplicates, report.dead);
    assert_eq!(figures, (1, 1, 0), "{report:?}");
}

/// Even where all that it does is to insert a row that nobody else can have written to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_been_applied_is_replayed_by_force_alone() {
    let mut scene = Scene::new().await;
    scene.add(event(1)).await;
    let old = aged(&take(&mut scene.redis).await[0], 8);
    raise_watermark(&mut scene, 7).await;
    scene.redis.add(&old).await;
    assert_eq!(drain(&scene.engine).await.dead, 1);
    let letters = scene.engine.dead_letters();
    let frame = letters.list(1).await.unwrap()[0].frame_id;
    let refused = letters.replay(frame, Replay::IfSafe).await;
    assert!(
        matches!(refused, Err(Error::ReplayNeedsForce { .. })),
        "{refused:?}"
    );
    letters.replay(frame, Replay::Force).await.unwrap();
    assert_eq!(scene.numbers().await, [1]);
}

/// Whatever else is wrong with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_understood_may_have_been_applied_too() {
    let mut scene = Scene::new().await;
    scene.engine.flush_lazy(visit()).await.unwrap();
    let old = aged(&take(&mut scene.redis).await[0], 8);
    raise_watermark(&mut scene, 7).await;
    scene.redis.add(&old).await;
    let other = scene.backend.registry().entity::<Event>();
    let other = other.connect().await.unwrap();
    let consumer = other.background_consumer().schema_patience(Duration::ZERO);
    let report = consumer.drain().await.unwrap();
    assert_eq!((report.applied, report.dead), (0, 1), "{report:?}");
    let letters = scene.engine.dead_letters().list(1).await.unwrap();
    assert!(letters[0].may_have_been_applied, "{letters:?}");
}

/// As one that leaves the channel to others again and again, for flushes that it does not understand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_that_do_not_last_prune_too() {
    let mut scene = Scene::new().await;
    scene.engine.flush_lazy(visit()).await.unwrap();
    let old = aged(&take(&mut scene.redis).await[0], 8);
    scene.redis.add(&old).await;
    assert_eq!(drain(&scene.engine).await.applied, 1);
    assert_eq!(scene.sql.done().await, 1);
    let consumer = scene.engine.background_consumer();
    let consumer = consumer.block_time(Duration::from_millis(50));
    let consumer = run(consumer.prune_every(Duration::from_secs(1)));
    let lease = format!("{{{}}}:lease", scene.redis.key);
    until("it is pruned", PATIENCE, async || {
        scene.redis.command(["DEL", &lease]).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        scene.sql.done().await == 0
    })
    .await;
    assert_eq!(consumer.stop().await.pruned, 1);
}

/// As the inbox has forgotten that it was buried, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dead_does_not_die_twice() {
    let mut scene = Scene::new().await;
    scene.engine.flush_lazy(visit()).await.unwrap();
    let old = aged(&take(&mut scene.redis).await[0], 30);
    scene.redis.add(&old).await;
    let consumer = run(scene.engine.background_consumer().prune_every(OFTEN));
    let pruned = async |scene: &mut Scene| {
        until("it is pruned", PATIENCE, async || {
            scene.redis.len().await == 0 && scene.sql.done().await == 0
        })
        .await;
    };
    pruned(&mut scene).await;
    for _ in 0..3 {
        scene.redis.add(&old).await;
        pruned(&mut scene).await;
    }
    let report = consumer.stop().await;
    let figures = (
        report.applied,
        report.dead,
        report.duplicates,
        report.set_aside,
    );
    assert_eq!(figures, (1, 1, 2, 0), "{report:?}");
    assert_eq!(scene.sql.count("_beeorm_dead_letters").await, 1);
    assert_eq!(scene.visits().await, 1);
}
