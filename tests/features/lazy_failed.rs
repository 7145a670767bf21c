//! A lazy flush that never took effect: its entities know of it until they are loaded or tracked anew, or it is replayed.

use beeorm::{Outcome, Receipt, Replay, prelude::*};

use crate::{
    entities::{Bee, Hive, Keeper, registered},
    support::{Backend, PATIENCE, drain, engine, keeper, on_every_backend},
};

/// An engine, and a keeper whose address nobody else may have.
async fn connect(backend: &Backend) -> (Engine, Tracked<Keeper>) {
    let engine = engine(registered(backend.registry())).await;
    let mut first = engine.track(keeper(1, "taken")).unwrap();
    engine.flush(&mut first).await.unwrap();
    (engine, first)
}

/// Its INSERT is dead.
async fn dead_insert(engine: &Engine) -> (Tracked<Keeper>, Receipt) {
    let mut second = engine.track(keeper(2, "taken")).unwrap();
    let receipt = engine.flush_lazy(&mut second).await.unwrap();
    assert_eq!(drain(engine).await.dead, 1);
    (second, receipt)
}

fn failed<T: std::fmt::Debug>(result: Result<T, Error>, what: &str) {
    assert!(
        matches!(
            result,
            Err(Error::LazyFailed {
                outcome: Outcome::Dead,
                ..
            })
        ),
        "{what}: {result:?}"
    );
}

/// Its key is the database's to make: what is refused has none.
#[derive(Entity, Debug, Default)]
struct Member {
    id: u32,
    #[entity(unique)]
    email: String,
}

on_every_backend! {
    async fn is_told_where_a_row_would_have_got_its_key(backend: Backend) {
        let engine = engine(backend.registry().entity::<Member>()).await;
        let member = || Member { email: "taken".to_owned(), ..Member::default() };
        engine.flush(&mut member()).await.unwrap();
        let mut second = engine.track(member()).unwrap();
        engine.flush_lazy(&mut second).await.unwrap();
        // Not before it is known.
        let waiting = engine.flush(&mut second).await;
        assert!(matches!(waiting, Err(Error::KeyUnknown { .. })), "{waiting:?}");
        assert_eq!(drain(&engine).await.dead, 1);
        failed(engine.flush(&mut second).await, "flushed");
        failed(engine.flush_lazy(&mut second).await, "flushed lazily");
        failed(engine.delete(&mut second).await, "deleted");
    }

    async fn is_told_where_the_row_is_there_still(backend: Backend) {
        let engine = engine(registered(backend.registry())).await;
        let mut hive = engine.track(Hive { id: 1, honey: 3 }).unwrap();
        let mut bee = engine.track(Bee { id: 7, hive: Reference::to(1_u32) }).unwrap();
        engine.flush((&mut hive, &mut bee)).await.unwrap();
        engine.delete_lazy(&mut hive).await.unwrap();
        assert_eq!(drain(&engine).await.dead, 1, "a bee lives in it");
        failed(engine.delete(&mut hive).await, "deleted again");
        failed(engine.flush(&mut hive).await, "flushed");
        // Another value knows nothing of it.
        engine.delete(&mut bee).await.unwrap();
        let mut loaded = engine.load::<Hive>(1_u32).await.unwrap().unwrap();
        engine.delete(&mut loaded).await.unwrap();
    }

    async fn is_told_behind_any_number_of_good_ones(backend: Backend) {
        let (engine, _first) = connect(&backend).await;
        let mut second = engine.track(keeper(2, "mine")).unwrap();
        engine.flush(&mut second).await.unwrap();
        second.email = "taken".to_owned();
        engine.flush_lazy(&mut second).await.unwrap();
        for _ in 0..40 {
            second.age += 1;
            engine.flush_lazy(&mut second).await.unwrap();
        }
        assert_eq!(drain(&engine).await.dead, 1);
        second.age += 1;
        failed(engine.flush(&mut second).await, "the address is not what is stored");
        let mut loaded = engine.load::<Keeper>(2_u32).await.unwrap().unwrap();
        assert_eq!((loaded.email.as_str(), loaded.age), ("mine", 41));
        loaded.age = 50;
        engine.flush(&mut loaded).await.unwrap();
    }

    async fn is_told_each_time_while_there_is_no_row(backend: Backend) {
        let (engine, mut first) = connect(&backend).await;
        let (mut second, receipt) = dead_insert(&engine).await;
        for _ in 0..3 {
            failed(engine.flush(&mut second).await, "flushed");
            failed(engine.flush_lazy(&mut second).await, "flushed lazily");
        }
        failed(engine.delete(&mut second).await, "deleted");
        failed(engine.delete_lazy(&mut second).await, "deleted lazily");
        // With others it holds up all of them.
        first.age = 7;
        failed(engine.flush((&mut first, &mut second)).await, "with another");
        failed(engine.flush_lazy((&mut first, &mut second)).await, "lazily with another");
        engine.flush(&mut first).await.unwrap();
        assert!(engine.load::<Keeper>(2_u32).await.unwrap().is_none());

        engine.dead_letters().drop_letter(receipt.frame_ids()[0]).await.unwrap();
        failed(engine.flush(&mut second).await, "dropped");
        let mut again = engine.track(Tracked::into_inner(second)).unwrap();
        again.email = "mine".to_owned();
        engine.flush(&mut again).await.unwrap();
        assert!(engine.load::<Keeper>(2_u32).await.unwrap().is_some());
    }

    async fn is_over_when_it_is_replayed(backend: Backend) {
        let (engine, mut first) = connect(&backend).await;
        let (mut second, receipt) = dead_insert(&engine).await;
        assert_eq!(receipt.applied(PATIENCE).await.unwrap(), Outcome::Dead);
        failed(engine.flush(&mut second).await, "not replayed yet");
        first.email = "moved".to_owned();
        engine.flush(&mut first).await.unwrap();
        engine.dead_letters().replay(receipt.frame_ids()[0], Replay::IfSafe).await.unwrap();
        assert_eq!(receipt.applied(PATIENCE).await.unwrap(), Outcome::Applied);
        second.age = 7;
        engine.flush(&mut second).await.unwrap();
        assert_eq!(engine.load::<Keeper>(2_u32).await.unwrap().unwrap().age, 7);
        second.age = 8;
        engine.flush_lazy(&mut second).await.unwrap();
        assert_eq!(drain(&engine).await.dead, 0);
    }
}

/// Of so many nobody can ask any more: that is said, and not that all is well.
#[tokio::test]
async fn may_be_among_those_that_are_forgotten() {
    let (engine, _first) = connect(&Backend::embedded().await).await;
    let mut second = engine.track(keeper(2, "mine")).unwrap();
    engine.flush(&mut second).await.unwrap();
    let lazily = async |second: &mut Tracked<Keeper>, times: u32| {
        for _ in 0..times {
            second.age += 1;
            engine.flush_lazy(&mut *second).await.unwrap();
        }
        drain(&engine).await;
    };
    lazily(&mut second, 1000).await;
    second.age += 1;
    engine.flush(&mut second).await.unwrap();
    lazily(&mut second, 1100).await;
    second.age += 1;
    for _ in 0..2 {
        let refused = engine.flush(&mut second).await.unwrap_err().to_string();
        assert!(refused.contains("load it anew"), "{refused}");
    }
    assert_eq!(
        engine.flush_lazy(&mut second).await.unwrap().statements(),
        1
    );
}
