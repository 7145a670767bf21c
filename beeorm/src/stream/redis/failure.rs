use crate::{
    redis::{RIGHTS, RedisError},
    stream::StreamError,
};

/// Makes a stream's errors of the client's.
pub(super) struct Failures<'a> {
    pub(super) pool: &'a str,
    /// What was attempted, as one says it before a colon.
    pub(super) attempt: &'static str,
    /// The client was closed meanwhile.
    pub(super) closed: bool,
}

impl Failures<'_> {
    /// Of anything that may be asked again.
    pub(super) fn failed(&self, error: RedisError) -> StreamError {
        match error {
            RedisError::NotSent(_) | RedisError::Lost(_) | RedisError::TimedOut if self.closed => {
                self.refused(RedisError::Closed)
            }
            error => self.refused(error),
        }
    }

    /// Of an append, of which it matters whether it took place.
    pub(super) fn append_failed(&self, error: RedisError) -> StreamError {
        if error.did_nothing() {
            return self.refused(error);
        }
        StreamError::OutcomeUnknown {
            pool: self.pool.to_owned(),
            reason: self.reason(&error),
        }
    }

    fn refused(&self, error: RedisError) -> StreamError {
        let (pool, reason) = (self.pool.to_owned(), self.reason(&error));
        match error {
            RedisError::Closed => StreamError::Closed { pool },
            RedisError::NotSent(_) if self.closed => StreamError::Closed { pool },
            RedisError::NotSent(_) => StreamError::Unavailable { pool, reason },
            // Says all by itself.
            RedisError::NoFsync(reason) => StreamError::NoFsync { pool, reason },
            // Asked again, it may be answered as it should.
            RedisError::Url(_) | RedisError::Unexpected(_) => StreamError::Refused { pool, reason },
            RedisError::Lost(_) | RedisError::TimedOut => StreamError::Unavailable { pool, reason },
            RedisError::Refused(_) => match error.code() {
                "NOTOWNER" => StreamError::NotOwner,
                "OOM" => StreamError::OutOfMemory { pool, reason },
                // The server's state, and not what was asked of it: it passes.
                "READONLY" | "LOADING" | "MASTERDOWN" | "NOREPLICAS" | "MISCONF" | "BUSY"
                | "CLUSTERDOWN" | "TRYAGAIN" | "UNBLOCKED" | "NOSCRIPT" | "SUPERSEDED" => {
                    StreamError::Unavailable { pool, reason }
                }
                _ => StreamError::Refused { pool, reason },
            },
        }
    }

    fn reason(&self, error: &RedisError) -> String {
        let rights;
        let advice = match error.code() {
            "WRONGTYPE" => {
                "; the key is another program's: give this one a namespace of its own, `redis://…?namespace=…`"
            }
            // Of a script's command the server does not say which it was.
            "NOPERM" => {
                rights = format!("; the account lacks a right to it: ACL SETUSER … {RIGHTS}");
                &rights
            }
            "NOAUTH" | "WRONGPASS" => "; give user and password in the pool's URL",
            "MISCONF" => "; the server cannot write its file to disk, and its log says why",
            "READONLY" => {
                "; the server is a replica by now: connect to the primary, or to sentinels"
            }
            _ => "",
        };
        format!("{}: {error}{advice}", self.attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(closed: bool) -> Failures<'static> {
        Failures {
            pool: "lazy",
            attempt: "appending",
            closed,
        }
    }

    #[test]
    fn messages_say_where_it_was_what_was_attempted_and_what_to_do() {
        let refusal = "WRONGTYPE Operation against a key holding the wrong kind of value";
        let refused = failures(false).append_failed(RedisError::Refused(refusal.to_owned()));
        let told = refused.to_string();
        for part in ["\"lazy\"", "appending", refusal, "namespace"] {
            assert!(told.contains(part), "{told}");
        }
        assert!(matches!(refused, StreamError::Refused { .. }));
    }

    #[test]
    fn a_proxys_error_leaves_it_open_whether_an_append_took_place() {
        let proxys = RedisError::Refused("upstream failure".to_owned());
        let unknown = failures(false).append_failed(proxys.clone());
        assert!(
            matches!(unknown, StreamError::OutcomeUnknown { .. }),
            "{unknown}"
        );
        let refused = failures(false).failed(proxys);
        assert!(matches!(refused, StreamError::Refused { .. }), "{refused}");
    }

    #[test]
    fn of_a_closed_client_only_a_sent_append_is_unknown() {
        let closed = failures(true);
        for error in [RedisError::Closed, RedisError::NotSent("down".to_owned())] {
            let failed = closed.append_failed(error.clone());
            assert!(matches!(failed, StreamError::Closed { .. }), "{failed}");
            let failed = closed.failed(error);
            assert!(matches!(failed, StreamError::Closed { .. }), "{failed}");
        }
        let lost = RedisError::Lost("the connection broke".to_owned());
        let failed = closed.failed(lost.clone());
        assert!(matches!(failed, StreamError::Closed { .. }), "{failed}");
        let unknown = closed.append_failed(lost);
        assert!(
            matches!(unknown, StreamError::OutcomeUnknown { .. }),
            "{unknown}"
        );
    }
}
