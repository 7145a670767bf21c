use crate::{redis::RedisError, stream::StreamError};

/// Makes a stream's errors of the client's.
pub(super) struct Failures<'a> {
    pub(super) pool: &'a str,
}

impl Failures<'_> {
    /// Of anything that may be asked again.
    pub(super) fn failed(&self, error: RedisError) -> StreamError {
        match error {
            error @ (RedisError::Lost(_) | RedisError::TimedOut) => StreamError::Unavailable {
                pool: self.pool.to_owned(),
                reason: error.to_string(),
            },
            error => self.append_failed(error),
        }
    }

    /// Of an append, of which it matters whether it took place.
    pub(super) fn append_failed(&self, error: RedisError) -> StreamError {
        let (pool, reason) = (self.pool.to_owned(), error.to_string());
        match error {
            RedisError::NotSent(_) => StreamError::Unavailable { pool, reason },
            RedisError::Lost(_) | RedisError::TimedOut | RedisError::Unexpected(_) => {
                StreamError::OutcomeUnknown { pool, reason }
            }
            RedisError::NoFsync(_) => StreamError::NoFsync { pool, reason },
            RedisError::Url(_) => StreamError::Refused { pool, reason },
            RedisError::Refused(_) => match error.code() {
                "NOTOWNER" => StreamError::NotOwner,
                "OOM" => StreamError::OutOfMemory { pool, reason },
                // The server's state, and not what was asked of it: it passes.
                "READONLY" | "LOADING" | "MASTERDOWN" | "NOREPLICAS" | "MISCONF" | "BUSY"
                | "CLUSTERDOWN" | "TRYAGAIN" | "UNBLOCKED" | "NOSCRIPT" => {
                    StreamError::Unavailable { pool, reason }
                }
                _ => StreamError::Refused { pool, reason },
            },
        }
    }
}
