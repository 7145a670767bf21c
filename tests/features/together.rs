//! Callers that flush at the same time share entries of the stream; each gets its own answer, and each flush stays a
//! unit of its own.

use std::time::Duration;

use beeorm::{Outcome, Receipt, prelude::*};
use futures_util::future::join_all;

use crate::{
    entities::Event,
    support::{Fault, PATIENCE, Scene, drain, event, until},
};

const CALLERS: u32 = 64;
/// Longer than the callers need to come.
const SLOW: Duration = Duration::from_millis(300);

async fn flush_at_once(
    engine: &Engine,
    events: &mut [Tracked<Event>],
) -> Vec<Result<Receipt, Error>> {
    join_all(events.iter_mut().map(|event| engine.flush_lazy(event))).await
}

fn events(engine: &Engine) -> Vec<Tracked<Event>> {
    let new = |number| engine.track(event(number)).unwrap();
    (1..=CALLERS).map(new).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_while_an_append_is_under_way_goes_with_the_next() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut events = events(&far.engine);
    far.stream.slow_down(SLOW);
    let receipts: Vec<Receipt> = flush_at_once(&far.engine, &mut events)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    far.stream.slow_down(Duration::ZERO);
    let entries = scene.redis.entries().await;
    assert!(
        entries.len() < 8,
        "{CALLERS} callers made {} entries",
        entries.len()
    );
    let mut frames: Vec<_> = receipts.iter().flat_map(Receipt::frame_ids).collect();
    frames.sort_unstable();
    frames.dedup();
    assert_eq!(
        frames.len(),
        CALLERS as usize,
        "each has a frame of its own"
    );

    let consumer = scene.engine.background_consumer().lazy_flush_workers(1);
    let report = consumer.drain().await.unwrap();
    assert_eq!(
        (report.applied, report.dead),
        (u64::from(CALLERS), 0),
        "{report:?}"
    );
    for receipt in &receipts {
        assert_eq!(receipt.applied(PATIENCE).await.unwrap(), Outcome::Applied);
    }
    let expected: Vec<i64> = (1..=i64::from(CALLERS)).collect();
    assert_eq!(scene.numbers().await, expected, "in the order of the calls");
}

/// On a long way it is the answers that take long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_do_not_wait_for_the_answers_of_those_before() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut events = events(&far.engine);
    let held = far.stream.hold_answers();
    let mut calls = Vec::new();
    for (appends, mut some) in [(1, events.split_off(63)), (2, events)] {
        let engine = far.engine.clone();
        calls.push(tokio::spawn(async move {
            flush_at_once(&engine, &mut some).await
        }));
        until("an append is there", PATIENCE, async || {
            scene.redis.len().await >= appends
        })
        .await;
    }
    assert!(
        calls.iter().all(|call| !call.is_finished()),
        "nothing was answered"
    );
    drop(held);
    for answer in join_all(calls).await {
        answer
            .unwrap()
            .into_iter()
            .for_each(|answer| drop(answer.unwrap()));
    }
    let report = drain(&scene.engine).await;
    assert_eq!((report.applied, report.dead), (u64::from(CALLERS), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_is_lost_to_all_and_each_settles_its_own() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut events = events(&far.engine);
    let last = &mut *events[CALLERS as usize - 1];
    last.text = "the last of them".to_owned();
    far.stream.slow_down(SLOW);
    let mut lost = far.stream.on(last.text.clone(), Fault::LoseAnswer, 1);
    let answers = flush_at_once(&far.engine, &mut events).await;
    far.stream.slow_down(Duration::ZERO);
    lost.reach(1).await;
    let unknown = |answer: &Result<Receipt, Error>| matches!(answer, Err(Error::OutcomeUnknown(_)));
    let not_known = answers.iter().filter(|answer| unknown(answer)).count();
    assert!(not_known > 1, "{answers:?}");
    for answer in answers {
        let Err(Error::OutcomeUnknown(unknown)) = answer else {
            answer.unwrap();
            continue;
        };
        until("it is sent again", PATIENCE, async || {
            unknown.resend().await.is_ok()
        })
        .await;
    }
    assert!(events.iter().all(|event| !Tracked::is_new(event)));
    let report = drain(&scene.engine).await;
    assert_eq!(
        (report.applied, report.dead),
        (u64::from(CALLERS), 0),
        "{report:?}"
    );
    assert_eq!(report.duplicates, not_known as u64, "{report:?}");
    let mut numbers = scene.numbers().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=i64::from(CALLERS)).collect::<Vec<_>>());
}

/// One that the database refuses takes nobody with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_of_an_entry_is_dead_alone() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut events = events(&far.engine);
    scene
        .sql
        .run("ALTER TABLE `events` ADD CONSTRAINT `not_seven` CHECK (`number` <> 7)")
        .await;
    far.stream.slow_down(SLOW);
    let receipts = flush_at_once(&far.engine, &mut events).await;
    far.stream.slow_down(Duration::ZERO);
    assert!(scene.redis.len().await < 8);
    let report = drain(&scene.engine).await;
    assert_eq!(
        (report.applied, report.dead),
        (u64::from(CALLERS) - 1, 1),
        "{report:?}"
    );
    for (place, receipt) in receipts.into_iter().enumerate() {
        let expected = if place == 6 {
            Outcome::Dead
        } else {
            Outcome::Applied
        };
        assert_eq!(
            receipt.unwrap().applied(PATIENCE).await.unwrap(),
            expected,
            "{place}"
        );
    }
    assert_eq!(scene.redis.len().await, 0);
}
