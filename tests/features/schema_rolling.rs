//! Programs from before and after a deploy, beside each other on one table.

use beeorm::{Outcome, prelude::*};
use chrono::{DateTime, NaiveDate};

use crate::{
    schema::{Lasting, after, before, connect, shown},
    support::{Backend, PATIENCE, drain, on_every_backend, run},
};

fn tom() -> before::User {
    before::User {
        id: 0,
        name: "Tom".to_owned(),
        age: 30,
        gone: 1,
    }
}

/// With a value in every column.
fn ann() -> after::User {
    let day = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
    after::User {
        name: "Ann".to_owned(),
        u: 5,
        json: serde_json::json!([1]),
        date: day,
        datetime: day.and_hms_opt(0, 0, 0).unwrap(),
        at: DateTime::from_timestamp(2, 0).unwrap(),
        ..after::User::default()
    }
}

/// What stands in the rows of programs that leave the columns out.
async fn is_left_out(new: &Engine, id: u32) {
    let user = new.load::<after::User>(id).await.unwrap().unwrap();
    let at = DateTime::from_timestamp(1, 0).unwrap();
    let (name, json) = ("Tom".to_owned(), serde_json::Value::Null);
    let expected = after::User {
        id,
        name,
        age: 30,
        gone: 1,
        json,
        at,
        seven: 7,
        ..after::User::default()
    };
    assert_eq!(*user, expected);
}

/// The frames of the program from before wait while the new one alters the table, and it goes on for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_is_added_while_old_programs_insert() {
    let backend = Backend::servers().await;
    let old = backend
        .registry()
        .entity::<before::User>()
        .connect()
        .await
        .unwrap();
    old.schema().update().await.unwrap();
    let mut waiting = old.track(tom()).unwrap();
    old.flush_lazy(&mut waiting).await.unwrap();
    let new = backend
        .registry()
        .entity::<after::User>()
        .connect()
        .await
        .unwrap();
    assert_eq!(shown(&new.schema().update().await.unwrap()), [""; 0]);
    assert_eq!(shown(&new.schema().alters().await.unwrap()), [""; 0]);
    let report = drain(&new).await;
    assert_eq!(report.dead, 0, "{report:?}");
    is_left_out(&new, 1).await;
    old.flush(&mut tom()).await.unwrap();
    is_left_out(&new, 2).await;
}

/// Each consumer leaves what it does not understand to the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_of_both_versions_execute_the_frames_of_both() {
    let backend = Backend::servers().await;
    let registry = || backend.registry();
    // Each has a field that the other has not.
    let old = registry().entity::<gone::User>().connect().await.unwrap();
    old.schema().update().await.unwrap();
    let new = registry().entity::<added::User>().connect().await.unwrap();
    new.schema().update().await.unwrap();
    let consumers = [&old, &new].map(|engine| run(engine.background_consumer()));
    let mut receipts = Vec::new();
    for age in 0..3 {
        let mut user = gone::User {
            age,
            ..gone::User::default()
        };
        receipts.push(old.flush_lazy(&mut user).await.unwrap());
        let mut user = added::User {
            age,
            ..added::User::default()
        };
        receipts.push(new.flush_lazy(&mut user).await.unwrap());
    }
    for receipt in &receipts {
        assert_eq!(receipt.applied(PATIENCE).await.unwrap(), Outcome::Applied);
    }
    let mut applied = 0;
    for consumer in consumers {
        let report = consumer.stop().await;
        assert_eq!(report.dead, 0, "{report:?}");
        applied += report.applied;
    }
    assert_eq!(applied, 6);
}

mod gone {
    use super::*;

    #[derive(Entity, Debug, Default)]
    #[entity(table = "rolled_users")]
    pub(super) struct User {
        #[entity(uuid)]
        pub(super) id: Uuid,
        pub(super) age: u32,
        pub(super) gone: u32,
    }
}

mod added {
    use super::*;

    #[derive(Entity, Debug, Default)]
    #[entity(table = "rolled_users")]
    pub(super) struct User {
        #[entity(uuid)]
        pub(super) id: Uuid,
        pub(super) age: u32,
        pub(super) added: u32,
    }
}

/// The other way round: the new program knows fewer columns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_is_removed_while_old_programs_go_on() {
    let backend = Backend::servers().await;
    let old = backend
        .registry()
        .entity::<after::User>()
        .connect()
        .await
        .unwrap();
    old.schema().update().await.unwrap();
    old.flush(&mut ann()).await.unwrap();
    let new = backend
        .registry()
        .entity::<before::User>()
        .connect()
        .await
        .unwrap();
    let refused = new.flush(&mut tom()).await.unwrap_err().to_string();
    assert!(
        refused.contains("drop it or give it a default, as `engine.schema().update()`"),
        "{refused}"
    );
    let left = new.schema().update().await.unwrap();
    assert!(
        left.iter()
            .all(|alter| alter.to_string().contains(" DROP ")),
        "{:#?}",
        shown(&left)
    );
    assert!(
        left.iter()
            .all(|alter| !alter.danger().unwrap().contains("INSERT"))
    );
    assert_eq!(new.schema().alters().await.unwrap(), left);
    let mut tom = tom();
    new.flush(&mut tom).await.unwrap();
    old.flush(&mut ann()).await.unwrap();
    let seen = old.load::<after::User>(tom.id).await.unwrap().unwrap();
    assert_eq!((seen.name.as_str(), seen.gone, seen.u), ("Tom", 1, 0));
    assert_eq!(
        (seen.color, seen.json.clone()),
        (Default::default(), serde_json::Value::Null)
    );
    let first = old.load::<after::User>(1_u32).await.unwrap().unwrap();
    assert_eq!((first.u, first.json.clone()), (5, serde_json::json!([1])));
}

on_every_backend! {
    async fn a_column_that_is_in_the_way_of_inserts_is_told(backend: Backend) {
        let lasting = Lasting::of(&backend, "in_the_way");
        let old = connect::<after::User>(&lasting).await;
        old.schema().update().await.unwrap();
        old.close().await;
        let new = connect::<before::User>(&lasting).await;
        let alters = new.schema().alters().await.unwrap();
        let refused = new.flush(&mut tom()).await.unwrap_err().to_string();
        assert!(refused.contains("drop it or give it a default"), "{refused}");
        // SQLite gives no default to a column that is there; servers do.
        let told = alters.iter().any(|alter| alter.danger().is_some_and(|danger| danger.contains("every INSERT of the entity fails")));
        let mended = alters.iter().any(|alter| alter.is_safe() && alter.to_string().contains("SET DEFAULT"));
        assert_ne!(told, mended, "{:#?}", shown(&alters));
    }
}
