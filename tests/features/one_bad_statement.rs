//! One bad statement among many stops only itself.

use std::sync::{Arc, Mutex};

use beeorm::{Failure, Resolution, prelude::*};

use crate::{
    entities::{Counter, Event},
    support::{PATIENCE, Scene, counter, drain, event, keeper, visit},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_middle_of_five_hundred_only_its_flush_is_dead() {
    let mut scene = Scene::new().await;
    let mut first = scene.engine.track(keeper(7, "bee@beeorm.io")).unwrap();
    scene.engine.flush(&mut first).await.unwrap();
    scene.flush_all(1..=249).await;
    // The others of its flush go with it.
    let mut taken = scene.engine.track(keeper(8, "bee@beeorm.io")).unwrap();
    let mut other = scene.engine.track(event(250)).unwrap();
    let flush = scene.engine.flush_lazy((&mut other, visit(), &mut taken));
    let dead = flush.await.unwrap();
    scene.flush_all(251..=500).await;

    let report = drain(&scene.engine).await;
    let figures = (report.applied, report.dead, report.duplicates);
    assert_eq!(figures, (499, 1, 0), "{report:?}");
    let expected: Vec<i64> = (1..=500).filter(|number| *number != 250).collect();
    assert_eq!(scene.numbers().await, expected);
    assert_eq!(scene.visits().await, 499);
    let keepers = "SELECT CAST(`id` AS SIGNED) FROM `keepers`";
    assert_eq!(scene.sql.numbers(keepers).await, [7]);

    let letters = scene.engine.dead_letters().list(10).await.unwrap();
    let [letter] = &letters[..] else {
        panic!("{letters:?}")
    };
    assert_eq!(letter.frame_id, dead.frame_ids()[0]);
    assert_eq!((letter.error_code, letter.attempts), (Some(1062), 1));
    for shown in ["bee@beeorm.io", "keepers", "events", "250"] {
        assert!(letter.statements.contains(shown), "{}", letter.statements);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_bad_ones_on_many_workers_are_all_found() {
    let mut scene = Scene::new().await;
    let mut counters: Vec<_> = (2..=400)
        .map(|id| scene.engine.track(counter(id)).unwrap())
        .collect();
    scene.engine.flush(&mut counters).await.unwrap();
    // Rows 401 and up are not there: an UPDATE of nothing is a failure.
    for id in (1..=1200_u32).filter(|id| *id <= 400 || id % 40 == 0) {
        let change = Counter::change(id).add(Counter::columns().visits, u64::from(id));
        scene.engine.flush_lazy(change).await.unwrap();
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let resolver = {
        let seen = Arc::clone(&seen);
        move |failure: Failure| {
            seen.lock()
                .unwrap()
                .push((failure.is_row_missing(), failure.frame_id));
            async { Resolution::Pass }
        }
    };
    let consumer = scene.engine.background_consumer().error_resolver(resolver);
    let report = consumer.drain().await.unwrap();
    assert_eq!((report.applied, report.dead), (400, 20), "{report:?}");
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.len(), 20, "each failure is asked about once");
    assert!(seen.iter().all(|(is_row_missing, _)| *is_row_missing));
    let exact = "SELECT COUNT(*) FROM `counters` WHERE `visits` = `id`";
    assert_eq!(scene.sql.number(exact).await, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_that_fails_is_named_whatever_it_was_merged_with() {
    let scene = Scene::new().await;
    scene.add(counter(2)).await;
    drain(&scene.engine).await;
    let add = |id: u32| Counter::change(id).add(Counter::columns().visits, 1_u64);
    let last = |id: u32| Counter::change(id).set(Counter::columns().last, 1_u32);
    // Row 3 is not there. Merged, the rows are updated by their keys, the first and the last together.
    let flush = (add(2), last(2), add(3), last(1), add(1));
    scene.engine.flush_lazy(flush).await.unwrap();
    let failed = Arc::new(Mutex::new(Vec::new()));
    let resolver = {
        let failed = Arc::clone(&failed);
        move |failure: Failure| {
            failed.lock().unwrap().push(failure.failed);
            async { Resolution::Pass }
        }
    };
    let consumer = scene.engine.background_consumer().error_resolver(resolver);
    assert_eq!(consumer.drain().await.unwrap().dead, 1);
    assert_eq!(*failed.lock().unwrap(), [2]);
}

/// No waiting makes a letter fit into a character set, or a trigger find one row where there are two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_no_waiting_would_mend_is_dead_at_once() {
    let mut scene = Scene::new().await;
    let trigger = |refused: &str| {
        format!(
            "CREATE TRIGGER `strict` BEFORE INSERT ON `events` FOR EACH ROW \
             BEGIN DECLARE `found` INT; IF NEW.`number` % 2 = 0 THEN {refused}; END IF; END"
        )
    };
    let two = "(SELECT 1 AS `one` UNION SELECT 2) `two`";
    for (made, code) in [
        (
            "ALTER TABLE `events` MODIFY `text` varchar(255) CHARACTER SET latin1 NOT NULL"
                .to_owned(),
            None,
        ),
        (
            trigger(&format!("SET NEW.`number` = (SELECT `one` FROM {two})")),
            Some(1242),
        ),
        (
            trigger(&format!("SELECT `one` INTO `found` FROM {two}")),
            Some(1172),
        ),
        (trigger("SIGNAL SQLSTATE '02001'"), Some(1643)),
    ] {
        scene.sql.run(&made).await;
        for number in 1..=3 {
            let text = if number == 2 && code.is_none() {
                "a 🐝"
            } else {
                "a bee"
            };
            let event = Event {
                number,
                text: text.to_owned(),
                ..Event::default()
            };
            scene.add(event).await;
        }
        let consumer = scene.engine.background_consumer();
        let drained = tokio::time::timeout(PATIENCE, consumer.drain()).await;
        let report = drained.expect("it waits for nothing").unwrap();
        assert_eq!((report.applied, report.dead), (2, 1), "{made}: {report:?}");
        let letters = scene.engine.dead_letters().list(10).await.unwrap();
        let [letter] = &letters[..] else {
            panic!("{letters:?}")
        };
        if code.is_some() {
            assert_eq!(letter.error_code, code, "{made}");
        }
        scene.sql.run("DELETE FROM `_beeorm_dead_letters`").await;
        scene.sql.run("DROP TRIGGER IF EXISTS `strict`").await;
    }
}
