//! Dead letters executed after all: whole, once, and not over newer writes unless by force.

use std::time::Duration;

use beeorm::{Replay, prelude::*};

use crate::{
    entities::{Counter, Keeper, registered},
    support::{Backend, drain, engine, keeper, on_every_backend},
};

/// Its key is made by the database.
#[derive(Entity, Debug, Default)]
#[entity(table = "badges")]
struct Badge {
    id: u64,
    #[entity(unique, length = 20)]
    name: String,
}

async fn connect(backend: &Backend) -> Engine {
    let engine = engine(registered(backend.registry()).entity::<Badge>()).await;
    engine
        .flush(&mut engine.track(keeper(1, "taken")).unwrap())
        .await
        .unwrap();
    engine
}

async fn add_lazily(engine: &Engine, id: u32, email: &str) -> Uuid {
    let mut tracked = engine.track(keeper(id, email)).unwrap();
    engine.flush_lazy(&mut tracked).await.unwrap().frame_ids()[0]
}

async fn rename_lazily(engine: &Engine, id: u32, email: &str) -> Uuid {
    let change = Keeper::change(id).set(Keeper::columns().email, email);
    engine.flush_lazy(change).await.unwrap().frame_ids()[0]
}

/// The keeper who has the address gives it up.
async fn make_room(engine: &Engine) {
    let change = Keeper::change(1_u32).set(Keeper::columns().email, "moved");
    engine.flush(change).await.unwrap();
}

async fn email(engine: &Engine, id: u32) -> Option<String> {
    let keeper = engine.load::<Keeper>(id).await.unwrap();
    keeper.map(|keeper| keeper.email.clone())
}

async fn dead(engine: &Engine) -> Vec<Uuid> {
    let letters = engine.dead_letters().list(100).await.unwrap();
    letters.iter().map(|letter| letter.frame_id).collect()
}

fn needs_force<T: std::fmt::Debug>(result: Result<T, Error>, frame: Uuid) {
    assert!(
        matches!(result, Err(Error::ReplayNeedsForce { frame_id, .. }) if frame_id == frame),
        "{result:?}"
    );
}

on_every_backend! {
    async fn takes_along_what_follows_the_insert(backend: Backend) {
        let engine = connect(&backend).await;
        let frames = [
            add_lazily(&engine, 2, "taken").await,
            rename_lazily(&engine, 2, "second").await,
            rename_lazily(&engine, 2, "third").await,
        ];
        assert_eq!(drain(&engine).await.dead, 3);
        make_room(&engine).await;
        let replayed = engine.dead_letters().replay(frames[0], Replay::IfSafe).await.unwrap();
        assert_eq!((replayed.frame_ids.as_slice(), replayed.statements), (frames.as_slice(), 3));
        assert_eq!(email(&engine, 2).await.as_deref(), Some("third"));
        assert!(dead(&engine).await.is_empty());

        let again = engine.dead_letters().replay(frames[0], Replay::Force).await;
        assert!(matches!(again, Err(Error::DeadLetterNotFound { .. })), "{again:?}");
        // The row is there, and is forgotten for dead.
        for _ in 0..2 {
            engine.delete_by_id_lazy::<Keeper>(2_u32).await.unwrap();
        }
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (2, 0), "{report:?}");
    }

    async fn brings_nothing_back_that_was_deleted(backend: Backend) {
        let engine = connect(&backend).await;
        let insert = add_lazily(&engine, 2, "taken").await;
        engine.delete_by_id_lazy::<Keeper>(2_u32).await.unwrap();
        drain(&engine).await;
        make_room(&engine).await;
        let replayed = engine.dead_letters().replay(insert, Replay::IfSafe).await.unwrap();
        assert_eq!(replayed.statements, 2);
        assert_eq!(email(&engine, 2).await, None);
    }

    async fn that_is_refused_once_more_changes_nothing(backend: Backend) {
        let engine = connect(&backend).await;
        let letters = engine.dead_letters();
        let insert = add_lazily(&engine, 2, "taken").await;
        drain(&engine).await;
        let before = letters.get(insert).await.unwrap().unwrap();
        let refused = letters.replay(insert, Replay::IfSafe).await;
        let Err(error) = refused else { panic!("{refused:?}") };
        assert!(matches!(&error, Error::ReplayRefused { frame_id, .. } if *frame_id == insert), "{error}");
        assert!(error.is_duplicate_key());
        let after = letters.get(insert).await.unwrap().unwrap();
        assert_eq!(after.attempts, before.attempts + 1);
        assert_eq!((after.number, &after.frame), (before.number, &before.frame));

        // What follows a letter is refused: the letter is not replayed either.
        let follower = rename_lazily(&engine, 2, "moved").await;
        assert_eq!(drain(&engine).await.dead, 1, "its row is still remembered");
        make_room(&engine).await;
        let refused = letters.replay(insert, Replay::IfSafe).await;
        assert!(
            matches!(&refused, Err(error @ Error::ReplayRefused { frame_id, .. })
                if *frame_id == follower && error.is_duplicate_key()),
            "{refused:?}"
        );
        assert_eq!(email(&engine, 2).await, None);
        assert_eq!(dead(&engine).await, [insert, follower]);
        assert_eq!(letters.get(follower).await.unwrap().unwrap().attempts, 2);
        assert_eq!(letters.get(follower).await.unwrap().unwrap().follows, Some(insert));
        letters.drop_letter(follower).await.unwrap();
        letters.replay(insert, Replay::IfSafe).await.unwrap();
        assert_eq!(email(&engine, 2).await.as_deref(), Some("taken"));
    }

    async fn of_changes_needs_force(backend: Backend) {
        let engine = connect(&backend).await;
        let letters = engine.dead_letters();
        let change = rename_lazily(&engine, 2, "old").await;
        drain(&engine).await;
        engine.flush(&mut engine.track(keeper(2, "newer")).unwrap()).await.unwrap();
        needs_force(letters.replay(change, Replay::IfSafe).await, change);
        assert_eq!(email(&engine, 2).await.as_deref(), Some("newer"));
        assert_eq!(dead(&engine).await, [change]);
        letters.replay(change, Replay::Force).await.unwrap();
        assert_eq!(email(&engine, 2).await.as_deref(), Some("old"));
    }

    async fn of_a_row_that_was_written_since_needs_force(backend: Backend) {
        let engine = connect(&backend).await;
        let letters = engine.dead_letters();
        let insert = add_lazily(&engine, 2, "taken").await;
        drain(&engine).await;
        add_lazily(&engine, 2, "another").await;
        engine.delete_by_id_lazy::<Keeper>(2_u32).await.unwrap();
        assert_eq!(drain(&engine).await.applied, 2);
        make_room(&engine).await;
        needs_force(letters.replay(insert, Replay::IfSafe).await, insert);
        assert_eq!(email(&engine, 2).await, None);
        letters.replay(insert, Replay::Force).await.unwrap();
        assert_eq!(email(&engine, 2).await.as_deref(), Some("taken"));
    }

    async fn of_a_second_insert_of_a_key_needs_force(backend: Backend) {
        let engine = connect(&backend).await;
        let letters = engine.dead_letters();
        let first = add_lazily(&engine, 2, "taken").await;
        let second = add_lazily(&engine, 2, "taken").await;
        assert_eq!(drain(&engine).await.dead, 2);
        make_room(&engine).await;
        needs_force(letters.replay(second, Replay::IfSafe).await, second);
        letters.replay(first, Replay::IfSafe).await.unwrap();
    }

    async fn of_what_follows_alone_needs_force(backend: Backend) {
        let engine = connect(&backend).await;
        let letters = engine.dead_letters();
        let insert = add_lazily(&engine, 2, "taken").await;
        // It has a part in the row, and one in another.
        let mixed = (
            Keeper::change(2_u32).add(Keeper::columns().age, 1_u32),
            Keeper::change(1_u32).set(Keeper::columns().age, 90_u32),
        );
        let mixed = engine.flush_lazy(mixed).await.unwrap().frame_ids()[0];
        assert_eq!(drain(&engine).await.dead, 2);
        make_room(&engine).await;
        needs_force(letters.replay(mixed, Replay::IfSafe).await, mixed);
        needs_force(letters.replay(insert, Replay::IfSafe).await, mixed);
        assert_eq!(dead(&engine).await, [insert, mixed]);
        assert_eq!(email(&engine, 2).await, None);
        let replayed = letters.replay(insert, Replay::Force).await.unwrap();
        assert_eq!(replayed.frame_ids, [insert, mixed]);
        assert_eq!(engine.load::<Keeper>(1_u32).await.unwrap().unwrap().age, 90);
    }

    async fn of_a_row_whose_key_the_database_makes_is_safe(backend: Backend) {
        let engine = connect(&backend).await;
        let badge = || Badge { name: "gold".to_owned(), ..Badge::default() };
        let mut first = engine.track(badge()).unwrap();
        engine.flush(&mut first).await.unwrap();
        let mut second = engine.track(badge()).unwrap();
        let insert = engine.flush_lazy(&mut second).await.unwrap().frame_ids()[0];
        assert_eq!(drain(&engine).await.dead, 1);
        engine.delete(&mut first).await.unwrap();
        let replayed = engine.dead_letters().replay(insert, Replay::IfSafe).await.unwrap();
        assert_eq!(replayed.statements, 1);
    }

    async fn of_several_tells_of_each(backend: Backend) {
        let engine = connect(&backend).await;
        let letters = engine.dead_letters();
        let insert = add_lazily(&engine, 2, "taken").await;
        let follower = rename_lazily(&engine, 2, "renamed").await;
        let missing = rename_lazily(&engine, 9, "nobody").await;
        let refused = add_lazily(&engine, 3, "taken").await;
        let third = add_lazily(&engine, 4, "taken").await;
        assert_eq!(drain(&engine).await.dead, 5);
        letters.drop_letter(third).await.unwrap();
        make_room(&engine).await;
        let outcomes = letters.replay_many([third, follower, refused, insert, follower], Replay::IfSafe).await;
        let told: Vec<_> = outcomes.iter().map(|outcome| (outcome.frame_id, outcome.result.is_ok())).collect();
        assert_eq!(told, [(third, false), (follower, false), (refused, true), (insert, false), (follower, false)], "{outcomes:?}");

        engine.delete_by_id::<Keeper>(3_u32).await.unwrap();
        let outcomes = letters.replay_all(Replay::IfSafe).await.unwrap();
        let told: Vec<_> = outcomes.iter().map(|outcome| (outcome.frame_id, outcome.result.is_ok())).collect();
        assert_eq!(told, [(insert, true), (missing, false)], "{outcomes:?}");
        assert_eq!(dead(&engine).await, [missing]);
        assert_eq!(email(&engine, 2).await.as_deref(), Some("renamed"));
    }

    async fn by_two_at_once_is_done_by_one(backend: Backend) {
        let engine = connect(&backend).await;
        let letters = engine.dead_letters();
        for id in 2..12_u32 {
            let change = Counter::change(id).add(Counter::columns().visits, 1_u64);
            let frame = engine.flush_lazy(change).await.unwrap().frame_ids()[0];
            assert_eq!(drain(&engine).await.dead, 1);
            let mut counter = engine.track(Counter { id, ..Counter::default() }).unwrap();
            engine.flush(&mut counter).await.unwrap();
            let force = Replay::Force;
            let (one, other) = tokio::join!(letters.replay(frame, force), letters.replay(frame, force));
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
            let lost = one.err().or(other.err()).unwrap();
            assert!(matches!(lost, Error::DeadLetterNotFound { .. }), "{lost:?}");
            assert_eq!(engine.load::<Counter>(id).await.unwrap().unwrap().visits, 1);
        }
    }
}

/// Its keys are written down by nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_its_consumer_could_not_read_takes_force_and_says_so() {
    let backend = Backend::servers().await;
    let engine = connect(&backend).await;
    let insert = add_lazily(&engine, 2, "second").await;
    let other = backend.registry().entity::<Badge>();
    let other = other.connect().await.unwrap();
    let consumer = other.background_consumer().schema_patience(Duration::ZERO);
    assert_eq!(consumer.drain().await.unwrap().dead, 1);
    let refused = other.dead_letters().replay(insert, Replay::Force).await;
    let told = refused.unwrap_err().to_string();
    assert!(
        told.contains("in a program whose entities have what it names"),
        "{told}"
    );
    let refused = engine.dead_letters().replay(insert, Replay::IfSafe).await;
    let told = refused.unwrap_err().to_string();
    for part in ["could not read it", "replay it with `Replay::Force`"] {
        assert!(told.contains(part), "{told}");
    }
    let replayed = engine.dead_letters().replay(insert, Replay::Force).await;
    assert_eq!(replayed.unwrap().statements, 1);
}

/// Of a program that has other entities.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_stays() {
    let backend = Backend::servers().await;
    let engine = connect(&backend).await;
    let insert = add_lazily(&engine, 2, "taken").await;
    drain(&engine).await;
    let other = backend
        .registry()
        .entity::<Badge>()
        .connect()
        .await
        .unwrap();
    let refused = other.dead_letters().replay(insert, Replay::Force).await;
    assert!(
        matches!(&refused, Err(Error::DeadLetterUnreadable { reason, .. }) if reason.contains("keepers")),
        "{refused:?}"
    );
    assert_eq!(dead(&engine).await, [insert]);
}
