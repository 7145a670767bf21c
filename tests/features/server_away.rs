//! The database or Redis is away, cut off, or does not answer: the consumer loses nothing, gives nothing up, and does
//! nothing twice.

use std::time::{Duration, Instant};

use crate::support::{Fault, PATIENCE, Scene, drain, event, keeper, run, until, visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_goes_away_in_mid_work_and_comes_back() {
    let mut scene = Scene::new().await;
    let mut far = scene.far().await;
    scene.flush_all(1..=300).await;
    let consumer = run(far
        .engine
        .background_consumer()
        .batch_size(10)
        .lazy_flush_workers(4));
    until("the consumer works", PATIENCE, async || {
        scene.sql.done().await > 20
    })
    .await;
    far.database.go_away().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let done = scene.sql.done().await;
    // Lazy flushes go on meanwhile.
    scene.flush_all(301..=320).await;
    assert!(done < 300, "all was done before the database went away");
    far.database.come_back().await;
    scene.until_drained().await;
    scene.check(320).await;
    let report = consumer.stop().await;
    println!("{report:?}");
    assert_eq!(
        (report.dead, report.skipped, report.set_aside),
        (0, 0, 0),
        "{report:?}"
    );
    assert!(
        report.retries > 0 && report.retries < 200,
        "spinning, or not trying: {report:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_is_named() {
    let scene = Scene::new().await;
    let mut far = scene.far().await;
    far.database.go_away().await;
    let refused = far.engine.flush(visit()).await.unwrap_err().to_string();
    let address = far.database.address().to_owned();
    for tells in ["\"default\"", &address, "is the server running"] {
        assert!(refused.contains(tells), "{tells:?} is not in: {refused}");
    }
    far.database.come_back().await;
    far.engine.flush(visit()).await.unwrap();
    let _lost = far.database.on("COMMIT", Fault::LoseAnswer, 1);
    let broken = far.engine.flush((visit(), visit())).await;
    let broken = broken.unwrap_err().to_string();
    assert!(broken.contains(&address), "{broken}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entities_of_several_kinds_are_flushed_lazily_while_the_database_is_away() {
    let mut scene = Scene::new().await;
    let mut far = scene.far().await;
    far.database.go_away().await;
    let (mut event, mut keeper) = (
        far.engine.track(event(1)).unwrap(),
        far.engine.track(keeper(1, "bee@beeorm.io")).unwrap(),
    );
    let all = (&mut event, &mut keeper, visit());
    let receipt = far.engine.flush_lazy(all).await.unwrap();
    assert_eq!((receipt.statements(), scene.redis.len().await), (3, 1));
    far.database.come_back().await;
    assert_eq!(drain(&far.engine).await.applied, 1);
    scene.check(1).await;
    assert_eq!(scene.sql.count("keepers").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_cut_again_and_again() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    scene.flush_all(1..=600).await;
    let consumer = run(far
        .engine
        .background_consumer()
        .batch_size(20)
        .lazy_flush_workers(4));
    for cut in 0..12 {
        let before = scene.sql.done().await;
        until("the consumer works", PATIENCE, async || {
            scene.sql.done().await > before || before == 600
        })
        .await;
        if cut % 3 == 2 {
            far.stream.cut()
        } else {
            far.database.cut()
        }
    }
    scene.until_drained().await;
    scene.check(600).await;
    let report = consumer.stop().await;
    println!("{report:?}");
    assert_eq!((report.dead, report.takeovers), (0, 0), "{report:?}");
}

/// As after a partition: requests arrive, and no answer and no end of the connection ever does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_connection_that_never_answers_is_given_up() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    scene.flush_all(1..=3).await;
    let mut hits = far.database.on("INSERT INTO `events`", Fault::Silence, 1);
    let consumer = run(far
        .engine
        .background_consumer()
        .answer_timeout(Duration::from_secs(2)));
    hits.reach(1).await;
    scene.until_drained().await;
    scene.check(3).await;
    assert_eq!(consumer.stop().await.dead, 0);
}

/// Every answer comes in time, and all of them together do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_transaction_on_a_slow_line_is_no_silence() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut visits: Vec<_> = Vec::new();
    visits.resize_with(40, visit);
    scene.engine.flush_lazy(visits).await.unwrap();
    far.database.slow_down(Duration::from_millis(30));
    let consumer = run(far
        .engine
        .background_consumer()
        .answer_timeout(Duration::from_secs(1)));
    scene.until_drained().await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.retries), (1, 0), "{report:?}");
    assert_eq!(scene.visits().await, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_goes_away_from_the_consumer_and_comes_back() {
    let mut scene = Scene::new().await;
    let mut far = scene.far().await;
    scene.flush_all(1..=200).await;
    let consumer = run(far
        .engine
        .background_consumer()
        .batch_size(10)
        .lazy_flush_workers(4));
    until("the consumer works", PATIENCE, async || {
        scene.sql.done().await > 20
    })
    .await;
    far.stream.go_away().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(
        scene.sql.done().await < 200,
        "all was done before Redis went away"
    );
    scene.flush_all(201..=220).await;
    far.stream.come_back().await;
    scene.until_drained().await;
    scene.check(220).await;
    let report = consumer.stop().await;
    println!("{report:?}");
    assert_eq!(
        (report.dead, report.skipped, report.set_aside),
        (0, 0, 0),
        "{report:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_connection_that_never_answers_is_given_up() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    scene.flush_all(1..=3).await;
    let mut hits = far.stream.on("$1\r\n>\r\n", Fault::Silence, 1);
    let consumer = run(far.engine.background_consumer());
    hits.reach(1).await;
    scene.until_drained().await;
    scene.check(3).await;
    assert_eq!(consumer.stop().await.dead, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_does_not_wait_for_servers_that_are_away() {
    let mut scene = Scene::new().await;
    let mut far = scene.far().await;
    scene.flush_all(1..=50).await;
    far.database.go_away().await;
    let consumer = run(far.engine.background_consumer());
    tokio::time::sleep(Duration::from_millis(700)).await;
    far.stream.go_away().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let start = Instant::now();
    let report = consumer.stop().await;
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "stopped after {:?}",
        start.elapsed()
    );
    assert_eq!((report.applied, report.dead), (0, 0), "{report:?}");
    drain(&scene.engine).await;
    scene.until_drained().await;
    scene.check(50).await;
}

/// A proxy that reaches no server says so in its own words, by numbers that may mean anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_proxy_answers_for_an_absent_database_is_no_frames_fault() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    scene.flush_all(1..=20).await;
    let patience = Duration::from_millis(500);
    let mut refused = far
        .database
        .on("START TRANSACTION", Fault::Refuse, usize::MAX);
    let consumer = run(far
        .engine
        .background_consumer()
        .schema_patience(patience)
        .lazy_flush_workers(2));
    refused.reach(1).await;
    tokio::time::sleep(4 * patience).await;
    assert_eq!(scene.sql.done().await, 0);
    far.database.heal();
    scene.until_drained().await;
    scene.check(20).await;
    let report = consumer.stop().await;
    assert_eq!(
        (report.dead, report.skipped, report.set_aside),
        (0, 0, 0),
        "{report:?}"
    );
}

/// It is refused for want of a column while the database is in reach, and in reach no more when the verdict is to be
/// written: what was decided before is not carried out after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_decided_before_an_outage_is_decided_anew() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let column = "ALTER TABLE `keepers` ADD COLUMN `age` int unsigned NOT NULL";
    scene
        .sql
        .run("ALTER TABLE `keepers` DROP COLUMN `age`")
        .await;
    scene.add(keeper(1, "bee")).await;
    let mut buried = far.database.on(
        "INSERT INTO `_beeorm_dead_letters`",
        Fault::LoseRequest,
        usize::MAX,
    );
    let consumer = run(far
        .engine
        .background_consumer()
        .schema_patience(Duration::ZERO));
    buried.reach(1).await;
    scene.sql.run(column).await;
    far.database.heal();
    scene.until_drained().await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
    assert_eq!(scene.sql.count("keepers").await, 1);
}
