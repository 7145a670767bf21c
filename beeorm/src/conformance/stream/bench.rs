use std::sync::Arc;

use uuid::Uuid;

use crate::stream::{Entry, EntryId, Stream};
#[cfg(feature = "redis")]
use crate::{
    BACKGROUND_CONSUMER_GROUP,
    redis::{self, Client, RedisOptions},
    stream::redis::RedisStream,
};
#[cfg(feature = "embedded")]
use crate::{
    runtime::Runtime,
    stream::embedded::{self, EmbeddedStream},
};

/// A pool under test.
pub(super) enum Bench {
    #[cfg(feature = "redis")]
    Redis(Arc<Client>),
    #[cfg(feature = "embedded")]
    Embedded(Arc<embedded::Store>),
}

impl Bench {
    pub(super) async fn open(url: &str) -> Self {
        #[cfg(feature = "embedded")]
        if url.starts_with("embedded:") {
            return Self::Embedded(
                embedded::open("lazy", url, Runtime::system())
                    .await
                    .expect("opens"),
            );
        }
        #[cfg(feature = "redis")]
        return Self::Redis(Arc::new(
            redis::open(&RedisOptions::new("lazy", url))
                .await
                .expect("opens"),
        ));
        #[cfg(not(feature = "redis"))]
        panic!("no stream is built in for {url}");
    }

    /// A stream of its own, prepared.
    pub(super) async fn prepared(&self) -> Arc<dyn Stream> {
        let stream = self.stream();
        stream.prepare().await.expect("prepares");
        stream
    }

    /// A stream of its own that nobody has touched.
    pub(super) fn stream(&self) -> Arc<dyn Stream> {
        self.named(&format!("conformance-{}", Uuid::now_v7()))
    }

    pub(super) fn named(&self, name: &str) -> Arc<dyn Stream> {
        match self {
            #[cfg(feature = "redis")]
            Self::Redis(client) => Arc::new(RedisStream::new(
                Arc::clone(client),
                name,
                BACKGROUND_CONSUMER_GROUP,
            )),
            #[cfg(feature = "embedded")]
            Self::Embedded(store) => Arc::new(EmbeddedStream::new(Arc::clone(store), name)),
        }
    }

    /// A stream of its own, prepared, and its owner's token.
    pub(super) async fn owned(&self) -> (Arc<dyn Stream>, Uuid) {
        let stream = self.prepared().await;
        let token = own(&*stream).await;
        (stream, token)
    }
}

/// Takes the stream over from whoever has it.
pub(super) async fn own(stream: &dyn Stream) -> Uuid {
    let token = Uuid::now_v7();
    let seen = stream.lease().await.expect("lease");
    assert!(
        stream
            .acquire(seen.as_ref(), token)
            .await
            .expect("acquires"),
        "nobody else wants it"
    );
    token
}

/// Appends entries of one frame each.
pub(super) async fn fill(stream: &dyn Stream, frames: &[&str]) -> Vec<EntryId> {
    let mut ids = Vec::new();
    for frame in frames {
        ids.push(
            stream
                .append(&[frame.to_string().into()])
                .await
                .expect("appends"),
        );
    }
    ids
}

/// The first frames, as text.
pub(super) fn texts(entries: &[Entry]) -> Vec<String> {
    let first = |entry: &Entry| {
        entry
            .frames
            .first()
            .map(|frame| String::from_utf8_lossy(frame).into_owned())
    };
    entries
        .iter()
        .map(|entry| first(entry).unwrap_or_default())
        .collect()
}

pub(super) fn ids(entries: &[Entry]) -> Vec<EntryId> {
    entries.iter().map(|entry| entry.id).collect()
}
