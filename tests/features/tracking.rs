//! Tracked entities: what changed, and nothing else.

use beeorm::prelude::*;

use crate::support::{Backend, Sql, drain, engine, on_every_backend};

/// Neither `Clone` nor `PartialEq`: none of it is asked for.
#[derive(Entity, Default)]
struct Sensor {
    #[entity(uuid)]
    id: Uuid,
    name: String,
    value: f64,
    readings: u32,
    #[entity(skip)]
    scratch: u8,
}

/// Its table has longer texts, and a child without a parent.
#[derive(Entity, Debug, Default, PartialEq)]
#[entity(table = "posts")]
struct Post {
    #[entity(primary_key)]
    id: u32,
    text: String,
    visits: u32,
    author: Reference<Author>,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "authors")]
struct Author {
    id: u32,
    name: String,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "accounts")]
struct Account {
    #[entity(primary_key)]
    id: u32,
    #[entity(unique)]
    email: String,
}

/// The row is there, and no flush would have written it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_row_that_could_not_be_written_only_what_changed_is() {
    let backend = Backend::servers().await;
    let mut sql = Sql::connect(&backend).await;
    sql.run(
        "CREATE TABLE posts (id int unsigned PRIMARY KEY, text varchar(1000) NOT NULL, visits int unsigned NOT NULL, \
         author int unsigned NOT NULL)",
    )
    .await;
    let registry = backend.registry().entity::<Post>().entity::<Author>();
    let engine = registry.connect().await.unwrap();
    for lazily in [false, true] {
        sql.run("REPLACE INTO posts VALUES (1, REPEAT('x', 300), 0, 0)")
            .await;
        let flush = async |post: &mut Tracked<Post>| {
            if lazily {
                engine.flush_lazy(post).await?;
                assert_eq!(drain(&engine).await.dead, 0);
                return Ok(());
            }
            engine.flush(post).await
        };
        let mut post = engine.load::<Post>(1_u32).await.unwrap().unwrap();
        let visit = || Post::change(1_u32).add(Post::columns().visits, 100_u32);
        engine.flush(visit()).await.unwrap();
        post.text = "short".to_owned();
        assert_eq!(Tracked::dirty_columns(&post), ["text"]);
        flush(&mut post).await.unwrap();
        let visits = "SELECT CAST(visits AS SIGNED) FROM posts";
        assert_eq!(sql.number(visits).await, 100, "what nobody changed");

        sql.run("UPDATE posts SET text = REPEAT('x', 300)").await;
        let mut post = engine.load::<Post>(1_u32).await.unwrap().unwrap();
        post.visits = 7;
        flush(&mut post).await.unwrap();
        assert_eq!(sql.number(visits).await, 7);
        post.text = "y".repeat(256);
        let refused = flush(&mut post).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Column { column, .. } if column == "text"),
            "{refused}"
        );
        Tracked::reset(&mut post).unwrap();
        assert_eq!((post.text.len(), *post.author.key()), (300, 0));
        post.author = Reference::to(1_u32);
        flush(&mut post).await.unwrap();
        post.author = Reference::default();
        let refused = flush(&mut post).await.unwrap_err();
        assert!(
            matches!(&refused, Error::UnsavedReference { column, .. } if column == "author"),
            "{refused}"
        );
    }
}

on_every_backend! {
    async fn sees_the_columns_that_changed(backend: Backend) {
        let engine = engine(backend.registry().entity::<Sensor>()).await;
        let mut sensor = engine.track(Sensor::default()).unwrap();
        assert!(!sensor.id.is_nil(), "a key made on the client is there at once");
        assert!(Tracked::is_new(&sensor) && Tracked::is_dirty(&sensor));
        engine.flush(&mut sensor).await.unwrap();
        assert!(!Tracked::is_dirty(&sensor));
        sensor.name = "hive".to_owned();
        sensor.scratch = 7;
        assert_eq!(Tracked::dirty_columns(&sensor), ["name"]);
        sensor.name = String::new();
        assert!(!Tracked::is_dirty(&sensor), "changed back is not changed");
    }

    async fn floats_differ_by_their_bits(backend: Backend) {
        let engine = engine(backend.registry().entity::<Sensor>()).await;
        let mut sensor = engine.attach(Sensor { value: 0.0, ..Sensor::default() });
        sensor.value = -0.0;
        assert_eq!(Tracked::dirty_columns(&sensor), ["value"]);
    }

    async fn can_be_reset(backend: Backend) {
        let engine = engine(backend.registry().entity::<Sensor>()).await;
        let mut sensor = engine.track(Sensor { name: "hive".to_owned(), ..Sensor::default() }).unwrap();
        engine.flush(&mut sensor).await.unwrap();
        sensor.name = "nest".to_owned();
        sensor.readings = 3;
        Tracked::reset(&mut sensor).unwrap();
        assert_eq!((sensor.name.as_str(), sensor.readings), ("hive", 0));
        assert!(!Tracked::is_dirty(&sensor));
    }

    async fn what_is_attached_is_updated(backend: Backend) {
        let engine = engine(backend.registry().entity::<Sensor>()).await;
        let mut stored = Sensor { name: "hive".to_owned(), ..Sensor::default() };
        engine.flush(&mut stored).await.unwrap();
        let id = stored.id;
        let mut sensor = engine.attach(stored);
        sensor.readings += 1;
        engine.flush(&mut sensor).await.unwrap();
        assert_eq!(engine.load::<Sensor>(id).await.unwrap().unwrap().readings, 1);
    }

    async fn one_whose_id_was_changed_deletes_no_other(backend: Backend) {
        let engine = engine(backend.registry().entity::<Account>()).await;
        for (id, email) in [(1, "one"), (2, "two")] {
            engine.flush(&mut engine.track(Account { id, email: email.to_owned() }).unwrap()).await.unwrap();
        }
        let mut one = engine.load::<Account>(1_u32).await.unwrap().unwrap();
        one.id = 2;
        let refused = [engine.delete(&mut one).await.unwrap_err(), engine.delete_lazy(&mut one).await.unwrap_err()];
        for refused in refused {
            assert!(matches!(refused, Error::KeyChanged { .. }), "{refused}");
        }
        drain(&engine).await;
        assert!(engine.load::<Account>(2_u32).await.unwrap().is_some());
        one.id = 1;
        engine.delete(&mut one).await.unwrap();
        assert!(engine.load::<Account>(1_u32).await.unwrap().is_none());
    }

    async fn what_is_attached_without_an_id_is_refused(backend: Backend) {
        let engine = engine(backend.registry().entity::<Account>()).await;
        let mut nobody = engine.attach(Account::default());
        nobody.email = "mine".to_owned();
        let refused = [engine.flush(&mut nobody).await.unwrap_err(), engine.flush_lazy(&mut nobody).await.unwrap_err()];
        for refused in refused {
            assert!(matches!(refused, Error::UnsetKey { entity: "Account", operation: "change" }), "{refused}");
        }
    }

    async fn a_lazily_deleted_one_is_not_flushed_again(backend: Backend) {
        let engine = engine(backend.registry().entity::<Sensor>()).await;
        let mut never_saved = engine.track(Sensor::default()).unwrap();
        assert_eq!(engine.delete_lazy(&mut never_saved).await.unwrap().statements(), 0);
        assert!(matches!(engine.flush(&mut never_saved).await, Err(Error::Deleted { .. })));
    }
}

#[test]
fn costs_sixteen_bytes() {
    assert_eq!(size_of::<Tracked<Sensor>>() - size_of::<Sensor>(), 16);
}
