//! A caller that goes away in mid-append, as when an HTTP connection is closed: the flush is neither half done nor
//! done twice, and the entity believes what is true.

use std::time::Duration;

use beeorm::{Receipt, prelude::*};
use futures_util::FutureExt;
use tokio::time::timeout;

use crate::support::{Fault, PATIENCE, Scene, drain, event, keeper, until};

/// Longer than the caller waits.
const SLOW: Duration = Duration::from_millis(150);
const SOON: Duration = Duration::from_millis(30);

async fn goes_away(flush: impl Future<Output = Result<Receipt, Error>>) {
    assert!(
        timeout(SOON, flush).await.is_err(),
        "the flush was faster than the caller"
    );
}

/// Nothing is left to flush.
fn has_arrived(again: &Result<Receipt, Error>) -> bool {
    matches!(again, Ok(_) | Err(Error::KeyUnknown { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushing_again_appends_nothing_twice() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut keeper = far.engine.track(keeper(1, "bee")).unwrap();
    far.stream.slow_down(SLOW);
    goes_away(far.engine.flush_lazy(&mut keeper)).await;
    assert!(!Tracked::is_dirty(&keeper), "it is on its way");
    assert_eq!(
        scene.redis.len().await,
        0,
        "it has arrived already: nothing was tried"
    );
    // Waits for what is under way, and has nothing to add.
    let receipt = far.engine.flush_lazy(&mut keeper).await.unwrap();
    assert_eq!((receipt.statements(), receipt.entry_id()), (0, None));
    assert_eq!(scene.redis.len().await, 1);
    // What changes while it is under way goes behind it.
    keeper.age = 2;
    goes_away(far.engine.flush_lazy(&mut keeper)).await;
    keeper.age = 3;
    assert_eq!(Tracked::dirty_columns(&keeper), ["age"]);
    goes_away(far.engine.flush_lazy(&mut keeper)).await;
    assert_eq!(
        Tracked::dirty_columns(&keeper),
        ["age"],
        "the caller went away before it was its turn"
    );
    assert_eq!(
        far.engine
            .flush_lazy(&mut keeper)
            .await
            .unwrap()
            .statements(),
        1
    );
    assert_eq!(scene.redis.len().await, 3);
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (3, 0), "{report:?}");
    assert_eq!(
        scene
            .sql
            .number("SELECT CAST(`age` AS SIGNED) FROM `keepers`")
            .await,
        3
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_whose_key_the_database_makes_is_inserted_once() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    far.stream.slow_down(SLOW);
    let mut tracked = far.engine.track(event(1)).unwrap();
    goes_away(far.engine.flush_lazy(&mut tracked)).await;
    assert!(!Tracked::is_new(&tracked));
    let again = far.engine.flush_lazy(&mut tracked).await;
    assert!(has_arrived(&again), "{again:?}");
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
    assert_eq!(scene.sql.count("events").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_append_makes_it_dirty_again() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut keeper = far.engine.track(keeper(1, "bee")).unwrap();
    // Redis refuses it: the key is no stream.
    let key = scene.redis.key.clone();
    scene.redis.command(["SET", &key, "bee"]).await;
    far.stream.slow_down(SLOW);
    goes_away(far.engine.flush_lazy(&mut keeper)).await;
    assert!(!Tracked::is_new(&keeper), "nothing is known yet");
    until(
        "the refusal has arrived",
        Duration::from_secs(5),
        async || Tracked::is_new(&keeper),
    )
    .await;
    scene.redis.command(["DEL", &key]).await;
    keeper.age = 2;
    assert_eq!(
        far.engine
            .flush_lazy(&mut keeper)
            .await
            .unwrap()
            .statements(),
        1
    );
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
    assert_eq!(
        scene
            .sql
            .number("SELECT CAST(`age` AS SIGNED) FROM `keepers`")
            .await,
        2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_answer_is_lost_after_the_caller_went_away_is_sent_again() {
    for (fault, duplicates) in [(Fault::LoseAnswer, 1), (Fault::LoseRequest, 0)] {
        let mut scene = Scene::new().await;
        let far = scene.far().await;
        let mut tracked = far.engine.track(event(1)).unwrap();
        far.stream.slow_down(SLOW);
        let mut lost = far.stream.on("XADD", fault, 1);
        goes_away(far.engine.flush_lazy(&mut tracked)).await;
        lost.reach(1).await;
        far.stream.slow_down(Duration::ZERO);
        tokio::time::sleep(2 * SLOW).await;
        until("flushing again works", PATIENCE, async || {
            has_arrived(&far.engine.flush_lazy(&mut tracked).await)
        })
        .await;
        let report = drain(&scene.engine).await;
        assert_eq!(
            (report.applied, report.duplicates, report.dead),
            (1, duplicates, 0),
            "{fault:?}: {report:?}"
        );
        assert_eq!(scene.sql.count("events").await, 1);
    }
}

/// As in a `select!` that is busy with another of its branches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stands_still_holds_up_nobody() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    far.stream.slow_down(SLOW);
    let [mut first, mut second] =
        [event(1), event(2)].map(|event| far.engine.track(event).unwrap());
    let mut still = Box::pin(far.engine.flush_lazy(&mut first));
    assert!(still.as_mut().now_or_never().is_none());
    let behind = timeout(PATIENCE, far.engine.flush_lazy(&mut second)).await;
    behind.expect("it waits for whoever stands still").unwrap();
    still.await.unwrap();
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (2, 0), "{report:?}");
    assert_eq!(scene.sql.count("events").await, 2);
}

/// Nobody knows that a future was forgotten: it is not dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_forgotten_caller_began_is_brought_to_its_end() {
    let scene = Scene::new().await;
    let far = scene.far().await;
    far.stream.slow_down(SLOW);
    let mut tracked = far.engine.track(keeper(1, "bee")).unwrap();
    let mut forgotten = Box::pin(far.engine.flush_lazy(&mut tracked));
    assert!(forgotten.as_mut().now_or_never().is_none());
    std::mem::forget(forgotten);
    let again = timeout(PATIENCE, far.engine.flush_lazy(&mut tracked)).await;
    let again = again
        .expect("it waits for an answer that nobody takes")
        .unwrap();
    assert_eq!(again.statements(), 0);
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
}

/// As when every request has a runtime of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_that_ends_in_mid_append_leaves_nobody_waiting() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut tracked = far.engine.track(event(1)).unwrap();
    far.stream.slow_down(SLOW);
    let engine = far.engine.clone();
    let other = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let flushed = other.spawn(async move {
        goes_away(engine.flush_lazy(&mut tracked)).await;
        tracked
    });
    let mut tracked = flushed.await.unwrap();
    other.shutdown_background();
    far.stream.slow_down(Duration::ZERO);
    let again = timeout(PATIENCE, far.engine.flush_lazy(&mut tracked)).await;
    let again = again.expect("it waits for an answer that nobody will give");
    assert!(has_arrived(&again), "{again:?}");
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
    assert_eq!(scene.sql.count("events").await, 1);
}
