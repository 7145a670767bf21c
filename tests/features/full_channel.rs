//! A channel with a limit: refused, or waited for.

use std::time::Duration;

use beeorm::{OnFull, prelude::*};
use tokio::time::timeout;

use crate::{
    entities::{Page, registered},
    support::{PATIENCE, drain, engine, keeper, on_every_backend},
};

fn page() -> Page {
    Page {
        path: "/".to_owned(),
        ..Page::default()
    }
}

async fn fill(engine: &Engine, entries: usize) {
    for _ in 0..entries {
        engine.flush_lazy(&mut page()).await.unwrap();
    }
}

async fn len(engine: &Engine) -> u64 {
    let broker = engine.event_broker();
    broker.stream_statistics(LAZY_CHANNEL).await.unwrap().len
}

on_every_backend! {
    async fn a_full_channel_refuses_and_changes_nothing(backend: Backend) {
        let engine = engine(registered(backend.registry()).max_len(3)).await;
        fill(&engine, 3).await;
        let (mut bare, mut tracked) = (page(), engine.track(keeper(1, "bee")).unwrap());
        for _ in 0..3 {
            let refused = engine.flush_lazy((&mut bare, &mut tracked)).await.unwrap_err();
            assert!(matches!(refused, Error::ChannelFull { len: 3, limit: 3 }), "{refused}");
            assert!(bare.id.is_nil() && Tracked::is_new(&tracked));
        }
        assert_eq!(len(&engine).await, 3, "nothing is appended, and nothing is taken out");
        // What is nothing needs no room.
        let mut stored = engine.attach(keeper(2, "wasp"));
        engine.flush_lazy(&mut stored).await.unwrap();
        assert_eq!(drain(&engine).await.applied, 3);
        // A look at the length holds for a moment.
        let mut flushed = engine.flush_lazy((&mut bare, &mut tracked)).await;
        let begun = std::time::Instant::now();
        while matches!(flushed, Err(Error::ChannelFull { .. })) && begun.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(10)).await;
            flushed = engine.flush_lazy((&mut bare, &mut tracked)).await;
        }
        flushed.unwrap();
        assert_eq!(drain(&engine).await.applied, 1);
    }

    async fn a_limit_that_is_passed_through_quickly_refuses_nothing(backend: Backend) {
        let engine = engine(registered(backend.registry()).max_len(5)).await;
        for _ in 0..5 {
            fill(&engine, 5).await;
            drain(&engine).await;
        }
    }

    async fn who_waits_goes_on_when_there_is_room(backend: Backend) {
        let registry = registered(backend.registry()).max_len(2).on_full(OnFull::Wait(PATIENCE));
        let engine = engine(registry).await;
        fill(&engine, 2).await;
        let mut waiting = page();
        let (flushed, report) = tokio::join!(engine.flush_lazy(&mut waiting), async {
            // It waits, however long nobody consumes.
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(len(&engine).await, 2);
            drain(&engine).await
        });
        flushed.unwrap();
        assert_eq!(report.applied + drain(&engine).await.applied, 3);
        assert!(engine.load::<Page>(waiting.id).await.unwrap().is_some());
    }

    async fn who_waits_in_vain_is_refused(backend: Backend) {
        let patience = Duration::from_millis(200);
        let registry = registered(backend.registry()).max_len(1).on_full(OnFull::Wait(patience));
        let engine = engine(registry).await;
        fill(&engine, 1).await;
        let begun = std::time::Instant::now();
        let mut bare = page();
        let refused = engine.flush_lazy(&mut bare).await.unwrap_err();
        assert!(matches!(refused, Error::ChannelFull { len: 1, limit: 1 }), "{refused}");
        assert!(begun.elapsed() >= patience, "it has not waited");
        assert!(bare.id.is_nil());
    }

    async fn who_goes_away_while_waiting_has_done_nothing(backend: Backend) {
        let registry = registered(backend.registry()).max_len(1).on_full(OnFull::Wait(PATIENCE));
        let engine = engine(registry).await;
        fill(&engine, 1).await;
        let (mut bare, mut tracked) = (page(), engine.track(keeper(1, "bee")).unwrap());
        let gone = timeout(Duration::from_millis(50), engine.flush_lazy((&mut bare, &mut tracked)));
        assert!(gone.await.is_err());
        assert!(bare.id.is_nil() && Tracked::is_new(&tracked));
        assert_eq!(drain(&engine).await.applied, 1);
        engine.flush_lazy((&mut bare, &mut tracked)).await.unwrap();
        assert_eq!(drain(&engine).await.applied, 1);
    }
}
