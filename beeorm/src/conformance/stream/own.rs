use futures_util::future::join;
use uuid::Uuid;

use super::bench::{Bench, fill, own};
use crate::stream::{EntryId, StreamError};

pub(super) async fn suite(bench: &Bench) {
    the_lease_is_taken_given_up_and_taken_over(bench).await;
    one_of_two_contenders_wins(bench).await;
    a_stale_owner_can_do_nothing(bench).await;
}

async fn the_lease_is_taken_given_up_and_taken_over(bench: &Bench) {
    let stream = bench.prepared().await;
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    assert_eq!(stream.lease().await, Ok(None));
    assert_eq!(stream.acquire(None, one).await, Ok(true));
    assert_eq!(
        stream.acquire(None, two).await,
        Ok(false),
        "it is somebody's"
    );

    let seen = stream.lease().await.expect("lease").expect("one has it");
    assert_eq!(seen.token, one);
    assert_eq!(
        stream.lease().await,
        Ok(Some(seen.clone())),
        "looking changes nothing"
    );
    stream.beat(one).await.expect("beats");
    let later = stream.lease().await.expect("lease").expect("one has it");
    assert!(later.beat > seen.beat, "a beat is seen");
    assert_eq!(
        stream.acquire(Some(&seen), two).await,
        Ok(false),
        "the owner lives"
    );
    assert_eq!(
        stream.acquire(Some(&later), two).await,
        Ok(true),
        "the owner is dead"
    );

    let taken = stream.lease().await.expect("lease").expect("two has it");
    assert_eq!(taken.token, two);
    assert_eq!(
        stream.acquire(Some(&later), one).await,
        Ok(false),
        "what was seen is no longer so"
    );
    assert_eq!(stream.release(one).await, Err(StreamError::NotOwner));
    stream.release(two).await.expect("releases");
    assert_eq!(stream.lease().await, Ok(None));
    assert_eq!(
        stream.acquire(Some(&taken), one).await,
        Ok(false),
        "nobody has it: that is to be seen first"
    );
    assert_eq!(stream.acquire(None, one).await, Ok(true));
}

async fn one_of_two_contenders_wins(bench: &Bench) {
    let (stream, dead) = bench.owned().await;
    for _ in 0..20 {
        let seen = stream.lease().await.expect("lease");
        let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
        let taken = join(
            stream.acquire(seen.as_ref(), one),
            stream.acquire(seen.as_ref(), two),
        )
        .await;
        let winner = match (taken.0.expect("answers"), taken.1.expect("answers")) {
            (true, false) => one,
            (false, true) => two,
            both => panic!("exactly one wins, not {both:?}"),
        };
        assert_eq!(
            stream
                .lease()
                .await
                .expect("lease")
                .expect("the winner has it")
                .token,
            winner
        );
        assert_eq!(stream.beat(dead).await, Err(StreamError::NotOwner));
    }
}

async fn a_stale_owner_can_do_nothing(bench: &Bench) {
    let (stream, stale) = bench.owned().await;
    fill(&*stream, &["one", "two"]).await;
    let entries = stream.read_new(stale, 1).await.expect("reads");
    let owner = own(&*stream).await;
    let before = stream.statistics().await.expect("figures");

    for token in [stale, Uuid::nil()] {
        let refused = Err(StreamError::NotOwner);
        assert_eq!(stream.beat(token).await, refused);
        assert_eq!(stream.release(token).await, refused);
        assert_eq!(stream.read_new(token, 1).await, Err(StreamError::NotOwner));
        assert_eq!(
            stream.read_pending(token, EntryId::default(), 1).await,
            Err(StreamError::NotOwner)
        );
        assert_eq!(stream.acknowledge(token, &entries).await, refused);
        assert_eq!(
            stream.set_aside(token, &entries[0], "?").await.map(drop),
            refused
        );
    }
    let after = stream.statistics().await.expect("figures");
    assert_eq!(
        (after.len, after.pending, after.last_delivered),
        (before.len, before.pending, before.last_delivered)
    );
    assert_eq!(stream.read_aside(10).await, Ok(Vec::new()));
    stream
        .acknowledge(owner, &entries)
        .await
        .expect("the owner can");

    stream.release(owner).await.expect("releases");
    assert_eq!(
        stream.read_new(owner, 1).await,
        Err(StreamError::NotOwner),
        "without an owner nobody may"
    );
}
