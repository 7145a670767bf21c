//! The lazy channel in a Redis pool of its own, told in code and in YAML.

use beeorm::{ConfigError, prelude::*};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{Backend, RawRedis, drain, engine, own_servers, redis_url, servers};

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

/// What a Redis server is refused for as the lazy channel's.
async fn refused(backend: &Backend) -> ConfigError {
    match backend.registry().entity::<Event>().connect().await {
        Err(Error::Config(mistakes)) => match mistakes.errors() {
            [mistake] => mistake.clone(),
            others => panic!("{others:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn servers_that_would_lose_or_refuse_flushes_are_refused() {
    if servers().kind == "given" {
        eprintln!("given servers are not the tests' to reconfigure");
        return;
    }
    let own = own_servers();
    let backend = Backend::with_redis(&own.redis).await;
    let mut redis = RawRedis::connect(&backend).await;
    redis
        .command(["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"])
        .await;
    let refusal = refused(&backend).await;
    assert!(
        matches!(&refusal, ConfigError::Evicting { policy, .. } if policy == "allkeys-lru"),
        "{refusal}"
    );
    redis
        .command(["CONFIG", "SET", "maxmemory-policy", "noeviction"])
        .await;
    redis.command(["REPLICAOF", "127.0.0.1", "1"]).await;
    let refusal = refused(&backend).await;
    assert!(
        matches!(&refusal, ConfigError::Replica { primary, .. } if primary == "127.0.0.1:1"),
        "{refusal}"
    );
    redis.command(["REPLICAOF", "NO", "ONE"]).await;

    // An account that may ask for nothing is trusted.
    let rights = ["on", ">secret", "~*", "+@all", "-config", "-info", "-time"];
    let words = ["ACL", "SETUSER", "guest"].into_iter().chain(rights);
    redis.command(words.collect::<Vec<_>>()).await;
    let stream = backend
        .stream
        .replacen("redis://", "redis://guest:secret@", 1);
    let registry = Registry::new()
        .pool(DEFAULT_POOL, &backend.database)
        .pool(DEFAULT_POOL, stream)
        .entity::<Event>();
    goes_through(&engine(registry).await).await;
}

async fn goes_through(engine: &Engine) {
    let mut event = Event::default();
    engine.flush_lazy(&mut event).await.unwrap();
    assert_eq!(drain(engine).await.applied, 1);
}

/// Whatever it is that answers: the pool is named, and what to look at.
#[tokio::test]
async fn a_server_that_is_no_redis_is_refused_in_words_of_ours() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let registry = Registry::new()
        .pool(DEFAULT_POOL, "sqlite://memory")
        .pool(DEFAULT_POOL, format!("redis://{address}"));
    let refused = registry.entity::<Event>().connect().await.unwrap_err();
    let told = refused.to_string();
    for part in [
        "stream pool \"default\"",
        "does not speak as Redis",
        "rediss://",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert!(!told.contains("Protocol Error"), "{told}");
    server.abort();
}
