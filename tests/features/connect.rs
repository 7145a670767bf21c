//! What a program is told that cannot connect: which pool it is, and what to change.

use beeorm::{ConfigError, prelude::*};

use crate::entities::Event;
use crate::support::{Backend, RawRedis, own_servers};

fn registry(database: &str, stream: &str) -> Registry {
    Registry::new()
        .pool(DEFAULT_POOL, database)
        .pool(DEFAULT_POOL, stream)
        .entity::<Event>()
}

/// It is refused with one mistake, which names the pool and tells all of this, and no password.
async fn assert_refused(registry: Registry, kind: &str, tells: &[&str]) {
    let refused = registry.connect().await.expect_err("it does not work");
    let Error::Config(mistakes) = &refused else {
        panic!("{refused:?}")
    };
    let [mistake] = mistakes.errors() else {
        panic!("{refused}")
    };
    let is_typed = match mistake {
        ConfigError::Unreachable { kind: of, pool, .. } => {
            (*of, pool.as_str()) == (kind, "default")
        }
        ConfigError::Url { pool, .. } => pool == "default",
        _ => false,
    };
    assert!(is_typed, "{refused}");
    let told = refused.to_string();
    for tells in tells {
        assert!(told.contains(tells), "{tells:?} is not in: {told}");
    }
    assert!(!told.contains("secret"), "{told}");
    assert_eq!(
        told.matches("the stream pool").count(),
        usize::from(kind == "stream"),
        "{told}"
    );
}

#[tokio::test]
async fn to_a_database_it_is_told_why() {
    let backend = Backend::servers().await;
    let (before, place) = backend.database.rsplit_once('@').unwrap();
    let (host, _) = place.split_once('/').unwrap();
    let account = "check the URL's user and password";
    let running = "is the server running, and the URL right?";
    let form = "mysql://user:password@host:3306/database";
    for (wrong, tells) in [
        (
            format!("mysql://nobody:secret@{place}"),
            ["Access denied", account],
        ),
        (
            format!("mysql://root:secret@{place}"),
            ["\"root\"", account],
        ),
        (
            format!("{before}@{host}/nowhere"),
            ["no database \"nowhere\"", "CREATE DATABASE `nowhere`"],
        ),
        (
            "mysql://root:secret@127.0.0.1:1/app".to_owned(),
            ["127.0.0.1:1", running],
        ),
        (
            "mysql://root@no.such.host.invalid/app".to_owned(),
            ["no.such.host.invalid:3306", running],
        ),
        (
            "mysql://root@127.0.0.1:3306:1/app".to_owned(),
            ["invalid port number", form],
        ),
        (
            "mysq://root@127.0.0.1/app".to_owned(),
            ["\"mysq\"", "did you mean \"mysql\""],
        ),
        (
            "sqlite:///no/such/folder/app.db".to_owned(),
            ["/no/such/folder/app.db", "its folder has to be there"],
        ),
    ] {
        let memory = "embedded://memory";
        assert_refused(registry(&wrong, memory), "database", &tells).await;
    }
}

#[tokio::test]
async fn to_a_stream_it_is_told_why() {
    let own = own_servers();
    let backend = Backend::with_redis(&own.redis).await;
    let mut redis = RawRedis::connect(&backend).await;
    let stream = &backend.stream;
    let (place, namespace) = stream.split_once("?namespace=").unwrap();
    let as_account = |account: &str| stream.replacen("redis://", &format!("redis://{account}@"), 1);
    let rights = format!(
        "ACL SETUSER … ~{namespace}:* ~{{{namespace}:* +@connection +@stream +@hash +@scripting +@transaction +del +info +time"
    );
    for rights in [
        "ACL SETUSER elsewhere on >secret ~other:* +@all",
        "ACL SETUSER reader on >secret ~* +@read +@connection +info +time",
    ] {
        redis.command(rights.split(' ').collect::<Vec<_>>()).await;
    }
    let account = "check the URL's user and password";
    let running = "is the server running, and the URL right?";
    for (wrong, tells) in [
        (as_account("reader:wrong"), ["WRONGPASS", account]),
        (as_account("nobody:secret"), ["WRONGPASS", account]),
        (as_account("elsewhere:secret"), ["NOPERM", &rights]),
        (as_account("reader:secret"), ["NOPERM", &rights]),
        (format!("{place}/99"), ["out of range", "redis://host/0"]),
        (
            "redis://127.0.0.1:1".to_owned(),
            ["redis://127.0.0.1:1", running],
        ),
        (
            "redis://no.such.host.invalid".to_owned(),
            ["no.such.host.invalid", running],
        ),
        (
            "embedded:///no/such/folder/stream.db".to_owned(),
            ["/no/such/folder/stream.db", "its folder has to be there"],
        ),
    ] {
        assert_refused(registry("sqlite://memory", &wrong), "stream", &tells).await;
    }

    // What it is told to do is enough.
    let told = rights.replace("SETUSER …", "SETUSER enough on >secret");
    redis.command(told.split(' ').collect::<Vec<_>>()).await;
    let engine = registry("sqlite://memory", &as_account("enough:secret"))
        .connect()
        .await
        .unwrap();
    engine.schema().update().await.unwrap();
    let mut event = engine.track(Event::default()).unwrap();
    engine.flush_lazy(&mut event).await.unwrap();
    assert_eq!(
        engine.background_consumer().drain().await.unwrap().applied,
        1
    );
    engine
        .event_broker()
        .stream_statistics(LAZY_CHANNEL)
        .await
        .unwrap();

    redis
        .command(["CONFIG", "SET", "requirepass", "secret"])
        .await;
    let tells = ["NOAUTH", "redis://:password@host"];
    assert_refused(registry("sqlite://memory", stream), "stream", &tells).await;
}
