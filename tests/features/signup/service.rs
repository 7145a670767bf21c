//! The service as a process.

use std::process::Command;

use crate::programs::{Running, program};

/// A running service, on a free port.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) process: Running,
    /// `127.0.0.1:port`.
    pub(super) address: String,
}

/// The service's command, told where database and stream are.
pub(super) fn command(database: &str, stream: &str) -> Command {
    let mut command = program("signup");
    command
        .env("BEEORM_MYSQL_URL", database)
        .env("BEEORM_REDIS_URL", stream)
        .env("SIGNUP_LISTEN", "127.0.0.1:0")
        // Far more than is needed, however much the machine has to do.
        .env("SIGNUP_DRAIN_SECONDS", "120")
        // What the tests do to it is logged as errors; why it does not start is told all the same.
        .env("RUST_LOG", "off");
    command
}

impl Service {
    /// Starts it, and waits until it takes requests.
    pub(super) fn start(command: &mut Command) -> Self {
        let mut process = Running::start(command);
        let line = process.line();
        let address = line.strip_prefix("listening on http://").map(str::to_owned);
        Self {
            process,
            address: address
                .unwrap_or_else(|| panic!("it should say where it listens, not {line:?}")),
        }
    }
}
