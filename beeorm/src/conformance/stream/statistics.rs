use super::bench::{Bench, fill};

pub(super) async fn suite(bench: &Bench) {
    figures_of_nothing(bench).await;
    figures_tell_the_truth(bench).await;
}

async fn figures_of_nothing(bench: &Bench) {
    let figures = bench
        .stream()
        .statistics()
        .await
        .expect("figures of a stream that is not there");
    assert_eq!((figures.len, figures.pending), (0, 0));
    assert_eq!(
        (
            figures.oldest,
            figures.oldest_pending,
            figures.last_delivered
        ),
        (None, None, None)
    );
    assert!(figures.consumers.is_empty());
    assert_eq!(figures.owner_beat_millis, None, "nobody owns it");
    assert!(figures.now_millis > 1_700_000_000_000);
    assert_eq!(
        bench
            .prepared()
            .await
            .statistics()
            .await
            .expect("figures")
            .len,
        0
    );
    let (stream, token) = bench.owned().await;
    let read = stream.read_new(token, 10).await.expect("reads nothing");
    assert!(read.is_empty());
    let figures = stream.statistics().await.expect("figures");
    assert_eq!(
        figures.last_delivered, None,
        "a read of nothing delivers nothing"
    );
}

async fn figures_tell_the_truth(bench: &Bench) {
    let stream = bench.stream();
    let ids = fill(&*stream, &["a", "b", "c", "d"]).await;
    let figures = stream.statistics().await.expect("figures without a group");
    assert_eq!(
        (figures.len, figures.oldest, figures.pending),
        (4, Some(ids[0]), 0)
    );
    stream.prepare().await.expect("prepares");
    let figures = stream
        .statistics()
        .await
        .expect("figures when nobody consumes");
    assert_eq!(
        (figures.len, figures.oldest, figures.pending),
        (4, Some(ids[0]), 0)
    );
    assert_eq!(
        (figures.oldest_pending, figures.last_delivered),
        (None, None)
    );
    assert!(
        figures.now_millis >= ids[3].millis,
        "ages are counted by the clock that made the ids"
    );

    let token = super::bench::own(&*stream).await;
    let entries = stream.read_new(token, 3).await.expect("reads");
    let figures = stream.statistics().await.expect("figures after delivery");
    assert_eq!(
        (figures.len, figures.oldest, figures.pending),
        (4, Some(ids[0]), 3)
    );
    assert_eq!(
        (figures.oldest_pending, figures.last_delivered),
        (Some(ids[0]), Some(ids[2]))
    );
    assert_eq!(
        figures
            .consumers
            .iter()
            .map(|(_, pending)| pending)
            .sum::<u64>(),
        3
    );
    assert_eq!(figures.consumers.len(), 1);
    let heard = figures.owner_beat_millis.expect("its owner is alive");
    assert!(heard <= figures.now_millis, "by the same clock");
    stream.beat(token).await.expect("beats");
    let later = stream.statistics().await.expect("figures after a beat");
    assert!(later.owner_beat_millis >= Some(heard), "a beat is heard");

    stream
        .acknowledge(token, &entries[..2])
        .await
        .expect("acknowledges");
    let figures = stream
        .statistics()
        .await
        .expect("figures after acknowledgement");
    assert_eq!(
        (figures.len, figures.oldest, figures.pending),
        (2, Some(ids[2]), 1)
    );
    assert_eq!(
        (figures.oldest_pending, figures.last_delivered),
        (Some(ids[2]), Some(ids[2]))
    );

    stream
        .acknowledge(token, &entries[2..])
        .await
        .expect("acknowledges");
    let figures = stream.statistics().await.expect("figures");
    assert_eq!(
        (figures.len, figures.oldest, figures.pending),
        (1, Some(ids[3]), 0)
    );
    assert_eq!(
        (figures.oldest_pending, figures.last_delivered),
        (None, Some(ids[2]))
    );
    let owner = figures.consumers.first().map(|(_, pending)| *pending);
    assert_eq!(owner, Some(0), "an owner that holds nothing is one still");
    stream.release(token).await.expect("releases");
    let figures = stream.statistics().await.expect("figures");
    assert_eq!(figures.owner_beat_millis, None, "it was given up");
}
