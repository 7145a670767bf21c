use std::{collections::BTreeMap, sync::Arc};

use super::{Database, Purpose, Session};
use crate::error::Error;

/// The database pools of an engine, by name.
#[derive(Debug, Default)]
pub(crate) struct Databases(BTreeMap<String, Arc<dyn Database>>);

impl Databases {
    pub(crate) fn new(pools: BTreeMap<String, Arc<dyn Database>>) -> Self {
        Self(pools)
    }

    pub(crate) fn get(&self, pool: &str) -> Result<&Arc<dyn Database>, Error> {
        self.0.get(pool).ok_or_else(|| Error::PoolNotRegistered {
            kind: "database",
            name: pool.to_owned(),
            registered: self.0.keys().cloned().collect(),
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Arc<dyn Database>)> {
        self.0
            .iter()
            .map(|(pool, database)| (pool.as_str(), database))
    }

    /// A session for a caller.
    pub(crate) async fn session(&self, pool: &str) -> Result<Box<dyn Session>, Error> {
        Ok(self.get(pool)?.session(Purpose::Caller).await?)
    }
}
