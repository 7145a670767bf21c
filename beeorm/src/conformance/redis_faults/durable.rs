//! Appends that wait for the disk, over connections that fail.

use std::time::Duration;

use futures_util::future::{join, join_all};

use super::{
    bench::{Bench, Outcome},
    proxy::Fault,
};

/// Nothing on a server that cannot tell when something is on disk.
pub(super) async fn suite(url: &str) {
    if !Bench::new(url).await.can_fsync().await {
        eprintln!("the server cannot tell when something is on disk");
        return;
    }
    without_a_connection_nothing_is_appended(url).await;
    a_lost_answer_is_an_unknown_outcome(url, Fault::SwallowAnswers, 1).await;
    a_lost_answer_is_an_unknown_outcome(url, Fault::CutAfterCommand, 1).await;
    a_lost_answer_is_an_unknown_outcome(url, Fault::CutBeforeCommand, 0).await;
    appends_while_the_connection_breaks_are_counted_right(url).await;
}

async fn without_a_connection_nothing_is_appended(url: &str) {
    let bench = Bench::new(url).await;
    assert_eq!(bench.append_fsynced().await, (Outcome::Appended, true));
    bench.proxy.shut();
    // The client may need a moment to see that its connection is gone.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..3 {
        assert_eq!(bench.append_fsynced().await.0, Outcome::Unavailable);
    }
    bench.proxy.reopen();
    assert_eq!(bench.append_fsynced().await, (Outcome::Appended, true));
    assert_eq!(bench.len().await, 2, "what was refused is not sent later");
}

async fn a_lost_answer_is_an_unknown_outcome(url: &str, fault: Fault, arrived: usize) {
    let bench = Bench::new(url).await;
    assert!(bench.can_fsync().await);
    bench.proxy.fault(fault);
    assert_eq!(
        bench.append_fsynced().await.0,
        Outcome::Unknown,
        "{fault:?}"
    );
    assert_eq!(bench.append_fsynced().await, (Outcome::Appended, true));
    assert_eq!(
        bench.len().await,
        arrived + 1,
        "{fault:?}: and it is not sent again"
    );
}

async fn appends_while_the_connection_breaks_are_counted_right(url: &str) {
    let bench = Bench::with_timeout(url, Duration::from_secs(10)).await;
    let (mut certain, mut unknown) = (0, 0);
    for round in 0..6 {
        let cut = async {
            tokio::time::sleep(Duration::from_millis(20 * round)).await;
            bench.proxy.shut();
            bench.proxy.reopen();
        };
        let appends = join_all((0..10).map(|_| bench.append_fsynced()));
        let (outcomes, ()) = join(appends, cut).await;
        for (outcome, _) in outcomes {
            certain += usize::from(outcome == Outcome::Appended);
            unknown += usize::from(outcome == Outcome::Unknown);
        }
        assert_eq!(bench.append_fsynced().await, (Outcome::Appended, true));
        certain += 1;
    }
    let len = bench.len().await;
    assert!(
        (certain..=certain + unknown).contains(&len),
        "{certain} certain, {unknown} unknown, and {len} there"
    );
}
