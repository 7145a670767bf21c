//! The deterministic simulator: the library's own publisher, planner, consumer and ownership on a simulated
//! stream, database, clock and scheduler, under every fault, all of it drawn from a seed.
//!
//! Nothing of the code under test is replaced but what stands behind its three seams (`Host`,
//! `Stream`, `Database`). A seed gives the same run every time. Not part of
//! the library's stable interface.
#![allow(
    clippy::missing_panics_doc,
    reason = "a panic here is a mistake of the simulator's own"
)]

mod chaos;
mod checker;
mod database;
mod entities;
mod line;
mod plan;
mod process;
mod random;
mod run;
mod scene;
mod stream;
#[cfg(test)]
mod tests;
mod trace;
mod workload;
mod world;

pub use self::run::{Outcome, run};
