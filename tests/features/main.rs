//! Tests against real servers, a module per feature.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod as_if_one_by_one;
mod audit;
mod caller_gone;
mod closed;
mod columns;
mod conformance;
mod connect;
mod consumer_killed;
mod contention;
mod corners;
mod counters;
mod dead_inserts;
mod dead_letters;
mod derive;
mod derive_names;
mod durability;
#[path = "../consumer/entities.rs"]
mod entities;
mod error_resolvers;
mod flush;
mod flusher;
mod frames;
mod full_channel;
mod garbage;
mod hang_up;
mod in_flight;
mod lazy_failed;
mod lazy_flush;
mod log;
mod made_keys;
mod mistakes;
mod on_duplicate_key;
mod one_bad_statement;
mod order;
mod outcome_unknown;
mod programs;
mod pruning;
mod quickstart;
mod receipts;
mod redelivery;
mod redis_pool;
mod references;
mod refused;
mod replay;
mod rights;
mod runtimes;
mod schema;
mod schema_of_others;
mod schema_of_parents;
mod schema_patience;
mod schema_rolling;
mod sentinel;
mod server_away;
mod server_settings;
mod servers;
mod several_pools;
mod short_ids;
mod signup;
mod spellings;
mod statistics;
mod support;
mod takeover;
mod together;
mod too_large;
mod tracking;
mod without_primary_key;
mod without_transactions;
mod workers;
