//! What the Redis stream says when connections fail, and that nothing is ever sent twice.

mod bench;
mod durable;
mod late;
mod promoted;
mod proxy;
mod refusals;

use std::time::{Duration, Instant};

use self::{
    bench::{Bench, FSYNC, Outcome},
    proxy::Fault,
};
pub use self::{promoted::redis_failover, refusals::redis_refusals};
use crate::{
    redis::{self, RedisError, RedisOptions},
    stream::{Stream, StreamError},
};

/// Runs the suite through a proxy before the server of this URL, `redis://host:port`.
pub async fn redis_faults(url: &str) {
    a_server_that_is_away_is_told_at_once(url).await;
    an_append_without_a_connection_fails_fast_and_for_certain(url).await;
    appends_while_the_connection_breaks_are_counted_right(url).await;
    a_swallowed_answer_is_an_unknown_outcome(url).await;
    a_connection_cut_before_the_answer_is_an_unknown_outcome(url).await;
    a_connection_cut_before_the_command_appends_nothing(url).await;
    a_silent_connection_is_given_up(url, false).await;
    a_silent_connection_is_given_up(url, true).await;
    waiting_survives_a_broken_connection(url).await;
    closing_ends(url).await;
    late::a_late_reading_delivers_nothing(url).await;
    durable::suite(url).await;
}

async fn a_server_that_is_away_is_told_at_once(url: &str) {
    let bench = Bench::new(url).await;
    bench.proxy.shut();
    let begun = Instant::now();
    let opened = redis::open(&RedisOptions::new("lazy", bench.proxy.url())).await;
    assert!(matches!(opened, Err(RedisError::NotSent(_))), "{opened:?}");
    assert!(begun.elapsed() < Duration::from_secs(1));
}

async fn an_append_without_a_connection_fails_fast_and_for_certain(url: &str) {
    let bench = Bench::new(url).await;
    assert_eq!(bench.append().await, Outcome::Appended);
    bench.proxy.shut();
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(bench.append().await, Outcome::Unavailable);
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "{:?}",
            begun.elapsed()
        );
        tokio::time::sleep(Duration::from_millis(37)).await;
    }
    let error = bench
        .stream
        .statistics()
        .await
        .expect_err("there is no connection");
    assert!(matches!(error, StreamError::Unavailable { .. }), "{error}");
    assert_eq!(bench.len().await, 1);
    bench.proxy.reopen();
    bench.comes_back().await;
    assert_eq!(bench.len().await, 2, "what was refused is not sent later");
}

async fn appends_while_the_connection_breaks_are_counted_right(url: &str) {
    let bench = Bench::with_timeout(url, Duration::from_secs(10)).await;
    let (mut certain, mut unknown, mut longest) = (0, 0, Duration::ZERO);
    for round in 0..30 {
        let shut = async {
            tokio::time::sleep(Duration::from_millis(round % 7)).await;
            bench.proxy.shut();
            tokio::time::sleep(Duration::from_millis([0, 20, 40, 1500][round as usize % 4])).await;
            bench.proxy.reopen();
        };
        let appends = async {
            for _ in 0..20 {
                let begun = Instant::now();
                let together = futures_util::future::join_all((0..5).map(|_| bench.append())).await;
                certain += together
                    .iter()
                    .filter(|outcome| **outcome == Outcome::Appended)
                    .count();
                unknown += together
                    .iter()
                    .filter(|outcome| **outcome == Outcome::Unknown)
                    .count();
                longest = longest.max(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        };
        futures_util::future::join(shut, appends).await;
        bench.comes_back().await;
        certain += 1;
    }
    assert!(
        longest < Duration::from_secs(2),
        "an append took {longest:?}"
    );
    let len = bench.len().await;
    assert!(
        (certain..=certain + unknown).contains(&len),
        "{certain} certain, {unknown} unknown, and {len} there"
    );
}

async fn a_swallowed_answer_is_an_unknown_outcome(url: &str) {
    let bench = Bench::new(url).await;
    assert_eq!(bench.append().await, Outcome::Appended);
    bench.proxy.fault(Fault::SwallowAnswers);
    assert_eq!(bench.append().await, Outcome::Unknown);
    bench.comes_back().await;
    assert_eq!(
        bench.len().await,
        3,
        "it was appended, and not a second time"
    );
}

async fn a_connection_cut_before_the_answer_is_an_unknown_outcome(url: &str) {
    let bench = Bench::new(url).await;
    for round in 0..5 {
        bench.proxy.fault(Fault::CutAfterCommand);
        let begun = Instant::now();
        assert_eq!(bench.append().await, Outcome::Unknown);
        assert!(begun.elapsed() < Duration::from_secs(1));
        bench.comes_back().await;
        assert_eq!(
            bench.len().await,
            2 * (round + 1),
            "it was appended, and not a second time"
        );
    }
}

async fn a_connection_cut_before_the_command_appends_nothing(url: &str) {
    let bench = Bench::new(url).await;
    bench.proxy.fault(Fault::CutBeforeCommand);
    assert_eq!(
        bench.append().await,
        Outcome::Unknown,
        "the client cannot know how far it came"
    );
    bench.comes_back().await;
    assert_eq!(bench.len().await, 1, "and it is not sent again");
}

async fn a_silent_connection_is_given_up(url: &str, is_busy: bool) {
    let bench = Bench::new(url).await;
    assert_eq!(bench.append().await, Outcome::Appended);
    bench.proxy.fault(Fault::Silence);
    if is_busy {
        // A connection that is always written to must not look alive for it.
        let begun = Instant::now();
        let appends = (0..40).map(async |number| {
            tokio::time::sleep(Duration::from_millis(number * 50)).await;
            bench.append().await
        });
        let outcomes = futures_util::future::join_all(appends).await;
        assert!(begun.elapsed() < Duration::from_secs(4));
        assert_eq!(outcomes.last(), Some(&Outcome::Appended), "{outcomes:?}");
    } else {
        assert_eq!(bench.append().await, Outcome::Unknown);
        bench.comes_back().await;
        assert_eq!(
            bench.len().await,
            2,
            "what the silence swallowed is not sent again"
        );
    }
}

async fn waiting_survives_a_broken_connection(url: &str) {
    let bench = Bench::new(url).await;
    let shut = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        bench.proxy.shut();
    };
    let begun = Instant::now();
    let (waited, ()) =
        futures_util::future::join(bench.stream.wait(Duration::from_secs(20)), shut).await;
    assert!(
        matches!(waited, Err(StreamError::Unavailable { .. })),
        "{waited:?}"
    );
    let waited = bench.stream.wait(Duration::from_secs(20)).await;
    assert!(
        matches!(waited, Err(StreamError::Unavailable { .. })),
        "{waited:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(3));
    bench.proxy.reopen();
    bench.comes_back().await;
    bench
        .stream
        .wait(Duration::from_secs(20))
        .await
        .expect("there is something");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

async fn closing_ends(url: &str) {
    let bench = Bench::new(url).await;
    let begun = Instant::now();
    bench.proxy.fault(Fault::Silence);
    bench.stream.close().await;
    bench.stream.close().await;
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "also when the server says nothing"
    );
    // Nothing connects any more, though later connections are sound.
    let closed = bench.stream.append(&["frame".into()]).await;
    assert!(
        matches!(closed, Err(StreamError::Closed { .. })),
        "{closed:?}"
    );
    let prepared = bench.stream.prepare_fsync(FSYNC).await;
    assert!(
        matches!(prepared, Err(StreamError::Closed { .. })),
        "{prepared:?}"
    );
}

/// Until the connection that was given up is made anew.
async fn retry<T, E: std::fmt::Debug, F: Future<Output = Result<T, E>>>(call: impl Fn() -> F) -> T {
    let mut answer = call().await;
    for _ in 0..50 {
        if answer.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = call().await;
    }
    answer.expect("the connection comes back")
}
