//! The owner's loop: what is pending first, in order, then what is new.

use std::{sync::Arc, time::Duration};

use super::{
    Run, Source,
    attempt::{self, Outcome},
    batch::{self, Aside},
    own::Ownership,
};
use crate::{
    database::inbox::Verdict,
    stream::{Entry, EntryId, Stream, StreamError},
};

/// Why the owner's loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The run is to stop. What was not finished stays pending, for the next owner.
    Stopped,
    /// There is nothing left.
    Drained,
    /// Another consumer has the channel.
    Lost,
}

/// Redis is looked for at least so often.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Pending entries are looked for so often, also by an owner that has finished them all: a failover to a replica that
/// lags behind makes pending again what was acknowledged, and nobody else would take it off the stream.
const LOOK_BACK: Duration = Duration::from_secs(10);

pub(super) async fn work(run: &Run, stream: &Arc<dyn Stream>, ownership: &Ownership) -> Ended {
    // Some while they are read: the id behind which to go on.
    let mut pending = Some(EntryId::default());
    let mut looked_back = run.source.runtime.monotonic();
    let mut failures = 0;
    loop {
        if run.stop.is_set() {
            return Ended::Stopped;
        }
        let now = run.source.runtime.monotonic();
        if pending.is_none() && now.saturating_sub(looked_back) >= LOOK_BACK {
            pending = Some(EntryId::default());
            looked_back = now;
        }
        let read = match pending {
            Some(after) => {
                stream
                    .read_pending(ownership.token, after, run.options.batch_size)
                    .await
            }
            None => {
                stream
                    .read_new(ownership.token, run.options.batch_size)
                    .await
            }
        };
        match read {
            Ok(entries) if !entries.is_empty() => {
                failures = 0;
                let Source {
                    backlog, runtime, ..
                } = &run.source;
                backlog.look(&**stream, runtime).await;
                let last = entries.last().map(|entry| entry.id);
                if let Err(ended) = finish(run, stream, ownership, entries, pending.is_some()).await
                {
                    return ended;
                }
                pending = pending.and(last);
            }
            Ok(_) if pending.is_some() => pending = None,
            Ok(_) if run.drain => return Ended::Drained,
            Ok(_) => {
                let waited = run.stop.unless(stream.wait(run.options.block_time)).await;
                if let Ok(Err(error)) = waited {
                    tracing::warn!(%error, "retry: cannot wait for entries");
                    if run.pause(&mut failures, LONGEST_PAUSE).await.is_err() {
                        return Ended::Stopped;
                    }
                }
            }
            Err(StreamError::NotOwner) => return Ended::Lost,
            Err(error) => {
                tracing::warn!(%error, "retry: cannot read entries");
                // A read whose answer was lost has delivered: these are pending now.
                pending = Some(EntryId::default());
                if run.pause(&mut failures, LONGEST_PAUSE).await.is_err() {
                    return Ended::Stopped;
                }
            }
        }
    }
}

/// Brings every frame of the entries to its end, then takes the entries off the stream.
async fn finish(
    run: &Run,
    stream: &Arc<dyn Stream>,
    ownership: &Ownership,
    mut entries: Vec<Entry>,
    redelivered: bool,
) -> Result<(), Ended> {
    let aside = batch::conclude(run, ownership, &entries, redelivered).await?;
    for Aside {
        entry,
        reason,
        frame,
    } in &aside
    {
        // One with several frames may have several reasons: the first tells.
        if let Some(place) = entries.iter().position(|other| other.id == *entry) {
            let entry = entries.remove(place);
            tracing::error!(entry = %entry.id, reason, "an entry that no database can take in is set aside");
            repeat(run, || stream.set_aside(ownership.token, &entry, reason)).await?;
            run.counters.set_aside.add(1);
        }
        if let Some((pool, id)) = frame {
            // For those who ask what became of it. Only now, or it might be taken for done and acknowledged.
            match attempt::give_up(run, pool, *id, Verdict::SetAside).await {
                Outcome::Applied => {}
                _ => tracing::warn!(frame = %id, "that it was set aside could not be written down"),
            }
        }
    }
    repeat(run, || stream.acknowledge(ownership.token, &entries)).await
}

/// Until it succeeds, or the run is to stop, or the channel is lost. Doing it twice does no harm.
async fn repeat<'s>(
    run: &Run,
    mut call: impl FnMut() -> futures_util::future::BoxFuture<'s, Result<(), StreamError>>,
) -> Result<(), Ended> {
    let mut failures = 0;
    loop {
        match call().await {
            Ok(()) => return Ok(()),
            Err(StreamError::NotOwner) => return Err(Ended::Lost),
            Err(error) => {
                tracing::warn!(%error, "retry: cannot acknowledge");
                run.pause(&mut failures, LONGEST_PAUSE)
                    .await
                    .map_err(|_| Ended::Stopped)?;
            }
        }
    }
}
