//! What nobody should have put into the stream, or taken out of it: set aside and shown, and nothing stops.

use std::time::{Duration, Instant};

use beeorm::{StreamError, prelude::*};

use crate::support::{PATIENCE, Random, Scene, Sql, drain, event, run, until, visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_set_aside_and_shown_and_what_is_around_it_is_executed() {
    let mut scene = Scene::new().await;
    scene.add(event(0)).await;
    let frame = scene.redis.entries().await.remove(0).fields.remove(1);
    let mut random = Random::new();
    println!("BEEORM_TEST_SEED={}", random.seed);
    let noise = |random: &mut Random, length: u64| -> Vec<u8> {
        (0..length)
            .map(|_| random.between(0, 255).to_le_bytes()[0])
            .collect()
    };
    // No frame of ours begins like that; one of a newer program might begin with a small number.
    let mut random_bytes = noise(&mut random, 400);
    random_bytes[0] = 0xff;
    let cut_off = frame[..frame.len() - 1].to_vec();
    let longer = [frame.as_slice(), b"!"].concat();
    let garbage: Vec<(&str, Vec<Vec<u8>>)> = vec![
        (
            "other fields",
            vec![
                b"name".to_vec(),
                b"bee".to_vec(),
                b"age".to_vec(),
                b"3".to_vec(),
            ],
        ),
        ("random bytes", vec![b"f".to_vec(), random_bytes]),
        (
            "text",
            vec![b"f".to_vec(), b"{\"sql\": \"DELETE FROM events\"}".to_vec()],
        ),
        ("nothing", vec![b"f".to_vec(), Vec::new()]),
        ("cut off", vec![b"f".to_vec(), cut_off]),
        ("longer", vec![b"f".to_vec(), longer]),
        ("zeros", vec![b"f".to_vec(), vec![0; 64]]),
        (
            "many fields",
            (0..2000)
                .map(|field| format!("{field}").into_bytes())
                .collect(),
        ),
    ];
    let mut number = 1;
    for (_, fields) in &garbage {
        scene.redis.add(fields).await;
        scene.add(event(number)).await;
        number += 1;
    }
    // A frame of ours and garbage in one entry: the frame is executed.
    scene
        .redis
        .add(&[b"f".to_vec(), b"?".to_vec(), b"f".to_vec(), frame.clone()])
        .await;
    scene.add(event(number)).await;

    let consumer = scene
        .engine
        .background_consumer()
        .schema_patience(Duration::from_millis(500));
    let start = Instant::now();
    let report = tokio::time::timeout(PATIENCE, consumer.drain())
        .await
        .expect("garbage stops nothing")
        .unwrap();
    println!("{report:?} after {:?}", start.elapsed());
    assert_eq!(
        scene.numbers().await,
        (0..=i64::from(number)).collect::<Vec<_>>(),
        "in order, with the garbage gone"
    );
    assert_eq!(
        (report.set_aside, report.dead),
        (garbage.len() as u64 + 1, 0),
        "{report:?}"
    );
    assert_eq!(scene.redis.len().await, 0);
    let aside = scene
        .engine
        .event_broker()
        .set_aside(LAZY_CHANNEL, 100)
        .await
        .unwrap();
    assert_eq!(aside.len(), garbage.len() + 1);
    for ((what, fields), entry) in garbage.iter().zip(&aside) {
        let (reason, shown) = (&entry.reason, &entry.values);
        println!("{what}: {reason}");
        if fields[0] == b"f" {
            assert_eq!(
                &shown[0], &fields[1],
                "{what}: not shown as it was: {reason}"
            );
        } else {
            assert!(!shown.is_empty(), "{what}: not shown");
        }
    }
    let broker = scene.engine.event_broker();
    for (entry, there) in aside
        .iter()
        .map(|entry| (entry, true))
        .chain([(&aside[0], false)])
    {
        let dropped = broker.drop_set_aside(LAZY_CHANNEL, entry.id).await;
        assert_eq!(dropped.unwrap(), there, "{entry:?}");
    }
    assert!(
        broker
            .set_aside(LAZY_CHANNEL, 100)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_bytes_never_stop_the_channel_for_long() {
    let mut scene = Scene::new().await;
    let mut random = Random::new();
    println!("BEEORM_TEST_SEED={}", random.seed);
    for number in 0..300 {
        let length = random.between(0, 80);
        let bytes: Vec<u8> = (0..length)
            .map(|_| random.between(0, 255).to_le_bytes()[0])
            .collect();
        scene.redis.add(&[b"f".to_vec(), bytes]).await;
        if number % 10 == 0 {
            scene.add(event(number)).await;
        }
    }
    let consumer = scene
        .engine
        .background_consumer()
        .schema_patience(Duration::from_secs(1));
    let start = Instant::now();
    let report = tokio::time::timeout(PATIENCE, consumer.drain())
        .await
        .expect("garbage stops nothing")
        .unwrap();
    println!("{report:?} after {:?}", start.elapsed());
    assert_eq!(scene.numbers().await.len(), 30);
    assert_eq!(report.set_aside + report.dead, 300, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_deleted_while_they_are_pending_stop_nothing() {
    let mut scene = Scene::new().await;
    for number in 0..20 {
        scene.add(event(number)).await;
    }
    let entries = scene.redis.entries().await;
    // Delivered to the owner of former times, and to somebody who is none of ours.
    scene.redis.deliver_to("owner", "10").await;
    scene.redis.deliver_to("somebody", "5").await;
    for entry in [0, 3, 11, 17] {
        scene
            .redis
            .keyed(&["XDEL", "KEY", &entries[entry].id])
            .await;
    }
    let report = drain(&scene.engine).await;
    assert_eq!(
        (report.applied, report.set_aside, report.dead),
        (16, 0, 0),
        "{report:?}"
    );
    let expected: Vec<i64> = (0..20)
        .filter(|number| ![0, 3, 11, 17].contains(number))
        .collect();
    assert_eq!(scene.numbers().await, expected);
    let statistics = scene
        .engine
        .event_broker()
        .stream_group_statistics(LAZY_CHANNEL, BACKGROUND_CONSUMER_GROUP)
        .await
        .unwrap();
    assert_eq!(
        (statistics.lag, statistics.pending),
        (0, 0),
        "{statistics:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_or_a_stream_that_vanishes_is_made_anew() {
    let mut scene = Scene::new().await;
    let consumer = run(scene
        .engine
        .background_consumer()
        .batch_size(20)
        .lazy_flush_workers(2));
    for round in 0..8 {
        for number in 0..100 {
            scene.engine.flush_lazy(visit()).await.unwrap();
            if number == 40 {
                let before = scene.sql.done().await;
                // It may have done everything already.
                until("the consumer works", PATIENCE, async || {
                    scene.sql.done().await > before || scene.redis.len().await == 0
                })
                .await;
                let group = BACKGROUND_CONSUMER_GROUP;
                scene
                    .redis
                    .keyed(&["XGROUP", "DESTROY", "KEY", group])
                    .await;
            }
        }
        if round == 4 {
            // With everything in it executed, nothing is lost with the stream itself.
            scene.until_drained().await;
            scene.redis.keyed(&["DEL", "KEY"]).await;
        }
    }
    scene.until_drained().await;
    let report = consumer.stop().await;
    assert_eq!(scene.visits().await, 800, "{report:?}");
    assert_eq!(
        (report.applied, report.dead, report.set_aside),
        (800, 0, 0),
        "{report:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_are_trimmed_away_stop_nothing() {
    let mut scene = Scene::new().await;
    scene.flush_all(1..=200).await;
    let consumer = run(scene.engine.background_consumer().batch_size(10));
    until("the consumer works", PATIENCE, async || {
        scene.sql.done().await > 0
    })
    .await;
    scene
        .redis
        .keyed(&["XTRIM", "KEY", "MAXLEN", "=", "20"])
        .await;
    scene.flush_all(201..=220).await;
    scene.until_drained().await;
    let report = consumer.stop().await;
    assert_eq!(
        (report.dead, report.set_aside, report.duplicates),
        (0, 0, 0),
        "{report:?}"
    );
    let done = i64::try_from(report.applied).unwrap();
    assert_eq!(
        (scene.visits().await, scene.numbers().await.len()),
        (done, usize::try_from(done).unwrap())
    );
    let last = scene
        .numbers()
        .await
        .split_off(usize::try_from(done).unwrap() - 40);
    assert_eq!(last, (181..=220).collect::<Vec<_>>(), "all that was left");
}

/// As a failover to a replica that lagged leaves it: an id is another entry's, one that was acknowledged comes again,
/// one that was read is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_that_go_back_skip_nothing_and_repeat_nothing() {
    let mut scene = Scene::new().await;
    let all = async |scene: &mut Scene, numbers: std::ops::RangeInclusive<u32>| {
        scene.flush_all(numbers).await;
        let entries = scene.redis.entries().await;
        scene.redis.keyed(&["DEL", "KEY"]).await;
        entries
    };
    let later = all(&mut scene, 4..=5).await;
    let mut lock = Sql::connect(&scene.backend).await;
    lock.run("BEGIN").await;
    lock.run("UPDATE `counters` SET `last` = 1").await;
    scene.flush_all(1..=3).await;
    let read = scene.redis.entries().await;
    let consumer = run(scene.engine.background_consumer());
    until("the consumer has read them", PATIENCE, async || {
        let group = scene.engine.event_broker();
        let group = group.stream_group_statistics(LAZY_CHANNEL, BACKGROUND_CONSUMER_GROUP);
        group.await.is_ok_and(|figures| figures.pending == 3)
    })
    .await;
    // The first id is another entry's now, the second its own still, and the third is to come.
    scene.redis.keyed(&["DEL", "KEY"]).await;
    scene.redis.add_as(&read[0].id, &later[0].fields).await;
    scene.redis.add_as(&read[1].id, &read[1].fields).await;
    lock.run("COMMIT").await;
    scene.until_drained().await;
    scene.redis.add_as(&read[2].id, &later[1].fields).await;
    scene.until_drained().await;
    scene.check(5).await;
    // And all of it comes again.
    scene.redis.keyed(&["DEL", "KEY"]).await;
    for entry in &read {
        scene.redis.add_as(&entry.id, &entry.fields).await;
    }
    scene.flush(6).await;
    scene.until_drained().await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (6, 0), "{report:?}");
    scene.check(6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_holds_something_else() {
    let mut scene = Scene::new().await;
    scene.redis.keyed(&["SET", "KEY", "bee"]).await;
    let mut tracked = scene.engine.track(event(1)).unwrap();
    let refused = scene.engine.flush_lazy(&mut tracked).await;
    assert!(
        matches!(refused, Err(Error::Stream(StreamError::Refused { .. }))),
        "{refused:?}"
    );
    assert!(Tracked::is_new(&tracked));
    let consumer = run(scene.engine.background_consumer());
    tokio::time::sleep(Duration::from_millis(500)).await;
    scene.redis.keyed(&["DEL", "KEY"]).await;
    scene.engine.flush_lazy(&mut tracked).await.unwrap();
    until("it goes on", PATIENCE, async || {
        scene.sql.count("events").await == 1
    })
    .await;
    consumer.stop().await;
}
