//! What the tests share: servers, and in them a database and a key prefix for each test. No connection is shared,
//! since each `#[tokio::test]` has a runtime of its own that takes its sockets with it.

mod backend;
mod consumer;
mod database;
mod look;
mod redis;
mod scene;
mod servers;

pub(crate) use beeorm_tests::{Fault, Proxy, Random, Servers};

pub(crate) use backend::{Backend, drain, engine, on_every_backend, redis_url};
pub(crate) use consumer::{ConsumerProcess, FEW, run};
pub(crate) use database::{TestDatabase, mysql_database};
pub(crate) use look::{Sql, until};
pub(crate) use redis::RawRedis;
pub(crate) use scene::{PATIENCE, Scene, counter, event, keeper, visit};
pub(crate) use servers::{Sentinels, own_servers, sentinels, servers};

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A folder of a test's own, removed with the value.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// A prefix for the Redis keys of one test.
pub(crate) fn key_prefix() -> String {
    unique("test")
}

/// A name that no other call, in this run or another on the same servers, has had.
fn unique(what: &str) -> String {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let moment = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_millis());
    format!("{what}_{moment:x}_{:x}_{call:x}", std::process::id())
}
