//! Consumers and producers are killed, stopped, ended, joined by others.

use std::time::Duration;

use beeorm_tests::Random;
use tokio::sync::Mutex;

use super::{Play, bag::Bag, some_seconds};
use crate::{Fallible, cast::Cast, process};

#[derive(Clone, Copy, Debug)]
enum Fault {
    ConsumerKilled,
    ConsumerStopped,
    ConsumerTerminated,
    ConsumerJoins,
    ConsumerLeaves,
    AllConsumersKilled,
    ProducerKilled,
    ProducerStopped,
}

const ALL: [Fault; 10] = [
    Fault::ConsumerKilled,
    Fault::ConsumerKilled,
    Fault::ConsumerStopped,
    Fault::ConsumerTerminated,
    Fault::ConsumerJoins,
    Fault::ConsumerJoins,
    Fault::ConsumerLeaves,
    Fault::AllConsumersKilled,
    Fault::ProducerKilled,
    Fault::ProducerStopped,
];

/// The most consumers at a time.
const MOST: usize = 3;

pub(super) async fn play(
    play: Play<'_>,
    cast: &Mutex<Cast<'_>>,
    mut random: Random,
) -> Fallible<()> {
    let mut bag = Bag::of(&ALL);
    loop {
        play.rest(&mut random).await;
        if !play.goes_on() {
            return Ok(());
        }
        if let Some(fault) = bag.draw(&mut random) {
            befall(play, cast, fault, &mut random).await?;
        }
    }
}

async fn befall(
    play: Play<'_>,
    cast: &Mutex<Cast<'_>>,
    fault: Fault,
    random: &mut Random,
) -> Fallible<()> {
    let mut locked = cast.lock().await;
    match fault {
        Fault::ConsumerKilled => {
            let Some(victim) = locked.victim().await else {
                return Ok(());
            };
            let name = victim.name.clone();
            victim.kill().await?;
            let next = locked.add_consumer()?;
            play.journal
                .fault(&format!("{name}: kill -9; {next} begins"));
        }
        Fault::AllConsumersKilled => {
            while let Some(victim) = locked.any_consumer() {
                victim.kill().await?;
            }
            let next = locked.add_consumer()?;
            play.journal
                .fault(&format!("every consumer: kill -9; {next} begins"));
        }
        Fault::ConsumerStopped => {
            let Some(victim) = locked.victim().await else {
                return Ok(());
            };
            let (id, name) = (victim.id, victim.name.clone());
            locked.consumers.push(victim);
            drop(locked);
            // Another one has to be there to take over, some of the times.
            stop_for(
                play,
                id,
                &name,
                Duration::from_millis(random.between(3_500, 7_000)),
            )
            .await;
        }
        Fault::ConsumerTerminated => {
            let Some(victim) = locked.victim().await else {
                return Ok(());
            };
            let next = locked.add_consumer()?;
            drop(locked);
            let name = victim.name.clone();
            victim.signal("TERM").await?;
            play.journal
                .fault(&format!("{name}: SIGTERM; {next} begins"));
            end(play, victim).await;
        }
        Fault::ConsumerLeaves if locked.consumers.len() > 1 => {
            let Some(victim) = locked.any_consumer() else {
                return Ok(());
            };
            drop(locked);
            play.journal.fault(&format!("{} leaves", victim.name));
            end(play, victim).await;
        }
        Fault::ConsumerJoins | Fault::ConsumerLeaves if locked.consumers.len() < MOST => {
            let next = locked.add_consumer()?;
            play.journal.fault(&format!("{next} joins"));
        }
        Fault::ConsumerJoins | Fault::ConsumerLeaves => {}
        Fault::ProducerKilled => {
            let Some(victim) = locked.any_producer() else {
                return Ok(());
            };
            let name = victim.name.clone();
            victim.kill().await?;
            locked.add_producer()?;
            play.journal
                .fault(&format!("{name}: kill -9; another begins"));
        }
        Fault::ProducerStopped => {
            let Some(victim) = locked.any_producer() else {
                return Ok(());
            };
            let (id, name) = (victim.id, victim.name.clone());
            locked.producers.push(victim);
            drop(locked);
            stop_for(play, id, &name, some_seconds(random, 4)).await;
        }
    }
    Ok(())
}

async fn stop_for(play: Play<'_>, id: u32, name: &str, time: Duration) {
    // It may have ended by itself, and been replaced.
    if process::signal_to(id, "STOP").await.is_ok() {
        play.journal
            .fault(&format!("{name}: SIGSTOP, for {} ms", time.as_millis()));
        tokio::time::sleep(time).await;
        if process::signal_to(id, "CONT").await.is_err() {
            play.journal
                .note(&format!("{name} had ended by itself before that"));
        }
    }
}

/// Has a consumer end, which it does in time whatever befalls the servers; it is killed where it does not.
async fn end(play: Play<'_>, consumer: process::Process) {
    let name = consumer.name.clone();
    match consumer.stop(Duration::from_secs(30)).await {
        Ok(status) if status.success() => {}
        Ok(status) => play.journal.note(&format!("{name} ended: {status}")),
        Err(error) => play.journal.note(&format!("{error}; it was killed")),
    }
}
