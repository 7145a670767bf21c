//! A reading that is given up, and reaches the server when the owner has looked through what is pending.

use uuid::Uuid;

use super::{
    bench::Bench,
    proxy::{Fault, LATE, Proxy},
    retry,
};
use crate::stream::{Entry, EntryId, Stream, StreamError, redis::RedisStream};

pub(super) async fn a_late_reading_delivers_nothing(url: &str) {
    let bench = Bench::new(url).await;
    // The first connection is the client's own, the second the reader's.
    on_connection(&bench.proxy, &bench.stream, 1).await;
}

/// The reading is given up on the connection of this number.
pub(super) async fn on_connection(proxy: &Proxy, stream: &RedisStream, place: usize) {
    stream.prepare().await.expect("prepares");
    let owner = Uuid::now_v7();
    assert_eq!(stream.acquire(None, owner).await, Ok(true));
    assert_eq!(stream.read_new(owner, 9).await, Ok(Vec::new()));
    stream.append(&["a".into()]).await.expect("appends");
    proxy.fault_of(place, Fault::CutAndLate);
    let given_up = stream.read_new(owner, 9).await;
    assert!(
        matches!(given_up, Err(StreamError::Unavailable { .. })),
        "{given_up:?}"
    );
    let first = EntryId::default();
    let pending = retry(|| stream.read_pending(owner, first, 9)).await;
    assert_eq!(pending, [], "it has not arrived yet");
    tokio::time::sleep(2 * LATE).await;
    stream.append(&["b".into()]).await.expect("appends");
    let read = stream.read_new(owner, 9).await.expect("reads");
    let frames = |entry: &Entry| entry.frames.concat();
    let read: Vec<_> = read.iter().map(frames).collect();
    assert_eq!(read, [b"a", b"b"], "the late one was delivered to nobody");
    stream.release(owner).await.expect("releases");
}
