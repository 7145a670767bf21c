//! The quickstart, as a newcomer runs it.

use std::process::Command;

use crate::programs::program;
use crate::support::{mysql_database, redis_url};

/// Runs it and returns what it printed.
fn quickstart(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {told}\n{printed}",
        output.status
    );
    assert!(told.is_empty(), "{told}");
    printed
}

/// What it shows, whatever it runs on.
fn check(printed: &str) {
    for shown in [
        "\n1. Insert lazily",
        "in the table:  false",
        "in the stream: 2 flushes, 4 statements",
        "loaded:  Tom",
        "and no more: name",
        "60 characters, and the column takes 40",
        "in the stream: 4 flushes, 5 statements",
        "reason:    ",
        "email='ann@example.com'",
        "\nThomas, tom@example.com, 0 visits",
        "\nAnn, ann@example.com, 1 visits\n\n",
    ] {
        assert!(printed.contains(shown), "{shown:?} is not in\n{printed}");
    }
    assert!(!printed.contains("bob@"), "Bob is deleted:\n{printed}");
    assert_eq!(
        printed.lines().last(),
        Some("applied=5 dead=1 pending=0"),
        "{printed}"
    );
}

#[test]
fn needs_no_server() {
    check(&quickstart(&mut program("quickstart")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_on_servers_and_again() {
    let database = mysql_database().await;
    let mut command = program("quickstart");
    command
        .env("BEEORM_MYSQL_URL", database.url())
        .env("BEEORM_REDIS_URL", redis_url());
    check(&quickstart(&mut command));
    check(&quickstart(&mut command));
}

#[test]
fn one_server_alone_is_refused() {
    let mut command = program("quickstart");
    let output = command
        .env("BEEORM_REDIS_URL", "redis://127.0.0.1:1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("set both BEEORM_MYSQL_URL and BEEORM_REDIS_URL"),
        "{told}"
    );
}
