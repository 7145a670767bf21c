//! Tracked entities: what changed, and nothing else.

use beeorm::prelude::*;

use crate::support::{engine, on_every_backend};

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
