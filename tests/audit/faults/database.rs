//! The database is killed, paused and cut off, refuses to write or to be connected to, and has other clients.

use std::time::{Duration, Instant};

use beeorm_tests::{Fault as LineFault, Random};

use super::{Play, bag::Bag, some_seconds};
use crate::{Fallible, database::Database};

#[derive(Clone, Copy, Debug)]
enum Fault {
    Killed,
    Paused,
    Cut,
    Parted,
    Slow,
    CommitUnanswered,
    CommitLost,
    StatementUnanswered,
    Silent,
    Refused,
    ReadOnly,
    TooManyConnections,
    Deadlocks,
}

const ALL: [Fault; 13] = [
    Fault::Killed,
    Fault::Paused,
    Fault::Cut,
    Fault::Parted,
    Fault::Slow,
    Fault::CommitUnanswered,
    Fault::CommitLost,
    Fault::StatementUnanswered,
    Fault::Silent,
    Fault::Refused,
    Fault::ReadOnly,
    Fault::TooManyConnections,
    Fault::Deadlocks,
];

/// The query's first byte belongs to it: `READ COMMITTED` is another.
const COMMIT: &str = "\u{3}COMMIT";
const BEGIN: &str = "\u{3}START TRANSACTION";

pub(super) async fn play(play: Play<'_>, mut random: Random) -> Fallible<()> {
    let mut bag = Bag::of(&ALL);
    loop {
        play.rest(&mut random).await;
        if !play.goes_on() {
            return Ok(());
        }
        if let Some(fault) = bag.draw(&mut random) {
            befall(play, fault, &mut random).await?;
        }
    }
}

async fn befall(play: Play<'_>, fault: Fault, random: &mut Random) -> Fallible<()> {
    let road = ("consumers to the database", &play.stage.consumers.mysql);
    let times = random.between(1, 4);
    match fault {
        Fault::Killed => {
            play.order_for("mysql", ["kill", "start"], some_seconds(random, 3))
                .await?
        }
        Fault::Paused => {
            play.order_for("mysql", ["pause", "resume"], some_seconds(random, 6))
                .await?
        }
        Fault::Cut => play.cut(road).await,
        Fault::Parted => play.part(road, some_seconds(random, 4)).await,
        Fault::Slow => {
            play.slow(road, random.between(5, 40), some_seconds(random, 3))
                .await
        }
        Fault::CommitUnanswered => play.on(road, COMMIT, LineFault::LoseAnswer, times).await,
        Fault::CommitLost => play.on(road, COMMIT, LineFault::LoseRequest, times).await,
        Fault::StatementUnanswered => play.on(road, "audit_", LineFault::LoseAnswer, times).await,
        Fault::Silent => play.on(road, COMMIT, LineFault::Silence, 1).await,
        // As a proxy answers that reaches no server.
        Fault::Refused => play.on(road, BEGIN, LineFault::Refuse, 4 * times).await,
        Fault::ReadOnly => read_only(play, some_seconds(random, 4)).await?,
        Fault::TooManyConnections => too_many(play, some_seconds(random, 4)).await?,
        Fault::Deadlocks => deadlocks(play, random, Duration::from_secs(3)).await?,
    }
    Ok(())
}

async fn read_only(play: Play<'_>, time: Duration) -> Fallible<()> {
    let mut database = play.stage.database().await?;
    database.run("SET GLOBAL read_only = ON").await?;
    play.journal.fault(&format!(
        "the database is read-only, for {} ms",
        time.as_millis()
    ));
    tokio::time::sleep(time).await;
    database.run("SET GLOBAL read_only = OFF").await
}

/// All connections are taken, and the consumers lose theirs.
async fn too_many(play: Play<'_>, time: Duration) -> Fallible<()> {
    let mut root = play.stage.database().await?;
    let before = root
        .rows::<1>("SELECT CONCAT(@@max_connections)")
        .await?
        .concat()
        .concat();
    root.run("SET GLOBAL max_connections = 30").await?;
    play.stage.consumers.mysql.proxy.lock().await.cut();
    let url = play.stage.mysql.replace("//root@", "//bee@");
    let mut taken = Vec::new();
    while taken.len() < 40 {
        match Database::connect(&url).await {
            Ok(connection) => taken.push(connection),
            Err(_) => break,
        }
    }
    let count = taken.len();
    play.journal.fault(&format!(
        "{count} connections are taken, for {} ms",
        time.as_millis()
    ));
    tokio::time::sleep(time).await;
    drop(taken);
    root.run(&format!("SET GLOBAL max_connections = {before}"))
        .await
}

/// Other clients lock the hot rows in every order, in transactions that are more costly to roll back than a consumer's.
async fn deadlocks(play: Play<'_>, random: &mut Random, time: Duration) -> Fallible<()> {
    play.journal.fault(&format!(
        "deadlocks with other clients, for {} ms",
        time.as_millis()
    ));
    let seeds: Vec<u64> = (0..3).map(|_| random.between(0, u64::MAX - 1)).collect();
    let until = Instant::now() + time;
    let storms = seeds
        .into_iter()
        .map(async |seed| storm(play, Random::seeded(seed), until).await);
    futures_util::future::try_join_all(storms).await.map(drop)
}

async fn storm(play: Play<'_>, mut random: Random, until: Instant) -> Fallible<()> {
    let mut database = play.stage.database().await?;
    let weight = vec!["('weight')"; 200].join(",");
    while Instant::now() < until {
        database.run("BEGIN").await?;
        database
            .run(&format!(
                "INSERT INTO `audit_scratch` (`text`) VALUES {weight}"
            ))
            .await?;
        for _ in 0..3 {
            let id = random.between(1, 8);
            let update =
                format!("UPDATE `audit_counter` SET `visits` = `visits` + 1 WHERE `id` = {id}");
            // Sometimes it is this one that has to give way.
            if database.run(&update).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(random.between(1, 40))).await;
        }
        // What it did is never seen.
        database.run("ROLLBACK").await?;
        tokio::time::sleep(Duration::from_millis(random.between(1, 60))).await;
    }
    Ok(())
}
