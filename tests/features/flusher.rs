//! The Flusher: entities collected, flushed together.

use beeorm::prelude::*;

use crate::support::{drain, engine, on_every_backend};

#[derive(Entity, Debug, Default)]
struct Page {
    #[entity(uuid)]
    id: Uuid,
    #[entity(unique)]
    path: String,
    views: u64,
}

fn page(path: &str) -> Page {
    Page {
        path: path.to_owned(),
        ..Page::default()
    }
}

on_every_backend! {
    async fn collects_and_flushes_lazily_as_one_entry(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        let mut stored = [engine.track(page("/a")).unwrap(), engine.track(page("/b")).unwrap()];
        engine.flush(&mut stored).await.unwrap();
        let [mut changed, mut deleted] = stored;
        changed.views = 10;
        let mut fresh = page("/c");
        let mut flusher = engine.flusher();
        flusher.track(&mut changed).track(&mut fresh).delete(&mut deleted).add(page("/d"));
        assert_eq!(flusher.len(), 4);
        let receipt = flusher.flush_lazy().await.unwrap();
        assert_eq!(receipt.statements(), 4);
        assert!(flusher.is_empty(), "what was flushed is not flushed again");
        assert_eq!(engine.event_broker().stream_statistics(LAZY_CHANNEL).await.unwrap().len, 1);
        drain(&engine).await;
        assert_eq!(engine.load::<Page>(changed.id).await.unwrap().unwrap().views, 10);
        assert!(engine.load::<Page>(fresh.id).await.unwrap().is_some());
        assert!(engine.load::<Page>(deleted.id).await.unwrap().is_none());
    }

    async fn flushes_synchronously_too(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        let mut one = page("/a");
        let mut flusher = engine.flusher();
        flusher.track(&mut one).add(page("/b"));
        flusher.flush().await.unwrap();
        assert!(engine.load::<Page>(one.id).await.unwrap().is_some());
    }

    async fn an_error_keeps_what_was_collected(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        let mut taken = page("/a");
        engine.flush(&mut taken).await.unwrap();
        let mut clash = engine.track(page("/a")).unwrap();
        let mut fine = engine.track(page("/b")).unwrap();
        let mut flusher = engine.flusher();
        flusher.track(&mut fine).track(&mut clash);
        let refused = flusher.flush().await.unwrap_err();
        assert!(refused.is_duplicate_key(), "{refused}");
        assert_eq!(flusher.len(), 2);
        engine.delete(&mut taken).await.unwrap();
        flusher.flush().await.unwrap();
        assert!(engine.load::<Page>(fine.id).await.unwrap().is_some());
        assert!(engine.load::<Page>(clash.id).await.unwrap().is_some());
    }
}
