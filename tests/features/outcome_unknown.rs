//! The caller's side of a Redis that is away, or whose answers are lost: refused, or unknown and then settled.

use std::time::{Duration, Instant};

use beeorm::{Outcome, StreamError, prelude::*};

use crate::entities::{Keeper, Page};
use crate::support::{Fault, PATIENCE, Scene, drain, event, keeper, run, until, visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lazy_flush_without_redis_fails_at_once_and_changes_nothing() {
    let mut scene = Scene::new().await;
    let mut far = scene.far().await;
    let mut stored = far.engine.track(keeper(1, "bee")).unwrap();
    far.engine.flush(&mut stored).await.unwrap();
    stored.age = 2;
    let mut new = far.engine.track(event(1)).unwrap();
    far.stream.go_away().await;
    // The client may need a moment to see that its connection is gone.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..3 {
        let start = Instant::now();
        let refused = far.engine.flush_lazy((&mut stored, &mut new)).await;
        assert!(
            matches!(refused, Err(Error::Stream(StreamError::Unavailable { .. }))),
            "{refused:?}"
        );
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "refused after {:?}",
            start.elapsed()
        );
        assert_eq!(Tracked::dirty_columns(&stored), ["age"]);
        assert!(Tracked::is_new(&new));
        let removed = far.engine.delete_lazy(&mut stored).await;
        assert!(
            matches!(removed, Err(Error::Stream(StreamError::Unavailable { .. }))),
            "{removed:?}"
        );
    }
    far.stream.come_back().await;
    until("the client is connected again", PATIENCE, async || {
        far.engine
            .event_broker()
            .stream_statistics(LAZY_CHANNEL)
            .await
            .is_ok()
    })
    .await;
    assert_eq!(
        scene.redis.len().await,
        0,
        "what was refused has been appended"
    );
    let receipt = far
        .engine
        .flush_lazy((&mut stored, &mut new))
        .await
        .unwrap();
    assert_eq!(receipt.statements(), 2);
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
    assert_eq!(scene.sql.count("events").await, 1);
    assert_eq!(
        scene
            .sql
            .number("SELECT CAST(`age` AS SIGNED) FROM `keepers`")
            .await,
        2
    );
}

/// As a proxy before Redis says it: nothing was appended for certain only where Redis itself says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_a_proxys_does_not_say_that_nothing_was_appended() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut keeper = far.engine.track(keeper(1, "bee")).unwrap();
    far.engine.flush(&mut keeper).await.unwrap();
    far.stream.on("XADD", Fault::Deny, 1);
    let older = Keeper::change(1).add(Keeper::columns().age, 1);
    let unknown = far.engine.flush_lazy(older).await.unwrap_err();
    let Error::OutcomeUnknown(unknown) = unknown else {
        panic!("{unknown:?}");
    };
    unknown.resend().await.unwrap();
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.duplicates), (1, 1), "{report:?}");
    let age = "SELECT CAST(`age` AS SIGNED) FROM `keepers`";
    assert_eq!(scene.sql.number(age).await, i64::from(keeper.age) + 1);
}

/// The append arrived, or it did not, and the answer is lost either way: the same bytes again settle it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_settled_by_flushing_again() {
    for (fault, appended) in [(Fault::LoseAnswer, true), (Fault::LoseRequest, false)] {
        let mut scene = Scene::new().await;
        let far = scene.far().await;
        let mut new = far.engine.track(event(1)).unwrap();
        let mut keeper = far.engine.track(keeper(1, "bee")).unwrap();
        let mut lost = far.stream.on("XADD", fault, 1);
        let unknown = far.engine.flush_lazy((&mut new, &mut keeper)).await;
        assert!(
            matches!(unknown, Err(Error::OutcomeUnknown(_))),
            "{fault:?}: {unknown:?}"
        );
        lost.reach(1).await;
        let before = scene.redis.entries().await;
        assert_eq!(before.len(), usize::from(appended), "{fault:?}");
        until_connected(&far.engine).await;
        // What changed since is flushed behind what was lost.
        keeper.age = 2;
        let receipt = far.engine.flush_lazy(&mut keeper).await.unwrap();
        assert_eq!(receipt.statements(), 1);
        let after = scene.redis.entries().await;
        assert_eq!(
            after.len(),
            usize::from(appended) + 2,
            "{fault:?}: the lost one and the new one"
        );
        if appended {
            assert_eq!(after[0].fields, after[1].fields, "the very same bytes");
        }
        // Part of the same flush: settled with it.
        assert!(!Tracked::is_new(&new));
        let report = drain(&scene.engine).await;
        assert_eq!(
            (report.applied, report.duplicates, report.dead),
            (2, u64::from(appended), 0),
            "{report:?}"
        );
        assert_eq!(scene.sql.count("events").await, 1, "{fault:?}: once");
        assert_eq!(
            scene
                .sql
                .number("SELECT CAST(`age` AS SIGNED) FROM `keepers`")
                .await,
            2
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_value_is_settled_by_its_error() {
    let mut scene = Scene::new().await;
    let mut far = scene.far().await;
    let change = visit();
    far.stream.on("XADD", Fault::LoseAnswer, 1);
    let Err(Error::OutcomeUnknown(unknown)) = far.engine.flush_lazy(change).await else {
        panic!("it was answered")
    };
    far.stream.go_away().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let still = unknown.resend().await;
    assert!(
        still.is_err_and(|error| error.is_outcome_unknown()),
        "without Redis it stays unknown"
    );
    far.stream.come_back().await;
    until_connected(&far.engine).await;
    let receipt = unknown.resend().await.unwrap();
    assert!(receipt.entry_id().is_some());
    let again = unknown.resend().await.unwrap();
    assert_eq!(
        (again.frame_ids(), again.entry_id()),
        (receipt.frame_ids(), None)
    );
    assert_eq!((again.statements(), receipt.statements()), (1, 1));
    let pending = receipt.applied(Duration::from_millis(50)).await;
    assert!(
        matches!(pending, Err(Error::LazyPending { .. })),
        "nobody consumes: {pending:?}"
    );
    assert_eq!(
        scene.redis.len().await,
        2,
        "what is settled is not sent a third time"
    );
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.duplicates), (1, 1), "{report:?}");
    assert_eq!(scene.visits().await, 1);
    for receipt in [receipt, again] {
        assert_eq!(receipt.applied(PATIENCE).await.unwrap(), Outcome::Applied);
    }
}

/// A flusher keeps its changes, and knows which of them have arrived.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_a_flusher_is_settled_by_flushing_again() {
    for (fault, lazily) in [
        (Fault::LoseAnswer, true),
        (Fault::LoseRequest, true),
        (Fault::LoseAnswer, false),
    ] {
        let mut scene = Scene::new().await;
        let far = scene.far().await;
        let mut flusher = far.engine.flusher();
        flusher.change(visit()).change(visit());
        let mut lost = far.stream.on("XADD", fault, 1);
        let unknown = flusher.flush_lazy().await.unwrap_err();
        assert!(unknown.is_outcome_unknown(), "{fault:?}: {unknown}");
        lost.reach(1).await;
        until_connected(&far.engine).await;
        if lazily {
            let receipt = flusher.flush_lazy().await.unwrap();
            assert_eq!((receipt.statements(), receipt.frame_ids().len()), (0, 1));
            assert!(flusher.is_empty());
            drain(&scene.engine).await;
            assert_eq!(receipt.applied(PATIENCE).await.unwrap(), Outcome::Applied);
        } else {
            let running = run(scene.engine.background_consumer());
            flusher.flush().await.unwrap();
            assert_eq!(
                scene.visits().await,
                2,
                "a synchronous flush returns when they are executed"
            );
            running.stop().await;
        }
        assert_eq!(scene.visits().await, 2, "{fault:?}: each once");
    }
}

/// A flusher that was flushed lazily, and the answer lost, may be flushed synchronously: nothing is done twice, whatever is
/// in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entities_in_a_flusher_are_settled_by_flushing_synchronously() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut made_there = far.engine.track(event(1)).unwrap();
    let mut kept = far.engine.track(keeper(1, "bee")).unwrap();
    let mut bare = Page::default();
    let mut flusher = far.engine.flusher();
    flusher.track(&mut made_there).track(&mut kept);
    flusher.track(&mut bare).change(visit());
    let mut lost = far.stream.on("XADD", Fault::LoseAnswer, 1);
    let unknown = flusher.flush_lazy().await.unwrap_err();
    assert!(unknown.is_outcome_unknown(), "{unknown}");
    lost.reach(1).await;
    until_connected(&far.engine).await;
    let running = run(scene.engine.background_consumer());
    flusher.flush().await.unwrap();
    assert!(flusher.is_empty());
    drop(flusher);
    assert_eq!(scene.visits().await, 1, "it returns when they are executed");
    for table in ["events", "keepers", "pages"] {
        assert_eq!(scene.sql.count(table).await, 1, "{table}");
    }
    running.stop().await;
}

/// Nor is it told as done what was refused: as often as it is flushed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entities_in_a_flusher_that_are_dead_are_told_each_time() {
    let scene = Scene::new().await;
    let far = scene.far().await;
    far.engine
        .flush(&mut far.engine.track(keeper(1, "bee")).unwrap())
        .await
        .unwrap();
    let mut taken = far.engine.track(keeper(2, "bee")).unwrap();
    let mut bare = Page::default();
    let mut flusher = far.engine.flusher();
    flusher.track(&mut bare).track(&mut taken).change(visit());
    let mut lost = far.stream.on("XADD", Fault::LoseAnswer, 1);
    flusher.flush_lazy().await.unwrap_err();
    lost.reach(1).await;
    until_connected(&far.engine).await;
    let running = run(scene.engine.background_consumer());
    for _ in 0..3 {
        let failed = flusher.flush().await.unwrap_err();
        assert!(matches!(failed, Error::LazyFailed { .. }), "{failed}");
        let failed = flusher.flush_lazy().await.unwrap_err();
        assert!(matches!(failed, Error::LazyFailed { .. }), "{failed}");
    }
    running.stop().await;
}

/// One that came later was no part of what was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_added_after_the_loss_is_appended_when_that_is_settled() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut flusher = far.engine.flusher();
    flusher.change(visit());
    let mut lost = far.stream.on("XADD", Fault::LoseAnswer, 1);
    flusher.flush_lazy().await.unwrap_err();
    lost.reach(1).await;
    until_connected(&far.engine).await;
    flusher.change(visit());
    let settled = flusher.flush_lazy().await.unwrap_err();
    assert!(matches!(settled, Error::Settled { .. }), "{settled}");
    assert_eq!(flusher.flush_lazy().await.unwrap().statements(), 1);
    assert_eq!(drain(&scene.engine).await.applied, 2);
    assert_eq!(scene.visits().await, 2);
}

async fn until_connected(engine: &Engine) {
    until("the client is connected again", PATIENCE, async || {
        engine
            .event_broker()
            .stream_statistics(LAZY_CHANNEL)
            .await
            .is_ok()
    })
    .await;
}
