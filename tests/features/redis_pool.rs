//! The lazy channel in a Redis pool of its own, told in code and in YAML.

use beeorm::prelude::*;

use crate::support::{Backend, drain, engine, redis_url};

#[derive(Entity, Debug, Default)]
struct Event {
    #[entity(uuid)]
    id: Uuid,
    name: String,
}

async fn goes_through_the_pool(engine: &Engine, pool: &str, other: &str) {
    let mut event = Event {
        name: "swarm".to_owned(),
        ..Event::default()
    };
    engine.flush_lazy(&mut event).await.unwrap();
    let statistics = engine
        .event_broker()
        .stream_statistics(LAZY_CHANNEL)
        .await
        .unwrap();
    assert_eq!((statistics.pool.as_str(), statistics.len), (pool, 1));
    // Another engine whose channel lies in the other pool sees nothing of it.
    let database = Backend::servers().await;
    let elsewhere = Registry::new()
        .pool(DEFAULT_POOL, &database.database)
        .pool(DEFAULT_POOL, other);
    let elsewhere = elsewhere.entity::<Event>().connect().await.unwrap();
    assert_eq!(
        elsewhere
            .event_broker()
            .stream_statistics(LAZY_CHANNEL)
            .await
            .unwrap()
            .len,
        0
    );
    drain(engine).await;
    assert!(engine.load::<Event>(event.id).await.unwrap().is_some());
}

#[tokio::test]
async fn own_redis_pool_in_code() {
    let (backend, lazy) = (Backend::servers().await, redis_url());
    let registry = backend
        .registry()
        .pool("lazy", &lazy)
        .redis_stream(LAZY_CHANNEL, "lazy", [BACKGROUND_CONSUMER_GROUP])
        .entity::<Event>();
    goes_through_the_pool(&engine(registry).await, "lazy", &backend.stream).await;
}

#[tokio::test]
async fn own_redis_pool_in_yaml() {
    let (backend, lazy) = (Backend::servers().await, redis_url());
    let yaml = format!(
        "default:\n  mysql: {}\n  redis: {}\nlazy:\n  redis: {lazy}\n  streams:\n    {LAZY_CHANNEL}:\n      - {BACKGROUND_CONSUMER_GROUP}\n",
        backend.database, backend.stream
    );
    let registry = Registry::from_yaml(&yaml).unwrap().entity::<Event>();
    goes_through_the_pool(&engine(registry).await, "lazy", &backend.stream).await;
}
