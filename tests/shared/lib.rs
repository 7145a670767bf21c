//! What the tests share with the programs beside them: servers, a proxy with faults, Redis without a client
//! library, random numbers, and the record of the audit's producers. Nothing here uses beeorm.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

mod cargo;
mod clock;
mod overheard;
mod program;
mod proxy;
mod random;
pub mod record;
mod redis;
mod servers;
mod signal;

pub use self::{
    cargo::cargo,
    clock::Clock,
    overheard::overheard,
    program::Program,
    proxy::{Fault, Hits, Proxy},
    random::Random,
    redis::{Answer, RawEntry, RedisConnection},
    servers::Servers,
    signal::signal,
};
