//! What an engine answers after it was closed: one error, which says so.

use std::time::Duration;

use beeorm::prelude::*;

use crate::{
    entities::{Counter, Keeper, registered},
    support::{PATIENCE, engine, keeper, on_every_backend, visit},
};

#[track_caller]
fn says_so<T: std::fmt::Debug>(answer: Result<T, Error>) {
    let error = answer.unwrap_err();
    assert!(matches!(error, Error::Closed), "{error:?}");
    assert!(error.to_string().contains("closed"), "{error}");
}

on_every_backend! {
    async fn every_call_says_so(backend: Backend) {
        let engine = engine(registered(backend.registry())).await;
        let clone = engine.clone();
        let mut stored = engine.track(keeper(1, "bee")).unwrap();
        engine.flush(&mut stored).await.unwrap();
        let receipt = engine.flush_lazy(visit()).await.unwrap();
        clone.close().await;
        clone.close().await;

        says_so(engine.load::<Keeper>(1_u32).await);
        says_so(engine.load_many::<Keeper>([1_u32, 2]).await);
        stored.age += 1;
        says_so(engine.flush(&mut stored).await);
        says_so(engine.flush_lazy(&mut stored).await);
        says_so(engine.delete_lazy(&mut stored).await);
        assert!(Tracked::is_dirty(&stored), "a refused call changes nothing");
        says_so(engine.flush(visit()).await);
        says_so(engine.flush_lazy(visit()).await);
        says_so(engine.delete_by_id::<Counter>(1_u32).await);
        says_so(receipt.applied(PATIENCE).await);
        let broker = engine.event_broker();
        says_so(broker.stream_statistics(LAZY_CHANNEL).await);
        says_so(broker.waiting(LAZY_CHANNEL, 10).await);
        says_so(broker.set_aside(LAZY_CHANNEL, 10).await);
        says_so(engine.dead_letters().list(10).await);
        says_so(engine.dead_letters().drop_letter(Uuid::nil()).await);
        says_so(engine.schema().alters().await);
        says_so(engine.background_consumer().drain().await);
        says_so(engine.background_consumer().run_until(std::future::pending::<()>()).await);
    }

    async fn a_consumer_ends_with_its_engine(backend: Backend) {
        let engine = engine(registered(backend.registry())).await;
        let consumer = engine.background_consumer().run_until(std::future::pending::<()>());
        let consumer = tokio::spawn(consumer);
        engine.flush_lazy(visit()).await.unwrap().applied(PATIENCE).await.unwrap();
        engine.close().await;
        let ended = tokio::time::timeout(4 * PATIENCE, consumer).await;
        says_so(ended.expect("nothing is waited for any more").unwrap());
    }

    async fn a_drain_ends_when_it_is_told_to(backend: Backend) {
        let engine = engine(registered(backend.registry())).await;
        let _busy = engine.flush_lazy(visit()).await.unwrap();
        // The visit is one of no row: it is asked about again and again.
        let resolver = |_| async { Resolution::Retry };
        let consumer = engine.background_consumer().error_resolver(resolver);
        let report = consumer.drain_until(tokio::time::sleep(Duration::from_millis(300))).await;
        assert_eq!(report.unwrap().applied, 0);
        let left = engine.event_broker().stream_statistics(LAZY_CHANNEL).await.unwrap().len;
        assert_eq!(left, 1, "what was not done waits");
        let drained = engine.background_consumer().drain_until(std::future::pending::<()>()).await;
        assert_eq!(drained.unwrap().dead, 1);
    }
}
