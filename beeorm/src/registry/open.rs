//! Opens one pool, and says what is wrong with it.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

#[cfg(feature = "redis")]
use super::open_redis::{redis, rights};
use super::{
    ConfigError,
    pool::{Pool, StreamPlace},
    pool_url::Backend,
};
use crate::{
    database::{self, Database, OpenOptions},
    engine::Channel,
    runtime::Runtime,
    stream::StreamError,
};

/// Connections of a database pool for callers; as many again for the consumer.
const MAX_CONNECTIONS: u32 = 20;

const DATABASE_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A pool that answered.
pub(super) enum Opened {
    Database(Arc<dyn Database>),
    Streams(Streams),
}

/// The streams that lie in a pool, by their names.
pub(super) type Streams = Vec<(String, Channel)>;

/// Opens the pool, and in a stream pool the streams that lie in it.
pub(super) async fn open(
    pool: &Pool,
    places: &[StreamPlace],
    runtime: &Runtime,
) -> Result<Opened, Vec<ConfigError>> {
    let streams = match pool.url.backend {
        Backend::Database => {
            return database(pool, runtime)
                .await
                .map(Opened::Database)
                .map_err(|error| vec![error]);
        }
        Backend::Redis => redis(pool, places, runtime).await?,
        Backend::Embedded => embedded(pool, places, runtime)
            .await
            .map_err(|reason| vec![unreachable_pool(pool, reason)])?,
    };
    // Groups are there from the first statistics on, and a missing right is told here.
    let prepared = join_all(streams.iter().map(|(_, channel)| channel.stream.prepare())).await;
    let wrong = prepared
        .into_iter()
        .filter_map(Result::err)
        .map(|error| unreachable_pool(pool, refusal(pool, error)));
    let wrong: Vec<_> = wrong.collect();
    if wrong.is_empty() {
        return Ok(Opened::Streams(streams));
    }
    join_all(streams.iter().map(|(_, channel)| channel.stream.close())).await;
    Err(wrong)
}

pub(super) fn unreachable_pool(pool: &Pool, reason: impl Into<String>) -> ConfigError {
    ConfigError::Unreachable {
        kind: pool.url.kind().name(),
        pool: pool.name.clone(),
        url: pool.url.shown(),
        reason: reason.into(),
    }
}

/// What a stream's server said; which pool it is of is told already.
fn refusal(pool: &Pool, error: StreamError) -> String {
    match error {
        StreamError::Refused { reason, .. } if reason.contains("NOPERM") => {
            format!(
                "{reason}; the lazy channel takes: ACL SETUSER … {}",
                rights(pool)
            )
        }
        StreamError::Refused { reason, .. } | StreamError::Unavailable { reason, .. } => reason,
        error => error.to_string(),
    }
}

async fn database(pool: &Pool, runtime: &Runtime) -> Result<Arc<dyn Database>, ConfigError> {
    let options = OpenOptions {
        url: pool.url.url.clone(),
        max_connections: pool.options.max_connections.unwrap_or(MAX_CONNECTIONS),
        connect_timeout: pool
            .options
            .connect_timeout
            .unwrap_or(DATABASE_CONNECT_TIMEOUT),
        encoding: pool.options.encoding.clone(),
        collate: pool.options.collate.clone(),
        runtime: runtime.clone(),
    };
    database::open(&options)
        .await
        .map_err(|error| unreachable_pool(pool, error.message()))
}

#[cfg(any(feature = "redis", feature = "embedded"))]
pub(super) fn channels(
    pool: &Pool,
    places: &[StreamPlace],
    stream: impl Fn(&str, &str) -> Arc<dyn crate::stream::Stream>,
) -> Streams {
    let channel = |place: &StreamPlace| {
        let group = place.groups.first().cloned()?;
        let stream = stream(&place.stream, &group);
        Some((
            place.stream.clone(),
            Channel {
                pool: pool.name.clone(),
                group,
                stream,
            },
        ))
    };
    places
        .iter()
        .filter(|place| place.pool == pool.name)
        .filter_map(channel)
        .collect()
}

#[cfg(not(feature = "redis"))]
fn rights(_: &Pool) -> String {
    String::new()
}

#[cfg(not(feature = "redis"))]
async fn redis(pool: &Pool, _: &[StreamPlace], _: &Runtime) -> Result<Streams, Vec<ConfigError>> {
    Err(vec![unreachable_pool(
        pool,
        "beeorm was built without its feature `redis`",
    )])
}

#[cfg(feature = "embedded")]
async fn embedded(
    pool: &Pool,
    places: &[StreamPlace],
    runtime: &Runtime,
) -> Result<Streams, String> {
    use crate::stream::embedded::{self, EmbeddedStream};

    let opened = embedded::open(&pool.name, &pool.url.url, runtime.clone()).await;
    let store = opened.map_err(|error| refusal(pool, error))?;
    Ok(channels(pool, places, |name, _| {
        Arc::new(EmbeddedStream::new(Arc::clone(&store), name))
    }))
}

#[cfg(not(feature = "embedded"))]
async fn embedded(_: &Pool, _: &[StreamPlace], _: &Runtime) -> Result<Streams, String> {
    Err("beeorm was built without its feature `embedded`".to_owned())
}
