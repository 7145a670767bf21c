//! Frames that need a table or column that is not there: waited for, as in a deploy, then dead-lettered; each problem
//! once.

use std::time::{Duration, Instant};

use beeorm::LAZY_CHANNEL;

use crate::{
    entities::{Event, Hive},
    support::{PATIENCE, Scene, drain, event, keeper, run, until, visit},
};

/// How patient the consumers are here.
const SHORT: Duration = Duration::from_secs(2);

/// As when a newer program's frames reach an older consumer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_for_an_unknown_table_wait_and_are_dead_lettered_after_the_patience() {
    let mut scene = Scene::new().await;
    scene.add(event(1)).await;
    for id in 1..=3 {
        scene.add(Hive { id, honey: 0 }).await;
    }
    scene.add(event(2)).await;
    let older = scene
        .backend
        .registry()
        .entity::<Event>()
        .connect()
        .await
        .unwrap();
    let start = Instant::now();
    let consumer = run(older.background_consumer().schema_patience(SHORT));
    until("what was before it is executed", PATIENCE, async || {
        scene.sql.count("events").await == 1
    })
    .await;
    tokio::time::sleep(SHORT / 2).await;
    assert_eq!(
        scene.sql.count("events").await,
        1,
        "what is behind it has overtaken it"
    );
    scene.until_drained().await;
    let took = start.elapsed();
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (2, 3), "{report:?}");
    assert!(took >= SHORT, "given up after {took:?} only");
    assert!(
        took < 3 * SHORT,
        "each frame was waited for anew, {took:?} in all"
    );
    let letters = older.dead_letters().list(10).await.unwrap();
    assert_eq!(letters.len(), 3);
    assert!(letters[0].error.contains("hives"), "{}", letters[0].error);
    // What the frame itself tells is shown, also by a program without such a table.
    let shown = [
        "INSERT `hives` [id=1, honey=0]",
        "INSERT `hives` [id=2, honey=0]",
    ];
    let statements = letters.iter().map(|letter| letter.statements.as_str());
    assert_eq!(statements.take(2).collect::<Vec<_>>(), shown);
    assert_eq!(scene.sql.count("hives").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_program_that_takes_over_executes_them() {
    let mut scene = Scene::new().await;
    scene.add(Hive { id: 1, honey: 7 }).await;
    scene.add(event(1)).await;
    let older = scene
        .backend
        .registry()
        .entity::<Event>()
        .connect()
        .await
        .unwrap();
    let consumer = run(older.background_consumer());
    tokio::time::sleep(Duration::from_millis(700)).await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (0, 0), "{report:?}");
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (2, 0), "{report:?}");
    assert_eq!(scene.sql.count("hives").await, 1);
}

/// Also when the older one has waited for them as long as it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_program_that_stands_by_is_given_the_channel() {
    let mut scene = Scene::new().await;
    let older = scene
        .backend
        .registry()
        .entity::<Event>()
        .connect()
        .await
        .unwrap();
    scene.add(Hive { id: 1, honey: 7 }).await;
    let impatient = older.background_consumer().schema_patience(Duration::ZERO);
    let old = run(impatient);
    until("it is given up", PATIENCE, async || {
        scene.engine.dead_letters().list(9).await.unwrap().len() == 1
    })
    .await;
    let new = run(scene.engine.background_consumer());
    scene.add(event(1)).await;
    scene.until_drained().await;
    // Longer than until the older one would leave the channel to others again.
    tokio::time::sleep(Duration::from_secs(10)).await;
    scene.add(Hive { id: 2, honey: 7 }).await;
    scene.add(event(2)).await;
    scene.until_drained().await;
    let (old, new) = (old.stop().await, new.stop().await);
    assert_eq!((old.dead, new.dead), (1, 0), "{old:?} {new:?}");
    assert_eq!(new.applied, 2, "{old:?} {new:?}");
    assert_eq!(scene.sql.count("hives").await, 1);
    assert_eq!(scene.sql.count("events").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_column_that_is_migrated_within_the_patience_heals() {
    let mut scene = Scene::new().await;
    scene
        .sql
        .run("ALTER TABLE `keepers` DROP COLUMN `age`")
        .await;
    scene.add(keeper(1, "bee")).await;
    for _ in 0..30 {
        scene.engine.flush_lazy(visit()).await.unwrap();
    }
    let consumer = run(scene.engine.background_consumer());
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(scene.sql.count("keepers").await, 0);
    scene
        .sql
        .run("ALTER TABLE `keepers` ADD COLUMN `age` int unsigned NOT NULL")
        .await;
    scene.until_drained().await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (31, 0), "{report:?}");
    assert_eq!(
        (scene.visits().await, scene.sql.count("keepers").await),
        (30, 1)
    );
}

/// Nobody migrates: the patience is spent once, and not for every frame anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_column_is_waited_for_once() {
    let mut scene = Scene::new().await;
    scene
        .sql
        .run("ALTER TABLE `keepers` DROP COLUMN `age`")
        .await;
    for id in 1..=4 {
        scene.add(keeper(id, &format!("bee {id}"))).await;
    }
    scene.add(event(1)).await;
    let start = Instant::now();
    let report = scene
        .engine
        .background_consumer()
        .schema_patience(SHORT)
        .drain()
        .await
        .unwrap();
    let took = start.elapsed();
    assert_eq!((report.applied, report.dead), (1, 4), "{report:?}");
    assert!(took >= SHORT && took < 3 * SHORT, "{took:?}");
}

/// What this program would write down of it, a newer one could not find: the database that it is for is not known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_of_a_newer_format_is_set_aside_for_those_who_can_read_it() {
    let mut scene = Scene::new().await;
    scene.add(event(1)).await;
    let mut newer = scene.redis.entries().await.remove(0).fields;
    newer[1][0] = 2;
    // Another frame than the one whose bytes it has.
    newer[1][16] ^= 1;
    scene.redis.add(&newer).await;
    scene.add(event(2)).await;
    let start = Instant::now();
    let consumer = scene.engine.background_consumer().schema_patience(SHORT);
    let report = consumer.drain().await.unwrap();
    assert_eq!(
        (report.applied, report.dead, report.set_aside),
        (2, 0, 1),
        "{report:?}"
    );
    assert!(start.elapsed() >= SHORT);
    let aside = scene
        .engine
        .event_broker()
        .set_aside(LAZY_CHANNEL, 10)
        .await
        .unwrap();
    let [entry] = aside.as_slice() else {
        panic!("{aside:?}");
    };
    assert_eq!(entry.values, newer[1..], "every byte of it");
    assert!(entry.reason.contains("format 2"), "{entry:?}");
    assert!(entry.statements.contains("cannot be shown"), "{entry:?}");
}
