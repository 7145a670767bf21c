//! What is under way to a slow server is bounded, and so is what a consumer holds of a long backlog.

use std::time::Duration;

use beeorm::prelude::*;

use crate::{
    entities::Scan,
    support::{ConsumerProcess, PATIENCE, Scene, drain, until},
};

const MEBIBYTE: usize = 1 << 20;

fn scan(bytes: usize) -> Scan {
    Scan {
        pixels: vec![7; bytes],
        ..Scan::default()
    }
}

/// Of 48 MiB, 32 are handed over to a connection that is slow, and the rest stays with the callers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_wait_for_their_turn_and_may_go_away_while_they_do() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    far.stream.slow_down(Duration::from_secs(1));
    let mut scans: Vec<_> = (0..12)
        .map(|_| far.engine.track(scan(4 * MEBIBYTE)).unwrap())
        .collect();
    let flushes = scans.iter_mut().map(|scan| far.engine.flush_lazy(scan));
    let gone = tokio::time::timeout(
        Duration::from_millis(500),
        futures_util::future::join_all(flushes),
    );
    assert!(gone.await.is_err());
    let waited = scans.iter().filter(|scan| Tracked::is_new(scan)).count();
    // A frame is a little more than its bytes.
    assert_eq!(waited, 5, "seven of more than 4 MiB are under way");
    far.stream.slow_down(Duration::ZERO);
    for scan in &mut scans {
        // On a machine with much to do the slow answers may have been given up: flushing again is what helps.
        until("it is flushed", PATIENCE, async || {
            far.engine.flush_lazy(&mut *scan).await.is_ok()
        })
        .await;
    }
    drain(&scene.engine).await;
    assert_eq!(scene.sql.count("scans").await, 12);
}

/// A backlog of 200 MiB does not show in the consumer's memory.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_holds_little_of_a_long_backlog() {
    const MOST: usize = 100 * MEBIBYTE;
    let mut scene = Scene::new().await;
    for _ in 0..200 {
        scene.engine.flush_lazy(&mut scan(MEBIBYTE)).await.unwrap();
    }
    let backend = (&*scene.backend.database, &*scene.backend.stream);
    let consumer = ConsumerProcess::start(backend, 11, 1000);
    until("everything is executed", 4 * PATIENCE, async || {
        scene.redis.len().await == 0
    })
    .await;
    let peak = consumer.peak_bytes();
    consumer.stop().await;
    println!("at most {} MiB", peak / MEBIBYTE);
    assert!(peak < MOST, "{peak} bytes");
    assert_eq!(scene.sql.count("scans").await, 200);
}
