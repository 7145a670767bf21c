//! The end: what the requests left in the stream is executed, as long as there is time.

use std::{error::Error, time::Duration};

use beeorm::{Report, prelude::*};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until, timeout_at},
};

use crate::config::Config;

/// How the service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    /// Nothing is left, or it is another process that consumes.
    Done,
    /// Time was up, and lazy flushes wait in the stream.
    SomeWait,
}

/// A database that has taken a statement may not have answered it when time is up.
const LAST_ANSWER: Duration = Duration::from_secs(2);

/// Lets the consumer, which was told to stop, finish what it holds, and executes what is left.
pub(crate) async fn drain(
    engine: &Engine,
    consumer: JoinHandle<Result<Report, beeorm::Error>>,
    config: &Config,
) -> Result<Drained, Box<dyn Error>> {
    let longest = config.drain;
    let end = Instant::now() + longest;
    let draining = async {
        let served = consumer.await??;
        let consumer = engine.background_consumer();
        let rest = consumer.drain_until(sleep_until(end)).await?;
        tracing::info!(?served, ?rest, "the consumer is done");
        Ok::<_, Box<dyn Error>>(())
    };
    // What was cut off here is delivered again, and executed once.
    if let Ok(drained) = timeout_at(end + LAST_ANSWER, draining).await {
        drained?;
    }
    match engine.event_broker().stream_statistics(LAZY_CHANNEL).await {
        Ok(stream) if stream.len == 0 => Ok(Drained::Done),
        Ok(stream) => {
            eprintln!(
                "signup: time is up after {longest:?}, and {} lazy flushes wait in the stream {LAZY_CHANNEL:?} of the pool \
                 {:?}; {}",
                stream.len,
                stream.pool,
                if config.keeps_no_stream() {
                    "they end with this process, as the stream is in memory"
                } else {
                    "the next consumer executes them, once the database is there"
                }
            );
            Ok(Drained::SomeWait)
        }
        Err(error) => {
            eprintln!(
                "signup: how many lazy flushes wait in the stream {LAZY_CHANNEL:?} cannot be told: {error}"
            );
            Ok(Drained::SomeWait)
        }
    }
}
