use std::path::PathBuf;

use super::*;
use crate::runtime::Runtime;

/// A file of its own, removed at the end with what SQLite puts beside it.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("beeorm-embedded-{}", Uuid::now_v7())))
    }

    async fn open(&self) -> Result<EmbeddedStream, StreamError> {
        let url = format!("embedded://{}", self.0.display());
        Ok(EmbeddedStream::new(
            open("lazy", &url, Runtime::system()).await?,
            "channel",
        ))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for end in ["", ".lock", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

async fn append(stream: &EmbeddedStream, frame: u8) -> EntryId {
    stream.append(&[vec![frame].into()]).await.unwrap()
}

#[tokio::test]
async fn a_file_keeps_what_was_appended_and_what_is_pending() {
    let place = Place::new();
    let stream = place.open().await.unwrap();
    let token = Uuid::now_v7();
    assert!(stream.acquire(None, token).await.unwrap());
    let ids = [
        append(&stream, 1).await,
        append(&stream, 2).await,
        append(&stream, 3).await,
        append(&stream, 4).await,
    ];
    let entries = stream.read_new(token, 3).await.unwrap();
    stream.acknowledge(token, &entries[..1]).await.unwrap();
    stream
        .set_aside(token, &entries[2], "garbage")
        .await
        .unwrap();
    // Not closed: dropped, as by a process that ends.
    drop(stream);

    let stream = place.open().await.unwrap();
    assert_eq!(stream.lease().await, Ok(None), "who owned it is gone");
    assert!(stream.acquire(None, token).await.unwrap());
    let pending = stream
        .read_pending(token, EntryId::default(), 10)
        .await
        .unwrap();
    assert_eq!(pending, entries[1..2]);
    assert_eq!(stream.read_aside(10).await.unwrap()[0].original, ids[2]);
    assert_eq!(stream.read_new(token, 10).await.unwrap()[0].id, ids[3]);
    stream
        .acknowledge(token, &stream.peek(EntryId::default(), 10).await.unwrap())
        .await
        .unwrap();
    stream.close().await;

    let stream = place.open().await.unwrap();
    assert!(
        append(&stream, 5).await > ids[3],
        "ids go on behind what was deleted"
    );
}

#[tokio::test]
async fn a_file_serves_one_pool_at_a_time() {
    let place = Place::new();
    let stream = place.open().await.unwrap();
    let refused = place.open().await.unwrap_err();
    assert!(matches!(refused, StreamError::Refused { .. }), "{refused}");
    assert!(refused.to_string().contains("another pool"), "{refused}");
    stream.close().await;
    let closed = stream.append(&[vec![1].into()]).await;
    assert!(
        matches!(closed, Err(StreamError::Closed { .. })),
        "{closed:?}"
    );
    place.open().await.unwrap();
}

#[tokio::test]
async fn a_file_has_one_lock_however_its_name_is_spelled() {
    let mut place = Place::new();
    place.0.as_mut_os_string().push(" 1");
    let _stream = place.open().await.unwrap();
    let spelled = place.0.display().to_string().replace(' ', "%20");
    let again = open("lazy", &format!("embedded://{spelled}"), Runtime::system()).await;
    let again = again.unwrap_err().to_string();
    assert!(again.contains("has the embedded stream open"), "{again}");
}

#[tokio::test]
async fn what_is_no_place_for_a_stream_is_refused() {
    for url in [
        "embedded://",
        "embedded:memory",
        "embedded://x?mode=ro",
        "embedded:///no/such/folder/file",
    ] {
        let refused = open("lazy", url, Runtime::system()).await.unwrap_err();
        assert!(
            matches!(refused, StreamError::Refused { .. }),
            "{url}: {refused}"
        );
    }
}

#[tokio::test]
async fn an_append_that_nobody_waits_for_is_whole_or_not_there() {
    let stream = EmbeddedStream::new(
        open("lazy", "embedded://memory", Runtime::system())
            .await
            .unwrap(),
        "channel",
    );
    for micros in 0..50 {
        let given_up =
            tokio::time::timeout(Duration::from_micros(micros * 10), append(&stream, 7)).await;
        drop(given_up);
    }
    append(&stream, 8).await;
    let entries = stream.peek(EntryId::default(), 100).await.unwrap();
    assert!(entries.is_sorted_by_key(|entry| entry.id));
    assert_eq!(entries.last().unwrap().frames, [vec![8]]);
}
