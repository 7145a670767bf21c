//! Lazy flushes that return when they are on disk, on servers that can tell and on those that cannot.

use std::time::Duration;

use beeorm::{ConfigError, Durability, Receipt, StreamError, prelude::*};

use crate::{
    entities::registered,
    support::{
        Backend, Fault, Proxy, RawRedis, Servers, counter, drain, engine, event, folder, keeper,
        own_servers, servers, visit,
    },
};

/// A Redis server whose settings are this test's to change; none where servers are given.
fn own_redis() -> Option<Servers> {
    if servers().kind == "given" {
        eprintln!("given servers are not the tests' to reconfigure");
        return None;
    }
    Some(own_servers())
}

/// Whether the server knows WAITAOF.
fn can_tell(servers: &Servers) -> bool {
    let mut numbers = servers
        .redis_version
        .split(['.', ' '])
        .map(|number| number.parse::<u32>().unwrap_or_default());
    (
        numbers.next().unwrap_or_default(),
        numbers.next().unwrap_or_default(),
    ) >= (7, 2)
}

async fn set(redis: &mut RawRedis, name: &str, value: &str) {
    redis.command(["CONFIG", "SET", name, value]).await;
}

/// How often the server was asked to wait.
async fn waits(redis: &mut RawRedis) -> u64 {
    let answer = redis.command(["INFO", "commandstats"]).await.text();
    let calls = answer
        .split_once("cmdstat_waitaof:calls=")
        .and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
    calls.unwrap_or_default()
}

/// What a registry is refused for.
async fn refused(registry: Registry) -> String {
    match registry.connect().await {
        Err(Error::Config(mistakes)) => match mistakes.errors() {
            [ConfigError::NoFsync { reason, .. }] => reason.clone(),
            others => panic!("{others:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// The first durable call of an engine that was connected without asking for it, which changes nothing.
async fn refused_call(engine: &Engine) -> String {
    let mut new = engine.track(event(7)).unwrap();
    let durable = engine.with_durability(Durability::Fsynced);
    match durable.flush_lazy(&mut new).await {
        Err(Error::Stream(StreamError::NoFsync { reason, .. })) => {
            assert!(Tracked::is_new(&new), "a refused flush changes nothing");
            reason
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fsynced_waits_for_the_disks() {
    let Some(own) = own_redis().filter(can_tell) else {
        eprintln!("Redis before 7.2 has no WAITAOF");
        return;
    };
    let backend = Backend::with_redis(&own.redis).await;
    let mut redis = RawRedis::connect(&backend).await;
    let registry = || registered(backend.registry()).durability(Durability::Fsynced);
    let durable = engine(registry()).await;
    let before = waits(&mut redis).await;

    // Many at once share their waiting.
    let flushes = (0..40).map(|id| {
        let durable = &durable;
        async move {
            let mut counter = durable.track(counter(id + 1)).unwrap();
            durable.flush_lazy(&mut counter).await
        }
    });
    for flushed in futures_util::future::join_all(flushes).await {
        assert!(flushed.unwrap().entry_id().is_some());
    }
    assert_eq!(redis.len().await, 40);
    let asked = waits(&mut redis).await - before;
    assert!(
        (1..20).contains(&asked),
        "asked {asked} times for 40 flushes"
    );

    // A call may ask for less.
    let before = waits(&mut redis).await;
    let mut plain = durable.track(keeper(1, "bee")).unwrap();
    durable
        .with_durability(Durability::Appended)
        .flush_lazy(&mut plain)
        .await
        .unwrap();
    assert_eq!(waits(&mut redis).await, before);

    // A disk that there is not does not confirm.
    let impatient = registry()
        .fsync_replicas(1)
        .fsync_timeout(Duration::from_secs(3))
        .connect()
        .await
        .unwrap();
    let mut stored = impatient.track(event(1)).unwrap();
    let Err(Error::AppendedNotDurable { receipt, reason }) =
        impatient.flush_lazy(&mut stored).await
    else {
        panic!("there is no replica")
    };
    assert!(reason.contains("replicas"), "{reason}");
    assert!(receipt.entry_id().is_some());
    assert!(!Tracked::is_new(&stored), "it is in the stream");
    let mut kept = impatient.track(keeper(2, "wasp")).unwrap();
    let mut flusher = impatient.flusher();
    flusher.track(&mut kept);
    let short = flusher.flush_lazy().await.unwrap_err();
    assert!(short.is_appended_not_durable(), "{short}");
    assert!(flusher.is_empty(), "there is nothing to flush again");
    assert_eq!(redis.len().await, 43);

    let report = drain(&durable).await;
    assert_eq!((report.applied, report.dead), (43, 0), "{report:?}");
}

/// Of a server that synchronizes nothing no flush may be told as on disk, in however many attempts: who flushes again has
/// asked for the disk again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_attempt_is_not_told_as_on_disk_before_it_is() {
    let Some(own) = own_redis().filter(can_tell) else {
        eprintln!("Redis before 7.2 has no WAITAOF");
        return;
    };
    let backend = Backend::with_redis(&own.redis).await;
    let mut redis = RawRedis::connect(&backend).await;
    let near = engine(registered(backend.registry())).await;
    let mut visited = near.track(counter(1)).unwrap();
    near.flush(&mut visited).await.unwrap();
    set(&mut redis, "appendfsync", "no").await;
    let (proxy, far) = Proxy::before(&backend.stream).await;
    for (default, id, name) in [
        (Durability::Appended, 1, "bee"),
        (Durability::Fsynced, 2, "wasp"),
    ] {
        let pools = Registry::new().pool(DEFAULT_POOL, &backend.database);
        let registry = registered(pools.pool(DEFAULT_POOL, &far));
        let registry = registry
            .durability(default)
            .fsync_timeout(Duration::from_millis(300));
        let plain = engine(registry).await;
        let durable = plain.with_durability(Durability::Fsynced);
        let lost = async |flush: Result<Receipt, Error>| match flush {
            Err(Error::OutcomeUnknown(unknown)) => unknown,
            other => panic!("{default:?}: {other:?}"),
        };
        let short = |what: &str, flushed: Result<Receipt, Error>| match flushed {
            Err(Error::AppendedNotDurable { receipt, .. }) => receipt,
            other => panic!("{default:?}, {what}: {other:?}"),
        };

        // Its answer is lost.
        let mut new = durable.track(event(1)).unwrap();
        proxy.on("XADD", Fault::LoseAnswer, 1);
        lost(durable.flush_lazy(&mut new).await).await;
        let receipt = short("a row", durable.flush_lazy(&mut new).await);
        assert_eq!((receipt.statements(), receipt.frame_ids().len()), (0, 1));

        let mut flusher = durable.flusher();
        flusher.change(visit());
        proxy.on("XADD", Fault::LoseAnswer, 1);
        lost(flusher.flush_lazy().await).await;
        short("a flusher", flusher.flush_lazy().await);
        assert!(flusher.is_empty());
        drop(flusher);

        proxy.on("XADD", Fault::LoseAnswer, 1);
        let unknown = lost(durable.flush_lazy(visit()).await).await;
        short("sent again", unknown.resend().await);
        short("and again", unknown.resend().await);

        // Its caller goes away, and is back before it is answered, or behind that.
        for meanwhile in [Duration::ZERO, Duration::from_secs(1)] {
            let mut new = durable.track(event(2)).unwrap();
            let gone = durable.flush_lazy(&mut new);
            let gone = tokio::time::timeout(Duration::from_millis(100), gone).await;
            assert!(gone.is_err(), "{gone:?}");
            tokio::time::sleep(meanwhile).await;
            short("a caller who was gone", durable.flush_lazy(&mut new).await);
        }

        // Who asks for no disk waits for none, and gets nothing sent again.
        let mut new = durable.track(event(3)).unwrap();
        let gone = durable.flush_lazy(&mut new);
        let gone = tokio::time::timeout(Duration::from_millis(100), gone).await;
        assert!(gone.is_err(), "{gone:?}");
        let (waited, length) = (waits(&mut redis).await, redis.len().await);
        let plain = plain.with_durability(Durability::Appended);
        plain.flush_lazy(&mut new).await.unwrap();
        assert_eq!(redis.len().await, length);
        assert!(
            waits(&mut redis).await <= waited + 1,
            "the one that was under way"
        );

        // Nothing newer of its rows is to be behind it.
        let mut new = durable.track(event(4)).unwrap();
        let mut kept = durable.track(keeper(id, name)).unwrap();
        let gone = durable.flush_lazy((&mut new, &mut kept));
        let gone = tokio::time::timeout(Duration::from_millis(100), gone).await;
        assert!(gone.is_err(), "{gone:?}");
        kept.age = 2;
        plain.flush_lazy(&mut kept).await.unwrap();
        let length = redis.len().await;
        short("passed", durable.flush_lazy(&mut new).await);
        assert_eq!(redis.len().await, length, "it is not sent again");

        // It can be had later.
        set(&mut redis, "appendfsync", "always").await;
        unknown.resend().await.unwrap();
        let length = redis.len().await;
        unknown.resend().await.unwrap();
        assert_eq!(redis.len().await, length, "it is known to be there");
        set(&mut redis, "appendfsync", "no").await;
    }
    let report = drain(&near).await;
    assert_eq!((report.applied, report.dead), (16, 0), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_an_append_only_file_is_refused() {
    let Some(own) = own_redis().filter(can_tell) else {
        eprintln!("Redis before 7.2 has no WAITAOF");
        return;
    };
    let backend = Backend::with_redis(&own.redis).await;
    let mut redis = RawRedis::connect(&backend).await;
    let registry = || registered(backend.registry());
    let durable = engine(registry().durability(Durability::Fsynced)).await;
    durable
        .flush_lazy(&mut durable.track(event(1)).unwrap())
        .await
        .unwrap();

    set(&mut redis, "appendonly", "no").await;
    let plain = engine(registry()).await;
    let refusals = [
        refused(registry().durability(Durability::Fsynced)).await,
        refused_call(&plain).await,
    ];
    for reason in refusals {
        assert!(reason.contains("`appendonly yes`"), "{reason}");
    }
    assert_eq!(redis.len().await, 1, "what is refused is not appended");

    // Who was connected before learns it when it is too late to refuse.
    let mut stored = durable.track(event(2)).unwrap();
    let short = durable.flush_lazy(&mut stored).await.unwrap_err();
    assert!(short.is_appended_not_durable(), "{short}");
    assert_eq!(redis.len().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_tell_is_refused_unless_it_always_fsyncs() {
    let Some(own) = own_redis().filter(|own| !can_tell(own)) else {
        eprintln!("Redis 7.2 and later can tell");
        return;
    };
    let backend = Backend::with_redis(&own.redis).await;
    let mut redis = RawRedis::connect(&backend).await;
    let registry = || registered(backend.registry());
    let plain = engine(registry()).await;
    let fsynced = || registry().durability(Durability::Fsynced);
    for reason in [refused(fsynced()).await, refused_call(&plain).await] {
        assert!(reason.contains("7.2"), "{reason}");
        assert!(reason.contains("`appendfsync always`"), "{reason}");
    }
    assert_eq!(redis.len().await, 0, "what is refused is not appended");

    set(&mut redis, "appendfsync", "always").await;
    set(&mut redis, "no-appendfsync-on-rewrite", "yes").await;
    for reason in [refused(fsynced()).await, refused_call(&plain).await] {
        let advice = "`no-appendfsync-on-rewrite no`";
        assert!(reason.contains(advice), "not while it rewrites: {reason}");
    }
    assert_eq!(redis.len().await, 0, "what is refused is not appended");
    set(&mut redis, "no-appendfsync-on-rewrite", "no").await;
    let reason = refused(fsynced().fsync_replicas(1)).await;
    assert!(
        !reason.contains("always"),
        "it says nothing of replicas: {reason}"
    );
    let durable = fsynced().connect().await.unwrap();
    for engine in [durable, plain.with_durability(Durability::Fsynced)] {
        let mut new = engine.track(event(1)).unwrap();
        engine.flush_lazy(&mut new).await.unwrap();
    }
    assert_eq!(redis.len().await, 2);
}

/// What it does for others without being asked is no reason to believe a server that can tell, and tells this account
/// nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_to_tell_is_not_believed_for_its_settings() {
    let Some(own) = own_redis().filter(can_tell) else {
        eprintln!("Redis before 7.2 has no WAITAOF");
        return;
    };
    let backend = Backend::with_redis(&own.redis).await;
    let mut redis = RawRedis::connect(&backend).await;
    set(&mut redis, "appendfsync", "always").await;
    let user = [
        "ACL", "SETUSER", "bee", "on", ">honey", "~*", "+@all", "-waitaof",
    ];
    redis.command(user).await;
    let pools = Registry::new().pool(DEFAULT_POOL, &backend.database);
    let url = backend.stream.replace("redis://", "redis://bee:honey@");
    let registry = registered(pools.pool(DEFAULT_POOL, url));
    let reason = refused(registry.durability(Durability::Fsynced)).await;
    assert!(reason.contains("NOPERM"), "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_stream_is_durable_in_a_file() {
    let folder = folder();
    let backend = Backend::embedded().await;
    let file = format!("embedded://{}/stream.db", folder.path().display());
    let on = |stream: &str| {
        let pools = Registry::new().pool(DEFAULT_POOL, &backend.database);
        registered(pools.pool(DEFAULT_POOL, stream))
    };
    let durable = engine(on(&file).durability(Durability::Fsynced)).await;
    let mut new = durable.track(event(1)).unwrap();
    durable.flush_lazy(&mut new).await.unwrap();
    assert_eq!(drain(&durable).await.applied, 1);

    let reason = refused(on("embedded://memory").durability(Durability::Fsynced)).await;
    assert!(reason.contains("in a file"), "{reason}");
    let plain = engine(on("embedded://memory")).await;
    let reason = refused_call(&plain).await;
    assert!(reason.contains("in a file"), "{reason}");
    assert_eq!(drain(&plain).await.applied, 0);
}
