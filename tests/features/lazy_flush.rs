//! BeeORM's lazy flush: statements to the stream, ids at once, rows when the consumer gets to them.

use beeorm::prelude::*;
use futures_util::FutureExt;

use crate::support::{drain, engine, on_every_backend};

#[derive(Entity, Debug, Default, PartialEq)]
#[entity(table = "users")]
struct User {
    #[entity(uuid)]
    id: Uuid,
    #[entity(length = 100)]
    first_name: String,
    #[entity(unique)]
    email: String,
    age: Option<u8>,
    visits: u32,
}

#[derive(Entity, Debug, Default, PartialEq)]
struct Product {
    id: u64,
    name: String,
}

fn user(email: &str) -> User {
    User {
        first_name: "Tom".to_owned(),
        email: email.to_owned(),
        ..User::default()
    }
}

on_every_backend! {
    async fn insert_lazily(backend: Backend) {
        let engine = engine(backend.registry().entity::<User>()).await;
        let mut user = user("bee@beeorm.io");
        let receipt = engine.flush_lazy(&mut user).await.unwrap();
        assert_eq!((receipt.statements(), receipt.frame_ids().len()), (1, 1));
        assert!(engine.load::<User>(user.id).await.unwrap().is_none(), "nothing runs before the consumer does");
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.statements, report.dead), (1, 1, 0));
        assert_eq!(*engine.load::<User>(user.id).await.unwrap().unwrap(), user);
    }

    async fn update_lazily(backend: Backend) {
        let engine = engine(backend.registry().entity::<User>()).await;
        let mut stored = engine.track(user("bee@beeorm.io")).unwrap();
        engine.flush(&mut stored).await.unwrap();
        let mut user = engine.load::<User>(stored.id).await.unwrap().unwrap();
        user.first_name = "John".to_owned();
        user.age = Some(30);
        engine.flush_lazy(&mut user).await.unwrap();
        assert!(!Tracked::is_dirty(&user));
        assert_eq!(engine.load::<User>(user.id).await.unwrap().unwrap().first_name, "Tom");
        drain(&engine).await;
        assert_eq!(*engine.load::<User>(user.id).await.unwrap().unwrap(), *user);
    }

    async fn delete_lazily(backend: Backend) {
        let engine = engine(backend.registry().entity::<User>()).await;
        let mut one = engine.track(user("one@beeorm.io")).unwrap();
        let mut two = engine.track(user("two@beeorm.io")).unwrap();
        engine.flush((&mut one, &mut two)).await.unwrap();
        engine.delete_lazy(&mut one).await.unwrap();
        engine.delete_by_id_lazy::<User>(two.id).await.unwrap();
        assert!(engine.load::<User>(one.id).await.unwrap().is_some());
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (2, 0));
        assert!(engine.load::<User>(one.id).await.unwrap().is_none());
        assert!(engine.load::<User>(two.id).await.unwrap().is_none());
        assert!(matches!(engine.flush_lazy(&mut one).await, Err(Error::Deleted { .. })));
    }

    async fn several_entities_at_once(backend: Backend) {
        let engine = engine(backend.registry().entity::<User>().entity::<Product>()).await;
        let mut users: Vec<User> = (0..10).map(|number| user(&format!("{number}@beeorm.io"))).collect();
        let mut tracked = engine.track(user("tracked@beeorm.io")).unwrap();
        let mut product = engine.track(Product { id: 0, name: "honey".to_owned() }).unwrap();
        let receipt = engine.flush_lazy((&mut users, [&mut tracked], &mut product)).await.unwrap();
        assert_eq!((receipt.statements(), receipt.frame_ids().len()), (12, 1));
        let statistics = engine.event_broker().stream_statistics(LAZY_CHANNEL).await.unwrap();
        assert_eq!((statistics.len, statistics.frames, statistics.statements), (1, 1, 12), "one call is one entry");
        drain(&engine).await;
        let ids = users.iter().map(|user| user.id).chain([tracked.id]);
        let loaded = engine.load_many::<User>(ids).await.unwrap();
        assert_eq!(loaded.into_iter().flatten().count(), 11);
        assert_eq!(engine.load::<Product>(1).await.unwrap().unwrap().name, "honey");
    }

    async fn id_is_known_at_once_with_uuid(backend: Backend) {
        let engine = engine(backend.registry().entity::<User>()).await;
        let mut first = user("first@beeorm.io");
        let mut second = user("second@beeorm.io");
        engine.flush_lazy((&mut first, &mut second)).await.unwrap();
        assert_eq!(first.id.get_version_num(), 7);
        assert_ne!(first.id, second.id);
    }

    async fn id_is_not_known_without_uuid(backend: Backend) {
        let engine = engine(backend.registry().entity::<Product>()).await;
        let mut product = engine.track(Product { id: 0, name: "honey".to_owned() }).unwrap();
        engine.flush_lazy(&mut product).await.unwrap();
        assert_eq!(product.id, 0);
        let again = engine.flush_lazy(&mut product).await;
        assert!(matches!(again, Err(Error::KeyUnknown { entity: "Product" })), "a second INSERT: {again:?}");
        let told = again.unwrap_err().to_string();
        assert!(!told.contains("load it") && told.contains("SQL of your own") && told.contains("#[entity(uuid)]"), "{told}");
        drain(&engine).await;
        assert_eq!(engine.load::<Product>(1).await.unwrap().unwrap().name, "honey");
        assert!(engine.load::<Product>(2).await.unwrap().is_none());
    }

    async fn flushing_again_writes_only_what_changed_since(backend: Backend) {
        let engine = engine(backend.registry().entity::<User>()).await;
        let mut user = engine.track(user("bee@beeorm.io")).unwrap();
        assert_eq!(engine.flush_lazy(&mut user).await.unwrap().statements(), 1);
        assert_eq!(engine.flush_lazy(&mut user).await.unwrap().statements(), 0, "it counted as new once more");
        user.visits = 3;
        assert_eq!(Tracked::dirty_columns(&user), ["visits"]);
        assert_eq!(engine.flush_lazy(&mut user).await.unwrap().statements(), 1);
        let waiting = engine.event_broker().waiting(LAZY_CHANNEL, 10).await.unwrap();
        let columns: Vec<_> = waiting[1].statements[0].values.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((waiting[1].statements[0].operation, columns), ("UPDATE", vec!["visits"]));
        drain(&engine).await;
        assert_eq!(engine.load::<User>(user.id).await.unwrap().unwrap().visits, 3);
    }

    async fn a_bare_value_is_never_inserted_twice(backend: Backend) {
        let engine = engine(backend.registry().entity::<User>()).await;
        let mut user = user("bee@beeorm.io");
        engine.flush_lazy(&mut user).await.unwrap();
        let again = engine.flush_lazy(&mut user).await;
        assert!(matches!(again, Err(Error::KeyAlreadySet { entity: "User" })), "{again:?}");
        let message = again.unwrap_err().to_string();
        for way_out in ["attach", "track", "User::change(id)"] {
            assert!(message.contains(way_out), "{message}");
        }
    }

    async fn changing_without_loading(backend: Backend) {
        let engine = engine(backend.registry().entity::<User>()).await;
        let mut user = user("bee@beeorm.io");
        engine.flush_lazy(&mut user).await.unwrap();
        let columns = User::columns();
        let change = User::change(user.id).set(columns.first_name, "Ann").set(columns.age, 7).add(columns.visits, 5);
        engine.flush_lazy(change).await.unwrap();
        engine.flush_lazy(User::change(user.id).subtract(columns.visits, 2).set(columns.age, None)).await.unwrap();
        drain(&engine).await;
        let loaded = engine.load::<User>(user.id).await.unwrap().unwrap();
        assert_eq!((loaded.first_name.as_str(), loaded.age, loaded.visits), ("Ann", None, 3));
    }

    async fn a_flush_is_one_unit(backend: Backend) {
        let engine = engine(backend.registry().entity::<User>()).await;
        let (mut one, mut two) = (user("same@beeorm.io"), user("same@beeorm.io"));
        engine.flush_lazy((&mut one, &mut two)).await.unwrap();
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (0, 1));
        assert!(engine.load::<User>(one.id).await.unwrap().is_none(), "half of a flush was applied");
    }

    async fn a_change_after_a_flush_that_nobody_waited_for_is_not_lost(backend: Backend) {
        let engine = engine(backend.registry().entity::<Product>()).await;
        let mut product = engine.track(Product { id: 0, name: "honey".to_owned() }).unwrap();
        // Polled once and dropped: it was handed over, and the caller most often has not heard of it.
        let _ = engine.flush_lazy(&mut product).now_or_never();
        product.name = "wax".to_owned();
        let refused = engine.flush_lazy(&mut product).await;
        assert!(matches!(refused, Err(Error::KeyUnknown { .. })), "the change was acknowledged and dropped: {refused:?}");
        drain(&engine).await;
        assert_eq!(engine.load::<Product>(1).await.unwrap().unwrap().name, "honey");
        assert!(engine.load::<Product>(2).await.unwrap().is_none());
    }
}
