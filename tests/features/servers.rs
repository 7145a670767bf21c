//! The servers themselves: whatever else fails, this says whether they were there.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use sqlx::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestDatabase, key_prefix, mysql_database, own_servers, servers};

#[tokio::test]
async fn mysql_answers_and_names_itself() {
    let database = mysql_database().await;
    let mut connection = database.connect().await;
    let version: String = sqlx::query_scalar("SELECT VERSION()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(version, servers().mysql_version);
}

#[tokio::test]
async fn redis_answers_and_names_itself() {
    assert_eq!(redis("PING\r\n").await, "+PONG\r\n");
    let version = servers().redis_version.as_str();
    let number = version
        .split_once(' ')
        .map_or(version, |(number, _)| number);
    assert!(
        redis("INFO server\r\n")
            .await
            .contains(&format!("_version:{number}\r\n"))
    );
}

#[test]
fn who_installs_servers_is_not_alarmed_that_there_are_none() {
    let start = |arguments: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_beeorm-test-servers"))
            .args(arguments)
            .env("DOCKER_HOST", "tcp://127.0.0.1:1")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It stops when this closes.
        let _input = child.stdin.take();
        child.wait_with_output().unwrap()
    };
    let alarmed = start(&["--servers", "containers"]);
    assert!(!alarmed.stderr.is_empty());
    let calm = start(&["--installs", "--servers", "containers"]);
    assert_eq!(
        (alarmed.status.code(), calm.status.code()),
        (Some(3), Some(3))
    );
    assert_eq!(String::from_utf8_lossy(&calm.stderr), "");
}

#[tokio::test]
async fn each_test_has_redis_keys_of_its_own() {
    let (one, two) = (key_prefix(), key_prefix());
    let answers = redis(&format!("SET {one}k bee\r\nGET {two}k\r\nDEL {one}k\r\n")).await;
    assert_eq!(answers, "+OK\r\n$-1\r\n:1\r\n");
}

#[test]
fn the_servers_are_of_a_known_kind() {
    assert!(
        ["containers", "local", "given"].contains(&servers().kind.as_str()),
        "{:?}",
        servers()
    );
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own_for_as_long_as_it_runs() {
    let (one, two) = (mysql_database().await, mysql_database().await);
    assert_ne!(one.name(), two.name());
    assert!(one.url().ends_with(one.name()));
    let gone = one.name().to_owned();
    drop(one);
    assert_eq!(databases_named(&gone, &two).await, 0);
    assert_eq!(databases_named(two.name(), &two).await, 1);
}

#[tokio::test]
async fn servers_stop_when_their_caller_goes_away() {
    if servers().kind == "given" {
        eprintln!("given servers are not the tests' to stop");
        return;
    }
    let own = own_servers();
    let addresses = [address(&own.mysql), address(&own.redis)];
    drop(own);
    stop_listening(addresses).await;
}

#[tokio::test]
async fn servers_stop_even_when_the_program_that_started_them_is_killed() {
    if servers().kind == "given" {
        eprintln!("given servers are not the tests' to stop");
        return;
    }
    let mut own = own_servers();
    own.kill_the_program().expect("the program is ours to kill");
    stop_listening([address(&own.mysql), address(&own.redis)]).await;
}

/// Waits for it, for ten seconds at most.
async fn stop_listening(addresses: [String; 2]) {
    for address in addresses {
        for attempt in 0.. {
            if TcpStream::connect(&address).await.is_err() {
                break;
            }
            assert!(attempt < 200, "{address} still listens");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The `host:port` of a server's URL.
fn address(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap_or_default();
    host.rsplit('@').next().unwrap_or_default().to_owned()
}

async fn databases_named(name: &str, through: &TestDatabase) -> i64 {
    let mut connection = through.connect().await;
    let count = sqlx::query_scalar(
        "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?",
    )
    .bind(name)
    .fetch_one(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    count
}

/// Answers to commands in Redis's inline form.
async fn redis(commands: &str) -> String {
    let mut stream = TcpStream::connect(address(&servers().redis)).await.unwrap();
    stream
        .write_all(format!("{commands}QUIT\r\n").as_bytes())
        .await
        .unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    answers
        .strip_suffix("+OK\r\n")
        .unwrap_or(&answers)
        .to_owned()
}
