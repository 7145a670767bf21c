//! beeorm's stream with a backlog in it.

use beeorm::prelude::*;
use fred::interfaces::StreamsInterface;
use futures_util::future::try_join_all;

use crate::{
    Fallible,
    measure::on_worker,
    stage::{Network, STREAM, Stage},
    verify,
};

/// A caller each: what a caller flushes by itself is an entry by itself.
const CALLERS: usize = 8;

/// Engines that fill the stream.
#[derive(Debug)]
pub(crate) struct Fillers(Vec<Engine>);

impl Fillers {
    pub(crate) async fn open(stage: &Stage) -> Fallible<Self> {
        let mut engines = Vec::new();
        for _ in 0..CALLERS {
            engines.push(stage.engine(Network::Loopback).await?);
        }
        Ok(Self(engines))
    }

    /// Flushes so many, one by one; what belongs to one number is always the same caller's, in order.
    pub(crate) async fn fill<F>(
        &self,
        stage: &Stage,
        count: usize,
        flush: impl Fn(Engine, usize) -> F + Clone + Send + 'static,
    ) -> Fallible<()>
    where
        F: Future<Output = Result<(), Error>> + Send,
    {
        let filling = self.0.iter().enumerate().map(|(caller, engine)| {
            let (engine, flush) = (engine.clone(), flush.clone());
            on_worker(async move {
                for number in (caller..count).step_by(CALLERS) {
                    flush(engine.clone(), number).await?;
                }
                Ok(())
            })
        });
        try_join_all(filling).await?;
        let look = stage.redis(Network::Loopback).await?;
        let entries: u64 = look.xlen(STREAM).await?;
        verify::count("entries in the stream", entries, count)
    }
}
