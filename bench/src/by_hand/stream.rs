//! The stream that is read by hand.

use bytes::Bytes;
use fred::{
    bytes_utils::Str,
    clients::Client,
    interfaces::{KeysInterface, StreamsInterface},
    types::Value,
};

use super::STREAM;
use crate::Fallible;

const GROUP: &str = "readers";

/// An entry of one field.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: Str,
    pub(crate) body: Bytes,
}

/// Fills it anew, an entry a body, with all of them on their way at once.
pub(crate) async fn fill(client: &Client, bodies: impl Iterator<Item = Bytes>) -> Fallible<()> {
    client.del::<(), _>(STREAM).await?;
    let bodies: Vec<Bytes> = bodies.collect();
    for some in bodies.chunks(1000) {
        let pipeline = client.pipeline();
        for body in some {
            let _: () = pipeline
                .xadd(STREAM, false, None::<()>, "*", ("f", body.clone()))
                .await?;
        }
        let _: Vec<Value> = pipeline.all().await?;
    }
    Ok(client
        .xgroup_create::<(), _, _, _>(STREAM, GROUP, "0", true)
        .await?)
}

/// One of the group's readers.
#[derive(Debug)]
pub(crate) struct Reader {
    client: Client,
    name: String,
    at_a_time: u64,
}

impl Reader {
    pub(crate) fn new(client: Client, number: usize, at_a_time: u64) -> Self {
        let name = format!("reader-{number}");
        Self {
            client,
            name,
            at_a_time,
        }
    }

    /// How many entries there are, read or not.
    pub(crate) async fn left(&self) -> Fallible<u64> {
        Ok(self.client.xlen(STREAM).await?)
    }

    /// The next entries; none where there are none.
    pub(crate) async fn next(&self) -> Fallible<Vec<Entry>> {
        let read = self
            .client
            .xreadgroup::<Value, _, _, _, _>(
                GROUP,
                self.name.as_str(),
                Some(self.at_a_time),
                None,
                false,
                STREAM,
                ">",
            )
            .await?;
        entries(read)
    }

    /// Takes entries off the stream and gives the next, in one round trip.
    pub(crate) async fn done_and_next(&self, done: Vec<Entry>) -> Fallible<Vec<Entry>> {
        let ids: Vec<Str> = done.into_iter().map(|entry| entry.id).collect();
        let pipeline = self.client.pipeline();
        let _: () = pipeline.xack(STREAM, GROUP, ids.clone()).await?;
        let _: () = pipeline.xdel(STREAM, ids).await?;
        let _: () = pipeline
            .xreadgroup(
                GROUP,
                self.name.as_str(),
                Some(self.at_a_time),
                None,
                false,
                STREAM,
                ">",
            )
            .await?;
        entries(pipeline.last().await?)
    }
}

/// `[[stream, [[id, [field, value]], …]]]`, or nothing.
fn entries(read: Value) -> Fallible<Vec<Entry>> {
    let Some(stream) = array(read)?.and_then(|mut streams| streams.pop()) else {
        return Ok(Vec::new());
    };
    let found = array(stream)?.and_then(|mut parts| parts.pop());
    let found = found.map_or(Ok(None), array)?.unwrap_or_default();
    found.into_iter().map(entry).collect()
}

fn entry(value: Value) -> Fallible<Entry> {
    let mut parts = array(value)?.unwrap_or_default().into_iter();
    let id = parts.next().and_then(|id| id.as_bytes_str());
    let fields = parts.next().map_or(Ok(None), array)?.unwrap_or_default();
    let body = fields.into_iter().nth(1).and_then(Value::into_bytes);
    match (id, body) {
        (Some(id), Some(body)) => Ok(Entry { id, body }),
        _ => Err("an entry without its one field".into()),
    }
}

fn array(value: Value) -> Fallible<Option<Vec<Value>>> {
    match value {
        Value::Array(items) => Ok(Some(items)),
        Value::Null => Ok(None),
        other => Err(format!("a list was awaited, and not {:?}", other.kind()).into()),
    }
}
