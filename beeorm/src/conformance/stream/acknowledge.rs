use bytes::Bytes;

use super::bench::{Bench, fill, texts};
use crate::stream::{Entry, EntryId};

pub(super) async fn suite(bench: &Bench) {
    acknowledged_entries_are_gone(bench).await;
    an_entry_that_is_another_one_stays(bench).await;
    entries_are_acknowledged_in_any_order(bench).await;
    many_entries_are_acknowledged_at_once(bench).await;
    what_nobody_understands_is_set_aside(bench).await;
}

async fn acknowledged_entries_are_gone(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    fill(&*stream, &["a", "b", "c"]).await;
    let entries = stream.read_new(token, 10).await.expect("reads");
    stream
        .acknowledge(token, &[])
        .await
        .expect("nothing is acknowledged");
    stream
        .acknowledge(token, &entries[..2])
        .await
        .expect("acknowledges");
    stream
        .acknowledge(token, &entries[..2])
        .await
        .expect("acknowledges again");
    assert_eq!(
        texts(&stream.peek(EntryId::default(), 10).await.expect("peeks")),
        ["c"]
    );
    assert_eq!(
        texts(
            &stream
                .read_pending(token, EntryId::default(), 10)
                .await
                .expect("reads")
        ),
        ["c"]
    );
    let figures = stream.statistics().await.expect("figures");
    assert_eq!((figures.len, figures.pending), (1, 1));
}

async fn an_entry_that_is_another_one_stays(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    let frames = [
        Bytes::from("a frame with a long beginning that is its own: one"),
        "its companion".into(),
    ];
    stream.append(&frames).await.expect("appends");
    let read = stream.read_new(token, 1).await.expect("reads");
    let others = [
        vec![
            "A frame with a long beginning that is its own: one".into(),
            frames[1].clone(),
        ],
        vec![frames[0].clone(), "no companion".into()],
        vec![frames[0].clone(), "its Companion".into()],
        vec![frames[0].clone()],
        vec![[&*frames[0], b"!"].concat().into(), frames[1].clone()],
        Vec::new(),
    ];
    for frames in others {
        let other = Entry {
            frames,
            reading: 0,
            ..read[0].clone()
        };
        stream.acknowledge(token, &[other]).await.expect("answers");
        let pending = stream.read_pending(token, EntryId::default(), 10).await;
        assert_eq!(
            texts(&pending.expect("reads")),
            texts(&read),
            "the entry is not the one that was read, and stays"
        );
    }
    stream
        .acknowledge(token, &read)
        .await
        .expect("acknowledges");
    assert_eq!(
        stream.read_pending(token, EntryId::default(), 10).await,
        Ok(Vec::new())
    );
}

async fn entries_are_acknowledged_in_any_order(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    fill(&*stream, &["one", "two", "three", "four"]).await;
    let read = stream.read_new(token, 4).await.expect("reads");
    let other = Entry {
        frames: vec!["another one".into()],
        reading: 0,
        ..read[3].clone()
    };
    let some = [other, read[1].clone(), read[0].clone()];
    stream.acknowledge(token, &some).await.expect("answers");
    let left = stream.read_pending(token, EntryId::default(), 10).await;
    assert_eq!(texts(&left.expect("reads")), ["three", "four"]);
    // Twice does no harm, beside one that is there.
    let some = [read[2].clone(), read[0].clone()];
    stream.acknowledge(token, &some).await.expect("answers");
    let left = stream.read_pending(token, EntryId::default(), 10).await;
    assert_eq!(texts(&left.expect("reads")), ["four"]);
}

async fn many_entries_are_acknowledged_at_once(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    let frames: Vec<_> = (0..1200).map(|number| number.to_string()).collect();
    fill(
        &*stream,
        &frames.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    let mut entries = Vec::new();
    while entries.len() < 1200 {
        entries.extend(stream.read_new(token, 1200).await.expect("reads"));
    }
    stream
        .acknowledge(token, &entries)
        .await
        .expect("acknowledges");
    let figures = stream.statistics().await.expect("figures");
    assert_eq!((figures.len, figures.pending), (0, 0));
}

async fn what_nobody_understands_is_set_aside(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    assert_eq!(stream.read_aside(10).await, Ok(Vec::new()));
    let garbage: Vec<Bytes> = vec![vec![0xff, 0, 1].into(), "more of it".into()];
    stream.append(&garbage).await.expect("appends");
    fill(&*stream, &["good", "bad too"]).await;
    let entries = stream.read_new(token, 10).await.expect("reads");
    stream
        .set_aside(token, &entries[0], "no frame: it's 100 % \"garbage\"")
        .await
        .expect("sets aside");
    stream
        .set_aside(token, &entries[2], "again")
        .await
        .expect("sets aside");

    let aside = stream.read_aside(10).await.expect("reads");
    assert_eq!(aside.len(), 2);
    assert_eq!(
        (aside[0].original, &aside[0].frames),
        (entries[0].id, &garbage)
    );
    assert_eq!(aside[0].reason, "no frame: it's 100 % \"garbage\"");
    assert_eq!(
        (aside[1].original, aside[1].reason.as_str()),
        (entries[2].id, "again")
    );
    assert!(aside[0].id < aside[1].id, "oldest first");
    assert_eq!(stream.read_aside(1).await.expect("reads"), aside[..1]);
    let left = stream
        .read_pending(token, EntryId::default(), 10)
        .await
        .expect("reads");
    assert_eq!(texts(&left), ["good"], "what is aside is acknowledged");
    assert_eq!(stream.statistics().await.expect("figures").len, 1);
    let again = stream.set_aside(token, &entries[2], "again").await;
    assert_eq!(again, Ok(true), "what is aside is set aside");
    let other = Entry {
        frames: vec!["other".into()],
        ..left[0].clone()
    };
    let moved = stream
        .set_aside(token, &other, "is another one by now")
        .await;
    assert_eq!(moved, Ok(false));
    let lost = Entry {
        id: EntryId::default(),
        ..other
    };
    let moved = stream
        .set_aside(token, &lost, "is gone, as in a failover")
        .await;
    assert_eq!(moved, Ok(false));
    assert_eq!(stream.read_aside(10).await.expect("reads").len(), 2);
    let pending = stream.read_pending(token, EntryId::default(), 10).await;
    assert_eq!(pending, Ok(left), "and what is another one stays");
    assert_eq!(stream.delete_aside(aside[0].id).await, Ok(true));
    assert_eq!(stream.delete_aside(aside[0].id).await, Ok(false));
    assert_eq!(stream.read_aside(10).await.expect("reads"), aside[1..]);
}
