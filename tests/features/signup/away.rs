//! With the database away: what is told all the same, and how the service ends.

use std::{fs::File, time::Duration};

use hyper::Method;

use super::{
    answers::becomes,
    client::Client,
    service::{self, Service},
};
use crate::support::{Proxy, folder, mysql_database, redis_url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_in_time_and_the_next_start_does_the_rest() {
    let database = mysql_database().await;
    let (mut proxy, through) = Proxy::before(database.url()).await;
    let stream = redis_url();
    let (folder, long) = (folder(), Duration::from_secs(60));
    let said = folder.path().join("stderr");
    let mut command = service::command(&through, &stream);
    command
        .env("SIGNUP_DRAIN_SECONDS", "1")
        .stderr(File::create(&said).unwrap());
    let mut service = Service::start(&mut command);
    let mut client = Client::connect(&service.address).await;
    let (_, stats) = client.get("/stats").await;
    assert!(stats.get("unavailable").is_none(), "{stats}");

    proxy.go_away().await;
    for number in 1..=3 {
        let user = format!(
            r#"{{"first_name": "Bee", "last_name": "Bee", "email": "{number}@example.com"}}"#
        );
        assert_eq!(client.ask(Method::POST, "/users", &user).await.0, 201);
    }
    let (status, stats) = client.get("/stats").await;
    assert_eq!(
        (status, &stats["stream"]["len"]),
        (200, &3.into()),
        "{stats}"
    );
    assert!(stats["dead_letters"].is_null(), "{stats}");
    let why = stats["unavailable"]["dead_letters"].as_str();
    assert!(why.is_some_and(|why| why.contains("database")), "{stats}");
    let (status, refused) = client
        .get("/users/0199f1c6-0000-7000-8000-000000000001")
        .await;
    assert_eq!(status, 503, "{refused}");
    // Where its database is, is nobody's business.
    let told = format!("{refused} {stats}");
    assert!(!told.contains("127.0.0.1"), "{told}");

    drop(client);
    service.process.terminate();
    let (status, _) = service.process.ended(long);
    let said = std::fs::read_to_string(&said).unwrap();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains("3 lazy flushes wait in the stream"), "{said}");

    proxy.come_back().await;
    let mut service = Service::start(&mut service::command(&through, &stream));
    let mut client = Client::connect(&service.address).await;
    becomes(&mut client, "/stats", |_, stats| {
        stats["stream"]["len"] == 0 && stats["dead_letters"] == 0
    })
    .await;
    drop(client);
    service.process.terminate();
    assert_eq!(service.process.ended(long).0.code(), Some(0));
    let mut connection = database.connect().await;
    let users: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(users, 3);
}
