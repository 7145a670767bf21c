use std::time::{Duration, Instant};

use futures_util::future::join;

use super::bench::{Bench, fill};

const LONG: Duration = Duration::from_secs(20);
const PROMPT: Duration = Duration::from_secs(2);

pub(super) async fn suite(bench: &Bench) {
    waiting_ends_with_its_time(bench).await;
    an_append_wakes(bench).await;
    what_is_there_is_not_waited_for(bench).await;
    waiting_holds_nobody_up(bench).await;
    waiting_can_be_given_up(bench).await;
}

async fn waiting_ends_with_its_time(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    fill(&*stream, &["delivered"]).await;
    stream.read_new(token, 1).await.expect("reads");
    let begun = Instant::now();
    stream
        .wait(Duration::from_millis(300))
        .await
        .expect("waits");
    let took = begun.elapsed();
    assert!(
        (Duration::from_millis(250)..PROMPT).contains(&took),
        "nothing new for 300 ms, and it took {took:?}"
    );
    stream.wait(Duration::ZERO).await.expect("does not wait");
    assert!(begun.elapsed() < PROMPT);
}

async fn an_append_wakes(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    for _ in 0..5 {
        let begun = Instant::now();
        let append = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            fill(&*stream, &["new"]).await;
        };
        join(append, async { stream.wait(LONG).await.expect("waits") }).await;
        let took = begun.elapsed();
        assert!(
            (Duration::from_millis(100)..PROMPT).contains(&took),
            "an append wakes, and it took {took:?}"
        );
        assert_eq!(
            stream.read_new(token, 10).await.expect("reads").len(),
            1,
            "waiting delivers nothing"
        );
    }
}

async fn what_is_there_is_not_waited_for(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    fill(&*stream, &["a", "b"]).await;
    let begun = Instant::now();
    stream.wait(LONG).await.expect("does not wait");
    stream.read_new(token, 1).await.expect("reads");
    stream.wait(LONG).await.expect("does not wait");
    assert!(begun.elapsed() < PROMPT);
}

async fn waiting_holds_nobody_up(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    let begun = Instant::now();
    let work = async {
        for _ in 0..5 {
            stream.beat(token).await.expect("beats");
            stream.statistics().await.expect("figures");
        }
        assert!(begun.elapsed() < PROMPT, "other calls go on beside");
        fill(&*stream, &["end"]).await;
    };
    join(work, async { stream.wait(LONG).await.expect("waits") }).await;
}

async fn waiting_can_be_given_up(bench: &Bench) {
    let (stream, token) = bench.owned().await;
    for _ in 0..3 {
        let given_up = tokio::time::timeout(Duration::from_millis(50), stream.wait(LONG)).await;
        assert!(given_up.is_err());
    }
    let begun = Instant::now();
    stream
        .wait(Duration::from_millis(10))
        .await
        .expect("the next one does not stand behind it");
    fill(&*stream, &["new"]).await;
    stream.wait(LONG).await.expect("does not wait");
    assert!(begun.elapsed() < PROMPT);
    assert_eq!(stream.read_new(token, 10).await.expect("reads").len(), 1);
}
