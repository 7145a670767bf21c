//! From a registry to an engine.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;

use super::{
    ConfigError, ConfigErrors, Registry,
    check::check,
    check_table::has_short_ids,
    open::{Opened, open},
    pool::Pool,
};
use crate::{
    database::{Database, DatabaseError, Databases, FailureClass, Purpose},
    engine::{Channel, Engine, Outcomes, Parts, SHORT_IDS, ShortIds},
    error::Error,
    frame::Tables,
    publish::{Durability, Publisher},
    runtime::Runtime,
    stream::{LAZY_CHANNEL, StreamError},
};

/// Opens the pools also where something is wrong already, so that every mistake is told at once.
pub(super) async fn connect(registry: Registry) -> Result<Engine, Error> {
    DatabaseError::unless_entered()?;
    let runtime = Runtime::system();
    let mut mistakes = check(&registry);
    let places = &registry.places();
    let pools = registry
        .pools
        .iter()
        .enumerate()
        .filter(|(position, pool)| is_first(&registry, *position, pool));
    let clock = &runtime;
    let opening = pools.map(|(_, pool)| async move { (pool, open(pool, places, clock).await) });
    let mut opened = Pools::default();
    for (pool, result) in join_all(opening).await {
        match result {
            Ok(Opened::Database(database)) => {
                let (pool, server) = (&pool.name, database.version());
                tracing::info!(pool, server, "the database answers");
                opened.databases.insert(pool.clone(), database);
            }
            Ok(Opened::Streams(streams)) => opened.channels.extend(streams),
            Err(wrong) => mistakes.extend(wrong),
        }
    }
    for place in registry
        .streams
        .iter()
        .filter(|place| place.stream != LAZY_CHANNEL)
    {
        tracing::warn!(
            pool = place.pool,
            stream = place.stream,
            "there is no event broker yet that would write to this stream or read it: lazy flushes go through \
             {LAZY_CHANNEL}"
        );
    }
    for (pool, size) in &registry.local_caches {
        tracing::warn!(
            pool,
            size,
            "there are no local caches yet: every load goes to the database"
        );
    }
    let engine = match ConfigErrors::of(mistakes) {
        Some(mistakes) => Err(mistakes.into()),
        None => opened.engine(&registry, runtime).await,
    };
    if engine.is_err() {
        opened.close().await;
    }
    engine
}

/// A second pool of one name and kind is a mistake that was told; it is not opened.
fn is_first(registry: &Registry, position: usize, pool: &Pool) -> bool {
    let same = |other: &Pool| other.name == pool.name && other.url.kind() == pool.url.kind();
    registry.pools.iter().position(same) == Some(position)
}

/// Of a synchronous flush that waits for lazy ones.
const LAZY_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Pools {
    databases: BTreeMap<String, Arc<dyn Database>>,
    channels: BTreeMap<String, Channel>,
}

impl Pools {
    async fn engine(&mut self, registry: &Registry, runtime: Runtime) -> Result<Engine, Error> {
        let channels = &self.channels;
        let lazy = channels
            .get(LAZY_CHANNEL)
            .ok_or_else(|| Error::StreamNotRegistered {
                name: LAZY_CHANNEL.to_owned(),
                registered: channels.keys().cloned().collect(),
            })?;
        let settings = registry.lazy.settings();
        if settings.durability == Durability::Fsynced {
            lazy.stream
                .prepare_fsync(settings.fsync)
                .await
                .map_err(no_fsync)?;
        }
        let statement_bytes = self
            .databases
            .values()
            .map(|database| database.max_statement_bytes())
            .min();
        let publisher = Publisher::new(
            Arc::clone(&lazy.stream),
            runtime.clone(),
            statement_bytes.unwrap_or(usize::MAX),
            settings,
        );
        let short_ids = self.short_ids(registry, &runtime).await?;
        let databases = Arc::new(Databases::new(std::mem::take(&mut self.databases)));
        Ok(Engine::new(Parts {
            outcomes: Outcomes::new(Arc::clone(&databases), runtime.clone()),
            lazy_timeout: registry.lazy_timeout.unwrap_or(LAZY_TIMEOUT),
            runtime,
            databases,
            channels: std::mem::take(&mut self.channels),
            publisher,
            tables: Arc::new(Tables::new(registry.schemas.iter().copied())),
            short_ids,
        }))
    }

    /// Reserves ids where an entity needs them; all such entities lie in one pool.
    async fn short_ids(
        &self,
        registry: &Registry,
        runtime: &Runtime,
    ) -> Result<Option<ShortIds>, Error> {
        let Some(schema) = registry.schemas.iter().find(|schema| has_short_ids(schema)) else {
            return Ok(None);
        };
        let Some(database) = self.databases.get(schema.pool) else {
            return Ok(None);
        };
        let open = || ShortIds::open(registry.server_id, Arc::clone(database), runtime.clone());
        // The table is made only where it is not: an application's account may have no right to.
        match open().await {
            Ok(ids) => Ok(Some(ids)),
            Err(Error::Database(error)) if error.class() != FailureClass::Infrastructure => {
                let denied = error.is_denied().then_some(error);
                make_table(&**database, denied).await?;
                open().await.map(Some)
            }
            Err(error) => Err(error),
        }
    }

    async fn close(&self) {
        for database in self.databases.values() {
            database.close().await;
        }
        for channel in self.channels.values() {
            channel.stream.close().await;
        }
    }
}

/// A server that cannot do it is a mistake in what the registry was told; one that went away is none.
fn no_fsync(error: StreamError) -> Error {
    match error {
        StreamError::NoFsync { pool, reason } => {
            ConfigErrors::one(ConfigError::NoFsync { pool, reason }).into()
        }
        error => error.into(),
    }
}

/// `denied` is what an account was told that has not all rights to it.
async fn make_table(
    database: &dyn Database,
    denied: Option<DatabaseError>,
) -> Result<(), DatabaseError> {
    let mut session = database.session(Purpose::Caller).await?;
    match (session.execute(SHORT_IDS, &[]).await, denied) {
        (Err(error), Some(denied)) if error.is_denied() => Err(denied.retold(|said| {
            format!(
                "{said}; short ids take GRANT SELECT, INSERT and UPDATE on `_beeorm_short_ids`, which is made by whoever \
                 connects first with the right to"
            )
        })),
        (made, _) => made.map(drop),
    }
}
