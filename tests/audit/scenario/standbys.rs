//! Ten consumers, and again and again the one that owns the channel is killed: each time another has taken over
//! within five seconds, and nothing is lost, done twice or out of order.

use std::time::{Duration, Instant};

use beeorm_tests::Random;
use tokio::sync::Mutex;

use crate::{
    Fallible,
    cast::Cast,
    faults::{self, Play},
    journal::Journal,
    lease,
    options::Options,
    stage::{Stage, within},
};

const CONSUMERS: usize = 10;
const PRODUCERS: usize = 2;
const BETWEEN: Duration = Duration::from_secs(5);
/// A takeover that takes longer is too slow.
const SOON: Duration = Duration::from_secs(5);
/// One that takes longer is none.
const EVER: Duration = Duration::from_secs(30);

pub(super) async fn play(stage: &Stage, journal: &Journal, options: &Options) -> Fallible<bool> {
    let mut random = Random::seeded(options.seed);
    let mut cast = Cast::new(stage, journal, random.between(0, u64::MAX - 1));
    for _ in 0..CONSUMERS {
        cast.add_consumer()?;
    }
    for _ in 0..PRODUCERS {
        cast.add_producer()?;
    }
    let cast = Mutex::new(cast);
    let until = Instant::now() + options.time;
    let play = Play {
        stage,
        journal,
        until,
    };
    let (takeovers, ()) = tokio::try_join!(kill_owners(play, &cast), faults::watch(play, &cast))?;
    let findings = super::conclude(stage, journal, cast, &Vec::new()).await?;
    let slowest = takeovers.iter().max().copied().unwrap_or_default();
    let sum: Duration = takeovers.iter().sum();
    let mean = sum / u32::try_from(takeovers.len()).unwrap_or(1).max(1);
    println!(
        "{findings} takeovers={} mean_ms={} slowest_ms={}",
        takeovers.len(),
        mean.as_millis(),
        slowest.as_millis()
    );
    Ok(findings.are_none() && !takeovers.is_empty() && slowest <= SOON)
}

/// How long each takeover took.
async fn kill_owners(play: Play<'_>, cast: &Mutex<Cast<'_>>) -> Fallible<Vec<Duration>> {
    let mut takeovers = Vec::new();
    while Instant::now() < play.until {
        tokio::time::sleep(BETWEEN).await;
        let owned = within(EVER, async || lease::owner(play.stage).await).await;
        let token = owned.ok_or("nobody owns the channel")?;
        let holder = within(SOON, async || lease::holder(play.stage, &token)).await;
        let name = holder.ok_or("the owner's token is in no consumer's log")?;
        let mut locked = cast.lock().await;
        let Some(victim) = locked.consumer(&name) else {
            continue;
        };
        let start = Instant::now();
        victim.kill().await?;
        drop(locked);
        let another = async || {
            lease::owner(play.stage)
                .await
                .filter(|other| *other != token)
        };
        within(EVER, another).await.ok_or("nobody takes over")?;
        let took = start.elapsed();
        let next = cast.lock().await.add_consumer()?;
        let millis = took.as_millis();
        play.journal.fault(&format!(
            "{name}, the owner: kill -9; another after {millis} ms; {next} begins"
        ));
        takeovers.push(took);
    }
    Ok(takeovers)
}
