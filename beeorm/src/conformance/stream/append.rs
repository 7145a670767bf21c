use bytes::Bytes;

use super::bench::{Bench, fill, ids, texts};
use crate::stream::EntryId;

pub(super) async fn suite(bench: &Bench) {
    ids_increase_and_order_holds(bench).await;
    several_frames_are_one_entry(bench).await;
    every_byte_survives(bench).await;
    large_frames_survive(bench).await;
    appends_from_many_tasks_all_arrive(bench).await;
    a_stream_need_not_be_prepared(bench).await;
}

async fn ids_increase_and_order_holds(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    let frames: Vec<_> = (0..1000).map(|number| format!("frame {number}")).collect();
    let appended = fill(
        &*stream,
        &frames.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    assert!(
        appended.is_sorted_by(|one, next| one < next),
        "ids increase strictly"
    );
    let mut entries = Vec::new();
    while entries.len() < 1000 {
        let some = stream.read_new(token, 300).await.expect("reads");
        assert!(
            !some.is_empty() && some.len() <= 300,
            "some are left, and no more than asked for come"
        );
        entries.extend(some);
    }
    assert_eq!(ids(&entries), appended);
    assert_eq!(texts(&entries), frames);
}

async fn several_frames_are_one_entry(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    let frames: Vec<Bytes> = (0..300_u32)
        .map(|number| number.to_le_bytes().to_vec().into())
        .collect();
    let id = stream.append(&frames).await.expect("appends");
    let entries = stream.read_new(token, 10).await.expect("reads");
    assert_eq!(ids(&entries), [id]);
    assert_eq!(entries[0].frames, frames);
    assert!(!entries[0].deleted);
    assert_eq!(stream.statistics().await.expect("figures").len, 1);
}

async fn every_byte_survives(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    let all: Bytes = (0..=255).collect();
    let frames = [
        all,
        Bytes::new(),
        vec![0].into(),
        "\r\n$-1\r\n".into(),
        "'; DROP TABLE x; --".into(),
    ];
    stream.append(&frames).await.expect("appends");
    assert_eq!(
        stream.peek(EntryId::default(), 1).await.expect("peeks")[0].frames,
        frames
    );
    assert_eq!(
        stream.read_new(token, 1).await.expect("reads")[0].frames,
        frames
    );
}

async fn large_frames_survive(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    let large: Bytes = (0..1024 * 1024)
        .map(|place: u32| (place % 251) as u8)
        .collect();
    for _ in 0..40 {
        stream
            .append(std::slice::from_ref(&large))
            .await
            .expect("appends");
    }
    let mut count = 0;
    while count < 40 {
        let entries = stream.read_new(token, 40).await.expect("reads");
        assert!(
            !entries.is_empty(),
            "a large entry is delivered, if few at a time"
        );
        assert!(entries.iter().all(|entry| entry.frames == [large.clone()]));
        stream
            .acknowledge(token, &entries)
            .await
            .expect("acknowledges");
        count += entries.len();
    }
    assert_eq!(
        (count, stream.statistics().await.expect("figures").len),
        (40, 0)
    );
}

async fn appends_from_many_tasks_all_arrive(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    let appends = (0..200).map(|number| {
        let stream = &stream;
        async move {
            stream
                .append(&[format!("{number}").into()])
                .await
                .expect("appends")
        }
    });
    let mut appended = futures_util::future::join_all(appends).await;
    appended.sort();
    let mut entries = Vec::new();
    while entries.len() < 200 {
        entries.extend(stream.read_new(token, 200).await.expect("reads"));
    }
    assert_eq!(
        ids(&entries),
        appended,
        "each has an id of its own, and they are read in its order"
    );
}

async fn a_stream_need_not_be_prepared(bench: &Bench) {
    let stream = bench.stream();
    fill(&*stream, &["early"]).await;
    stream.prepare().await.expect("prepares");
    stream.prepare().await.expect("prepares again");
    let token = super::bench::own(&*stream).await;
    let entries = stream.read_new(token, 1).await.expect("reads");
    assert_eq!(
        texts(&entries),
        ["early"],
        "what was there before its group is read"
    );
}
