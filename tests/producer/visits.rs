//! Counts on rows that everybody counts on, most of all on one.

use std::{io, sync::Arc, time::Duration};

use beeorm::{Change, prelude::*};
use beeorm_tests::{
    Random,
    record::{Effect, Expected, Kind},
};

use crate::{
    entities::{Counter, Event},
    inserts,
    producer::{Producer, effect},
};

/// The rows, which are there from the start.
const COUNTERS: u32 = 8;

pub(crate) async fn run(producer: Arc<Producer>, mut random: Random) -> io::Result<()> {
    while producer.goes_on(&mut random).await {
        let (changes, mut effects) = visits(&producer, &mut random);
        match random.between(1, 10) {
            1 => {
                let patience = Duration::from_micros(random.between(200, 3_000));
                let flush = producer.engine.flush_lazy(changes);
                producer.call_and_go(patience, effects, flush).await?;
            }
            2..=4 => {
                // Several kinds as one unit.
                let mark = producer.number();
                let mut event = producer
                    .engine
                    .track(Event {
                        mark,
                        ..Event::default()
                    })
                    .map_err(io::Error::other)?;
                effects.push(inserts::made_by_the_database(mark));
                let flush = producer.engine.flush_lazy((changes, &mut event));
                producer.call(Expected::Applied, effects, flush).await?;
            }
            _ => {
                let flush = producer.engine.flush_lazy(changes);
                producer.call(Expected::Applied, effects, flush).await?;
            }
        }
    }
    Ok(())
}

fn visits(producer: &Producer, random: &mut Random) -> (Vec<Change<Counter>>, Vec<Effect>) {
    let count = if random.percent(70) {
        1
    } else {
        random.between(2, 5)
    };
    // In any order, so that consumers could deadlock if their own care did not keep them from it.
    let mut ids: Vec<u32> = Vec::new();
    while (ids.len() as u64) < count {
        let id = if random.percent(60) {
            1
        } else {
            random.between(1, COUNTERS.into()) as u32
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let columns = Counter::columns();
    let visit = |id: u32| {
        let mark = producer.number();
        let change = Counter::change(id)
            .add(columns.visits, 1_u64)
            .add(columns.total, mark);
        (change, effect::<Counter>(Kind::Update, id, mark))
    };
    ids.into_iter().map(visit).unzip()
}
