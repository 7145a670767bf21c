//! A flush to several database pools.

use std::time::Duration;

use beeorm::{PoolOptions, prelude::*};

use crate::support::{Backend, engine, folder};

#[derive(Entity, Debug, Default)]
#[entity(table = "lefts", mysql = "left")]
struct Left {
    #[entity(uuid)]
    id: Uuid,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "rights", mysql = "right")]
struct Right {
    #[entity(uuid)]
    id: Uuid,
}

/// Its id is made in the pool that comes last.
#[derive(Entity, Debug, Default)]
#[entity(table = "trunks", mysql = "right")]
struct Trunk {
    id: u64,
}

/// Can be written when its trunk is there.
#[derive(Entity, Debug, Default)]
#[entity(table = "twigs", mysql = "left")]
struct Twig {
    #[entity(uuid)]
    id: Uuid,
    trunk: Reference<Trunk>,
}

async fn do_not_wait_for_each_other(left: &str, right: &str) {
    let narrow = || PoolOptions::new().max_connections(1);
    let registry = Registry::new()
        .pool_with("left", left, narrow())
        .pool_with("right", right, narrow())
        .pool(DEFAULT_POOL, "embedded://memory");
    let registry = registry.entity::<Left>().entity::<Right>();
    let registry = registry.entity::<Trunk>().entity::<Twig>();
    let engine = engine(registry).await;
    let flushes = (0..40).map(|number| {
        let engine = engine.clone();
        tokio::spawn(async move {
            let (mut left, mut right) = (Left::default(), Right::default());
            match number % 3 {
                0 => engine.flush((&mut left, &mut right)).await,
                1 => engine.flush((&mut right, &mut left)).await,
                _ => {
                    let trunk = Reference::new(Trunk::default());
                    let mut twig = engine.track(Twig {
                        trunk,
                        ..Twig::default()
                    })?;
                    engine.flush(&mut twig).await
                }
            }
        })
    });
    for flushed in flushes.collect::<Vec<_>>() {
        let flushed = tokio::time::timeout(Duration::from_secs(20), flushed).await;
        flushed
            .expect("nobody waits for ever")
            .unwrap()
            .expect("and all succeed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_servers_does_not_wait_for_another() {
    let (left, right) = (Backend::servers().await, Backend::servers().await);
    do_not_wait_for_each_other(&left.database, &right.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_does_not_wait_for_another() {
    let folder = folder();
    let path = |name: &str| format!("sqlite://{}/{name}.db", folder.path().display());
    do_not_wait_for_each_other(&path("left"), &path("right")).await;
}
