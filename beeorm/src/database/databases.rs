use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;

use super::{Database, Purpose, Session};
use crate::error::Error;

/// The database pools of an engine, by name.
#[derive(Debug, Default)]
pub(crate) struct Databases {
    pools: BTreeMap<String, Arc<dyn Database>>,
    closed: watch::Sender<bool>,
}

impl Databases {
    pub(crate) fn new(pools: BTreeMap<String, Arc<dyn Database>>) -> Self {
        Self {
            pools,
            closed: watch::Sender::new(false),
        }
    }

    pub(crate) fn get(&self, pool: &str) -> Result<&Arc<dyn Database>, Error> {
        self.pools
            .get(pool)
            .ok_or_else(|| Error::PoolNotRegistered {
                kind: "database",
                name: pool.to_owned(),
                registered: self.pools.keys().cloned().collect(),
            })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Arc<dyn Database>)> {
        self.pools
            .iter()
            .map(|(pool, database)| (pool.as_str(), database))
    }

    /// A session for a caller.
    pub(crate) async fn session(&self, pool: &str) -> Result<Box<dyn Session>, Error> {
        let session = self.get(pool)?.session(Purpose::Caller).await;
        Ok(session.map_err(|error| {
            if error.is_closed() {
                return error;
            }
            error.retold(|said| format!("the database pool {pool:?}: {said}"))
        })?)
    }

    /// Closes all of them.
    pub(crate) async fn close(&self) {
        self.closed.send_replace(true);
        for database in self.pools.values() {
            database.close().await;
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    /// Waits until they are closed.
    pub(crate) async fn closed(&self) {
        // Its sender is here, and so it ends for no other reason.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }
}
