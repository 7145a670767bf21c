//! Redis without a client library: any bytes to the channel, any command.

use std::pin::Pin;

use beeorm::{BACKGROUND_CONSUMER_GROUP, LAZY_CHANNEL};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
};

use super::Backend;

/// What a command answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Nil,
    Number(i64),
    Bytes(Vec<u8>),
    Error(String),
    List(Vec<Answer>),
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => panic!("{other:?} is no text"),
        }
    }

    pub(crate) fn list(self) -> Vec<Answer> {
        match self {
            Self::List(items) => items,
            other => panic!("{other:?} is no list"),
        }
    }
}

/// An entry of the channel: its id, then names and values in turns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RawEntry {
    pub(crate) id: String,
    pub(crate) fields: Vec<Vec<u8>>,
}

impl RawEntry {
    /// The ids of its frames.
    pub(crate) fn frame_ids(&self) -> Vec<Vec<u8>> {
        self.fields
            .chunks(2)
            .filter_map(|field| field.get(1)?.get(1..17))
            .map(<[u8]>::to_vec)
            .collect()
    }
}

/// A connection to the Redis server of a test.
#[derive(Debug)]
pub(crate) struct RawRedis {
    stream: BufStream<TcpStream>,
    /// The stream's key.
    pub(crate) key: String,
}

impl RawRedis {
    pub(crate) async fn connect(backend: &Backend) -> Self {
        let (_, rest) = backend.stream.split_once("://").expect("a URL");
        let (place, namespace) = rest
            .split_once("?namespace=")
            .expect("a namespace of the test's own");
        let (login, address) = place.rsplit_once('@').unwrap_or(("", place));
        let address = address.split('/').next().unwrap_or_default();
        let mut redis = Self::at(address).await;
        redis.key = format!("{namespace}:{LAZY_CHANNEL}");
        if let Some((user, password)) = login.split_once(':') {
            let user = if user.is_empty() { "default" } else { user };
            redis.command(["AUTH", user, password]).await;
        }
        redis
    }

    /// A server without a password, where the channel has no namespace.
    pub(crate) async fn at(address: &str) -> Self {
        let stream = TcpStream::connect(address).await;
        Self {
            stream: BufStream::new(stream.expect("the Redis server takes connections")),
            key: LAZY_CHANNEL.to_owned(),
        }
    }

    pub(crate) async fn command<B: AsRef<[u8]>>(&mut self, parts: impl AsRef<[B]>) -> Answer {
        let parts = parts.as_ref();
        let mut out = format!("*{}\r\n", parts.len()).into_bytes();
        for part in parts.iter().map(AsRef::as_ref) {
            out.extend_from_slice(format!("${}\r\n", part.len()).as_bytes());
            out.extend_from_slice(part);
            out.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&out).await.expect("the server reads");
        self.stream.flush().await.expect("the server reads");
        let answer = self.answer().await;
        assert!(!matches!(answer, Answer::Error(_)), "{answer:?}");
        answer
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
        let key = self.key.clone();
        let entries = self
            .command(["XRANGE", &key, "-", "+"])
            .await
            .list()
            .into_iter();
        let entry = |entry: Answer| {
            let mut parts = entry.list().into_iter();
            let id = parts.next().expect("an id").text();
            let fields = parts.next().expect("the fields").list().into_iter();
            let bytes = |field| {
                if let Answer::Bytes(bytes) = field {
                    bytes
                } else {
                    panic!("{field:?}")
                }
            };
            RawEntry {
                id,
                fields: fields.map(bytes).collect(),
            }
        };
        entries.map(entry).collect()
    }

    /// How many entries are in the channel.
    pub(crate) async fn len(&mut self) -> i64 {
        let key = self.key.clone();
        match self.command(["XLEN", &key]).await {
            Answer::Number(count) => count,
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

    fn answer(&mut self) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
        Box::pin(async move {
            let mut line = String::new();
            self.stream
                .read_line(&mut line)
                .await
                .expect("the server answers");
            let line = line.trim_end();
            let (kind, rest) = line
                .split_at_checked(1)
                .unwrap_or_else(|| panic!("the server hung up"));
            let number = || rest.parse::<i64>().unwrap_or_else(|_| panic!("{line}"));
            match kind {
                "+" => Answer::Bytes(rest.as_bytes().to_vec()),
                "-" => Answer::Error(rest.to_owned()),
                ":" => Answer::Number(number()),
                "$" | "*" if number() < 0 => Answer::Nil,
                "$" => {
                    let mut bytes = vec![0; usize::try_from(number()).unwrap() + 2];
                    self.stream
                        .read_exact(&mut bytes)
                        .await
                        .expect("the server answers");
                    bytes.truncate(bytes.len() - 2);
                    Answer::Bytes(bytes)
                }
                "*" => {
                    let mut items = Vec::new();
                    for _ in 0..number() {
                        items.push(self.answer().await);
                    }
                    Answer::List(items)
                }
                _ => panic!("{line}"),
            }
        })
    }
}
