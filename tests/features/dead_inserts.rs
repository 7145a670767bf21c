//! What is done to a row whose INSERT is dead-lettered is dead-lettered with it, instead of being taken for done.

use std::sync::{Arc, Mutex};

use beeorm::{Failure, Resolution, prelude::*};

use crate::{
    entities::{Keeper, registered},
    support::{Backend, drain, engine, keeper, on_every_backend},
};

/// An engine with a keeper 1 who has the address, and one in the stream, 2, who wants it.
async fn with_a_clash(backend: &Backend) -> (Engine, Uuid) {
    let engine = engine(registered(backend.registry())).await;
    add(&engine, 1, "taken").await;
    let insert = add_lazily(&engine, 2, "taken").await;
    (engine, insert)
}

async fn add(engine: &Engine, id: u32, email: &str) {
    engine
        .flush(&mut engine.track(keeper(id, email)).unwrap())
        .await
        .unwrap();
}

async fn add_lazily(engine: &Engine, id: u32, email: &str) -> Uuid {
    let mut tracked = engine.track(keeper(id, email)).unwrap();
    engine.flush_lazy(&mut tracked).await.unwrap().frame_ids()[0]
}

async fn birthday(engine: &Engine, id: u32) -> Uuid {
    let change = Keeper::change(id).add(Keeper::columns().age, 1_u32);
    engine.flush_lazy(change).await.unwrap().frame_ids()[0]
}

async fn delete(engine: &Engine, id: u32) -> Uuid {
    engine
        .delete_by_id_lazy::<Keeper>(id)
        .await
        .unwrap()
        .frame_ids()[0]
}

/// The letters' frames, and what they follow.
async fn letters(engine: &Engine) -> Vec<(Uuid, Option<Uuid>)> {
    let letters = engine.dead_letters().list(100).await.unwrap();
    letters
        .iter()
        .map(|letter| (letter.frame_id, letter.follows))
        .collect()
}

on_every_backend! {
    async fn updates_and_deletes_of_its_row_follow_it(backend: Backend) {
        let (engine, insert) = with_a_clash(&backend).await;
        let update = birthday(&engine, 2).await;
        let deleted = delete(&engine, 2).await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let failures = Arc::clone(&seen);
        let consumer = engine.background_consumer().error_resolver(move |failure: Failure| {
            failures.lock().unwrap().push((failure.frame_id, failure.dead_insert()));
            async { Resolution::Pass }
        });
        let report = consumer.drain().await.unwrap();
        assert_eq!((report.applied, report.dead), (0, 3), "{report:?}");
        let expected = [(insert, None), (update, Some(insert)), (deleted, Some(insert))];
        assert_eq!(letters(&engine).await, expected);
        assert_eq!(*seen.lock().unwrap(), expected, "resolvers are asked as ever");

        // By a consumer that has not seen it die; of others' rows nothing is taken.
        let later = delete(&engine, 2).await;
        delete(&engine, 3).await;
        birthday(&engine, 1).await;
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (2, 1), "{report:?}");
        assert_eq!(letters(&engine).await[3..], [(later, Some(insert))]);
    }

    async fn a_delete_among_many_is_found(backend: Backend) {
        let (engine, insert) = with_a_clash(&backend).await;
        drain(&engine).await;
        for id in 10..40 {
            add(&engine, id, &id.to_string()).await;
        }
        let mut deleted = Uuid::nil();
        for id in 10..50 {
            delete(&engine, id).await;
            if id == 25 {
                deleted = delete(&engine, 2).await;
            }
        }
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (40, 1), "{report:?}");
        assert_eq!(letters(&engine).await[1..], [(deleted, Some(insert))]);
        let ids: Vec<u32> = (1..50).collect();
        let left = engine.load_many::<Keeper>(ids).await.unwrap();
        assert_eq!(left.iter().flatten().count(), 1);
    }

    async fn its_other_inserts_are_followed_too(backend: Backend) {
        let engine = engine(registered(backend.registry())).await;
        add(&engine, 1, "taken").await;
        let mut both = [keeper(3, "three"), keeper(2, "taken")].map(|keeper| engine.track(keeper).unwrap());
        let insert = engine.flush_lazy(&mut both).await.unwrap().frame_ids()[0];
        let deleted = delete(&engine, 3).await;
        assert_eq!(drain(&engine).await.dead, 2);
        assert_eq!(letters(&engine).await, [(insert, None), (deleted, Some(insert))]);
    }

    async fn an_insert_that_succeeds_makes_up_for_it(backend: Backend) {
        let (engine, _) = with_a_clash(&backend).await;
        drain(&engine).await;
        add_lazily(&engine, 2, "free").await;
        birthday(&engine, 2).await;
        delete(&engine, 2).await;
        delete(&engine, 2).await;
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (4, 0), "{report:?}");
    }

    async fn one_that_was_skipped_is_not_remembered(backend: Backend) {
        let (engine, _) = with_a_clash(&backend).await;
        delete(&engine, 2).await;
        let consumer = engine.background_consumer().error_resolver(|_| async { Resolution::Skip });
        let report = consumer.drain().await.unwrap();
        assert_eq!((report.applied, report.skipped), (1, 1), "{report:?}");
    }

    async fn one_whose_letter_is_dropped_is_forgotten(backend: Backend) {
        let (engine, insert) = with_a_clash(&backend).await;
        drain(&engine).await;
        engine.dead_letters().drop_letter(insert).await.unwrap();
        delete(&engine, 2).await;
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
    }
}
