//! Appends: beeorm's, and bare ones of the same bytes.

use std::time::{Duration, Instant};

use beeorm::prelude::*;
use bytes::Bytes;
use fred::{
    clients::Client,
    interfaces::{KeysInterface, StreamsInterface},
    types::Value,
};

use crate::{
    Fallible, by_hand,
    entities::Page,
    measure::{Calls, OURS, Rounds, on_worker},
    report::Line,
    stage::{Network, STREAM, Stage},
    verify,
};

/// The other side's place.
pub(crate) const BARE: usize = 1;

/// Both ways to Redis.
#[derive(Debug)]
pub(crate) struct Appends {
    pub(crate) engine: Engine,
    /// Of whoever appends by hand.
    pub(crate) bare: Client,
    /// Looks at what both have done, past the network.
    look: Client,
}

impl Appends {
    pub(crate) async fn open(stage: &Stage, network: Network) -> Fallible<Self> {
        let appends = Self {
            engine: stage.engine(network).await?,
            bare: stage.redis(network).await?,
            look: stage.redis(Network::Loopback).await?,
        };
        appends.clear().await?;
        Ok(appends)
    }

    /// Takes off both streams what was appended.
    pub(crate) async fn clear(&self) -> Fallible<()> {
        self.look
            .del::<(), _>(vec![STREAM, by_hand::STREAM])
            .await?;
        Ok(())
    }

    /// The bytes that beeorm appends for so many entities in one call.
    pub(crate) async fn bytes_of(&self, entities: usize) -> Fallible<Bytes> {
        let mut pages = Page::numbers(0..entities);
        self.engine.flush_lazy(&mut pages).await?;
        let mut frames = self.frames(STREAM).await?;
        self.clear().await?;
        frames.pop().ok_or_else(|| "nothing was appended".into())
    }

    /// Fails where a stream does not hold so many frames of some bytes; takes them off.
    pub(crate) async fn check(&self, stream: &str, frames: usize) -> Fallible<()> {
        let found = self.frames(stream).await?.len();
        self.clear().await?;
        verify::count("frames in the stream", found as u64, frames)
    }

    async fn frames(&self, stream: &str) -> Fallible<Vec<Bytes>> {
        let mut frames = Vec::new();
        let mut from = "-".to_owned();
        loop {
            let page: Vec<(String, Vec<Value>)> = self
                .look
                .xrange(stream, from.as_str(), "+", Some(1000))
                .await?;
            let Some((last, _)) = page.last() else {
                return Ok(frames);
            };
            from = format!("({last}");
            let fields = page.into_iter().flat_map(|(_, fields)| fields);
            // Names and values in turns; an entry of several callers has several.
            let values = fields.skip(1).step_by(2).filter_map(Value::into_bytes);
            frames.extend(values.filter(|frame| !frame.is_empty()));
        }
    }
}

/// One caller that flushes entities so many at a time, one call after the other.
pub(crate) async fn ours(engine: &Engine, calls: usize, entities: usize) -> Fallible<Calls> {
    let engine = engine.clone();
    let mut pages = Page::numbers(0..calls * entities);
    on_worker(async move {
        let mut times = Vec::with_capacity(calls);
        let begun = Instant::now();
        for some in pages.chunks_mut(entities) {
            let begun = Instant::now();
            engine.flush_lazy(some).await?;
            times.push(begun.elapsed());
        }
        Ok(Calls::of(times, begun.elapsed()))
    })
    .await
}

/// One caller that appends the bytes, one command after the other.
pub(crate) async fn bare(client: &Client, calls: usize, bytes: &Bytes) -> Fallible<Calls> {
    let (client, bytes) = (client.clone(), bytes.clone());
    on_worker(async move {
        let mut times = Vec::with_capacity(calls);
        let begun = Instant::now();
        for _ in 0..calls {
            let begun = Instant::now();
            append(&client, &bytes).await?;
            times.push(begun.elapsed());
        }
        Ok(Calls::of(times, begun.elapsed()))
    })
    .await
}

pub(crate) async fn append(client: &Client, bytes: &Bytes) -> Fallible<()> {
    let fields = ("f", bytes.clone());
    let _: () = client
        .xadd(by_hand::STREAM, false, None::<()>, "*", fields)
        .await?;
    Ok(())
}

/// What both sides did, round by round.
pub(crate) fn figures(line: &mut Line, rounds: &Rounds<Calls>, network: Network) {
    for (name, side) in [("beeorm", OURS), ("XADD", BARE)] {
        let mut figure = |what: &str, unit: &str, of: fn(&Calls) -> f64| {
            let name = format!("{name}, {what}{}", network.suffix());
            line.figure(name, unit, rounds.each(side, of));
        };
        figure("calls", "a second", |calls| calls.rate);
        figure("p50", "µs", |calls| calls.p50_micros);
        figure("p99", "µs", |calls| calls.p99_micros);
    }
}

/// Many callers at a time, each of which flushes one entity after the other.
pub(crate) async fn ours_at_once(engine: &Engine, callers: usize, calls: usize) -> Fallible<Calls> {
    let mut pages = Page::numbers(0..callers * calls).into_iter();
    let shares: Vec<Vec<Page>> = (0..callers)
        .map(|_| pages.by_ref().take(calls).collect())
        .collect();
    at_once(shares.into_iter().map(|mut share| {
        let engine = engine.clone();
        async move {
            let mut times = Vec::with_capacity(share.len());
            for page in &mut share {
                let begun = Instant::now();
                engine.flush_lazy(page).await?;
                times.push(begun.elapsed());
            }
            Ok(times)
        }
    }))
    .await
}

/// As many tasks on one client, which sends what they append in one go where it can.
pub(crate) async fn bare_at_once(
    client: &Client,
    callers: usize,
    calls: usize,
    bytes: &Bytes,
) -> Fallible<Calls> {
    at_once((0..callers).map(|_| {
        let (client, bytes) = (client.clone(), bytes.clone());
        async move {
            let mut times = Vec::with_capacity(calls);
            for _ in 0..calls {
                let begun = Instant::now();
                append(&client, &bytes).await?;
                times.push(begun.elapsed());
            }
            Ok(times)
        }
    }))
    .await
}

async fn at_once<F>(callers: impl Iterator<Item = F>) -> Fallible<Calls>
where
    F: Future<Output = Fallible<Vec<Duration>>> + Send + 'static,
{
    let callers: Vec<F> = callers.collect();
    on_worker(async move {
        let begun = Instant::now();
        let tasks: Vec<_> = callers.into_iter().map(tokio::spawn).collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await??);
        }
        Ok(Calls::of(times, begun.elapsed()))
    })
    .await
}
