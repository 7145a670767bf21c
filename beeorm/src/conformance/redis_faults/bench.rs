use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::proxy::Proxy;
use crate::{
    BACKGROUND_CONSUMER_GROUP,
    redis::{self, RedisOptions},
    stream::{Fsync, Stream, StreamError, redis::RedisStream},
};

/// A stream behind a proxy, and the same one past it.
pub(super) struct Bench {
    pub(super) proxy: Proxy,
    pub(super) stream: RedisStream,
    direct: RedisStream,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Appended,
    Unavailable,
    Unknown,
}

impl Bench {
    pub(super) async fn new(url: &str) -> Self {
        Self::with_timeout(url, Duration::from_millis(800)).await
    }

    pub(super) async fn with_timeout(url: &str, command_timeout: Duration) -> Self {
        let proxy = Proxy::to(url.trim_start_matches("redis://"));
        let name = format!("faults-{}", Uuid::now_v7());
        let mut options = RedisOptions::new("lazy", proxy.url());
        options.command_timeout = command_timeout;
        let stream = open(&options, &name).await;
        let direct = open(&RedisOptions::new("lazy", url), &name).await;
        Self {
            proxy,
            stream,
            direct,
        }
    }

    pub(super) async fn append(&self) -> Outcome {
        outcome(&self.stream.append(&["frame".into()]).await)
    }

    /// Waits until it is on disk; false behind an outcome that is certain, where that is not known.
    pub(super) async fn append_fsynced(&self) -> (Outcome, bool) {
        let appended = self.stream.append_fsynced(&["frame".into()], FSYNC).await;
        let is_on_disk = appended
            .as_ref()
            .is_ok_and(|appended| appended.shortfall.is_none());
        (outcome(&appended), is_on_disk)
    }

    /// Whether the server can tell when something is on disk; then what it needs for that is ready.
    pub(super) async fn can_fsync(&self) -> bool {
        match self.stream.prepare_fsync(FSYNC).await {
            Ok(()) => true,
            Err(StreamError::NoFsync { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Appends one entry as soon as it goes.
    pub(super) async fn comes_back(&self) {
        for _ in 0..100 {
            match self.append().await {
                Outcome::Appended => return,
                Outcome::Unavailable => tokio::time::sleep(Duration::from_millis(30)).await,
                Outcome::Unknown => panic!("the connection is down, or it is sound"),
            }
        }
        panic!("the connection does not come back");
    }

    /// What is in the stream.
    pub(super) async fn len(&self) -> usize {
        usize::try_from(self.direct.statistics().await.expect("figures").len)
            .expect("a small number")
    }
}

pub(super) const FSYNC: Fsync = Fsync {
    replicas: 0,
    timeout: Duration::from_secs(5),
};

fn outcome<T>(appended: &Result<T, StreamError>) -> Outcome {
    match appended {
        Ok(_) => Outcome::Appended,
        Err(StreamError::Unavailable { .. }) => Outcome::Unavailable,
        Err(StreamError::OutcomeUnknown { .. }) => Outcome::Unknown,
        Err(error) => panic!("{error}"),
    }
}

async fn open(options: &RedisOptions, name: &str) -> RedisStream {
    let client = redis::open(options).await.expect("opens");
    RedisStream::new(Arc::new(client), name, BACKGROUND_CONSUMER_GROUP)
}
