//! Keys that the database makes, and that the entity's type does not hold.

use std::time::Duration;

use beeorm::prelude::*;

use crate::support::{Backend, Sql, on_every_backend};

#[derive(Entity, Debug, Default)]
#[entity(table = "squads")]
struct Squad {
    id: u8,
    name: String,
}

#[derive(Entity, Debug, Default)]
#[entity(table = "scouts")]
struct Scout {
    #[entity(primary_key)]
    id: u32,
    squad: Reference<Squad>,
}

/// On servers with tables whose ids are wider than the entity's.
async fn connect(backend: &Backend) -> Engine {
    let registry = backend.registry().entity::<Squad>().entity::<Scout>();
    let engine = registry.connect().await.unwrap();
    if backend.database.starts_with("mysql") {
        let mut sql = Sql::connect(backend).await;
        sql.run(
            "CREATE TABLE squads (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL); \
             CREATE TABLE scouts (id int unsigned NOT NULL PRIMARY KEY, squad bigint unsigned NOT NULL)",
        )
        .await;
    } else {
        engine.schema().update().await.unwrap();
    }
    let mut last = engine
        .track(Squad {
            id: 255,
            name: "last".to_owned(),
        })
        .unwrap();
    engine.flush(&mut last).await.unwrap();
    engine
}

on_every_backend! {
    async fn are_refused_with_their_row(backend: Backend) {
        let engine = connect(&backend).await;
        let mut bare = Squad { id: 0, name: "bare".to_owned() };
        let refused = engine.flush(&mut bare).await.unwrap_err().to_string();
        assert!(refused.contains("id 256") && refused.contains("Squad"), "{refused}");
        let mut tracked = engine.track(Squad { id: 0, name: "tracked".to_owned() }).unwrap();
        engine.flush(&mut tracked).await.unwrap_err();
        assert!(Tracked::is_new(&tracked));
        assert_eq!((bare.id, tracked.id), (0, 0));
        // Nothing is left of them: there is the one row, or the next number is the same.
        if backend.database.starts_with("mysql") {
            assert_eq!(Sql::connect(&backend).await.count("squads").await, 1);
        } else {
            let again = engine.flush(&mut bare).await.unwrap_err().to_string();
            assert!(again.contains("id 256"), "{again}");
        }
    }

    async fn of_a_parent_are_refused_with_its_child(backend: Backend) {
        let engine = connect(&backend).await;
        let squad = Reference::new(Squad { id: 0, name: "new".to_owned() });
        let mut scout = engine.track(Scout { id: 1, squad }).unwrap();
        // In a task of its own, so that one that never comes to an end does not hold up the clock.
        let flushed = tokio::spawn({
            let engine = engine.clone();
            async move { engine.flush(&mut scout).await }
        });
        let refused = tokio::time::timeout(Duration::from_secs(10), flushed).await;
        let refused = refused.expect("it comes to an end").unwrap().unwrap_err().to_string();
        assert!(refused.contains("id 256") && refused.contains("Squad"), "{refused}");
        assert!(engine.load::<Scout>(1_u32).await.unwrap().is_none());
        if backend.database.starts_with("mysql") {
            assert_eq!(Sql::connect(&backend).await.count("squads").await, 1);
        }
    }
}
