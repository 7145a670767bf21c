//! Error resolvers: asked in order, for one flush alone.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use beeorm::prelude::*;

use crate::support::{Backend, drain, engine, mysql_database, on_every_backend, redis_url};

#[derive(Entity, Debug, Default)]
struct Member {
    #[entity(uuid)]
    id: Uuid,
    #[entity(unique)]
    email: String,
    points: u32,
}

fn member(email: &str) -> Member {
    Member {
        email: email.to_owned(),
        ..Member::default()
    }
}

/// The member that has the address already.
const TAKEN: Uuid = Uuid::from_u128(1);

/// Three flushes, of which the one in the middle is refused.
async fn with_a_clash(backend: &Backend) -> (Engine, [Member; 3]) {
    let engine = engine(backend.registry().entity::<Member>()).await;
    let mut taken = member("taken");
    taken.id = TAKEN;
    engine
        .flush(&mut engine.track(taken).unwrap())
        .await
        .unwrap();
    let mut members = [member("before"), member("taken"), member("after")];
    for member in &mut members {
        engine.flush_lazy(member).await.unwrap();
    }
    (engine, members)
}

async fn neighbours_are_there(engine: &Engine, [before, clash, after]: &[Member; 3]) {
    assert!(engine.load::<Member>(before.id).await.unwrap().is_some());
    assert!(engine.load::<Member>(clash.id).await.unwrap().is_none());
    assert!(engine.load::<Member>(after.id).await.unwrap().is_some());
}

on_every_backend! {
    async fn are_asked_in_order_until_one_decides(backend: Backend) {
        let (engine, members) = with_a_clash(&backend).await;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let resolver = |name: &'static str, resolution| {
            let asked = Arc::clone(&asked);
            move |_| {
                asked.lock().unwrap().push(name);
                async move { resolution }
            }
        };
        let consumer = engine
            .background_consumer()
            .error_resolver(resolver("first", Resolution::Pass))
            .error_resolver(resolver("second", Resolution::Skip))
            .error_resolver(resolver("third", Resolution::DeadLetter));
        let report = consumer.drain().await.unwrap();
        assert_eq!(*asked.lock().unwrap(), ["first", "second"]);
        assert_eq!((report.applied, report.skipped, report.dead), (2, 1, 0));
        assert!(engine.dead_letters().list(10).await.unwrap().is_empty());
        neighbours_are_there(&engine, &members).await;
    }

    async fn one_that_panics_has_passed(backend: Backend) {
        let (engine, members) = with_a_clash(&backend).await;
        let consumer = engine
            .background_consumer()
            .error_resolver(|_| async { panic!("a resolver's own mistake") })
            .error_resolver(|_| async { Resolution::Skip });
        let report = consumer.drain().await.unwrap();
        assert_eq!((report.applied, report.skipped, report.dead), (2, 1, 0));
        neighbours_are_there(&engine, &members).await;
    }

    async fn a_counter_is_shown_with_its_sign(backend: Backend) {
        let engine = engine(backend.registry().entity::<Member>()).await;
        engine.flush_lazy(Member::change(TAKEN).add(Member::columns().points, 5)).await.unwrap();
        assert_eq!(drain(&engine).await.dead, 1);
        let letters = engine.dead_letters().list(1).await.unwrap();
        assert!(letters[0].statements.contains("[points +=5, key="), "{}", letters[0].statements);
    }

    async fn see_what_was_refused_and_why(backend: Backend) {
        let (engine, members) = with_a_clash(&backend).await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let failures = Arc::clone(&seen);
        let consumer = engine.background_consumer().error_resolver(move |failure| {
            failures.lock().unwrap().push(failure);
            async { Resolution::Pass }
        });
        consumer.drain().await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 1);
        let failure = &seen[0];
        assert!(failure.is_duplicate_key());
        assert_eq!(failure.index(), Some("email"), "{failure:?}");
        assert_eq!(failure.attempts, 1);
        let statement = failure.statement().unwrap();
        assert_eq!((statement.operation, statement.table), ("INSERT", "member"));
        assert_eq!(statement.key, Some(beeorm::Value::Uuid(members[1].id)));
        assert!(statement.values.contains(&("email".to_owned(), beeorm::Value::Text("taken".to_owned()))));
        assert!(statement.sql.starts_with("INSERT INTO `member`"), "{}", statement.sql);
    }

    async fn can_have_it_tried_again(backend: Backend) {
        let (engine, _) = with_a_clash(&backend).await;
        let asked = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&asked);
        let other = engine.clone();
        let consumer = engine.background_consumer().error_resolver(move |failure| {
            let (asked, engine) = (counter.fetch_add(1, Ordering::Relaxed), other.clone());
            assert_eq!(failure.attempts, asked + 1);
            async move {
                if asked == 1 {
                    // Somebody makes room meanwhile.
                    engine.flush(Member::change(TAKEN).set(Member::columns().email, "moved")).await.unwrap();
                }
                Resolution::Retry
            }
        });
        let report = consumer.drain().await.unwrap();
        assert_eq!((report.applied, report.dead), (3, 0));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    async fn one_that_never_answers_does_not_keep_the_run_from_ending(backend: Backend) {
        let (engine, members) = with_a_clash(&backend).await;
        let (asked, mut is_asked) = tokio::sync::mpsc::unbounded_channel();
        let consumer = engine.background_consumer().error_resolver(move |_| {
            let _ = asked.send(());
            std::future::pending::<Resolution>()
        });
        let shutdown = async move { is_asked.recv().await };
        let ended = tokio::time::timeout(Duration::from_secs(20), consumer.run_until(shutdown));
        let report = ended.await.expect("a consumer stops within seconds").unwrap();
        assert_eq!((report.skipped, report.dead), (0, 0));
        // It stays in the stream, for the next one.
        let report = drain(&engine).await;
        assert_eq!(report.dead, 1, "{report:?}");
        neighbours_are_there(&engine, &members).await;
    }

    async fn all_passing_is_a_dead_letter(backend: Backend) {
        let (engine, members) = with_a_clash(&backend).await;
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (2, 1));
        neighbours_are_there(&engine, &members).await;
        let letters = engine.dead_letters().list(10).await.unwrap();
        assert_eq!(letters.len(), 1);
        let letter = &letters[0];
        assert_eq!((letter.pool.as_str(), letter.channel.as_str(), letter.attempts), (DEFAULT_POOL, LAZY_CHANNEL, 1));
        assert!(letter.statements.contains("INSERT INTO `member`"), "{letter:?}");
        assert!(letter.statements.contains(&members[1].id.to_string()), "{letter:?}");
        assert!(letter.statements.contains("'taken'"), "{letter:?}");
        assert!(!letter.frame.is_empty() && !letter.error.is_empty());
        assert_eq!(drain(&engine).await.dead, 0, "it does not die twice");
    }

    async fn an_update_of_a_row_that_is_not_there_fails(backend: Backend) {
        let engine = engine(backend.registry().entity::<Member>()).await;
        let change = Member::change(Uuid::from_u128(7)).add(Member::columns().points, 1);
        engine.flush_lazy(change).await.unwrap();
        let consumer = engine.background_consumer().error_resolver(|failure| async move {
            assert!(failure.is_row_missing());
            Resolution::Pass
        });
        assert_eq!(consumer.drain().await.unwrap().dead, 1);
    }

    async fn a_delete_of_a_row_that_is_not_there_succeeds(backend: Backend) {
        let engine = engine(backend.registry().entity::<Member>()).await;
        engine.delete_by_id_lazy::<Member>(Uuid::from_u128(7)).await.unwrap();
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (1, 0));
    }
}

/// Whatever the database's own character set: what cannot be written into a dead letter would be tried for ever.
#[tokio::test]
async fn a_dead_letter_holds_every_text() {
    let own = mysql_database().await;
    let latin = format!("ALTER DATABASE `{}` CHARACTER SET latin1", own.name());
    sqlx::raw_sql(sqlx::AssertSqlSafe(latin))
        .execute(&mut own.connect().await)
        .await
        .unwrap();
    let registry = Registry::new()
        .pool(DEFAULT_POOL, own.url())
        .pool(DEFAULT_POOL, redis_url());
    let engine = engine(registry.entity::<Member>()).await;
    engine.flush(&mut member("żółw 🐝")).await.unwrap();
    engine.flush_lazy(&mut member("żółw 🐝")).await.unwrap();
    assert_eq!(drain(&engine).await.dead, 1);
    let letters = engine.dead_letters().list(10).await.unwrap();
    assert!(letters[0].statements.contains("'żółw 🐝'"), "{letters:?}");
}
