//! Tests against real servers, a module per feature.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod error_resolvers;
mod flusher;
mod lazy_flush;
mod redis_pool;
mod refused;
mod servers;
mod statistics;
mod workers;
mod support;
