//! Inserts: alone, many at a time, with keys of the client's and of the database's making.

use std::{io, sync::Arc, time::Duration};

use beeorm_tests::{
    Random,
    record::{Effect, Expected, Kind},
};

use crate::{
    entities::{Event, Page},
    producer::{Producer, effect},
};

pub(crate) async fn run(producer: Arc<Producer>, mut random: Random) -> io::Result<()> {
    while producer.goes_on(&mut random).await {
        match random.between(1, 4) {
            1 => pages(&producer, &mut random).await?,
            2 => page(&producer, &mut random).await?,
            _ => events(&producer, &mut random).await?,
        }
    }
    Ok(())
}

/// The INSERT of a row whose key the producer does not know when it asks for it.
pub(crate) fn made_by_the_database(mark: u64) -> Effect {
    let key = None;
    Effect {
        key,
        ..effect::<Event>(Kind::Insert, "", mark)
    }
}

async fn pages(producer: &Producer, random: &mut Random) -> io::Result<()> {
    let count = random.between(1, 40);
    let page = |mark| Page {
        mark,
        note: "x".repeat((mark % 50) as usize),
        ..Page::default()
    };
    let mut pages: Vec<Page> = (0..count).map(|_| page(producer.number())).collect();
    // Their keys are made by the call.
    let made = |page: &Page| Effect {
        key: None,
        ..effect::<Page>(Kind::Insert, "", page.mark)
    };
    let effects = pages.iter().map(made).collect();
    let flush = producer.engine.flush_lazy(&mut pages);
    producer
        .call(Expected::Applied, effects, flush)
        .await
        .map(drop)
}

async fn page(producer: &Producer, random: &mut Random) -> io::Result<()> {
    let mark = producer.number();
    let page = Page {
        mark,
        ..Page::default()
    };
    let mut page = producer.engine.track(page).map_err(io::Error::other)?;
    let effects = vec![effect::<Page>(Kind::Insert, page.id.simple(), mark)];
    let patience = random
        .percent(30)
        .then(|| Duration::from_micros(random.between(200, 3_000)));
    producer
        .call_tracked(patience, effects, &mut page)
        .await
        .map(drop)
}

async fn events(producer: &Producer, random: &mut Random) -> io::Result<()> {
    let count = if random.percent(50) {
        1
    } else {
        random.between(2, 30)
    };
    let mut events = Vec::new();
    for _ in 0..count {
        let event = Event {
            mark: producer.number(),
            ..Event::default()
        };
        events.push(producer.engine.track(event).map_err(io::Error::other)?);
    }
    let effects = events
        .iter()
        .map(|event| made_by_the_database(event.mark))
        .collect();
    let flush = producer.engine.flush_lazy(&mut events);
    producer
        .call(Expected::Applied, effects, flush)
        .await
        .map(drop)
}
