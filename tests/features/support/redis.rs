//! Redis without a client library: any bytes to the channel, any command.

use beeorm::{BACKGROUND_CONSUMER_GROUP, LAZY_CHANNEL};
use beeorm_tests::{Answer, RawEntry, RedisConnection};

use super::Backend;

/// A connection to the Redis server of a test.
#[derive(Debug)]
pub(crate) struct RawRedis {
    connection: RedisConnection,
    /// The stream's key.
    pub(crate) key: String,
}

impl RawRedis {
    pub(crate) async fn connect(backend: &Backend) -> Self {
        let (_, namespace) = backend
            .stream
            .split_once("?namespace=")
            .expect("a namespace of the test's own");
        let connection = RedisConnection::to(&backend.stream).await;
        Self {
            connection: connection.expect("the Redis server takes connections"),
            key: format!("{namespace}:{LAZY_CHANNEL}"),
        }
    }

    /// A server without a password, where the channel has no namespace.
    pub(crate) async fn at(address: &str) -> Self {
        let connection = RedisConnection::to(&format!("redis://{address}")).await;
        Self {
            connection: connection.expect("the Redis server takes connections"),
            key: LAZY_CHANNEL.to_owned(),
        }
    }

    pub(crate) async fn command<B: AsRef<[u8]>>(&mut self, parts: impl AsRef<[B]>) -> Answer {
        let answer = self.connection.command(parts).await;
        answer.expect("the server does it")
    }

    /// Adds an entry with these fields to the channel; gives its id.
    pub(crate) async fn add<B: AsRef<[u8]>>(&mut self, fields: &[B]) -> String {
        self.add_as("*", fields).await
    }

    /// Adds an entry under this id, which is to be behind all that ever were in the channel.
    pub(crate) async fn add_as<B: AsRef<[u8]>>(&mut self, id: &str, fields: &[B]) -> String {
        let key = self.key.clone();
        let mut parts: Vec<&[u8]> = vec![b"XADD", key.as_bytes(), id.as_bytes()];
        parts.extend(fields.iter().map(AsRef::as_ref));
        self.command(parts).await.text()
    }

    /// All that is in the channel.
    pub(crate) async fn entries(&mut self) -> Vec<RawEntry> {
        let entries = self.connection.entries(&self.key.clone(), usize::MAX).await;
        entries.expect("the server has them")
    }

    /// How many entries are in the channel.
    pub(crate) async fn len(&mut self) -> i64 {
        let key = self.key.clone();
        match self.command(["XLEN", &key]).await {
            Answer::Number(count) => count,
            other => panic!("{other:?}"),
        }
    }

    /// How many of them the owner has read and not yet acknowledged.
    pub(crate) async fn pending(&mut self) -> i64 {
        let key = self.key.clone();
        match self
            .command(["XPENDING", &key, BACKGROUND_CONSUMER_GROUP])
            .await
        {
            Answer::List(summary) => match summary.first() {
                Some(Answer::Number(count)) => *count,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    /// The token of the consumer that owns the channel.
    pub(crate) async fn owner(&mut self) -> Option<String> {
        self.of_the_lease("token").await
    }

    /// That consumer's heartbeat.
    pub(crate) async fn beat(&mut self) -> Option<String> {
        self.of_the_lease("beat").await
    }

    async fn of_the_lease(&mut self, field: &str) -> Option<String> {
        let lease = format!("{{{}}}:lease", self.key);
        match self.command(["HGET", &lease, field]).await {
            Answer::Nil => None,
            value => Some(value.text()),
        }
    }

    /// A command in which `KEY` stands for the stream's key.
    pub(crate) async fn keyed(&mut self, words: &[&str]) {
        let key = self.key.clone();
        let word = |word: &&str| {
            if *word == "KEY" {
                key.clone()
            } else {
                (*word).to_owned()
            }
        };
        self.command(words.iter().map(word).collect::<Vec<_>>())
            .await;
    }

    /// Reads as anybody can who may write to Redis: without a lease.
    pub(crate) async fn deliver_to(&mut self, consumer: &str, count: &str) {
        let group = BACKGROUND_CONSUMER_GROUP;
        self.keyed(&[
            "XREADGROUP",
            "GROUP",
            group,
            consumer,
            "COUNT",
            count,
            "STREAMS",
            "KEY",
            ">",
        ])
        .await;
    }
}
