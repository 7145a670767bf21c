//! Tests against real servers, a module per feature.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod columns;
mod conformance;
mod derive;
mod derive_names;
mod error_resolvers;
mod flush;
mod flusher;
mod lazy_flush;
mod on_duplicate_key;
mod redis_pool;
mod references;
mod refused;
mod schema;
mod servers;
mod short_ids;
mod statistics;
mod support;
mod tracking;
mod workers;
