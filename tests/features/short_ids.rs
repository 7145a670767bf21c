//! Short 64-bit ids: BeeORM's layout, never the same twice.

use std::collections::HashSet;

use beeorm::prelude::*;

use crate::support::{drain, engine, on_every_backend};

#[derive(Entity, Debug, Default)]
struct Session {
    #[entity(uuid)]
    id: u64,
    name: String,
}

/// Has no ids of that kind.
#[derive(Entity, Debug, Default)]
struct Other {
    #[entity(uuid)]
    id: Uuid,
}

on_every_backend! {
    async fn are_known_at_once_and_hold_the_server_id(backend: Backend) {
        let engine = engine(backend.registry().entity::<Session>().server_id(7)).await;
        let mut sessions: Vec<Session> = (0..100).map(|_| Session::default()).collect();
        engine.flush_lazy(&mut sessions).await.unwrap();
        let ids: HashSet<u64> = sessions.iter().map(|session| session.id).collect();
        assert_eq!(ids.len(), 100);
        assert!(ids.iter().all(|id| id >> 56 == 7));
        drain(&engine).await;
        assert_eq!(engine.load_many::<Session>(ids).await.unwrap().into_iter().flatten().count(), 100);
    }

    async fn of_an_entity_that_is_not_registered_are_not_said_to_be_used_up(backend: Backend) {
        let engine = engine(backend.registry().entity::<Other>()).await;
        let unregistered = [
            engine.flush(&mut Session::default()).await.unwrap_err(),
            engine.flush_lazy(&mut Session::default()).await.unwrap_err(),
            engine.track(Session::default()).unwrap_err(),
        ];
        for refused in unregistered {
            assert!(matches!(refused, Error::EntityNotRegistered { entity: "Session" }), "{refused}");
        }
    }
}

#[tokio::test]
async fn of_two_processes_with_one_server_id_never_meet() {
    let backend = crate::support::Backend::servers().await;
    let registry = || backend.registry().entity::<Session>();
    let first = engine(registry()).await;
    let (second, third) = tokio::join!(registry().connect(), registry().connect());
    let mut ids = HashSet::new();
    for engine in [&first, &second.unwrap(), &third.unwrap()] {
        for _ in 0..1000 {
            assert!(
                ids.insert(engine.track(Session::default()).unwrap().id),
                "an id came twice"
            );
        }
    }
}
