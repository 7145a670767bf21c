//! What is told before anything is connected to, and the messages.

use super::{check::check, *};
use crate::{Embedded, prelude::*};

#[derive(beeorm::Entity, Default)]
#[entity(table = "bees")]
struct Bee {
    #[entity(uuid)]
    id: Uuid,
    hive: Reference<Hive>,
}

#[derive(beeorm::Entity, Default)]
#[entity(table = "hives", mysql = "hives")]
struct Hive {
    #[entity(uuid)]
    id: u64,
}

#[derive(beeorm::Entity, Default)]
#[entity(table = "bees")]
struct Drone {
    #[entity(uuid)]
    id: u64,
}

#[derive(Embedded, Default)]
struct Place {
    city: String,
    #[entity(index)]
    street: String,
}

#[derive(beeorm::Entity, Default)]
#[entity(table = "_beeorm_flowers")]
struct Flower {
    #[entity(uuid)]
    id: Uuid,
    city: String,
    #[entity(index = "street")]
    road: String,
    #[entity(embedded, prefix = "")]
    place: Place,
}

fn found(registry: Registry) -> Vec<String> {
    check(&registry).iter().map(ToString::to_string).collect()
}

fn good() -> Registry {
    Registry::new()
        .pool(DEFAULT_POOL, "mysql://root@localhost/app")
        .pool(DEFAULT_POOL, "redis://localhost")
}

#[test]
fn nothing_is_wrong() {
    let registry = good()
        .pool("hives", "sqlite://hives.db")
        .pool("lazy", "192.123.11.12:6379")
        .redis_stream(LAZY_CHANNEL, "lazy", [BACKGROUND_CONSUMER_GROUP])
        .entity::<Bee>()
        .entity::<Hive>()
        .entity::<Bee>()
        .server_id(7);
    assert_eq!(registry.schemas.len(), 2);
    assert_eq!(found(registry), [""; 0]);
}

#[test]
fn a_lazy_channel_needs_a_pool() {
    let registry = Registry::new().pool(DEFAULT_POOL, "mysql://root@localhost/app");
    assert_eq!(
        found(registry.clone()),
        [
            "there is no stream pool for the lazy channel: add `.pool(DEFAULT_POOL, \"redis://localhost\")`, or \
          `\"embedded://memory\"` for none but this process"
        ]
    );
    let elsewhere = found(registry.pool("lazy", "redis://localhost"));
    assert!(
        elsewhere[0]
            .ends_with("`.redis_stream(LAZY_CHANNEL, \"lazy\", [BACKGROUND_CONSUMER_GROUP])`")
    );
}

#[test]
fn streams_lie_in_one_pool_and_have_one_group() {
    let none: [&str; 0] = [];
    let registry = good()
        .pool("lazy", "redis://localhost/1")
        .redis_stream(LAZY_CHANNEL, "lazy", [BACKGROUND_CONSUMER_GROUP])
        .redis_stream(LAZY_CHANNEL, "default", [BACKGROUND_CONSUMER_GROUP])
        .redis_stream("one", "lasy", none)
        .redis_stream("two", "lazy", ["a", "b"]);
    assert_eq!(
        found(registry),
        [
            "the stream \"orm-lazy-channel\" is registered in the pools lazy and default; it lies in one: take the other out",
            "the stream \"one\" has 0 consumer groups; give it exactly one, as in `.redis_stream(\"one\", …, [\"orm-async-consumer\"])`",
            "the stream \"one\" lies in the stream pool \"lasy\", which is not registered (registered: default, lazy); \
             add `.pool(\"lasy\", \"redis://…\")`",
            "the stream \"two\" has 2 consumer groups; give it exactly one, as in `.redis_stream(\"two\", …, \
             [\"orm-async-consumer\"])` (several are not supported yet)",
        ]
    );
}

#[test]
fn a_misspelt_lazy_channel_does_not_lie_in_the_default_pool_unnoticed() {
    let of = |stream: &str| {
        let registry = Registry::new()
            .pool("lazy", "redis://localhost/1")
            .redis_stream(stream, "lazy", [BACKGROUND_CONSUMER_GROUP]);
        found(registry)
    };
    for stream in [
        "orm-lazy-chanel",
        "orm_lazy_channel",
        "orm-lzay-channel",
        "Orm-Lazy-Channel",
    ] {
        assert_eq!(
            of(stream),
            [format!(
                "the stream {stream:?} is used by nothing; did you mean \"orm-lazy-channel\"? Write \
                 `.redis_stream(LAZY_CHANNEL, …)`"
            )]
        );
    }
    // Another one that BeeORM has.
    let other = good().redis_stream("orm-log-channel", "default", [BACKGROUND_CONSUMER_GROUP]);
    assert_eq!(found(other), [""; 0]);
}

#[test]
fn pools_are_named_once_and_have_options_of_their_kind() {
    let options = PoolOptions::new()
        .max_connections(0)
        .namespace("app")
        .encoding("utf8mb4");
    let registry = good()
        .pool(DEFAULT_POOL, "sqlite://app.db")
        .pool_with("logs", "mysql://root@localhost/logs", options.clone())
        .pool_with("lazy", "redis://localhost", options)
        .pool_with(
            "hasty",
            "redis://localhost",
            PoolOptions::new()
                .connect_timeout(std::time::Duration::ZERO)
                .command_timeout(std::time::Duration::ZERO),
        )
        .pool_with(
            "hastier",
            "mysql://root@localhost/app",
            PoolOptions::new().connect_timeout(std::time::Duration::ZERO),
        )
        .pool_with(
            "files",
            "embedded://memory",
            PoolOptions::new().namespace("app"),
        );
    assert_eq!(
        found(registry),
        [
            "two database pools have the name \"default\"; give one of them another name, or take it out",
            "pool \"logs\": a database pool has no `namespace`; take it out",
            "pool \"logs\": `max_connections` is 0; give it one at least",
            "pool \"lazy\": a Redis pool has no `max_connections`; take it out",
            "pool \"lazy\": a Redis pool has no `encoding`; take it out",
            "pool \"lazy\": `max_connections` is 0; give it one at least",
            "pool \"hasty\": `connect_timeout` is 0, and no connection comes within that; give it some time",
            "pool \"hasty\": `command_timeout` is 0, and no answer comes within that; give it some time",
            "pool \"hastier\": `connect_timeout` is 0, and no connection comes within that; give it some time",
            "pool \"files\": an embedded pool has no `namespace`; take it out",
        ]
    );
}

#[test]
fn entities_have_a_pool_and_a_table_of_their_own() {
    let registry = good().entity::<Bee>().entity::<Drone>();
    assert_eq!(
        found(registry.clone()),
        [
            "Bee.hive refers to the entity of the table `hives` in the pool \"hives\", which is not registered; add \
             `.entity::<…>()` for it",
            "Bee and Drone both have the table `bees` of the pool \"default\"; give one another: `#[entity(table = \"…\")]`",
        ]
    );
    let with_hive = found(registry.entity::<Hive>());
    assert_eq!(with_hive.len(), 3, "{with_hive:#?}");
    assert!(with_hive[1].starts_with(
        "Hive lies in the database pool \"hives\", which is not registered (registered: default)"
    ));
    assert!(
        with_hive[2].starts_with(
            "Drone and Hive have short 64-bit ids and lie in different database pools"
        )
    );
}

#[test]
fn a_wrong_url_is_told_once() {
    let registry = Registry::new()
        .pool(DEFAULT_POOL, "root:honey@tcp(localhost:3306)/app")
        .entity::<Flower>();
    let found = found(registry);
    assert!(
        found[0].starts_with("pool \"default\": this is the data source name of a Go driver"),
        "{found:#?}"
    );
    assert!(
        found[1].starts_with("there is no stream pool for the lazy channel"),
        "{found:#?}"
    );
    assert!(
        found
            .iter()
            .all(|mistake| mistake.starts_with("Flower: ") || !mistake.contains("Flower")),
        "{found:#?}"
    );
}

#[test]
fn tables_that_cannot_be() {
    let found = found(good().entity::<Flower>());
    let starts = [
        "Flower: the table `_beeorm_flowers` is named as the library's own are",
        "Flower: two fields have the column `city`",
        "Flower: two indexes have the name `street`",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (mistake, start) in found.iter().zip(starts) {
        assert!(mistake.starts_with(start), "{mistake}");
    }
}

#[test]
fn mistakes_are_shown_one_a_line() {
    let errors = ConfigErrors::of(check(
        &Registry::new().pool("logs", "mysq://localhost/logs"),
    ))
    .unwrap();
    assert_eq!(
        errors.to_string(),
        "the registry has 2 mistakes:\n\
         - pool \"logs\": the URL's scheme \"mysq\" is not known; did you mean \"mysql\"?\n\
         - there is no stream pool for the lazy channel: add `.pool(DEFAULT_POOL, \"redis://localhost\")`, or \
         `\"embedded://memory\"` for none but this process"
    );
    assert_eq!(errors.errors().len(), 2);
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn an_engine_without_servers() {
    let registry = Registry::new()
        .pool("hives", "sqlite://memory")
        .pool(DEFAULT_POOL, "embedded://memory");
    let engine = registry
        .entity::<Hive>()
        .server_id(7)
        .connect()
        .await
        .unwrap();
    let hive = engine.track(Hive::default()).unwrap();
    assert_eq!(hive.id >> 56, 7);
    let figures = engine
        .event_broker()
        .stream_statistics(LAZY_CHANNEL)
        .await
        .unwrap();
    assert_eq!((figures.pool.as_str(), figures.len), (DEFAULT_POOL, 0));
    assert_eq!(figures.groups[0].group, BACKGROUND_CONSUMER_GROUP);
    engine.close().await;
}

#[cfg(all(feature = "mysql", feature = "redis"))]
#[tokio::test]
async fn pools_that_do_not_answer_are_told_with_the_other_mistakes() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let registry = Registry::new()
        .pool(DEFAULT_POOL, format!("mysql://root:honey@{nobody}/app"))
        .pool(DEFAULT_POOL, format!("redis://:honey@{nobody}"))
        .pool("logs", format!("mysql://root:honey@{nobody}"))
        .entity::<Bee>();
    let Err(Error::Config(errors)) = registry.connect().await else {
        panic!()
    };
    let found: Vec<_> = errors.errors().iter().map(ToString::to_string).collect();
    let starts = [
        "Bee.hive refers to".to_owned(),
        format!("the database pool \"default\" (mysql://root:***@{nobody}/app) cannot be opened: "),
        format!("the stream pool \"default\" (redis://:***@{nobody}) cannot be opened: "),
        format!(
            "the database pool \"logs\" (mysql://root:***@{nobody}) cannot be opened: the database URL names no database"
        ),
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (mistake, start) in found.iter().zip(starts) {
        assert!(mistake.starts_with(&start), "{mistake}");
        assert!(!mistake.contains("honey"), "{mistake}");
        assert!(!mistake.contains("Os {"), "in Rust's words: {mistake}");
    }
}

#[test]
fn options_of_the_lazy_channel_that_do_not_work() {
    let pool = || Registry::new().pool(DEFAULT_POOL, "redis://localhost");
    assert_eq!(
        found(pool().max_len(1).on_full(crate::OnFull::Error)),
        [""; 0]
    );
    let patience = std::time::Duration::from_secs(1);
    let wrong = [
        (pool().max_len(0), "`max_len` is 0"),
        (
            pool().on_full(crate::OnFull::Wait(patience)),
            "no `max_len`",
        ),
        (
            pool().fsync_timeout(std::time::Duration::ZERO),
            "`fsync_timeout`",
        ),
        (
            pool().lazy_timeout(std::time::Duration::ZERO),
            "`lazy_timeout` is 0",
        ),
    ];
    for (registry, problem) in wrong {
        let said = found(registry);
        assert!(
            matches!(said.as_slice(), [one] if one.contains(problem)),
            "{said:?}"
        );
    }
}
