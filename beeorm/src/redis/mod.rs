//! The Redis client under the stream: connections, scripts, what an error means, what the server is like.
//!
//! No stream, cache or lock is known here; fred is named in this room only.

mod arguments;
mod client;
mod closed;
mod connection;
mod error;
mod fsync;
mod generation;
mod guarded;
mod in_order;
mod options;
mod own;
mod policy;
mod pulse;
mod reply;
mod script;
#[cfg(feature = "tls")]
mod tls;
mod url;
mod waiter;

pub(crate) use self::{
    arguments::Arguments,
    client::{Client, open},
    error::RedisError,
    fsync::{FsyncWriter, Written},
    guarded::{Attempt, Guard, Guarded},
    options::RedisOptions,
    policy::{Eviction, Persistence, Policy, RIGHTS},
    reply::Reply,
    script::Script,
    waiter::Waiter,
};
