//! Dead letters: listed, counted, shown and dropped.

use beeorm::prelude::*;

use crate::{
    entities::{Counter, registered},
    support::{drain, engine, on_every_backend},
};

/// An UPDATE of a row that is not there.
async fn bury(engine: &Engine, id: u32) -> Uuid {
    let change = Counter::change(id).add(Counter::columns().visits, 1_u64);
    let frame = engine.flush_lazy(change).await.unwrap().frame_ids()[0];
    assert_eq!(drain(engine).await.dead, 1);
    frame
}

on_every_backend! {
    async fn are_listed_page_by_page_in_the_order_in_which_they_died(backend: Backend) {
        let engine = engine(registered(backend.registry())).await;
        let letters = engine.dead_letters();
        assert_eq!(letters.count().await.unwrap(), 0);
        let mut frames = Vec::new();
        for id in 1..=7 {
            frames.push(bury(&engine, id).await);
        }
        let mut listed = Vec::new();
        let mut page = letters.list(3).await.unwrap();
        while let Some(last) = page.last() {
            assert!(page.len() <= 3);
            // It may be gone when the next page is asked for.
            letters.drop_letter(last.frame_id).await.unwrap();
            let next = letters.list_after(last, 3).await.unwrap();
            listed.extend(page.into_iter().map(|letter| letter.frame_id));
            page = next;
        }
        assert_eq!(listed, frames);
        assert_eq!(letters.count().await.unwrap(), 4);
        assert_eq!(letters.list(0).await.unwrap(), []);
        assert_eq!(letters.list(u64::MAX).await.unwrap().len(), 4);
    }

    async fn are_shown_and_dropped_by_their_frame(backend: Backend) {
        let engine = engine(registered(backend.registry())).await;
        let letters = engine.dead_letters();
        let (one, other) = (bury(&engine, 1).await, bury(&engine, 2).await);
        let letter = letters.get(one).await.unwrap().unwrap();
        assert_eq!((letter.frame_id, letter.attempts), (one, 1));
        assert_eq!(letters.list(1).await.unwrap(), [letter]);
        assert_eq!(letters.get(Uuid::nil()).await.unwrap(), None);

        letters.drop_letter(one).await.unwrap();
        let again = letters.drop_letter(one).await;
        assert!(matches!(again, Err(Error::DeadLetterNotFound { frame_id }) if frame_id == one), "{again:?}");
        assert_eq!(letters.drop_letters([one, other, Uuid::nil()]).await.unwrap(), 1);
        assert_eq!(letters.count().await.unwrap(), 0);
        assert_eq!(drain(&engine).await.dead, 0, "what was dropped does not come back");
    }

    async fn are_told_with_their_times_in_milliseconds(backend: Backend) {
        let engine = engine(registered(backend.registry())).await;
        let frame = bury(&engine, 1).await;
        let letter = engine.dead_letters().get(frame).await.unwrap().unwrap();
        let json = serde_json::to_value(&letter).unwrap();
        assert_eq!(json["frame_id"], frame.to_string());
        for (name, time) in [("created_millis", letter.created), ("died_millis", letter.died)] {
            assert_eq!(json[name].as_u64().map(u128::from), Some(time.as_millis()), "{json}");
        }
    }

    async fn of_a_database_without_their_table_there_are_none(backend: Backend) {
        let engine = registered(backend.registry()).connect().await.unwrap();
        let letters = engine.dead_letters();
        assert_eq!(letters.list(10).await.unwrap(), []);
        assert_eq!(letters.count().await.unwrap(), 0);
        assert_eq!(letters.get(Uuid::nil()).await.unwrap(), None);
        let dropped = letters.drop_letter(Uuid::nil()).await;
        assert!(matches!(dropped, Err(Error::DeadLetterNotFound { .. })), "{dropped:?}");
    }
}
