//! What befalls the run, at moments and in an order that come from the seed: processes, Redis, the database and, where
//! they can be stepped, the clocks have a sequence of faults each, so that faults of different kinds meet.

mod bag;
mod clocks;
mod database;
mod processes;
mod redis;

use std::time::{Duration, Instant};

use beeorm_tests::{Fault, Random};
use tokio::sync::Mutex;

pub(crate) use self::redis::Garbage;
use crate::{
    Fallible,
    cast::Cast,
    journal::Journal,
    stage::{Road, Stage},
};

/// What the faults need.
#[derive(Clone, Copy)]
pub(crate) struct Play<'p> {
    pub(crate) stage: &'p Stage,
    pub(crate) journal: &'p Journal,
    pub(crate) until: Instant,
}

/// Plays until the time is up; gives what of the channel's entries nobody can read.
pub(crate) async fn all(
    play: Play<'_>,
    cast: &Mutex<Cast<'_>>,
    random: &mut Random,
) -> Fallible<Garbage> {
    let mut seed = || Random::seeded(random.between(0, u64::MAX - 1));
    let (one, two, three, four) = (seed(), seed(), seed(), seed());
    let ((), (), garbage, (), ()) = tokio::try_join!(
        processes::play(play, cast, one),
        database::play(play, two),
        redis::play(play, three),
        clocks::play(play, cast, four),
        watch(play, cast),
    )?;
    Ok(garbage)
}

/// Replaces processes that have ended, keeps the pace, and says how far it is.
pub(crate) async fn watch(play: Play<'_>, cast: &Mutex<Cast<'_>>) -> Fallible<()> {
    let mut told = Instant::now();
    while play.goes_on() {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let waiting = play.stage.waiting().await;
        let mut cast = cast.lock().await;
        cast.supervise()?;
        cast.keep_pace(waiting.unwrap_or(u64::MAX)).await;
        if told.elapsed() > Duration::from_secs(5) {
            told = Instant::now();
            play.journal.progress(play.stage, waiting);
        }
    }
    Ok(())
}

impl Play<'_> {
    fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    /// Between two faults of a sequence: work has to be done too.
    async fn rest(&self, random: &mut Random) {
        let left = self.until.saturating_duration_since(Instant::now());
        let rest = Duration::from_millis(random.between(300, 5_000));
        tokio::time::sleep(rest.min(left)).await;
    }

    /// Does it for so long, and then undoes it.
    async fn order_for(
        &self,
        server: &str,
        [begin, end]: [&str; 2],
        time: Duration,
    ) -> Fallible<()> {
        self.stage.order(&format!("{begin} {server}")).await?;
        self.journal
            .fault(&format!("{server}: {begin}, for {} ms", time.as_millis()));
        tokio::time::sleep(time).await;
        self.stage.order(&format!("{end} {server}")).await
    }

    /// The next requests with these bytes in them meet the fault.
    async fn on(&self, road: (&str, &Road), needle: &str, fault: Fault, times: u64) {
        let (name, road) = road;
        let times = usize::try_from(times).unwrap_or(1);
        road.proxy.lock().await.on(needle, fault, times);
        self.journal.fault(&format!(
            "{name}: {fault:?} on {} requests with {needle:?}",
            times
        ));
    }

    async fn cut(&self, (name, road): (&str, &Road)) {
        road.proxy.lock().await.cut();
        self.journal
            .fault(&format!("{name}: every connection is cut"));
    }

    /// Nothing gets through, as if the server were not there.
    async fn part(&self, (name, road): (&str, &Road), time: Duration) {
        let mut proxy = road.proxy.lock().await;
        proxy.go_away().await;
        self.journal
            .fault(&format!("{name}: no way, for {} ms", time.as_millis()));
        tokio::time::sleep(time).await;
        proxy.come_back().await;
    }

    async fn slow(&self, (name, road): (&str, &Road), delay: u64, time: Duration) {
        let proxy = road.proxy.lock().await;
        proxy.slow_down(Duration::from_millis(delay));
        self.journal.fault(&format!(
            "{name}: {delay} ms each way, for {} ms",
            time.as_millis()
        ));
        tokio::time::sleep(time).await;
        proxy.slow_down(Duration::ZERO);
    }
}

/// So many seconds at most, to the millisecond.
fn some_seconds(random: &mut Random, most: u64) -> Duration {
    Duration::from_millis(random.between(100, most * 1_000))
}
