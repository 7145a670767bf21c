//! A producer: flushes one unit after the other, and treats unknown outcomes as its users are told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::{self, Either};

use super::{
    held::Held,
    ledger::{FlushState, Ledger},
    plan::{Family, Planner, Unit},
};
use crate::{
    engine::{Engine, Flusher, Outcome, OutcomeUnknown, Receipt},
    error::Error,
    simulation::{
        database::{DatabaseServer, Datum},
        process::Process,
    },
    statement::Intent,
};

/// How often a refused or unknown flush is tried again.
const TRIES: usize = 60;

/// One producer's process.
pub(in crate::simulation) struct Producer {
    pub(in crate::simulation) number: usize,
    pub(in crate::simulation) process: Arc<Process>,
    pub(in crate::simulation) engine: Engine,
    pub(in crate::simulation) ledger: Arc<Mutex<Ledger>>,
    /// To see whether what a receipt tells is so.
    pub(in crate::simulation) databases: [Arc<DatabaseServer>; 2],
    /// Between two flushes at most, in microseconds.
    pub(in crate::simulation) pause: u64,
}

/// What one call came to.
enum Called {
    Ended(Result<Receipt, Error>),
    /// Its future was dropped.
    Dropped,
}

/// Flushes until nothing is left to flush.
pub(in crate::simulation) async fn produce(producer: Producer) {
    let mut kept = BTreeMap::new();
    loop {
        let pause = producer.draw_below(producer.pause);
        producer.sleep_micros(pause).await;
        if !producer.ledger().goes_on(producer.number) {
            return;
        }
        if producer.chance(100) {
            producer.come_and_go(&mut kept).await;
        }
        let mut unit = Planner::new(
            producer.number,
            &mut producer.ledger(),
            &producer.process,
            &mut kept,
        )
        .fill();
        let keeps = producer.flush(&mut unit).await && !unit.bad;
        for item in unit.items {
            if let (true, Some(subject), Intent::Save) = (keeps, item.subject, item.intent)
                && !matches!(item.held, Held::Other(_))
            {
                kept.insert(subject, item.held);
            }
        }
    }
}

impl Producer {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw_below(&self, limit: u64) -> u64 {
        self.process.world.draw(|random| random.below(limit))
    }

    fn chance(&self, per_mille: u64) -> bool {
        self.process.world.draw(|random| random.chance(per_mille))
    }

    async fn sleep_micros(&self, micros: u64) {
        self.process
            .world
            .sleep(Duration::from_micros(micros))
            .await;
    }

    async fn pause(&self) {
        self.sleep_micros(self.draw_below(1_000_000)).await;
    }

    /// One flush right behind the other.
    async fn come_and_go(&self, kept: &mut BTreeMap<usize, Held>) {
        let mut family = Family::ToCome;
        loop {
            let step = Planner::new(self.number, &mut self.ledger(), &self.process, kept)
                .step(&mut family);
            let Some(mut unit) = step else { return };
            if !self.flush(&mut unit).await {
                return;
            }
        }
    }

    /// Flushes the unit; whether it is acknowledged in the end.
    async fn flush(&self, unit: &mut Unit) -> bool {
        let mut flusher = self.engine.flusher();
        for item in &mut unit.items {
            match item.intent {
                Intent::Save => flusher.track(&mut item.held),
                Intent::Delete => flusher.delete(&mut item.held),
            };
        }
        let mut number = self.ledger().begin(unit.flush.clone());
        for _ in 0..TRIES {
            match self.call(number, &mut flusher).await {
                Called::Ended(Ok(receipt)) => {
                    self.acknowledged(number, &receipt);
                    self.ask(number, &receipt).await;
                    return true;
                }
                Called::Ended(Err(Error::OutcomeUnknown(unknown))) => {
                    if self.chance(40) {
                        break;
                    }
                    if unit.forgets || self.chance(500) {
                        return self.resend(number, &unknown).await;
                    }
                    match self.settle(&mut number, &mut flusher).await {
                        Some(settled) => return settled,
                        None => continue,
                    }
                }
                Called::Ended(Err(error)) => {
                    let mut again = self.chance(700);
                    if !matches!(error, Error::Stream(_)) {
                        let what = format!("flush {number} is refused: {error}");
                        self.process.world.violation(what);
                        again = false;
                    }
                    if again {
                        // Nobody else touches the rows meanwhile.
                        self.pause().await;
                    }
                    self.ledger().end(number, FlushState::Refused);
                    if !again {
                        return false;
                    }
                    number = self.ledger().begin_again(number);
                }
                Called::Dropped => {
                    if unit.forgets || self.chance(200) {
                        break;
                    }
                    if let Some(settled) = self.settle(&mut number, &mut flusher).await {
                        return settled;
                    }
                }
            }
        }
        self.ledger().end(number, FlushState::Unknown);
        false
    }

    fn acknowledged(&self, number: usize, receipt: &Receipt) -> bool {
        let mut ledger = self.ledger();
        ledger.flushes[number].receipt = receipt.frame_ids().to_vec();
        ledger.end(number, FlushState::Acknowledged);
        true
    }

    /// Sometimes waits for the outcome, which is not told before it is one.
    async fn ask(&self, number: usize, receipt: &Receipt) {
        if !self.chance(60) {
            return;
        }
        let Ok(outcome) = receipt.applied(Duration::from_secs(20)).await else {
            return;
        };
        for id in receipt.frame_ids() {
            let verdict = self.databases.iter().find_map(|server| server.verdict(*id));
            let applied = verdict == Some(Datum::Integer(1));
            if verdict.is_none() || outcome == Outcome::Applied && !applied {
                let what = format!(
                    "the receipt of flush {number} says: {outcome}; the inbox says: {verdict:?}"
                );
                self.process.world.violation(what);
            }
        }
    }

    /// One call, which may be dropped on the way; the ids made during it are the flush's.
    async fn call(&self, number: usize, flusher: &mut Flusher<'_>) -> Called {
        self.process.take_uuids();
        let called = if self.chance(50) {
            let gone = self.sleep_micros(self.draw_below(2000));
            let call = std::pin::pin!(flusher.flush_lazy());
            match future::select(call, std::pin::pin!(gone)).await {
                Either::Left((ended, _)) => Called::Ended(ended),
                Either::Right(_) => Called::Dropped,
            }
        } else {
            Called::Ended(flusher.flush_lazy().await)
        };
        let called = match called {
            // It is in the stream, which is all that is asked for here.
            Called::Ended(Err(Error::AppendedNotDurable { receipt, .. })) => {
                Called::Ended(Ok(*receipt))
            }
            called => called,
        };
        let ids = self.process.take_uuids();
        self.ledger().flushes[number].ids.extend(ids);
        called
    }

    /// `resend()` until it is known.
    async fn resend(&self, number: usize, unknown: &OutcomeUnknown) -> bool {
        for _ in 0..TRIES {
            self.pause().await;
            match unknown.resend().await {
                Ok(_) | Err(Error::AppendedNotDurable { .. }) => {
                    self.ledger().end(number, FlushState::Acknowledged);
                    return true;
                }
                Err(Error::OutcomeUnknown(_)) => {}
                Err(error) => {
                    let what = format!("a resend of flush {number} says: {error}");
                    self.process.world.violation(what);
                }
            }
        }
        self.ledger().end(number, FlushState::Unknown);
        false
    }

    /// Flushes the same again. What the second call appends itself, if it does, is a flush of its own, and the
    /// first one was refused. None when it is still unknown.
    async fn settle(&self, number: &mut usize, flusher: &mut Flusher<'_>) -> Option<bool> {
        self.pause().await;
        let before = self.ledger().flushes[*number].ids.clone();
        let begun = self.ledger().tick();
        let called = self.call(*number, flusher).await;
        let appended = {
            let mut ledger = self.ledger();
            let ids = &mut ledger.flushes[*number].ids;
            let new: Vec<_> = ids.difference(&before).copied().collect();
            ids.clone_from(&before);
            new
        };
        if !appended.is_empty() {
            // The first call appended nothing after all, or it never came to that.
            self.ledger().end(*number, FlushState::Refused);
            *number = self.ledger().begin_again(*number);
            let mut ledger = self.ledger();
            let flush = &mut ledger.flushes[*number];
            flush.ids.extend(appended);
            flush.begun = begun;
        }
        match called {
            Called::Ended(Ok(receipt)) => Some(self.acknowledged(*number, &receipt)),
            Called::Ended(Err(Error::OutcomeUnknown(_))) | Called::Dropped => None,
            Called::Ended(Err(error)) => {
                self.ledger().end(*number, FlushState::Refused);
                if !matches!(error, Error::Stream(_)) {
                    let what = format!("flush {number} is refused: {error}");
                    self.process.world.violation(what);
                }
                Some(false)
            }
        }
    }
}
