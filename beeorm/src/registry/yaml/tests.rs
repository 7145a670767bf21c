use super::{super::pool::PoolKind, *};

fn registry(text: &str) -> Registry {
    read(text, None).unwrap()
}

/// The lines, and what is wrong on them.
fn mistakes(text: &str) -> Vec<String> {
    read(text, None)
        .unwrap_err()
        .errors()
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn pool(registry: &Registry, kind: PoolKind, name: &str) -> (String, Option<String>) {
    let pool = registry.pool_of(kind, name).unwrap();
    (pool.url.url.clone(), pool.url.namespace.clone())
}

const BEEORM: &str = "
default:
  mysqlEncoding: latin2
  mysqlCollate: 0900_ai_ci
  mysql: mysql://root:root@localhost:3308/test
  redis: localhost:6385:0
  local_cache: 1000
another:
  sentinel:
    master:1:
      - :26379
      - 192.156.23.11:26379
third:
  sentinel:
    master2:2:second_namespace?user=test&password=t@st:
      - :26380
      - 192.156.23.15
  local_cache: true
lazy:
  redis: localhost:6385:1:test_namespace
  streams:
    orm-lazy-channel:
      - orm-async-consumer
sockets:
  redis: /var/redis.sock:1
credentials:
  redis: localhost:6385:11?user=test&password=test2
logs:
  mysql:
    uri: mariadb://root@localhost/logs
    MaxOpenConnections: 10
files:
  mysql: sqlite://app.db
  redis: embedded://memory
";

#[test]
fn beeorms_keys() {
    let registry = registry(BEEORM);
    let stream = |name| pool(&registry, PoolKind::Stream, name);
    let without = |url: &str| (url.to_owned(), None);
    let namespaced = |url: &str, namespace: &str| (url.to_owned(), Some(namespace.to_owned()));
    assert_eq!(
        pool(&registry, PoolKind::Database, "default"),
        without("mysql://root:root@localhost:3308/test")
    );
    assert_eq!(stream("default"), without("redis://localhost:6385/0"));
    assert_eq!(
        stream("another"),
        without("redis-sentinel://localhost:26379,192.156.23.11:26379/master/1")
    );
    assert_eq!(
        stream("third"),
        namespaced(
            "redis-sentinel://test:t%40st@localhost:26380,192.156.23.15:26379/master2/2",
            "second_namespace"
        )
    );
    assert_eq!(
        stream("lazy"),
        namespaced("redis://localhost:6385/1", "test_namespace")
    );
    assert_eq!(
        stream("sockets"),
        without("redis+unix:///var/redis.sock?db=1")
    );
    assert_eq!(
        stream("credentials"),
        without("redis://test:test2@localhost:6385/11")
    );
    assert_eq!(stream("files"), without("embedded://memory"));
    assert_eq!(
        pool(&registry, PoolKind::Database, "files"),
        without("sqlite://app.db")
    );
    let default = registry.pool_of(PoolKind::Database, "default").unwrap();
    assert_eq!(
        default.options,
        PoolOptions::new().encoding("latin2").collate("0900_ai_ci")
    );
    let logs = registry.pool_of(PoolKind::Database, "logs").unwrap();
    assert_eq!(logs.options, PoolOptions::new().max_connections(10));
    assert_eq!(
        registry.local_caches,
        [("default".to_owned(), 1000), ("third".to_owned(), 100_000)]
    );
    assert_eq!(registry.places().len(), 1);
    assert_eq!(
        (registry.places()[0].pool.as_str(), registry.mistakes.len()),
        ("lazy", 0)
    );
}

#[test]
fn an_empty_text_is_an_empty_registry() {
    assert!(registry("").pools.is_empty());
    assert!(registry("# nothing yet\n").pools.is_empty());
}

#[test]
fn a_wrong_key_is_answered_with_its_line_and_the_right_one() {
    assert_eq!(
        mistakes("default:\n  mysqlEncodings: utf8mb4\n  local-cache: 10\n  postgres: x\n"),
        [
            "line 2: the key \"mysqlEncodings\" is not known; did you mean \"mysqlEncoding\"?",
            "line 3: the key \"local-cache\" is not known; did you mean \"local_cache\"?",
            "line 4: the key \"postgres\" is not known; there are: mysql, redis, sentinel, streams, local_cache, \
             mysqlEncoding, mysqlCollate",
        ]
    );
    assert_eq!(
        mistakes("default:\n  mysql:\n    url: mysql://root@localhost/app\n"),
        [
            "line 2: \"mysql\" has no `uri`; write `mysql: mysql://user:password@host:3306/database`",
            "line 3: the key \"url\" is not known; did you mean \"uri\"?",
        ]
    );
}

#[test]
fn every_value_of_a_wrong_type_is_told() {
    let found = mistakes(
        "default:
  mysql: [a]
  redis: 6379
  local_cache: many
  mysqlEncoding: 23
  mysqlCollate:
  streams:
    orm-lazy-channel: orm-async-consumer
other: redis
third:
  redis:localhost:6379
fourth:
  sentinel: {master: [26379]}
  local_cache: 0
",
    );
    let lines: Vec<_> = found
        .iter()
        .map(|mistake| mistake.split(':').next().unwrap())
        .collect();
    let wanted =
        ["2", "3", "4", "5", "6", "8", "9", "11", "13", "14"].map(|line| format!("line {line}"));
    assert_eq!(lines, wanted, "{found:#?}");
    assert!(found[7].contains("is a space missing"), "{found:#?}");
    assert!(found[4].contains("is empty"), "{found:#?}");
}

#[test]
fn wrong_urls_have_a_line_and_no_password() {
    let found = mistakes(
        "default:
  mysql: root:honey@tcp(localhost:3306)/app?parseTime=true
  redis: localhost:redis
second:
  mysql: redis://:honey@localhost
  redis: mysql://root:honey@localhost/app
third:
  sentinel:
    master:one: [\":26379\"]
fourth:
  sentinel:
    master: [\"host:port\"]
fifth:
  redis: localhost:6379
  sentinel: {master: [\":26379\"]}
  mysqlEncoding: utf8mb4
",
    );
    let starts = [
        "line 2: this is the data source name of a Go driver; write mysql://root:***@localhost:3306/app",
        "line 3: what stands behind the first colon is no port",
        "line 5: this is no database; write it as `redis: redis://:***@localhost`",
        "line 6: this is a database; write it as `mysql: mysql://root:***@localhost/app`",
        "line 9: \"master\": the database is no number",
        "line 12: the sentinel \"host:port\"",
        "line 15: the pool \"fifth\" has a Redis on line 14 already",
        "line 16: \"mysqlEncoding\" stands in a pool without `mysql`",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (mistake, start) in found.iter().zip(starts) {
        assert!(mistake.starts_with(start), "{mistake}");
        assert!(!mistake.contains("honey"), "{mistake}");
    }
}

#[test]
fn the_password_in_a_masters_key_is_not_shown() {
    for sentinel in [
        "{'m:0?password=honey': {a: 1}}",
        "{'m:0?password=honey': [[a]]}",
        "{'m:0?password=honey': ['']}",
        "{'m:x?password=honey': [':1']}",
        "{'m:0?user=a&passwd=honey': [':1']}",
        "{'m:0?password=honey': [':1'], 'm:0?password=honey': [':2']}",
        "{'redis://:honey@one:1': [':1']}",
        "{m: ['redis://:honey@one:port']}",
    ] {
        let found = mistakes(&format!("default:\n  sentinel: {sentinel}\n"));
        assert!(!found.is_empty(), "{sentinel}");
        assert!(!found.concat().contains("honey"), "{found:#?}");
    }
    let misplaced = mistakes("default:\n  'm:0?password=honey': [':1']\n");
    assert!(
        misplaced[0].contains("\"m:0?password=***\" is not known"),
        "{misplaced:#?}"
    );
}

#[test]
fn variables_are_not_filled_in() {
    for pool in [
        "mysql: ${DB_URL}",
        "mysql: {uri: 'mysql://a:${B}@c/d'}",
        "redis: ${REDIS}:6379",
    ] {
        let found = mistakes(&format!("default:\n  {pool}\n"));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].starts_with("line 2: variables, `${…}`, are not filled in"),
            "{found:#?}"
        );
    }
}

#[test]
fn a_misspelt_lazy_channel_is_answered_with_its_line() {
    for streams in ["{orm-lazy-chanel: [a]}", "{orm_lazy_channel: {max_len: 1}}"] {
        let text = format!("default:\n  redis: localhost:6379\n  streams: {streams}\n");
        let found = mistakes(&text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].starts_with("line 3: the stream \"orm"),
            "{found:#?}"
        );
        assert!(
            found[0].ends_with("did you mean \"orm-lazy-channel\"?"),
            "{found:#?}"
        );
    }
    // BeeORM's own name for another one.
    let other = registry("default:\n  redis: localhost:6379\n  streams: {orm-log-channel: [a]}\n");
    assert_eq!(other.streams.len(), 1);
}

#[test]
fn a_stream_has_one_group() {
    let found = mistakes("default:\n  streams:\n    one: [a, b]\n    two: []\n");
    assert_eq!(
        found,
        [
            "line 3: the stream \"one\" has 2 groups; several are not supported yet; give it one",
            "line 4: the stream \"two\" has 0 groups; give it one",
        ]
    );
}

#[test]
fn what_is_no_yaml_has_a_line_too() {
    assert!(mistakes("default:\n  redis: 'x\n")[0].starts_with("line "));
    assert!(mistakes("- default\n")[0].starts_with("line 1: the file takes keys and values"));
}

#[test]
fn a_file_is_named() {
    let path = std::env::temp_dir().join(format!("beeorm-{}.yaml", std::process::id()));
    std::fs::write(&path, "default:\n  redi: x\n").unwrap();
    let found = read_file(&path).unwrap_err().to_string();
    std::fs::remove_file(&path).unwrap();
    assert!(
        found.contains(&format!("{}:2: the key \"redi\"", path.display())),
        "{found}"
    );
    let missing = read_file(Path::new("/nowhere/beeorm.yaml"))
        .unwrap_err()
        .to_string();
    assert!(
        missing.contains("/nowhere/beeorm.yaml cannot be read"),
        "{missing}"
    );
}

#[test]
fn the_lazy_channels_options() {
    let registry = registry(
        "
lazy:
  redis: localhost:6379
  streams:
    orm-lazy-channel:
      durability: fsynced
      fsync_replicas: 1
      fsync_timeout: 500ms
      max_len: 1000000
      on_full: wait 2s
",
    );
    let expected = Registry::new()
        .durability(crate::Durability::Fsynced)
        .fsync_replicas(1)
        .fsync_timeout(std::time::Duration::from_millis(500))
        .max_len(1_000_000)
        .on_full(crate::OnFull::Wait(std::time::Duration::from_secs(2)));
    assert_eq!(registry.lazy, expected.lazy);
    assert_eq!(registry.streams.len(), 1);
    assert_eq!(registry.streams[0].groups, ["orm-async-consumer"]);
    let text = "a:\n  streams:\n    orm-lazy-channel: {groups: [bees], on_full: error, max_len: 1}";
    let registry = self::registry(text);
    assert_eq!(registry.lazy.on_full, Some(crate::OnFull::Error));
    assert_eq!(registry.streams[0].groups, ["bees"]);
}

#[test]
fn wrong_options_of_the_lazy_channel_are_told() {
    let said = mistakes(
        "
a:
  streams:
    orm-lazy-channel:
      durability: always
      fsync_timeout: soon
      max_len: 0
      on_full: wait
      maxlen: 7
    another: {max_len: 7}
",
    );
    let advice = [
        "line 5: \"durability\" takes appended or fsynced",
        "line 6: \"fsync_timeout\" takes a time in ms, s or m",
        "line 7: \"max_len\" takes a number above 0",
        "line 8: \"on_full\" takes error, or wait and a time",
        "line 9: the key \"maxlen\" is not known; did you mean \"max_len\"?",
        "line 10: only \"orm-lazy-channel\" has options",
    ];
    assert_eq!(said.len(), advice.len(), "{said:#?}");
    for (message, advice) in said.iter().zip(advice) {
        assert!(message.starts_with(advice), "{message}");
    }
}
