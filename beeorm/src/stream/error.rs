use crate::error::debug_as_display;

/// Why a stream refused, or what is not known of an append.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The stream's server could not be reached: nothing was done.
    #[error(
        "the stream pool {pool:?} cannot be reached ({reason}): nothing was done; try again later"
    )]
    Unavailable {
        /// The pool.
        pool: String,
        /// What the client said.
        reason: String,
    },
    /// The server refused because of its memory: nothing was appended.
    #[error(
        "the stream pool {pool:?} is out of memory ({reason}): nothing was done; let the consumer catch up, or raise maxmemory"
    )]
    OutOfMemory {
        /// The pool.
        pool: String,
        /// What the server said.
        reason: String,
    },
    /// The connection broke after the append was sent.
    #[error("the answer to an append to the stream pool {pool:?} was lost ({reason})")]
    OutcomeUnknown {
        /// The pool.
        pool: String,
        /// What the client said.
        reason: String,
    },
    /// The server cannot tell when an entry is on disk, as [`Durability::Fsynced`](crate::Durability) asks for:
    /// nothing was appended.
    #[error(
        "the stream pool {pool:?} cannot be flushed to with `Durability::Fsynced`: {reason}; nothing was appended"
    )]
    NoFsync {
        /// The pool.
        pool: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// The engine was closed: nothing was done.
    #[error(
        "the stream pool {pool:?} was closed with its engine: nothing was done; connect another"
    )]
    Closed {
        /// The pool.
        pool: String,
    },
    /// Another consumer has taken the stream over.
    #[error("another consumer has taken the stream over")]
    NotOwner,
    /// The server refused for another reason: nothing was appended.
    #[error("the stream pool {pool:?} refused: {reason}")]
    Refused {
        /// The pool.
        pool: String,
        /// What the server said.
        reason: String,
    },
}

debug_as_display!(StreamError);
