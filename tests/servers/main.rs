//! Finds or starts the servers that the tests use, says where they are, and stops them when its caller goes away.
//!
//! When they answer, it prints on standard output, in this order and nothing else:
//!
//! ```text
//! mysql=mysql://root@127.0.0.1:PORT
//! redis=redis://127.0.0.1:PORT
//! kind=containers|local|given
//! mysql_version=what SELECT VERSION() says
//! redis_version=what INFO says
//! names=both, for people
//! ready
//! ```
//!
//! With `--sentinels containers|local` it starts a Redis master with a replica and three sentinels instead, and prints
//!
//! ```text
//! sentinels=127.0.0.1:PORT,127.0.0.1:PORT,127.0.0.1:PORT
//! container=the id of the container that they all run in; empty where they run on this machine
//! ready
//! ```
//!
//! It stops at the end of its standard input, which comes when the caller ends, however it ends; at SIGTERM;
//! and at SIGINT. Exit status: 3 where there is nothing to start servers with, 1 for other failures.

mod ask;
mod choice;
mod containers;
mod given;
mod guard;
mod local;
mod sentinel;

use std::io::Write;
use std::process::ExitCode;

use choice::Wanted;
use guard::Guard;
use tokio::signal::unix::{SignalKind, signal};

/// A database that is there from the start, for programs that want one in their URL.
pub(crate) const DATABASE: &str = "beeorm";

/// As durable as a queue's Redis should be, and never evicting.
pub(crate) const REDIS_OPTIONS: [&str; 8] = [
    "--appendonly",
    "yes",
    "--appendfsync",
    "everysec",
    "--save",
    "",
    "--maxmemory-policy",
    "noeviction",
];

/// Where the servers are, and what they say of themselves.
#[derive(Debug)]
pub(crate) struct Servers {
    mysql: String,
    redis: String,
    kind: String,
    mysql_version: String,
    redis_version: String,
}

impl Servers {
    fn lines(&self) -> Vec<(&'static str, String)> {
        vec![
            ("mysql", self.mysql.clone()),
            ("redis", self.redis.clone()),
            ("kind", self.kind.clone()),
            ("mysql_version", self.mysql_version.clone()),
            ("redis_version", self.redis_version.clone()),
            ("names", self.names()),
        ]
    }

    fn names(&self) -> String {
        let Self {
            mysql_version,
            redis_version,
            kind,
            ..
        } = self;
        let mysql = if mysql_version.contains("MariaDB") {
            "MariaDB"
        } else {
            "MySQL"
        };
        format!("{mysql} {mysql_version}, Redis {redis_version} ({kind})")
    }
}

/// Where the sentinels are.
#[derive(Debug)]
pub(crate) struct Sentinels {
    addresses: String,
    container: String,
}

impl Sentinels {
    fn lines(&self) -> Vec<(&'static str, String)> {
        vec![
            ("sentinels", self.addresses.clone()),
            ("container", self.container.clone()),
        ]
    }
}

/// Why there are no servers.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// There is nothing here to start them with.
    Missing(String),
    /// There is, and they did not come up.
    Failed(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == [guard::ARGUMENT] {
        return guard::watch();
    }
    let wanted = match Wanted::read(&arguments) {
        Ok(wanted) => wanted,
        Err(message) => return fail(&message, 2),
    };
    let mut guard = match Guard::start() {
        Ok(guard) => guard,
        Err(error) => return fail(&format!("cannot start the guard process: {error}"), 1),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let status = match runtime {
        // Leaking the runtime: the thread that waits on standard input cannot be joined.
        Ok(runtime) => {
            let status = runtime.block_on(serve(wanted, &mut guard));
            std::mem::forget(runtime);
            status
        }
        Err(error) => fail(&format!("cannot start a runtime: {error}"), 1),
    };
    guard.finish();
    status
}

async fn serve(wanted: Wanted, guard: &mut Guard) -> ExitCode {
    let stop = told_to_stop();
    tokio::pin!(stop);
    let started = async {
        match wanted {
            Wanted::Servers(choice) => choice::find(choice, guard).await.map(|servers| {
                eprintln!("test servers: {}", servers.names());
                servers.lines()
            }),
            Wanted::Sentinels(choice) => choice::sentinels(choice, guard).await.map(|sentinels| {
                eprintln!("test servers: sentinels at {}", sentinels.addresses);
                sentinels.lines()
            }),
        }
    };
    let lines = tokio::select! {
        () = &mut stop => return fail("told to stop, or left by its caller, before the servers answered", 1),
        found = started => match found {
            Ok(lines) => lines,
            Err(Trouble::Missing(message)) => return fail(&message, 3),
            Err(Trouble::Failed(message)) => return fail(&message, 1),
        },
    };
    // A caller that no longer listens has gone away.
    if announce(&lines).is_ok() {
        stop.await;
    }
    ExitCode::SUCCESS
}

fn announce(lines: &[(&str, String)]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (name, value) in lines {
        writeln!(out, "{name}={value}")?;
    }
    writeln!(out, "ready")?;
    out.flush()
}

async fn told_to_stop() {
    let end_of_input = async {
        let mut nowhere = tokio::io::sink();
        // An unreadable standard input is as good as a closed one.
        let _ = tokio::io::copy(&mut tokio::io::stdin(), &mut nowhere).await;
    };
    let interrupted = async |kind| match signal(kind) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = end_of_input => {}
        () = interrupted(SignalKind::terminate()) => {}
        () = interrupted(SignalKind::interrupt()) => {}
    }
}

fn fail(message: &str, status: u8) -> ExitCode {
    eprintln!("beeorm-test-servers: {message}");
    ExitCode::from(status)
}
