use super::bench::{Bench, fill, ids, own, texts};
use crate::stream::EntryId;

pub(super) async fn suite(bench: &Bench) {
    small_entries_promise_nothing_of_those_behind(bench).await;
    new_entries_are_delivered_once(bench).await;
    a_new_owner_finds_what_the_old_one_held(bench).await;
    a_read_takes_so_many_bytes_at_most(bench).await;
    peeking_changes_nothing(bench).await;
}

/// And so little memory, however many entries are asked for.
async fn a_read_takes_so_many_bytes_at_most(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    let large = "x".repeat(512 << 10);
    fill(&*stream, &[large.as_str(); 20]).await;
    let first = stream.read_new(token, 1000).await.expect("reads");
    let second = stream.read_new(token, 1000).await.expect("reads");
    assert_eq!(
        (first.len(), second.len()),
        (8, 8),
        "4 MiB, then as much again"
    );
    let again = stream
        .read_pending(token, EntryId::default(), 1000)
        .await
        .expect("reads");
    assert_eq!(ids(&again), ids(&first), "pending ones too");
    let all: Vec<_> = [first, second].concat();
    stream.acknowledge(token, &all).await.expect("acknowledges");
}

/// However they follow each other: an entry's size is known only once it is read.
async fn small_entries_promise_nothing_of_those_behind(bench: &Bench) {
    const LARGE: usize = 128 * 1024;
    let (stream, token) = bench.owned().await;
    for round in 0..2 {
        for size in [vec![1; 250], vec![LARGE; 150]].concat() {
            let frames = [vec![round; size].into()];
            stream.append(&frames).await.expect("appends");
        }
    }
    let mut reads = Vec::new();
    loop {
        let read = stream.read_new(token, 10_000).await.expect("reads");
        if read.is_empty() {
            break;
        }
        reads.push(read);
    }
    let bytes = reads
        .iter()
        .map(|read| read.iter().map(|entry| entry.frames[0].len()).sum());
    let most: usize = bytes.max().expect("there are some");
    assert!(most < 4 * 1024 * 1024 + 24 * LARGE, "{most} bytes");
    assert_eq!(reads.concat().len(), 800, "all are read");
}

async fn new_entries_are_delivered_once(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    assert_eq!(
        stream.read_new(token, 10).await,
        Ok(Vec::new()),
        "an empty stream is empty"
    );
    fill(&*stream, &["a", "b", "c"]).await;
    assert_eq!(
        texts(&stream.read_new(token, 2).await.expect("reads")),
        ["a", "b"]
    );
    assert_eq!(
        texts(&stream.read_new(token, 2).await.expect("reads")),
        ["c"]
    );
    assert_eq!(stream.read_new(token, 2).await, Ok(Vec::new()));
}

async fn a_new_owner_finds_what_the_old_one_held(bench: &Bench) {
    let (stream, old) = bench.owned().await;
    let appended = fill(&*stream, &["a", "b", "c", "d", "e"]).await;
    let held = stream.read_new(old, 4).await.expect("reads");
    stream
        .acknowledge(old, &held[1..2])
        .await
        .expect("acknowledges");

    let token = own(&*stream).await;
    let first = stream
        .read_pending(token, EntryId::default(), 2)
        .await
        .expect("reads");
    assert_eq!(texts(&first), ["a", "c"], "in order, from the beginning");
    let next = stream
        .read_pending(token, first[1].id, 2)
        .await
        .expect("reads");
    assert_eq!(
        ids(&next),
        [appended[3]],
        "behind the id, and only what was delivered"
    );
    assert_eq!(
        stream.read_pending(token, appended[3], 2).await,
        Ok(Vec::new())
    );
    let end = EntryId {
        millis: u64::MAX,
        sequence: u64::MAX,
    };
    assert_eq!(stream.read_pending(token, end, 2).await, Ok(Vec::new()));
    let again = stream
        .read_pending(token, EntryId::default(), 10)
        .await
        .expect("reads");
    assert_eq!(
        texts(&again),
        ["a", "c", "d"],
        "until they are acknowledged"
    );
    assert_eq!(
        texts(&stream.read_new(token, 10).await.expect("reads")),
        ["e"]
    );
}

async fn peeking_changes_nothing(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    assert_eq!(stream.peek(EntryId::default(), 10).await, Ok(Vec::new()));
    let appended = fill(&*stream, &["a", "b", "c"]).await;
    stream.read_new(token, 1).await.expect("reads");
    let before = stream.statistics().await.expect("figures");
    let seen = stream.peek(EntryId::default(), 10).await.expect("peeks");
    assert_eq!(texts(&seen), ["a", "b", "c"], "delivered or not");
    assert_eq!(
        texts(&stream.peek(appended[1], 1).await.expect("peeks")),
        ["b"],
        "from the id on, it included"
    );
    let after = stream.statistics().await.expect("figures");
    assert_eq!(
        (after.len, after.pending, after.last_delivered),
        (before.len, before.pending, before.last_delivered)
    );
    assert_eq!(
        texts(&stream.read_new(token, 10).await.expect("reads")),
        ["b", "c"]
    );
}
