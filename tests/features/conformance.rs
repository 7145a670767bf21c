//! Each seam's suite, passed by everything that stands behind the seam: MySQL or MariaDB (whatever the
//! server is) and SQLite; Redis and the embedded stream.

use beeorm::conformance;

use crate::support::{folder, mysql_database, own_servers, servers};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_server() {
    let database = mysql_database().await;
    conformance::database(database.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_in_memory() {
    conformance::database("sqlite://memory").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_in_a_file() {
    let folder = folder();
    conformance::database(&format!("sqlite://{}/app.db", folder.path().display())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_stream() {
    conformance::stream(&servers().redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_fails() {
    conformance::redis_faults(&servers().redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_refuses() {
    if servers().kind == "given" {
        eprintln!("given servers are not the tests' to reconfigure");
        return;
    }
    let own = own_servers();
    conformance::redis_refusals(&own.redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_fails_over() {
    if servers().kind == "given" {
        eprintln!("given servers are not the tests' to reconfigure");
        return;
    }
    let (first, second) = (own_servers(), own_servers());
    conformance::redis_failover([&first.redis, &second.redis]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_stream_in_memory() {
    conformance::stream("embedded://memory").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_stream_in_a_file() {
    let folder = folder();
    conformance::stream(&format!("embedded://{}/stream.db", folder.path().display())).await;
}
