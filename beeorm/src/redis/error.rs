use fred::error::{Error, ErrorKind};

/// Why a command has no answer, or a bad one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RedisError {
    /// The URL cannot be used; says how it should be.
    #[error("{0}")]
    Url(String),
    /// Nothing was sent, for certain.
    #[error("{0}")]
    NotSent(String),
    /// Sent, or perhaps sent, and the connection broke before the answer.
    #[error("{0}")]
    Lost(String),
    /// Sent, or perhaps sent, and the answer did not come in time.
    #[error("no answer came in time")]
    TimedOut,
    /// A refusal. That nothing was done is certain only of one in the server's own words: see
    /// [`did_nothing`](Self::did_nothing).
    #[error("{0}")]
    Refused(String),
    /// The client was closed before: nothing was sent.
    #[error("the connection was closed by this program")]
    Closed,
    /// The server cannot tell when a write is on disk; the write was not sent.
    #[error("{0}")]
    NoFsync(String),
    /// An answer of another form than the command's.
    #[error("the server's answer is none of this command's: {0} was expected")]
    Unexpected(&'static str),
}

/// What fred says when a command never left this process; any other words count as sent.
///
/// The suite `redis_faults` fails when a new fred says it otherwise.
const UNSENT: [(ErrorKind, &str); 4] = [
    (ErrorKind::Canceled, "Connection closed unexpectedly."),
    (ErrorKind::Unknown, "Failed to route command."),
    (ErrorKind::Unknown, "Client is not initialized."),
    (ErrorKind::Unknown, "Failed to send command to router."),
];

/// The words that an error raised within a script may hide behind an `ERR` (before Redis 7).
const CODES: [&str; 9] = [
    "OOM",
    "READONLY",
    "MISCONF",
    "NOREPLICAS",
    "MASTERDOWN",
    "LOADING",
    "WRONGTYPE",
    "NOPERM",
    "NOGROUP",
];

/// The first words of refusals that are Redis' own, before a command does anything.
const OWN_CODES: [&str; 21] = [
    "ASK",
    "BUSY",
    "CLUSTERDOWN",
    "CROSSSLOT",
    "EXECABORT",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "MOVED",
    "NOAUTH",
    "NOGROUP",
    "NOPERM",
    "NOREPLICAS",
    "NOSCRIPT",
    "NOTOWNER",
    "OOM",
    "READONLY",
    "SUPERSEDED",
    "TRYAGAIN",
    "WRONGPASS",
    "WRONGTYPE",
];

/// What Redis says behind an `ERR`, before a command does anything.
const OWN_WORDS: [&str; 12] = [
    "unknown command",
    "unknown subcommand",
    "wrong number of arguments",
    "syntax error",
    "Protocol error",
    "max number of clients",
    "operation not permitted",
    "The ID specified in XADD",
    "exhausted the last possible ID",
    "Invalid stream ID",
    "without MULTI",
    "calls can not be nested",
];

impl RedisError {
    /// Whether it is a refusal in words of the server's own, which did nothing then. A proxy says by an error too that it lost
    /// the server, or its answer, to a command that it had passed on.
    pub(crate) fn did_nothing(&self) -> bool {
        match self {
            Self::Refused(message) => {
                let code = self.code();
                OWN_CODES.contains(&code)
                    || code == "ERR" && OWN_WORDS.iter().any(|words| message.contains(words))
            }
            Self::NotSent(_) | Self::Closed | Self::NoFsync(_) | Self::Url(_) => true,
            Self::Lost(_) | Self::TimedOut | Self::Unexpected(_) => false,
        }
    }

    /// Of a command.
    pub(super) fn of_command(error: &Error) -> Self {
        let unsent = UNSENT
            .iter()
            .any(|(kind, details)| error.kind() == kind && error.details() == *details);
        match error.kind() {
            _ if unsent => Self::NotSent("the connection is down".to_owned()),
            ErrorKind::Backpressure => Self::NotSent(said(error)),
            ErrorKind::Timeout => Self::TimedOut,
            _ => Self::Lost(said(error)),
        }
    }

    /// Of a first connection: whatever it is, no command was sent.
    pub(super) fn of_connection(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Auth => Self::Refused(error.details().to_owned()),
            ErrorKind::Config | ErrorKind::Url => Self::Url(error.details().to_owned()),
            // It does not have the database, say.
            _ if is_refusal(error.details()) => Self::Refused(error.details().to_owned()),
            _ => Self::NotSent(said(error)),
        }
    }

    /// A refusal by a server that goes on serving: one that became a replica does not always hang up.
    pub(super) fn is_this_server_still(&self) -> bool {
        matches!(self, Self::Refused(_))
            && !matches!(self.code(), "READONLY" | "MASTERDOWN" | "UNBLOCKED")
    }

    /// The first word of a refusal, by which Redis tells refusals apart; empty for other errors.
    pub(crate) fn code(&self) -> &str {
        let Self::Refused(message) = self else {
            return "";
        };
        let first = message.split(' ').next().unwrap_or_default();
        if first != "ERR" || !message.contains("script") {
            return first;
        }
        let within = message
            .split([' ', '-', ':'])
            .find(|word| CODES.contains(word));
        within.unwrap_or(first)
    }
}

/// What happened, in words that tell what to look at: the client's own name nothing but its parts.
fn said(error: &Error) -> String {
    let details = readable(error.details());
    match error.kind() {
        ErrorKind::IO => format!("the connection broke: {details}"),
        ErrorKind::Timeout => format!("no answer came in time: {details}"),
        ErrorKind::Protocol | ErrorKind::Parse => format!(
            "what answers there does not speak as Redis does ({details}); look whether it is a Redis server, and whether \
             it wants TLS (`rediss://`)"
        ),
        ErrorKind::Backpressure => format!("too much waits for the connection already: {details}"),
        ErrorKind::Canceled => format!("the connection was closed: {details}"),
        ErrorKind::Sentinel => format!("the sentinels know no primary: {details}"),
        _ => details,
    }
}

/// fred shows an error of the system as Rust code has it: `Os { code: 111, kind: …, message: "Connection refused" }`.
fn readable(details: &str) -> String {
    let parts = details
        .split_once("Os { code: ")
        .and_then(|(before, rest)| {
            let (_, rest) = rest.split_once(", message: \"")?;
            let (message, behind) = rest.split_once("\" }")?;
            Some(format!("{before}{message}{behind}"))
        });
    let parts = parts.or_else(|| {
        let (before, rest) = details.split_once("Custom { kind: ")?;
        let (_, rest) = rest.split_once(", error: ")?;
        let (message, behind) = rest.rsplit_once(" }")?;
        Some(format!("{before}{}{behind}", message.trim_matches('"')))
    });
    parts.unwrap_or_else(|| details.to_owned())
}

/// Whether a server says that it will never do it.
fn is_refusal(details: &str) -> bool {
    let will_pass = details.contains("max number of clients");
    !will_pass && (details.starts_with("ERR ") || details.starts_with("NOPERM "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(message: &str) -> String {
        RedisError::Refused(message.to_owned()).code().to_owned()
    }

    #[test]
    fn what_the_system_says_is_told_in_its_words() {
        let refused = Error::new(
            ErrorKind::IO,
            "Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }",
        );
        assert_eq!(
            RedisError::of_connection(&refused).to_string(),
            "the connection broke: Connection refused"
        );
        let lookup = Error::new(
            ErrorKind::IO,
            "Custom { kind: Uncategorized, error: \"failed to lookup address information\" }",
        );
        assert_eq!(
            RedisError::of_command(&lookup).to_string(),
            "the connection broke: failed to lookup address information"
        );
    }

    #[test]
    fn codes_are_found_also_within_a_scripts_error() {
        assert_eq!(
            code("OOM command not allowed when used memory > 'maxmemory'."),
            "OOM"
        );
        assert_eq!(
            code(
                "OOM command not allowed when used memory > 'maxmemory'. script: 9f, on @user_script:1."
            ),
            "OOM"
        );
        assert_eq!(
            code(
                "ERR Error running script (call to f_9f): @user_script:1: @user_script: 1: -OOM command not allowed"
            ),
            "OOM"
        );
        assert_eq!(
            code(
                "ERR Error running script (call to f_9f): @user_script:3: WRONGTYPE Operation against a key"
            ),
            "WRONGTYPE"
        );
        assert_eq!(code("ERR syntax error"), "ERR");
    }

    #[test]
    fn only_the_servers_own_words_say_that_nothing_was_done() {
        let own = [
            "OOM command not allowed when used memory > 'maxmemory'.",
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "ERR unknown command 'XADD', with args beginning with: 'key'",
            "ERR The stream has exhausted the last possible ID, unable to add more items",
        ];
        let others = ["upstream failure", "ERR backend conn failure", "ERR", ""];
        let did_nothing = |message: &str| RedisError::Refused(message.to_owned()).did_nothing();
        assert!(own.into_iter().all(did_nothing));
        assert!(!others.into_iter().any(did_nothing));
        assert_eq!(RedisError::Lost("OOM".to_owned()).code(), "");
    }
}
