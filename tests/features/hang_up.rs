//! A frame on which the server hangs up each time is given up; one whose server goes away each time never is.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use beeorm::{Failure, Outcome, Receipt, Replay, Resolution, prelude::*};
use tokio::time::timeout;

use crate::{
    entities::Keeper,
    support::{Fault, Scene, drain, event, keeper, run, until, visit},
};

/// For a dozen attempts and the pauses between them, twice.
const LONG: Duration = Duration::from_secs(180);

/// The byte before it belongs to a request to prepare it: in a dead letter it is shown behind another.
const PREPARED: &[u8] = b"\x16UPDATE `keepers`";

/// Three flushes, one that updates a keeper too, and three more; all of them in one lane.
async fn flush_around(scene: &Scene) -> Receipt {
    let mut first = scene.engine.track(keeper(1, "bee@beeorm.io")).unwrap();
    scene.engine.flush(&mut first).await.unwrap();
    scene.flush_all(1..=3).await;
    let mut other = scene.engine.track(event(4)).unwrap();
    let change = Keeper::change(1_u32).set(Keeper::columns().age, 44_u32);
    let flush = scene.engine.flush_lazy((&mut other, visit(), change));
    let receipt = flush.await.unwrap();
    scene.flush_all(5..=7).await;
    receipt
}

async fn age(scene: &mut Scene) -> i64 {
    let age = "SELECT CAST(`age` AS SIGNED) FROM `keepers` WHERE `id` = 1";
    scene.sql.number(age).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_time_is_a_dead_letter_and_what_is_around_it_is_executed() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let receipt = flush_around(&scene).await;
    let hits = far.database.on(PREPARED, Fault::LoseRequest, usize::MAX);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let resolver = {
        let asked = Arc::clone(&asked);
        move |failure: Failure| {
            let table = failure.statement().map(|statement| statement.table);
            let seen = (failure.is_hang_up(), failure.class(), table);
            asked.lock().unwrap().push(seen);
            async { Resolution::Pass }
        }
    };
    let consumer = far.engine.background_consumer().error_resolver(resolver);
    let drained = timeout(LONG, consumer.drain()).await;
    let report = drained.expect("it is not tried for ever").unwrap();
    drop(hits);
    assert_eq!(
        (report.applied, report.dead, report.set_aside),
        (6, 1, 0),
        "{report:?}"
    );
    assert_eq!(scene.numbers().await, [1, 2, 3, 5, 6, 7]);
    assert_eq!((scene.visits().await, age(&mut scene).await), (6, 1));
    let expected = [(true, beeorm::FailureClass::Data, Some("keepers"))];
    assert_eq!(*asked.lock().unwrap(), expected);
    let outcome = receipt.applied(Duration::from_secs(5)).await.unwrap();
    assert_eq!(outcome, Outcome::Dead);

    let id = receipt.frame_ids()[0];
    let letter = scene.engine.dead_letters().get(id).await.unwrap().unwrap();
    assert!(letter.error.contains("hung up"), "{}", letter.error);
    assert_eq!(letter.attempts, 10);
    // What was wrong is mended.
    let replayed = scene.engine.dead_letters().replay(id, Replay::Force).await;
    replayed.unwrap();
    assert_eq!((scene.visits().await, age(&mut scene).await), (7, 44));
}

/// The dead letter shows the statement: what cuts that off cuts this off too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_its_dead_letter_too_sets_it_aside() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let receipt = flush_around(&scene).await;
    let needle = "UPDATE `keepers`";
    let hits = far.database.on(needle, Fault::LoseRequest, usize::MAX);
    let drained = timeout(LONG, drain(&far.engine)).await;
    let report = drained.expect("it is not tried for ever");
    drop(hits);
    assert_eq!(
        (report.applied, report.dead, report.set_aside),
        (6, 0, 1),
        "{report:?}"
    );
    assert_eq!(scene.numbers().await, [1, 2, 3, 5, 6, 7]);
    let broker = scene.engine.event_broker();
    let aside = broker.set_aside(LAZY_CHANNEL, 10).await.unwrap();
    let [entry] = &aside[..] else {
        panic!("{aside:?}")
    };
    assert!(entry.reason.contains("hung up"), "{}", entry.reason);
    let outcome = receipt.applied(Duration::from_secs(5)).await.unwrap();
    assert_eq!(outcome, Outcome::SetAside);
}

/// As often as would be enough, in the middle of the same statement of a frame that stands alone, and back at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_each_time_is_waited_for() {
    const DEATHS: usize = 13;
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut first = scene.engine.track(keeper(1, "bee@beeorm.io")).unwrap();
    scene.engine.flush(&mut first).await.unwrap();
    let change = Keeper::change(1_u32).set(Keeper::columns().age, 44_u32);
    scene.engine.flush_lazy(change).await.unwrap();
    let consumer = run(far.engine.background_consumer());
    for _ in 0..DEATHS {
        // It is not answered until the server is gone, with every connection.
        let met = far.database.on(PREPARED, Fault::Silence, 1);
        until("the statement is under way", LONG, async || met.is_met()).await;
        far.database.cut();
    }
    until("everything is executed", LONG, async || {
        scene.redis.len().await == 0
    })
    .await;
    let report = consumer.stop().await;
    assert_eq!(
        (report.applied, report.dead, report.set_aside),
        (1, 0, 0),
        "{report:?}"
    );
    assert_eq!(age(&mut scene).await, 44);
}
