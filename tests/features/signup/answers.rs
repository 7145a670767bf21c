//! What is answered to what.

use std::time::{Duration, Instant};

use hyper::Method;

use super::{
    client::Client,
    service::{self, Service},
};
use crate::support::{on_every_backend, own_servers, servers};

const USER: &str = r#"{"first_name": "Ann", "last_name": "Bee", "email": "ann@example.com"}"#;

on_every_backend! {
    async fn a_user_is_made_changed_and_deleted(backend: Backend) {
        let service = Service::start(&mut service::command(&backend.database, &backend.stream));
        let mut client = Client::connect(&service.address).await;
        let (status, made) = client.ask(Method::POST, "/users", USER).await;
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().unwrap().to_owned();
        let path = format!("/users/{id}");
        becomes(&mut client, &path, |status, user| {
            status == 200 && user["id"] == id.as_str() && user["email"] == "ann@example.com"
        })
        .await;
        let (status, changed) = client.ask(Method::PATCH, &path, r#"{"last_name": "Ångström"}"#).await;
        assert_eq!((status, changed["id"].as_str()), (202, Some(id.as_str())));
        becomes(&mut client, &path, |_, user| user["last_name"] == "Ångström" && user["first_name"] == "Ann").await;
        assert_eq!(client.ask(Method::DELETE, &path, "").await.0, 204);
        becomes(&mut client, &path, |status, _| status == 404).await;
    }

    async fn bad_requests_are_told_why(backend: Backend) {
        let service = Service::start(&mut service::command(&backend.database, &backend.stream));
        let mut client = Client::connect(&service.address).await;
        let long = format!(r#"{{"first_name": "{}", "last_name": "B", "email": "e"}}"#, "x".repeat(101));
        let huge = format!(r#"{{"first_name": "{}"}}"#, "x".repeat(20_000));
        let id = "/users/0199f1c6-0000-7000-8000-000000000001";
        let nil = "/users/00000000-0000-0000-0000-000000000000";
        for (method, path, body, status, why) in [
            (Method::POST, "/users", "{", 400, "not JSON"),
            (Method::POST, "/users", "", 400, "not JSON"),
            (Method::POST, "/users", "[]", 422, "invalid"),
            (Method::POST, "/users", r#"{"first_name": "Ann"}"#, 422, "missing field `last_name`"),
            (Method::POST, "/users", r#"{"name": "Ann"}"#, 422, "unknown field `name`"),
            (Method::POST, "/users", r#"{"first_name": 7}"#, 422, "expected a string"),
            (Method::POST, "/users", &long, 422, "first_name has 101 characters, and the column takes 100"),
            (Method::POST, "/users", &huge, 413, "length limit"),
            (Method::PATCH, id, "{}", 422, "nothing to change"),
            (Method::PATCH, nil, r#"{"email": "e"}"#, 422, "has no id"),
            (Method::PATCH, "/users/7", r#"{"email": "e"}"#, 400, "is no UUID"),
            (Method::DELETE, "/users/7", "", 400, "is no UUID"),
            (Method::GET, "/users/7", "", 400, "is no UUID"),
            (Method::GET, id, "", 404, "no such user"),
            (Method::GET, "/", "", 404, "nothing at /"),
            (Method::PUT, "/users", USER, 405, "takes no PUT"),
        ] {
            let (answered, error) = client.ask(method.clone(), path, body).await;
            let error = error["error"].as_str().unwrap_or_default();
            assert!(
                answered == status && error.contains(why),
                "{method} {path} {body:.80}: {answered} {error:?}, not {status} {why:?}"
            );
        }
        let (_, stats) = client.get("/stats").await;
        assert_eq!(stats["stream"]["len"], 0, "nothing of that was appended: {stats}");
    }

    async fn figures_and_dead_letters_are_shown(backend: Backend) {
        let mut waiting = Service::start(service::command(&backend.database, &backend.stream).env("SIGNUP_CONSUMER", "none"));
        let mut client = Client::connect(&waiting.address).await;
        for _ in 0..2 {
            assert_eq!(client.ask(Method::POST, "/users", USER).await.0, 201);
        }
        let (status, stats) = client.get("/stats").await;
        assert_eq!(status, 200, "{stats}");
        assert_eq!((&stats["consumer"], &stats["dead_letters"]), (&"none".into(), &0.into()));
        assert_eq!((&stats["stream"]["len"], &stats["stream"]["statements"]), (&2.into(), &2.into()));
        assert_eq!((&stats["group"]["lag"], &stats["group"]["pending"]), (&2.into(), &0.into()));
        waiting.process.terminate();
        assert!(waiting.process.ended(Duration::from_secs(30)).0.success());
        if backend.database == "sqlite://memory" {
            return; // What waited is gone.
        }
        let service = Service::start(&mut service::command(&backend.database, &backend.stream));
        let mut client = Client::connect(&service.address).await;
        becomes(&mut client, "/stats", |_, stats| {
            // The second one has the first one's email.
            stats["consumer"] == "in-process" && stats["stream"]["len"] == 0 && stats["dead_letters"] == 1
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_a_user_is_not_made_and_is_told_so() {
    if servers().kind == "given" {
        eprintln!("given servers are not the tests' to stop");
        return;
    }
    let own = own_servers();
    let mut service = Service::start(&mut service::command("sqlite://memory", &own.redis));
    let mut client = Client::connect(&service.address).await;
    assert_eq!(client.ask(Method::POST, "/users", USER).await.0, 201);
    drop(own);
    for (method, path, body) in [
        (Method::POST, "/users", USER),
        (
            Method::PATCH,
            "/users/0199f1c6-0000-7000-8000-000000000001",
            r#"{"email": "e"}"#,
        ),
        (
            Method::DELETE,
            "/users/0199f1c6-0000-7000-8000-000000000001",
            "",
        ),
    ] {
        let asked = Instant::now();
        let (status, error) = client.ask(method.clone(), path, body).await;
        let took = asked.elapsed();
        assert_eq!(status, 503, "{method} {path}: {error}");
        assert!(
            error["error"]
                .as_str()
                .is_some_and(|why| why.contains("stream")),
            "{error}"
        );
        assert!(
            took < Duration::from_secs(30),
            "{method} {path} took {took:?}"
        );
    }
    let (status, stats) = client.get("/stats").await;
    assert_eq!(
        (status, &stats["dead_letters"]),
        (200, &0.into()),
        "{stats}"
    );
    assert!(
        stats["stream"].is_null() && stats["unavailable"]["stream"].is_string(),
        "{stats}"
    );
    // It waits for Redis, to drain it; a second signal ends it.
    service.process.terminate();
    tokio::time::sleep(Duration::from_millis(500)).await;
    service.process.terminate();
    assert_eq!(
        service.process.ended(Duration::from_secs(5)).0.code(),
        Some(1)
    );
}

#[tokio::test]
async fn a_wrong_setting_is_refused_at_the_start() {
    for (name, value, status, why) in [
        ("SIGNUP_CONSUMER", "inprocess", 2, "it may be in-process"),
        ("SIGNUP_DRAIN_SECONDS", "soon", 2, "no number of seconds"),
        ("SIGNUP_LISTEN", "nowhere", 1, "SIGNUP_LISTEN"),
        (
            "BEEORM_MYSQL_URL",
            "mysq://root@localhost/app",
            1,
            "did you mean \"mysql\"",
        ),
    ] {
        let output = service::command("sqlite://memory", "embedded://memory")
            .env(name, value)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(status) && told.contains(why),
            "{name}={value}: {} {told}",
            output.status
        );
    }
}

/// Asks until the answer is as it should be, for ten seconds at most.
pub(super) async fn becomes(
    client: &mut Client,
    path: &str,
    is: impl Fn(u16, &serde_json::Value) -> bool,
) {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let (status, answer) = client.get(path).await;
        if is(status, &answer) {
            return;
        }
        assert!(
            Instant::now() < until,
            "GET {path} is still {status} {answer}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
