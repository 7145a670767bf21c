//! Every fault that there is, at random moments.

use std::time::Instant;

use beeorm_tests::Random;
use tokio::sync::Mutex;

use super::Ended;
use crate::{
    Fallible,
    cast::Cast,
    faults::{self, Play},
    journal::Journal,
    options::Options,
    sabotage,
    stage::Stage,
};

const PRODUCERS: usize = 3;

pub(super) async fn play(stage: &Stage, journal: &Journal, options: &Options) -> Fallible<Ended> {
    let mut random = Random::seeded(options.seed);
    let mut cast = Cast::new(stage, journal, random.between(0, u64::MAX - 1));
    cast.add_consumer()?;
    cast.add_consumer()?;
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
    let garbage = faults::all(play, &cast, &mut random).await?;
    let findings = super::conclude(stage, journal, cast, &garbage).await?;
    let line = |line: &str| println!("{line} faults={}", journal.faults());
    line(&findings.to_string());
    let good = findings.are_none();
    let mut seen = false;
    for sabotage in &options.sabotage {
        sabotage::commit(*sabotage, stage).await?;
        println!("sabotage: {sabotage:?}");
        let findings = super::judge(stage, journal, &garbage, Vec::new()).await?;
        line(&findings.to_string());
        seen |= !findings.are_none();
    }
    Ok(match (good, seen) {
        (true, false) => Ended::Good,
        (true, true) => Ended::TamperedWith,
        (false, _) => Ended::Bad,
    })
}
