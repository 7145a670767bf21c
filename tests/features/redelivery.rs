//! The same frame again: after a lost acknowledgement, a lost answer to a read or a COMMIT, or appended twice.

use beeorm::{BACKGROUND_CONSUMER_GROUP, Receipt, Resolution, prelude::*};

use crate::{
    entities::{Counter, Keeper},
    support::{Fault, PATIENCE, Scene, drain, run, until},
};

/// What an acknowledgement carries and a read does not: the group, and behind it the entry's id.
fn acknowledgement_of(receipt: &Receipt) -> String {
    let entry = receipt.entry_id().unwrap().to_string();
    format!(
        "{BACKGROUND_CONSUMER_GROUP}\r\n${}\r\n{entry}\r\n",
        entry.len()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_was_committed_and_not_acknowledged_is_not_executed_again() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let receipt = scene.flush(1).await;
    scene.flush(2).await;
    let mut lost = far
        .stream
        .on(acknowledgement_of(&receipt), Fault::LoseRequest, usize::MAX);
    let consumer = run(far.engine.background_consumer());
    lost.reach(1).await;
    assert_eq!(
        scene.sql.done().await,
        2,
        "it acknowledges what it has committed"
    );
    consumer.abort().await;
    far.engine.close().await;
    assert_eq!(scene.redis.len().await, 2);
    scene.flush(3).await;
    let report = drain(&scene.engine).await;
    assert_eq!(
        (report.applied, report.duplicates, report.takeovers),
        (1, 2, 1),
        "{report:?}"
    );
    scene.check(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledgements_are_tried_until_they_arrive() {
    for fault in [Fault::LoseRequest, Fault::LoseAnswer] {
        let mut scene = Scene::new().await;
        let far = scene.far().await;
        let receipt = scene.flush(1).await;
        let mut lost = far.stream.on(acknowledgement_of(&receipt), fault, 2);
        let consumer = run(far.engine.background_consumer());
        lost.reach(2).await;
        scene.until_drained().await;
        scene.flush(2).await;
        until("it goes on", PATIENCE, async || {
            scene.sql.count("events").await == 2
        })
        .await;
        let report = consumer.stop().await;
        assert_eq!(
            (report.applied, report.duplicates, report.dead),
            (2, 0, 0),
            "{fault:?}: {report:?}"
        );
        scene.check(2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_whose_delivery_was_lost_are_read_again_in_order() {
    let mut scene = Scene::new().await;
    scene.sql.record("counters", "last").await;
    for number in 1..=50_u32 {
        let columns = Counter::columns();
        let change = Counter::change(1_u32).set(columns.last, number);
        scene.engine.flush_lazy(change).await.unwrap();
    }
    let far = scene.far().await;
    // The argument of a read that asks for new entries.
    let mut lost = far.stream.on("$1\r\n>\r\n", Fault::LoseAnswer, 3);
    let consumer = run(far.engine.background_consumer().batch_size(10));
    lost.reach(3).await;
    scene.until_drained().await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (50, 0), "{report:?}");
    assert_eq!(scene.sql.recorded().await, (1..=50).collect::<Vec<i64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_commit_is_decided_by_the_inbox() {
    for (fault, duplicates) in [(Fault::LoseRequest, 0), (Fault::LoseAnswer, 1)] {
        let mut scene = Scene::new().await;
        let far = scene.far().await;
        scene.flush(1).await;
        // The query's first byte belongs to it: `READ COMMITTED` is another.
        let mut lost = far.database.on("\u{3}COMMIT", fault, 1);
        let report = drain(&far.engine).await;
        lost.reach(1).await;
        assert_eq!(
            (report.applied, report.duplicates),
            (1 - duplicates, duplicates),
            "{fault:?}: {report:?}"
        );
        assert_eq!(report.retries, 1, "{report:?}");
        scene.check(1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_is_in_the_stream_twice_is_executed_once() {
    let mut scene = Scene::new().await;
    scene.flush(1).await;
    scene.flush(2).await;
    let entries = scene.redis.entries().await;
    let [one, two] = &entries[..] else {
        panic!("{entries:?}")
    };
    // In one batch.
    scene.redis.add(&one.fields).await;
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.duplicates), (2, 1), "{report:?}");
    // Long after.
    scene.redis.add(&two.fields).await;
    scene.flush(3).await;
    scene.redis.add(&one.fields).await;
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.duplicates), (1, 2), "{report:?}");
    // In two batches of one run.
    scene.flush(4).await;
    let four = scene.redis.entries().await.remove(0);
    scene.redis.add(&four.fields).await;
    let report = scene
        .engine
        .background_consumer()
        .batch_size(1)
        .drain()
        .await
        .unwrap();
    assert_eq!((report.applied, report.duplicates), (1, 1), "{report:?}");
    // Among others of its kind, in a batch that is executed as one transaction.
    for number in 5..=20 {
        scene.flush(number).await;
    }
    scene.redis.add(&one.fields).await;
    for number in 21..=40 {
        scene.flush(number).await;
    }
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.duplicates), (36, 1), "{report:?}");
    scene.check(40).await;
}

/// Dead or skipped is an end too: what was in the way is gone, and the frame comes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_was_given_up_is_not_executed_when_it_comes_again() {
    let mut scene = Scene::new().await;
    let keeper = |id| Keeper {
        id,
        email: "bee@beeorm.io".to_owned(),
        age: 1,
    };
    for (id, resolution) in [(2, Resolution::DeadLetter), (3, Resolution::Skip)] {
        let mut first = scene.engine.track(keeper(1)).unwrap();
        scene.engine.flush(&mut first).await.unwrap();
        scene.add(keeper(id)).await;
        let entry = scene.redis.entries().await.remove(0);
        let consumer = scene
            .engine
            .background_consumer()
            .error_resolver(move |_| async move { resolution });
        let report = consumer.drain().await.unwrap();
        assert_eq!(
            (report.applied, report.dead + report.skipped),
            (0, 1),
            "{report:?}"
        );
        scene.engine.delete(&mut first).await.unwrap();
        scene.redis.add(&entry.fields).await;
        let report = drain(&scene.engine).await;
        assert_eq!((report.applied, report.duplicates), (0, 1), "{report:?}");
        assert_eq!(scene.sql.count("keepers").await, 0);
    }
    assert_eq!(
        scene.sql.count("_beeorm_dead_letters").await,
        1,
        "only what died has a letter"
    );
}
