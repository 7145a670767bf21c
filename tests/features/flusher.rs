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

    async fn changes_are_flushed_in_order_with_the_others(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        for lazily in [true, false] {
            let (one, two) = (format!("/one/{lazily}"), format!("/two/{lazily}"));
            let mut old = engine.track(page(&one)).unwrap();
            engine.flush(&mut old).await.unwrap();
            let mut new = engine.track(page(&two)).unwrap();
            let (columns, id) = (Page::columns(), new.id);
            let mut flusher = engine.flusher();
            // Neither the row nor the path is there before what stands before it is done.
            flusher.track(&mut new).delete(&mut old);
            flusher.change(Page::change(id).add(columns.views, 2_u64).set(columns.path, one.as_str()));
            flusher.change(Page::change(id).add(columns.views, 3_u64)).add(page(&two));
            assert_eq!(flusher.len(), 5);
            if lazily {
                assert_eq!(flusher.flush_lazy().await.unwrap().statements(), 5);
                assert_eq!(drain(&engine).await.applied, 1);
            } else {
                flusher.flush().await.unwrap();
            }
            assert!(flusher.is_empty());
            drop(flusher);
            let row = engine.load::<Page>(id).await.unwrap().unwrap();
            assert_eq!((row.views, &row.path), (5, &one));
        }
    }

    async fn a_change_of_no_row_fails_the_flush_and_is_kept(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        let nowhere = Page::change(Uuid::from_u128(1)).set(Page::columns().path, "/a");
        let mut fine = engine.track(page("/b")).unwrap();
        let mut flusher = engine.flusher();
        flusher.track(&mut fine).change(nowhere);
        let refused = flusher.flush().await.unwrap_err();
        assert!(refused.is_row_missing(), "{refused}");
        assert_eq!(flusher.len(), 2);
        drop(flusher);
        assert!(engine.load::<Page>(fine.id).await.unwrap().is_none(), "it was one transaction");
    }

    async fn a_bare_value_is_inserted_once(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        let mut bare = page("/a");
        let mut flusher = engine.flusher();
        flusher.track(&mut bare);
        flusher.flush().await.unwrap();
        bare.views = 1;
        let mut flusher = engine.flusher();
        flusher.track(&mut bare);
        let refused = flusher.flush_lazy().await.unwrap_err();
        assert!(matches!(refused, Error::KeyAlreadySet { .. }), "{refused}");
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
