//! Corners in which a promise was once broken: half-open connections, limits that change, retries, and tables that know
//! more than their entities.

use std::time::Duration;

use beeorm::{Outcome, prelude::*};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, SqliteConnection, raw_sql};

use crate::{
    entities::{Bee, Event, Hive, Keeper, Page},
    support::{
        Backend, Fault, PATIENCE, Scene, Sql, drain, engine, event, folder, keeper, own_servers,
        run, servers, until, visit,
    },
};

const SHORT: Duration = Duration::from_millis(300);
const SECOND: Duration = Duration::from_secs(1);

async fn until_connected(engine: &Engine) {
    until("the client is connected again", PATIENCE, async || {
        engine
            .event_broker()
            .stream_statistics(LAZY_CHANNEL)
            .await
            .is_ok()
    })
    .await;
}

/// Others than those who waited on the half-open connection are answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_look_into_the_inbox_is_given_up() {
    let scene = Scene::new().await;
    let far = scene.far().await;
    drain(&scene.engine).await;
    let first = far.engine.flush_lazy(visit()).await.unwrap();
    let mut silent = far
        .database
        .on("`verdict` FROM `_beeorm_inbox`", Fault::Silence, 1);
    assert!(first.applied(SECOND).await.is_err());
    silent.reach(1).await;
    far.database.heal();
    drain(&scene.engine).await;
    // Far longer than any of the library's own time-outs for a connection; the server answers everybody.
    tokio::time::sleep(5 * SECOND).await;
    assert!(far.engine.load::<Keeper>(1_u32).await.is_ok());
    let second = far.engine.flush_lazy(visit()).await.unwrap();
    drain(&scene.engine).await;
    println!("first: {:?}", first.applied(20 * SECOND).await);
    assert_eq!(second.applied(PATIENCE).await.unwrap(), Outcome::Applied);
}

/// The consumer makes its tables when the server answers, and may be stopped before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_at_the_start_is_given_up() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    scene.flush(1).await;
    let mut silent = far
        .database
        .on("CREATE TABLE IF NOT EXISTS", Fault::Silence, 1);
    let consumer = run(far.engine.background_consumer().answer_timeout(SECOND));
    silent.reach(1).await;
    far.database.heal();
    scene.until_drained().await;
    let report = consumer.stop().await;
    assert_eq!(report.applied, 1, "{report:?}");
}

/// It stands for the first one's flush, which has arrived with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_of_a_second_attempt_tells_the_truth() {
    let scene = Scene::new().await;
    let far = scene.far().await;
    scene.add(keeper(1, "bee")).await;
    let mut twin = far.engine.track(keeper(2, "bee")).unwrap();
    far.stream.on("XADD", Fault::LoseAnswer, 1);
    let unknown = far.engine.flush_lazy(&mut twin).await;
    assert!(unknown.is_err_and(|error| error.is_outcome_unknown()));
    until_connected(&far.engine).await;
    // "Flushing again is safe."
    let receipt = far.engine.flush_lazy(&mut twin).await.unwrap();
    println!(
        "nothing is executed yet: {:?}",
        receipt.applied(SHORT).await
    );
    let report = drain(&scene.engine).await;
    assert_eq!(report.dead, 1, "{report:?}");
    assert_eq!(receipt.applied(PATIENCE).await.unwrap(), Outcome::Dead);
}

/// It tells that the entity is not what is stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_synchronous_flush_behind_a_dead_one_does_not_succeed_in_silence() {
    let mut scene = Scene::new().await;
    let engine = scene.engine.clone();
    let mut wasp = engine.track(keeper(1, "wasp")).unwrap();
    let mut bee = engine.track(keeper(2, "bee")).unwrap();
    engine.flush((&mut wasp, &mut bee)).await.unwrap();
    bee.email = "wasp".to_owned();
    bee.age = 7;
    engine.flush_lazy(&mut bee).await.unwrap();
    assert_eq!(drain(&engine).await.dead, 1);
    bee.age = 8;
    let flushed = engine.flush(&mut bee).await;
    println!(
        "{flushed:?}, email {}, dirty {}",
        bee.email,
        Tracked::is_dirty(&bee)
    );
    let is_wasp = scene
        .sql
        .number("SELECT COUNT(*) FROM `keepers` WHERE `id` = 2 AND `email` = 'wasp'")
        .await
        == 1;
    assert!(
        is_wasp || flushed.is_err() || Tracked::is_dirty(&bee),
        "Ok, clean, and not what is stored"
    );
}

/// Also where it has nothing to write itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_synchronous_flush_the_row_is_there() {
    let scene = Scene::new().await;
    let engine = scene.engine.clone();
    let mut bee = engine.track(keeper(2, "bee")).unwrap();
    engine.flush_lazy(&mut bee).await.unwrap();
    let consumer = async {
        tokio::time::sleep(SHORT).await;
        drain(&engine).await
    };
    let flushed = async {
        engine.flush(&mut bee).await.unwrap();
        engine.load::<Keeper>(2_u32).await.unwrap().is_some()
    };
    let (is_there, _) = futures_util::join!(flushed, consumer);
    assert!(is_there);
}

/// With a foreign key that is looked at by COMMIT.
#[derive(Entity, Debug, Default)]
#[entity(table = "leaves")]
struct Leaf {
    #[entity(primary_key)]
    id: u32,
    tree: u32,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_refused_stops_only_its_frame() {
    let folder = folder();
    let path = folder.path().join("app.db");
    let path = path.display();
    let engine = engine(
        Registry::new()
            .pool(DEFAULT_POOL, format!("sqlite://{path}"))
            .pool(DEFAULT_POOL, "embedded://memory")
            .entity::<Leaf>(),
    )
    .await;
    let mut sql = SqliteConnection::connect(&format!("sqlite://{path}"))
        .await
        .unwrap();
    raw_sql(AssertSqlSafe(
        "DROP TABLE `leaves`; CREATE TABLE `trees` (`id` INTEGER PRIMARY KEY); INSERT INTO `trees` VALUES (1); \
         CREATE TABLE `leaves` (`id` INTEGER NOT NULL PRIMARY KEY, `tree` INTEGER NOT NULL \
         REFERENCES `trees` (`id`) DEFERRABLE INITIALLY DEFERRED)".to_owned(),
    ))
    .execute(&mut sql)
    .await
    .unwrap();
    for (id, tree) in [(1, 1), (2, 99), (3, 1)] {
        let mut leaf = engine.track(Leaf { id, tree }).unwrap();
        engine.flush_lazy(&mut leaf).await.unwrap();
    }
    let consumer = run(engine.background_consumer().schema_patience(Duration::ZERO));
    let events = engine.event_broker();
    until("every flush has its verdict", PATIENCE, async || {
        let channel = events.stream_statistics(LAZY_CHANNEL).await.unwrap();
        channel.len == 0
    })
    .await;
    let report = consumer.stop().await;
    assert_eq!((report.applied, report.dead), (2, 1), "{report:?}");
}

#[derive(Entity, Debug, Default)]
#[entity(table = "letters")]
struct Letter {
    #[entity(primary_key)]
    id: u32,
    #[entity(length = max)]
    text: String,
}

/// The server takes it now; the consumer asked when it took less.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn since_its_limit_was_raised_they_are_applied() {
    if servers().kind == "given" {
        return;
    }
    let own = own_servers();
    let mut sql = MySqlConnection::connect(&own.mysql).await.unwrap();
    raw_sql("CREATE DATABASE raised")
        .execute(&mut sql)
        .await
        .unwrap();
    raw_sql("SET GLOBAL max_allowed_packet = 1048576")
        .execute(&mut sql)
        .await
        .unwrap();
    let registry = || {
        Registry::new()
            .pool(DEFAULT_POOL, format!("{}/raised", own.mysql))
            .pool(DEFAULT_POOL, &own.redis)
            .entity::<Letter>()
    };
    let old = engine(registry()).await;
    let consumer = run(old.background_consumer());
    let mut small = old
        .track(Letter {
            id: 1,
            text: "b".to_owned(),
        })
        .unwrap();
    old.flush_lazy(&mut small)
        .await
        .unwrap()
        .applied(PATIENCE)
        .await
        .unwrap();
    raw_sql("SET GLOBAL max_allowed_packet = 67108864")
        .execute(&mut sql)
        .await
        .unwrap();
    let new = registry().connect().await.unwrap();
    let mut large = new
        .track(Letter {
            id: 2,
            text: "b".repeat(3 << 20),
        })
        .unwrap();
    let receipt = new.flush_lazy(&mut large).await.unwrap();
    let outcome = receipt.applied(5 * SECOND).await;
    let report = consumer.stop().await;
    println!("{outcome:?} {report:?}");
    // What was set aside is waited for for ever, though nobody will ever do anything with it.
    large.text = "x".to_owned();
    println!("flush: {:?}", new.flush(&mut large).await);
    assert_eq!((report.applied, report.set_aside), (2, 0), "{report:?}");
}

/// Has a key that the client makes.
#[derive(Entity, Debug, Default)]
#[entity(table = "accounts")]
struct Account {
    #[entity(uuid)]
    id: Uuid,
    name: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_leaves_a_bare_value_as_it_was() {
    let backend = Backend::servers().await;
    let engine = engine(backend.registry().entity::<Account>()).await;
    let mut sql = Sql::connect(&backend).await;
    sql.run(
        "CREATE TRIGGER `closed` BEFORE INSERT ON `accounts` FOR EACH ROW \
         SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'running with the --read-only option'",
    )
    .await;
    let mut account = Account::default();
    println!("{:?}", engine.flush(&mut account).await);
    sql.run("DROP TRIGGER `closed`").await;
    let again = engine.flush(&mut account).await;
    assert!(again.is_ok(), "{again:?}");
}

/// After an ON DUPLICATE KEY UPDATE of which nobody knows whether it was done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_flush_brings_back_no_old_values() {
    let scene = Scene::new().await;
    let far = scene.far().await;
    let mut stored = far.engine.track(keeper(1, "bee")).unwrap();
    far.engine.flush(&mut stored).await.unwrap();
    let mut again = far.engine.track(keeper(2, "bee")).unwrap();
    Tracked::on_duplicate_key_update(&mut again, [Keeper::columns().age.set(5_u32)]);
    far.database.on("COMMIT", Fault::LoseAnswer, 1);
    println!("{:?}", far.engine.flush(&mut again).await);
    println!("{again:?}");
    again.email = "wasp".to_owned();
    far.database.on("INSERT INTO `keepers`", Fault::Refuse, 1);
    println!("{:?}", far.engine.flush(&mut again).await);
    assert_eq!(again.email, "wasp", "{again:?}");
}

/// Whether the change was part of what has arrived cannot be told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_beside_a_tracked_entity_counts_once() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let mut bee = far.engine.track(keeper(1, "bee")).unwrap();
    far.stream.on("XADD", Fault::LoseAnswer, 1);
    let unknown = far.engine.flush_lazy((&mut bee, visit())).await;
    println!("{}", unknown.unwrap_err());
    until_connected(&far.engine).await;
    let again = far.engine.flush_lazy((&mut bee, visit())).await;
    assert!(matches!(again, Err(Error::Settled { .. })), "{again:?}");
    drain(&scene.engine).await;
    assert_eq!(scene.visits().await, 1);
}

/// Refers to a hive by a foreign key that only the database knows of.
#[derive(Entity, Debug, Default)]
#[entity(table = "twigs")]
struct Twig {
    #[entity(primary_key)]
    id: u32,
    hive: u32,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_existing_tables_own_foreign_key_is_kept_in_order() {
    let backend = Backend::servers().await;
    let engine = engine(backend.registry().entity::<Hive>().entity::<Twig>()).await;
    let mut sql = Sql::connect(&backend).await;
    sql.run("ALTER TABLE `twigs` ADD CONSTRAINT `theirs` FOREIGN KEY (`hive`) REFERENCES `hives` (`id`)").await;
    for id in 1..=200 {
        let mut hive = engine.track(Hive { id, honey: 1 }).unwrap();
        engine.flush_lazy(&mut hive).await.unwrap();
        let mut twig = engine.track(Twig { id, hive: id }).unwrap();
        engine.flush_lazy(&mut twig).await.unwrap();
    }
    let report = drain(&engine).await;
    for letter in engine.dead_letters().list(1).await.unwrap() {
        println!("{letter:?}");
    }
    assert_eq!((report.applied, report.dead), (400, 0), "{report:?}");
}

/// A dead flush would be half done, more than once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_without_transactions_is_refused() {
    let mut scene = Scene::new().await;
    scene.sql.run("ALTER TABLE `counters` ENGINE=MyISAM").await;
    scene.add(keeper(1, "bee")).await;
    let mut twin = scene.engine.track(keeper(2, "bee")).unwrap();
    scene.engine.flush_lazy((visit(), &mut twin)).await.unwrap();
    let refused = scene.engine.background_consumer().drain().await;
    assert!(
        matches!(&refused, Err(Error::NoTransactions { table, .. }) if table == "counters"),
        "{refused:?}"
    );
    assert_eq!(scene.visits().await, 0, "a dead flush took effect");
}

/// New connections take it, and the consumer has an old one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_only_the_callers_connections_know_is_asked_for() {
    if servers().kind == "given" {
        return;
    }
    let own = own_servers();
    let mut sql = MySqlConnection::connect(&own.mysql).await.unwrap();
    raw_sql("CREATE DATABASE raised2")
        .execute(&mut sql)
        .await
        .unwrap();
    raw_sql("SET GLOBAL max_allowed_packet = 1048576")
        .execute(&mut sql)
        .await
        .unwrap();
    let registry = || {
        Registry::new()
            .pool(DEFAULT_POOL, format!("{}/raised2", own.mysql))
            .pool(DEFAULT_POOL, &own.redis)
            .entity::<Letter>()
    };
    let old = engine(registry()).await;
    let consumer = run(old.background_consumer());
    let mut small = old
        .track(Letter {
            id: 1,
            text: "b".to_owned(),
        })
        .unwrap();
    old.flush_lazy(&mut small)
        .await
        .unwrap()
        .applied(PATIENCE)
        .await
        .unwrap();
    raw_sql("SET GLOBAL max_allowed_packet = 67108864")
        .execute(&mut sql)
        .await
        .unwrap();
    let new = registry().connect().await.unwrap();
    let mut large = new
        .track(Letter {
            id: 2,
            text: "b".repeat(3 << 20),
        })
        .unwrap();
    futures_util::future::join_all((0..8_u32).map(|id| old.load::<Letter>(id))).await;
    let receipt = new.flush_lazy(&mut large).await.unwrap();
    let outcome = receipt.applied(5 * SECOND).await;
    let report = consumer.stop().await;
    println!("{outcome:?} {report:?}");
    for letter in new.dead_letters().list(1).await.unwrap() {
        println!("{} {:?}", letter.error, letter.attempts);
    }
    println!(
        "{:?}",
        new.event_broker()
            .set_aside(LAZY_CHANNEL, 1)
            .await
            .unwrap()
            .first()
            .map(|aside| aside.reason.clone())
    );
    // What was set aside is waited for for ever, though nobody will ever do anything with it.
    large.text = "x".to_owned();
    println!("flush: {:?}", new.flush(&mut large).await);
    assert_eq!((report.applied, report.set_aside), (2, 0), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parent_that_is_queued_is_waited_for() {
    let scene = Scene::new().await;
    let engine = scene.engine.clone();
    let mut hive = engine.track(Hive { id: 7, honey: 1 }).unwrap();
    engine.flush_lazy(&mut hive).await.unwrap();
    let mut bee = engine
        .track(Bee {
            id: 1,
            hive: Reference::from(&hive),
        })
        .unwrap();
    let consumer = async {
        tokio::time::sleep(SHORT).await;
        drain(&engine).await
    };
    let (flushed, _) = futures_util::join!(engine.flush((&mut hive, &mut bee)), consumer);
    assert!(flushed.is_ok(), "{flushed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_thread_gets_no_panic() {
    let scene = Scene::new().await;
    let receipt = scene.engine.flush_lazy(visit()).await.unwrap();
    let polled = std::thread::spawn(move || {
        let mut asked = std::pin::pin!(receipt.applied(SHORT));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        asked.as_mut().poll(&mut context).is_ready()
    });
    assert!(polled.join().is_ok());
}

/// Dropped before anything was sent: it was still waiting for a connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_value_whose_flush_was_dropped_unsent_can_be_flushed_again() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    far.database.slow_down(SECOND);
    let mut page = Page::default();
    let mut flush = Box::pin(far.engine.flush(&mut page));
    assert!(futures_util::poll!(&mut flush).is_pending());
    drop(flush);
    far.database.slow_down(Duration::ZERO);
    let again = far.engine.flush(&mut page).await;
    assert!(again.is_ok(), "{again:?}");
    assert_eq!(scene.sql.count("pages").await, 1);
}

/// What nobody knows to be there is not merely forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_may_have_been_inserted_is_deleted() {
    let scene = Scene::new().await;
    let far = scene.far().await;
    for id in [1, 2] {
        let mut keeper = far.engine.track(keeper(id, &format!("bee {id}"))).unwrap();
        let fault = [Fault::LoseAnswer, Fault::LoseRequest][id as usize - 1];
        let mut lost = far.database.on("bee", fault, 1);
        assert!(far.engine.flush(&mut keeper).await.is_err());
        lost.reach(1).await;
        assert!(Tracked::is_new(&keeper));
        far.engine.delete(&mut keeper).await.unwrap();
        let gone = scene.engine.load::<Keeper>(id).await.unwrap().is_none();
        assert!(gone, "{fault:?}");
    }
}

/// Nor what was inserted within a transaction of which nobody knows whether it was committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_transaction_that_may_have_been_committed_are_deleted() {
    let scene = Scene::new().await;
    let far = scene.far().await;
    for (number, lazily) in [(1, false), (2, true)] {
        let mut keeper = far
            .engine
            .track(keeper(number, &format!("bee {number}")))
            .unwrap();
        let mut event = far.engine.track(event(number)).unwrap();
        let mut lost = far.database.on("COMMIT", Fault::LoseAnswer, 1);
        let flushed = far.engine.flush((&mut keeper, &mut event)).await;
        assert!(flushed.is_err());
        lost.reach(1).await;
        let (id, event_id) = (keeper.id, event.id);
        if lazily {
            let deleted = far.engine.delete_lazy((&mut keeper, &mut event)).await;
            assert_eq!(deleted.unwrap().statements(), 2);
            drain(&scene.engine).await;
        } else {
            far.engine.delete((&mut keeper, &mut event)).await.unwrap();
        }
        let gone = scene.engine.load::<Keeper>(id).await.unwrap().is_none()
            && scene
                .engine
                .load::<Event>(event_id)
                .await
                .unwrap()
                .is_none();
        assert!(gone, "lazily: {lazily}");
    }
}

/// A flush that says Ok leaves the row as the entity is, whatever an earlier one did of which nobody knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_been_committed_and_is_taken_back_is_written_again() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let ages = "SELECT CAST(`age` AS SIGNED) FROM `keepers` ORDER BY `id`";
    let mut keepers = [1, 2].map(|id| far.engine.track(keeper(id, &format!("bee {id}"))).unwrap());
    far.engine.flush(&mut keepers).await.unwrap();
    for lazily in [false, true] {
        let before = keepers[0].age;
        keepers.iter_mut().for_each(|keeper| keeper.age += 5);
        // Alone their statement would be a transaction by itself.
        let mut event = far.engine.track(event(1)).unwrap();
        let mut lost = far.database.on("COMMIT", Fault::LoseAnswer, 1);
        let flushed = far.engine.flush((&mut keepers, &mut event)).await;
        assert!(flushed.is_err());
        lost.reach(1).await;
        let [first, second] = &mut keepers;
        first.age = before;
        Tracked::reset(second).unwrap();
        assert_eq!((first.age, second.age), (before, before));
        assert_eq!(
            Tracked::dirty_columns(second),
            ["age"],
            "nobody knows what is stored"
        );
        if lazily {
            far.engine.flush_lazy(&mut keepers).await.unwrap();
            drain(&scene.engine).await;
        } else {
            far.engine.flush(&mut keepers).await.unwrap();
        }
        assert!(keepers.iter().all(|keeper| !Tracked::is_dirty(keeper)));
        let (stored, before) = (scene.sql.numbers(ages).await, i64::from(before));
        assert_eq!(stored, [before, before], "lazily: {lazily}");
    }
    // A DELETE of which nobody knows, and a change of mind: the row is gone, and no Ok hides it.
    let mut event = far.engine.track(event(1)).unwrap();
    far.engine.flush(&mut event).await.unwrap();
    let mut lost = far.database.on("COMMIT", Fault::LoseAnswer, 1);
    let deleted = far.engine.delete((&mut keepers, &mut event)).await;
    assert!(deleted.is_err());
    lost.reach(1).await;
    assert_eq!(scene.sql.count("keepers").await, 0);
    let flushed = far.engine.flush(&mut keepers).await;
    assert!(flushed.is_err_and(|error| error.is_row_missing()));
    far.engine.delete(&mut keepers).await.unwrap();
}

/// A statement of several rows is a transaction by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_rows_of_one_statement_need_no_transaction_around_it() {
    let mut scene = Scene::new().await;
    let far = scene.far().await;
    let begun = far
        .database
        .on("START TRANSACTION", Fault::LoseRequest, usize::MAX);
    let keepers = |ids: std::ops::Range<u32>| -> Vec<_> {
        ids.map(|id| far.engine.track(keeper(id, &format!("bee {id}"))).unwrap())
            .collect()
    };
    far.engine.flush(&mut keepers(1..4)).await.unwrap();
    let mut twins = keepers(4..7);
    twins[2].email = "bee 1".to_owned();
    assert!(far.engine.flush(&mut twins).await.is_err());
    assert_eq!(scene.sql.count("keepers").await, 3, "all of it or nothing");
    assert!(!begun.is_met());
    // Of nine, eight are one statement.
    assert!(far.engine.flush(&mut keepers(7..16)).await.is_err());
    assert!(begun.is_met());
    assert_eq!(scene.sql.count("keepers").await, 3);
}
