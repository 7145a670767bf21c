//! Redis is killed, paused and cut off; the group vanishes; entries are there twice, or are none.

use std::time::Duration;

use beeorm_tests::{Fault as LineFault, Random};

use super::{Play, bag::Bag, some_seconds};
use crate::{
    Fallible,
    stage::{GROUP, Road, STREAM},
};

#[derive(Clone, Copy, Debug)]
enum Fault {
    Killed,
    Paused,
    Cut,
    Parted,
    Slow,
    AppendUnanswered,
    AppendLost,
    ReadUnanswered,
    ReadLost,
    ScriptUnanswered,
    ScriptLost,
    Silent,
    GroupDestroyed,
    EntriesTwice,
    Garbage,
}

const ALL: [Fault; 15] = [
    Fault::Killed,
    Fault::Paused,
    Fault::Cut,
    Fault::Parted,
    Fault::Slow,
    Fault::AppendUnanswered,
    Fault::AppendLost,
    Fault::ReadUnanswered,
    Fault::ReadLost,
    Fault::ScriptUnanswered,
    Fault::ScriptLost,
    Fault::Silent,
    Fault::GroupDestroyed,
    Fault::EntriesTwice,
    Fault::Garbage,
];

/// What was planted in the channel that nobody can read.
pub(crate) type Garbage = Vec<String>;

pub(super) async fn play(play: Play<'_>, mut random: Random) -> Fallible<Garbage> {
    let mut bag = Bag::of(&ALL);
    let mut garbage = Garbage::new();
    loop {
        play.rest(&mut random).await;
        if !play.goes_on() {
            return Ok(garbage);
        }
        if let Some(fault) = bag.draw(&mut random) {
            befall(play, fault, &mut random, &mut garbage).await?;
        }
    }
}

async fn befall(
    play: Play<'_>,
    fault: Fault,
    random: &mut Random,
    garbage: &mut Garbage,
) -> Fallible<()> {
    let producers = ("producers to Redis", &play.stage.producers.redis);
    let consumers = ("consumers to Redis", &play.stage.consumers.redis);
    let either: (&str, &Road) = if random.percent(50) {
        producers
    } else {
        consumers
    };
    let times = random.between(1, 3);
    match fault {
        Fault::Killed => {
            play.order_for("redis", ["kill", "start"], some_seconds(random, 2))
                .await?
        }
        Fault::Paused => {
            play.order_for("redis", ["pause", "resume"], some_seconds(random, 5))
                .await?
        }
        Fault::Cut => play.cut(either).await,
        Fault::Parted => play.part(either, some_seconds(random, 4)).await,
        Fault::Slow => {
            play.slow(either, random.between(5, 100), some_seconds(random, 3))
                .await
        }
        Fault::AppendUnanswered => {
            play.on(producers, "XADD", LineFault::LoseAnswer, times)
                .await
        }
        Fault::AppendLost => {
            play.on(producers, "XADD", LineFault::LoseRequest, times)
                .await
        }
        Fault::ReadUnanswered => {
            play.on(consumers, "XREADGROUP", LineFault::LoseAnswer, times)
                .await
        }
        Fault::ReadLost => {
            play.on(consumers, "XREADGROUP", LineFault::LoseRequest, times)
                .await
        }
        Fault::ScriptUnanswered => {
            play.on(consumers, "EVALSHA", LineFault::LoseAnswer, times)
                .await
        }
        Fault::ScriptLost => {
            play.on(consumers, "EVALSHA", LineFault::LoseRequest, times)
                .await
        }
        Fault::Silent => {
            let needle = if either.0 == producers.0 {
                "XADD"
            } else if random.percent(50) {
                "XREADGROUP"
            } else {
                "EVALSHA"
            };
            play.on(either, needle, LineFault::Silence, 1).await;
        }
        Fault::GroupDestroyed => {
            let mut redis = play.stage.redis().await?;
            // There may be none just now.
            if redis
                .command(["XGROUP", "DESTROY", STREAM, GROUP])
                .await
                .is_ok()
            {
                play.journal.fault("the group is destroyed");
            }
        }
        Fault::EntriesTwice => entries_twice(play, random).await?,
        Fault::Garbage => {
            let what = format!("garbage {}", garbage.len());
            let mut redis = play.stage.redis().await?;
            // Known to be there or not: nothing befalls Redis meanwhile.
            let field = if random.percent(50) { "f" } else { "bee" };
            redis.command(["XADD", STREAM, "*", field, &what]).await?;
            play.journal
                .fault(&format!("an entry that is none: {what}"));
            garbage.push(what);
        }
    }
    Ok(())
}

/// As a client does that appends again what has arrived.
async fn entries_twice(play: Play<'_>, random: &mut Random) -> Fallible<()> {
    let mut redis = play.stage.redis().await?;
    let mut entries = Vec::new();
    for _ in 0..50 {
        entries = redis.entries(STREAM, 200).await?;
        entries.retain(|entry| {
            entry
                .fields
                .iter()
                .all(|field| !field.starts_with(b"garbage"))
        });
        if !entries.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let count = random.between(1, 10);
    let mut added = 0;
    for _ in 0..count {
        if let Some(entry) = random.choice(&entries) {
            let mut command: Vec<&[u8]> = vec![b"XADD", STREAM.as_bytes(), b"*"];
            command.extend(entry.fields.iter().map(Vec::as_slice));
            redis.command(command).await?;
            added += 1;
        }
    }
    if added > 0 {
        play.journal
            .fault(&format!("{added} entries are appended again"));
    }
    Ok(())
}
