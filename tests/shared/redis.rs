//! Redis without a client library: any command, and whatever bytes there are.

use std::{io, pin::Pin};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
};

/// What a command answers; errors are those of the call.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Nothing.
    Nil,
    /// An integer.
    Number(i64),
    /// Text or bytes.
    Bytes(Vec<u8>),
    /// Several answers.
    List(Vec<Answer>),
}

impl Answer {
    /// The bytes as text; empty where it is something else.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Number(number) => number.to_string(),
            Self::Nil | Self::List(_) => String::new(),
        }
    }

    /// The answers in it; none where it is no list.
    #[must_use]
    pub fn list(self) -> Vec<Self> {
        match self {
            Self::List(items) => items,
            _ => Vec::new(),
        }
    }

    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => Vec::new(),
        }
    }
}

/// An entry of a stream: its id, then names and values in turns.
#[derive(Clone, Debug, PartialEq)]
pub struct RawEntry {
    /// As Redis writes it.
    pub id: String,
    /// Names and values.
    pub fields: Vec<Vec<u8>>,
}

impl RawEntry {
    /// The ids of its frames, where it holds any.
    #[must_use]
    pub fn frame_ids(&self) -> Vec<Vec<u8>> {
        self.fields
            .chunks(2)
            .filter_map(|field| field.get(1)?.get(1..17))
            .map(<[u8]>::to_vec)
            .collect()
    }
}

/// A connection to a Redis server.
#[derive(Debug)]
pub struct RedisConnection(BufStream<TcpStream>);

impl RedisConnection {
    /// To the server of this URL, `redis://[[user]:password@]host:port[/…][?…]`.
    ///
    /// # Errors
    ///
    /// It is no such URL, or the server takes no connection.
    pub async fn to(url: &str) -> io::Result<Self> {
        let (_, rest) = url
            .split_once("://")
            .ok_or_else(|| io::Error::other("no URL"))?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let (login, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let mut connection = Self(BufStream::new(TcpStream::connect(address).await?));
        if let Some((user, password)) = login.split_once(':') {
            let user = if user.is_empty() { "default" } else { user };
            connection.command(["AUTH", user, password]).await?;
        }
        Ok(connection)
    }

    /// What the server answers to the command.
    ///
    /// # Errors
    ///
    /// The server's own, or those of the connection.
    pub async fn command<B: AsRef<[u8]>>(&mut self, parts: impl AsRef<[B]>) -> io::Result<Answer> {
        self.send(parts).await?;
        self.0.flush().await?;
        self.answer().await
    }

    /// The first entries of the stream.
    ///
    /// # Errors
    ///
    /// As [`command`](Self::command).
    pub async fn entries(&mut self, key: &str, most: usize) -> io::Result<Vec<RawEntry>> {
        let most = most.min(i32::MAX as usize).to_string();
        let range = ["XRANGE", key, "-", "+", "COUNT", &most];
        let entries = self.command(range).await?.list().into_iter();
        let entry = |entry: Answer| {
            let mut parts = entry.list().into_iter();
            let id = parts.next().map(|id| id.text()).unwrap_or_default();
            let fields = parts.next().map(Answer::list).unwrap_or_default();
            let fields = fields.into_iter().map(Answer::bytes).collect();
            RawEntry { id, fields }
        };
        Ok(entries.map(entry).collect())
    }

    async fn send<B: AsRef<[u8]>>(&mut self, parts: impl AsRef<[B]>) -> io::Result<()> {
        let parts = parts.as_ref();
        let mut out = format!("*{}\r\n", parts.len()).into_bytes();
        for part in parts.iter().map(AsRef::as_ref) {
            out.extend_from_slice(format!("${}\r\n", part.len()).as_bytes());
            out.extend_from_slice(part);
            out.extend_from_slice(b"\r\n");
        }
        self.0.write_all(&out).await
    }

    fn answer(&mut self) -> Pin<Box<dyn Future<Output = io::Result<Answer>> + Send + '_>> {
        Box::pin(async move {
            let mut line = String::new();
            self.0.read_line(&mut line).await?;
            let line = line.trim_end();
            let strange = || io::Error::other(format!("a strange answer, or none: {line:?}"));
            let (kind, rest) = line.split_at_checked(1).ok_or_else(strange)?;
            let number = || rest.parse::<i64>().map_err(|_| strange());
            Ok(match kind {
                "+" => Answer::Bytes(rest.as_bytes().to_vec()),
                "-" => return Err(io::Error::other(rest.to_owned())),
                ":" => Answer::Number(number()?),
                "$" | "*" if number()? < 0 => Answer::Nil,
                "$" => {
                    let length = usize::try_from(number()?).map_err(|_| strange())?;
                    let mut bytes = vec![0; length + 2];
                    self.0.read_exact(&mut bytes).await?;
                    bytes.truncate(length);
                    Answer::Bytes(bytes)
                }
                "*" => {
                    let mut items = Vec::new();
                    for _ in 0..number()? {
                        items.push(self.answer().await?);
                    }
                    Answer::List(items)
                }
                _ => return Err(strange()),
            })
        })
    }
}
