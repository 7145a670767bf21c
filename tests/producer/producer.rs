//! What the tasks share: the engine, the record, and numbers that nothing else in the run has.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use beeorm::{Entity, Receipt, prelude::*};
use beeorm_tests::{
    Random,
    record::{Effect, Expected, Kind, Line, Told},
};

use crate::record::Record;

/// Between two attempts to learn what became of a flush.
const AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Producer {
    pub(crate) engine: Engine,
    record: Record,
    next: AtomicU64,
    /// The longest rest between two calls of a task, in milliseconds.
    pace: AtomicU64,
    stopped: AtomicBool,
}

impl Producer {
    pub(crate) fn new(engine: Engine, record: Record, number: u64) -> Self {
        Self {
            engine,
            record,
            next: AtomicU64::new(number << 24),
            pace: AtomicU64::new(40),
            stopped: AtomicBool::new(false),
        }
    }

    pub(crate) fn pace(&self, millis: u64) {
        self.pace.store(millis, Ordering::Relaxed);
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Rests before the next call; false when there is to be none.
    pub(crate) async fn goes_on(&self, random: &mut Random) -> bool {
        let longest = self.pace.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(random.between(0, longest))).await;
        !self.stopped.load(Ordering::Relaxed)
    }

    /// A number that nothing else in the run has: a call's, a row's key, or the mark of a change.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes a call, and sees to it that its outcome becomes known; whether it was appended.
    pub(crate) async fn call(
        &self,
        expect: Expected,
        effects: Vec<Effect>,
        flush: impl Future<Output = Result<Receipt, Error>>,
    ) -> io::Result<bool> {
        let call = self.asked(expect, effects)?;
        match flush.await {
            Ok(receipt) => self.told(call, acknowledged(&receipt))?,
            Err(Error::OutcomeUnknown(unknown)) => {
                let why = unknown.to_string();
                self.told(call, Told::Unknown { why })?;
                while unknown.resend().await.is_err() {
                    tokio::time::sleep(AGAIN).await;
                }
                self.told(call, arrived())?;
            }
            Err(error) => {
                self.refused(call, &error).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes a call and goes away before the answer, if that does not come at once.
    pub(crate) async fn call_and_go(
        &self,
        patience: Duration,
        effects: Vec<Effect>,
        flush: impl Future<Output = Result<Receipt, Error>>,
    ) -> io::Result<()> {
        let call = self.asked(Expected::Applied, effects)?;
        let answer = match tokio::time::timeout(patience, flush).await {
            Ok(Ok(receipt)) => acknowledged(&receipt),
            Ok(Err(Error::OutcomeUnknown(unknown))) => Told::Unknown {
                why: unknown.to_string(),
            },
            Ok(Err(error)) => return self.refused(call, &error).await,
            Err(_) => Told::Dropped,
        };
        self.told(call, answer)
    }

    /// Flushes a tracked entity as a user does: where the outcome is unknown, or nobody waited for it, by flushing it
    /// again. Whether it was appended.
    pub(crate) async fn call_tracked<T: Entity>(
        &self,
        mut patience: Option<Duration>,
        effects: Vec<Effect>,
        entity: &mut Tracked<T>,
    ) -> io::Result<bool> {
        let call = self.asked(Expected::Applied, effects)?;
        let mut open = false;
        loop {
            let flush = self.engine.flush_lazy(&mut *entity);
            let answer = match patience.take() {
                Some(patience) => match tokio::time::timeout(patience, flush).await {
                    Ok(answer) => answer,
                    Err(_) => {
                        open = true;
                        self.told(call, Told::Dropped)?;
                        continue;
                    }
                },
                None => flush.await,
            };
            match answer {
                Ok(receipt) => {
                    self.told(call, acknowledged(&receipt))?;
                    return Ok(true);
                }
                Err(Error::OutcomeUnknown(unknown)) => {
                    open = true;
                    let why = unknown.to_string();
                    self.told(call, Told::Unknown { why })?;
                }
                Err(error) if !open => {
                    self.refused(call, &error).await?;
                    return Ok(false);
                }
                Err(_) => {}
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn asked(&self, expect: Expected, effects: Vec<Effect>) -> io::Result<u64> {
        let call = self.number();
        self.record.write(&Line::Asked {
            call,
            expect,
            effects,
        })?;
        Ok(call)
    }

    fn told(&self, call: u64, answer: Told) -> io::Result<()> {
        self.record.write(&Line::Told { call, answer })
    }

    async fn refused(&self, call: u64, error: &Error) -> io::Result<()> {
        let why = error.to_string();
        self.told(call, Told::Refused { why })?;
        tokio::time::sleep(AGAIN).await;
        Ok(())
    }
}

fn acknowledged(receipt: &Receipt) -> Told {
    let frames = receipt.frame_ids().iter();
    Told::Acknowledged {
        entry: receipt.entry_id().map(|entry| entry.to_string()),
        frames: frames.map(|frame| frame.simple().to_string()).collect(),
    }
}

/// By an attempt whose receipt was lost.
fn arrived() -> Told {
    Told::Acknowledged {
        entry: None,
        frames: Vec::new(),
    }
}

/// What a statement is to do.
pub(crate) fn effect<T: Entity>(kind: Kind, key: impl ToString, mark: u64) -> Effect {
    Effect {
        kind,
        table: T::schema().table.to_owned(),
        key: Some(key.to_string()),
        mark,
        orders: Vec::new(),
    }
}
