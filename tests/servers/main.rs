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
//! With `--clocks folder` they are local servers whose clocks the caller steps: by what the files `mysql` and `redis` in
//! this folder say (`tests/clock`).
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
//! and at SIGINT. Exit status: 3 where there is nothing to start servers with, which it tells unless its first argument
//! is `--installs`; 1 for other failures.
//!
//! Until then it does to the servers that it has started what its standard input says, a line an order (`kill redis`;
//! see [`orders`]), and answers each with a line, `done` or `failed: why`. Sentinels, and what they watch, take none.

mod ask;
mod choice;
mod containers;
mod given;
mod guard;
mod local;
mod machine;
mod orders;
mod sentinel;

use std::io::Write;
use std::process::ExitCode;

use choice::Wanted;
use guard::Guard;
use machine::Machine;
use orders::Orders;
use tokio::signal::unix::{SignalKind, signal};

/// The first argument of a caller that installs servers where there are none: it is not alarmed then.
const INSTALLS: &str = "--installs";

const NOTHING_HERE: u8 = 3;

/// A database that is there from the start, for programs that want one in their URL.
pub(crate) const DATABASE: &str = "beeorm";

/// As durable as a queue's Redis should be, and never evicting; with `durable` it loses nothing at all.
pub(crate) fn redis_options(durable: bool) -> [&'static str; 8] {
    [
        "--appendonly",
        "yes",
        "--appendfsync",
        if durable { "always" } else { "everysec" },
        "--save",
        "",
        "--maxmemory-policy",
        "noeviction",
    ]
}

/// Where the servers are, and what they say of themselves.
#[derive(Debug)]
pub(crate) struct Servers {
    mysql: String,
    redis: String,
    kind: String,
    mysql_version: String,
    redis_version: String,
    machines: [Machine; 2],
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

/// What was started.
#[derive(Debug)]
enum Started {
    Servers(Servers),
    Sentinels(Sentinels),
}

impl Started {
    fn lines(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Servers(servers) => servers.lines(),
            Self::Sentinels(sentinels) => sentinels.lines(),
        }
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
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == [guard::ARGUMENT] {
        return guard::watch();
    }
    let installs = arguments.first().is_some_and(|first| first == INSTALLS);
    if installs {
        arguments.remove(0);
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
            let status = runtime.block_on(serve(wanted, installs, &mut guard));
            std::mem::forget(runtime);
            status
        }
        Err(error) => fail(&format!("cannot start a runtime: {error}"), 1),
    };
    guard.finish();
    status
}

async fn serve(wanted: Wanted, installs: bool, guard: &mut Guard) -> ExitCode {
    let stop = signalled();
    tokio::pin!(stop);
    let mut orders = Orders::new();
    let started = tokio::select! {
        () = &mut stop => return fail("told to stop before the servers answered", 1),
        () = orders.end() => return fail("left by its caller before the servers answered", 1),
        found = start(wanted, guard) => match found {
            Ok(started) => started,
            Err(Trouble::Missing(_)) if installs => return ExitCode::from(NOTHING_HERE),
            Err(Trouble::Missing(message)) => return fail(&message, NOTHING_HERE),
            Err(Trouble::Failed(message)) => return fail(&message, 1),
        },
    };
    // A caller that no longer listens has gone away.
    if announce(&started.lines()).is_ok() {
        let told = async {
            match started {
                Started::Servers(servers) => orders.obey(servers, guard).await,
                // The tests send them signals themselves.
                Started::Sentinels(_) => orders.end().await,
            }
        };
        tokio::select! {
            () = stop => {}
            () = told => {}
        }
    }
    ExitCode::SUCCESS
}

async fn start(wanted: Wanted, guard: &mut Guard) -> Result<Started, Trouble> {
    match wanted {
        Wanted::Servers(wish) => {
            let servers = choice::find(wish, guard).await?;
            eprintln!("test servers: {}", servers.names());
            Ok(Started::Servers(servers))
        }
        Wanted::Sentinels(choice) => {
            let sentinels = choice::sentinels(choice, guard).await?;
            eprintln!("test servers: sentinels at {}", sentinels.addresses);
            Ok(Started::Sentinels(sentinels))
        }
    }
}

fn announce(lines: &[(&str, String)]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (name, value) in lines {
        writeln!(out, "{name}={value}")?;
    }
    writeln!(out, "ready")?;
    out.flush()
}

async fn signalled() {
    let interrupted = async |kind| match signal(kind) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = interrupted(SignalKind::terminate()) => {}
        () = interrupted(SignalKind::interrupt()) => {}
    }
}

fn fail(message: &str, status: u8) -> ExitCode {
    eprintln!("beeorm-test-servers: {message}");
    ExitCode::from(status)
}
