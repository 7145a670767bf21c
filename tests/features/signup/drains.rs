//! SIGTERM under load: every 201 is a row, and nothing else is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use beeorm::prelude::*;
use hyper::{Method, StatusCode};

use super::{
    client::Client,
    service::{self, Service},
};
use crate::{
    programs::{Running, program},
    support::{mysql_database, redis_url},
};

const CONNECTIONS: usize = 64;
const POSTS: usize = 5_000;
/// The signal comes after so many 201s.
const SIGNAL_AFTER: usize = 2_500;
/// The first line of the consumer.
const READY: &str = "consuming until SIGTERM or Ctrl-C";
const DRAINED_WITHIN: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_equal_the_201s_on_servers() {
    let database = mysql_database().await;
    let stream = redis_url();
    let created = post_until_sigterm(&mut service::command(database.url(), &stream)).await;
    let mut connection = database.connect().await;
    assert_eq!(ids(&mut connection).await, created);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_of_its_own_makes_the_rows() {
    let database = mysql_database().await;
    let stream = redis_url();
    let mut consumer = program("consumer");
    consumer
        .env("BEEORM_MYSQL_URL", database.url())
        .env("BEEORM_REDIS_URL", &stream);
    let mut first = Running::start(&mut consumer);
    assert_eq!(first.line(), READY);
    let created = post_until_sigterm(
        service::command(database.url(), &stream).env("SIGNUP_CONSUMER", "none"),
    )
    .await;
    first.kill();
    let mut second = Running::start(&mut consumer);
    assert_eq!(second.line(), READY);
    let mut connection = database.connect().await;
    for attempt in 0.. {
        if ids(&mut connection).await == created {
            break;
        }
        assert!(attempt < 1_200, "not all rows are there after two minutes");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    second.terminate();
    let (status, output) = second.ended(DRAINED_WITHIN);
    assert!(
        status.success() && output.contains("dead: 0"),
        "{status} {output}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_equal_the_201s_in_embedded_files() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        |scheme: &str, name: &str| format!("{scheme}://{}", folder.path().join(name).display());
    let (database, stream) = (file("sqlite", "users.db"), file("embedded", "stream.db"));
    let created = post_until_sigterm(&mut service::command(&database, &stream)).await;
    let registry = Registry::new()
        .pool(DEFAULT_POOL, &database)
        .pool(DEFAULT_POOL, "embedded://memory");
    let engine = registry.entity::<User>().connect().await.unwrap();
    let rows = engine
        .load_many::<User>(created.iter().copied())
        .await
        .unwrap();
    assert_eq!(
        rows.iter().flatten().count(),
        created.len(),
        "every 201 is a row"
    );
    engine.close().await;
    let service = Service::start(&mut service::command(&database, &stream));
    let (_, stats) = Client::connect(&service.address).await.get("/stats").await;
    assert_eq!(
        (&stats["stream"]["len"], &stats["dead_letters"]),
        (&0.into(), &0.into()),
        "{stats}"
    );
}

/// Returns the ids of the 201s.
async fn post_until_sigterm(command: &mut std::process::Command) -> BTreeSet<Uuid> {
    let mut service = Service::start(command);
    let (asked, created) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            tokio::spawn(post(
                service.address.clone(),
                Arc::clone(&asked),
                Arc::clone(&created),
            ))
        })
        .collect();
    while created.load(Ordering::Relaxed) < SIGNAL_AFTER && asked.load(Ordering::Relaxed) < POSTS {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    service.process.terminate();
    let mut ids = BTreeSet::new();
    for client in clients {
        for id in client.await.unwrap() {
            assert!(ids.insert(id), "{id} was given twice");
        }
    }
    let (status, _) = tokio::task::spawn_blocking(move || service.process.ended(DRAINED_WITHIN))
        .await
        .unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(
        (SIGNAL_AFTER..POSTS).contains(&ids.len()),
        "{} users: the signal should come midway",
        ids.len()
    );
    ids
}

/// Posts, as fast as it is answered, until all is posted or the connection closes.
async fn post(address: String, asked: Arc<AtomicUsize>, created: Arc<AtomicUsize>) -> Vec<Uuid> {
    let mut client = Client::connect(&address).await;
    let mut ids = Vec::new();
    loop {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        if number >= POSTS {
            return ids;
        }
        let body = format!(
            r#"{{"first_name": "Bee", "last_name": "{number}", "email": "{number}@example.com"}}"#
        );
        // A connection is closed between two requests: what is read is answered.
        let Ok((status, answer)) = client.request(Method::POST, "/users", body).await else {
            return ids;
        };
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        ids.push(answer["id"].as_str().unwrap().parse().unwrap());
        created.fetch_add(1, Ordering::Relaxed);
    }
}

async fn ids(connection: &mut sqlx::MySqlConnection) -> BTreeSet<Uuid> {
    let rows: Vec<Vec<u8>> = sqlx::query_scalar("SELECT id FROM users")
        .fetch_all(connection)
        .await
        .unwrap();
    rows.iter()
        .map(|id| Uuid::from_slice(id).unwrap())
        .collect()
}

/// Enough of the service's entity to load it.
#[derive(Entity, Debug, Default)]
#[entity(table = "users")]
struct User {
    #[entity(uuid)]
    id: Uuid,
}
