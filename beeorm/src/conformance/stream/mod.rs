//! What every stream does, whatever it is made of.

mod acknowledge;
mod append;
mod bench;
#[cfg(feature = "redis")]
mod heal;
mod own;
mod read;
mod statistics;
mod wait;

use self::bench::Bench;
use crate::stream::StreamError;

/// Runs the suite on the streams of a pool, each check on a stream of its own.
///
/// The URL is one of a Redis server or an embedded one (`embedded://…`).
pub async fn stream(url: &str) {
    let bench = Bench::open(url).await;
    append::suite(&bench).await;
    own::suite(&bench).await;
    read::suite(&bench).await;
    acknowledge::suite(&bench).await;
    statistics::suite(&bench).await;
    wait::suite(&bench).await;
    #[cfg(feature = "redis")]
    heal::suite(&bench).await;
    let stream = bench.stream();
    stream.close().await;
    let closed = [
        stream.append(&["frame".into()]).await.map(drop),
        stream.statistics().await.map(drop),
        stream.wait(std::time::Duration::from_secs(1)).await,
    ];
    for answer in closed {
        assert!(
            matches!(answer, Err(StreamError::Closed { .. })),
            "{answer:?}"
        );
    }
}
