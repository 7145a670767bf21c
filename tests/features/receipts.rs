//! What becomes of a lazy flush: asked by its receipt, and waited for by a synchronous flush of the same entity.

use std::time::Duration;

use beeorm::{Outcome, Resolution, prelude::*};

use crate::support::{PATIENCE, drain, engine, on_every_backend, run};

#[derive(Entity, Debug, Default)]
#[entity(table = "accounts")]
struct Account {
    #[entity(uuid)]
    id: Uuid,
    #[entity(unique)]
    email: String,
    visits: u32,
}

/// For what has to be awaited in vain.
const SHORT: Duration = Duration::from_millis(300);

fn account(email: &str) -> Account {
    Account {
        email: email.to_owned(),
        ..Account::default()
    }
}

on_every_backend! {
    async fn a_receipt_tells_what_became_of_its_flush(backend: Backend) {
        let engine = engine(backend.registry().entity::<Account>()).await;
        let first = engine.flush_lazy(&mut account("bee")).await.unwrap();
        let not_yet = first.applied(SHORT).await;
        assert!(matches!(not_yet, Err(Error::LazyPending { frame_id, .. }) if frame_id == first.frame_ids()[0]));
        let told = not_yet.unwrap_err().to_string();
        assert!(told.contains("a table or a database that is not there"), "{told}");
        assert!(told.ends_with("Ask again later"), "it was flushed lazily: {told}");
        let second = engine.flush_lazy(&mut account("bee")).await.unwrap();
        let mut third = engine.track(account("bee")).unwrap();
        third.visits = 7;
        let third = engine.flush_lazy(&mut third).await.unwrap();
        // Many wait at the same time, some before anything is done.
        let waiting: Vec<_> = (0..20)
            .map(|_| tokio::spawn({ let first = first.clone(); async move { first.applied(PATIENCE).await } }))
            .collect();
        let consumer = run(engine.background_consumer().error_resolver(|failure| async move {
            let visits = failure.statement().and_then(|statement| statement.values.iter().find(|(name, _)| name == "visits"));
            if visits.is_some_and(|(_, value)| value.to_string() == "7") { Resolution::Skip } else { Resolution::Pass }
        }));
        assert_eq!(second.applied(PATIENCE).await.unwrap(), Outcome::Dead);
        assert_eq!(third.applied(PATIENCE).await.unwrap(), Outcome::Skipped);
        for outcome in waiting {
            assert_eq!(outcome.await.unwrap().unwrap(), Outcome::Applied);
        }
        consumer.stop().await;
        // Also when everything is long done, and nobody else waits.
        assert_eq!(first.applied(PATIENCE).await.unwrap(), Outcome::Applied);
    }

    async fn nothing_to_write_is_applied_at_once(backend: Backend) {
        let engine = engine(backend.registry().entity::<Account>()).await;
        let mut stored = engine.attach(Account { id: Uuid::now_v7(), ..account("bee") });
        let receipt = engine.flush_lazy(&mut stored).await.unwrap();
        assert_eq!(receipt.applied(Duration::ZERO).await.unwrap(), Outcome::Applied);
    }

    async fn a_synchronous_flush_comes_after_the_lazy_ones_of_the_same_entity(backend: Backend) {
        let engine = engine(backend.registry().lazy_timeout(PATIENCE).entity::<Account>()).await;
        let mut bee = engine.track(account("bee")).unwrap();
        engine.flush(&mut bee).await.unwrap();
        bee.visits = 1;
        engine.flush_lazy(&mut bee).await.unwrap();
        let consumer = async {
            // Late: the synchronous flush is waiting by then.
            tokio::time::sleep(SHORT).await;
            run(engine.background_consumer())
        };
        bee.visits = 2;
        let (flushed, consumer) = futures_util::join!(engine.flush(&mut bee), consumer);
        flushed.unwrap();
        consumer.stop().await;
        drain(&engine).await;
        assert_eq!(engine.load::<Account>(bee.id).await.unwrap().unwrap().visits, 2, "the older lazy UPDATE came last");
    }

    async fn without_a_consumer_it_says_so_and_changes_nothing(backend: Backend) {
        let engine = engine(backend.registry().lazy_timeout(SHORT).entity::<Account>()).await;
        let mut bee = engine.track(account("bee")).unwrap();
        let receipt = engine.flush_lazy(&mut bee).await.unwrap();
        // Nothing has changed since; but that its row is there cannot be said yet.
        assert!(matches!(engine.flush(&mut bee).await, Err(Error::LazyPending { .. })));
        bee.visits = 2;
        let refused = engine.flush(&mut bee).await;
        assert!(matches!(&refused, Err(Error::LazyPending { frame_id, .. }) if *frame_id == receipt.frame_ids()[0]), "{refused:?}");
        assert!(refused.unwrap_err().to_string().contains("or flush lazily"));
        assert_eq!(Tracked::dirty_columns(&bee), ["visits"]);
        assert!(matches!(engine.delete(&mut bee).await, Err(Error::LazyPending { .. })));
        drain(&engine).await;
        engine.flush(&mut bee).await.unwrap();
        assert_eq!(engine.load::<Account>(bee.id).await.unwrap().unwrap().visits, 2);
        // It has caught up: it waits for nothing any more.
        engine.delete(&mut bee).await.unwrap();
    }
}
