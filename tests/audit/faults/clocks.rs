//! The clocks of the servers and of the processes are stepped, each on its own, by up to an hour.

use beeorm_tests::Random;
use tokio::sync::Mutex;

use super::Play;
use crate::{Fallible, cast::Cast, process::Process};

/// In seconds: a whole hour, back to what is right, and what a time server corrects.
const STEPS: [i64; 7] = [3_600, -3_600, 0, 60, -60, 2, -2];

/// Nothing, where the clocks are everybody's.
pub(super) async fn play(
    play: Play<'_>,
    cast: &Mutex<Cast<'_>>,
    mut random: Random,
) -> Fallible<()> {
    let Some(clocks) = &play.stage.clocks else {
        return Ok(());
    };
    let (mut consumers, mut producers) = (false, false);
    while play.goes_on() {
        play.rest(&mut random).await;
        let (name, clock) = *random
            .choice(&[
                ("mysql", &clocks.mysql),
                ("redis", &clocks.redis),
                ("consumers", &clocks.consumers),
                ("producers", &clocks.producers),
            ])
            .ok_or("no clock")?;
        let step = *random.choice(&STEPS).ok_or("no step")?;
        clock.step_to(step)?;
        play.journal
            .fault(&format!("the clock of {name} says {step:+} s"));
        let cast = cast.lock().await;
        let have = |list: &[Process], clock: &beeorm_tests::Clock| {
            list.iter()
                .any(|process| clock.is_of(process.id).unwrap_or(false))
        };
        consumers |= have(&cast.consumers, &clocks.consumers);
        producers |= have(&cast.producers, &clocks.producers);
    }
    told(consumers && producers)
}

/// A run in which no process had its clock has shown nothing.
fn told(seen: bool) -> Fallible<()> {
    if seen {
        Ok(())
    } else {
        Err("the clocks of the processes were not stepped".into())
    }
}
