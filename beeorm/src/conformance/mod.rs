//! The suites that every backend passes, for those who write one.
//!
//! Each takes the URL of a backend, which it fills with tables or streams of its own, and panics where
//! the backend does not keep to the contract. Not part of the library's stable interface.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a panic is how a test fails"
)]

mod database;
mod frames;
mod hot_paths;
#[cfg(feature = "redis")]
mod redis_faults;
#[cfg(any(feature = "redis", feature = "embedded"))]
mod stream;

#[cfg(feature = "redis")]
pub use self::redis_faults::{redis_failover, redis_faults, redis_refusals};
#[cfg(any(feature = "redis", feature = "embedded"))]
pub use self::stream::stream;
pub use self::{database::database, frames::Frames, hot_paths::HotPaths};
