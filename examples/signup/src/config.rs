//! The environment variables.

use std::{env, io, time::Duration};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Of the half minute that supervisors leave between SIGTERM and SIGKILL, with ten seconds for requests.
const DRAIN: Duration = Duration::from_secs(15);

/// What the service was told.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `SIGNUP_LISTEN`.
    pub(crate) listen: String,
    /// `BEEORM_MYSQL_URL`.
    pub(crate) database: String,
    /// `BEEORM_REDIS_URL`.
    pub(crate) stream: String,
    /// `SIGNUP_CONSUMER`.
    pub(crate) consumer: Consumer,
    /// `SIGNUP_DRAIN_SECONDS`.
    pub(crate) drain: Duration,
    /// `RUST_LOG`.
    log: Targets,
}

/// Where the background consumer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consumer {
    /// Here.
    InProcess,
    /// Elsewhere.
    None,
}

impl Consumer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in-process",
            Self::None => "none",
        }
    }
}

impl Config {
    /// Reads the environment; an error says which variable is wrong, and what it may be.
    pub(crate) fn from_env() -> Result<Self, String> {
        let consumer = match variable("SIGNUP_CONSUMER")?.as_deref() {
            None | Some("in-process") => Consumer::InProcess,
            Some("none") => Consumer::None,
            Some(other) => {
                return Err(format!(
                    "SIGNUP_CONSUMER is {other:?}; it may be in-process (as when unset) or none"
                ));
            }
        };
        let drain = match variable("SIGNUP_DRAIN_SECONDS")? {
            None => DRAIN,
            Some(text) => text.parse().map(Duration::from_secs).map_err(|error| {
                format!("SIGNUP_DRAIN_SECONDS is {text:?}, and no number of seconds: {error}")
            })?,
        };
        let log = match variable("RUST_LOG")? {
            None => Targets::new().with_default(LevelFilter::WARN),
            Some(text) => text
                .parse()
                .map_err(|error| format!("RUST_LOG is {text:?}: {error}"))?,
        };
        Ok(Self {
            listen: variable("SIGNUP_LISTEN")?.unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            database: variable("BEEORM_MYSQL_URL")?.unwrap_or_else(|| "sqlite://memory".to_owned()),
            stream: variable("BEEORM_REDIS_URL")?.unwrap_or_else(|| "embedded://memory".to_owned()),
            consumer,
            drain,
            log,
        })
    }

    /// Whether what waits in the stream ends with the process.
    pub(crate) fn keeps_no_stream(&self) -> bool {
        self.stream == "embedded://memory"
    }

    /// Starts the log, and tells there what somebody who only tries things out may not expect.
    pub(crate) fn log(&self) {
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .log_internal_errors(false);
        tracing_subscriber::registry()
            .with(lines)
            .with(self.log.clone())
            .init();
        if self.database == "sqlite://memory" {
            tracing::warn!(
                "BEEORM_MYSQL_URL is unset: the users are kept in memory, until this process ends"
            );
        }
        if self.keeps_no_stream() && self.consumer == Consumer::None {
            tracing::warn!(
                "BEEORM_REDIS_URL is unset and SIGNUP_CONSUMER=none: nobody will ever consume"
            );
        }
    }
}

/// A variable's value; none when it is unset or empty.
fn variable(name: &str) -> Result<Option<String>, String> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("{name} is not valid UTF-8")),
    }
}
