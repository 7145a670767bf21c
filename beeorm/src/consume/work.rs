//! The owner's loop: what is pending first, in order, then what is new.

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures_util::future::{self, OptionFuture};

use super::{
    Run, Source,
    attempt::{self, Outcome},
    batch::{self, Aside, Concluded, SetAside},
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
    /// Another consumer is to have it, if there is one: what comes next is not understood here.
    StandsBack,
}

/// Redis is looked for at least so often.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Pending entries are looked for so often, also by an owner that has finished them all: a failover to a replica that
/// lags behind makes pending again what was acknowledged, and nobody else would take it off the stream.
const LOOK_BACK: Duration = Duration::from_secs(10);

/// Entries whose frames have all come to their end.
struct Finished {
    entries: Vec<Entry>,
    aside: SetAside,
}

pub(super) async fn work(run: &Run, stream: &Arc<dyn Stream>, ownership: &Ownership) -> Ended {
    match go_on(run, stream, ownership).await {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

/// Batch after batch. While one is applied, the one before is acknowledged, and where there is more the next is read.
async fn go_on(
    run: &Run,
    stream: &Arc<dyn Stream>,
    ownership: &Ownership,
) -> Result<Infallible, Ended> {
    let Source {
        backlog, runtime, ..
    } = &run.source;
    let (token, frames) = (ownership.token, run.options.batch_size);
    // Some while they are read: the id behind which to go on.
    let mut pending = Some(EntryId::default());
    let mut looked_back = runtime.monotonic();
    let mut failures = 0;
    let mut finished: Option<Finished> = None;
    let mut ahead: Option<Result<Vec<Entry>, StreamError>> = None;
    loop {
        if ahead.is_none() || run.stop.is_set() {
            take_off(run, stream, ownership, finished.take()).await?;
        }
        if run.stop.is_set() {
            // What was read ahead is pending, as it is when a consumer dies.
            return Err(Ended::Stopped);
        }
        let now = runtime.monotonic();
        let looks_back = now.saturating_sub(looked_back) >= LOOK_BACK;
        if ahead.is_none() && pending.is_none() && looks_back {
            pending = Some(EntryId::default());
            looked_back = now;
        }
        let read = match (ahead.take(), pending) {
            (Some(read), _) => read,
            (None, Some(after)) => stream.read_pending(token, after, frames).await,
            (None, None) => stream.read_new(token, frames).await,
        };
        match read {
            Ok(entries) if !entries.is_empty() => {
                failures = 0;
                backlog.look(stream, runtime);
                let last = entries.last().map(|entry| entry.id);
                let has_more = entries.iter().map(Entry::weight).sum::<usize>() >= frames;
                let reads_ahead = has_more && pending.is_none() && !looks_back;
                let before = finished.take();
                let meanwhile = async {
                    take_off(run, stream, ownership, before).await?;
                    let read = reads_ahead.then(|| stream.read_new(token, frames));
                    Ok(OptionFuture::from(read).await)
                };
                let concluded = batch::conclude(run, ownership, &entries, pending.is_some());
                let (concluded, meanwhile) = future::join(concluded, meanwhile).await;
                let Concluded { aside, left } = concluded?;
                ahead = meanwhile?;
                if let Some(left) = left {
                    let mut entries = entries;
                    let place = entries.iter().position(|entry| entry.id == left);
                    entries.truncate(place.unwrap_or_default());
                    let before = Some(Finished { entries, aside });
                    take_off(run, stream, ownership, before).await?;
                    return Err(Ended::StandsBack);
                }
                finished = Some(Finished { entries, aside });
                pending = pending.and(last);
            }
            Ok(_) if pending.is_some() => pending = None,
            Ok(_) if run.drain => {
                take_off(run, stream, ownership, finished.take()).await?;
                return Err(Ended::Drained);
            }
            Ok(_) => {
                take_off(run, stream, ownership, finished.take()).await?;
                let waited = run.stop.unless(stream.wait(run.options.block_time)).await;
                if let Ok(Err(error)) = waited {
                    tracing::warn!(%error, "retry: cannot wait for entries");
                    run.pause(&mut failures, LONGEST_PAUSE)
                        .await
                        .map_err(|_| Ended::Stopped)?;
                }
            }
            Err(StreamError::NotOwner) => return Err(Ended::Lost),
            Err(error) => {
                tracing::warn!(%error, "retry: cannot read entries");
                // A read whose answer was lost has delivered: these are pending now.
                pending = Some(EntryId::default());
                take_off(run, stream, ownership, finished.take()).await?;
                run.pause(&mut failures, LONGEST_PAUSE)
                    .await
                    .map_err(|_| Ended::Stopped)?;
            }
        }
    }
}

/// Takes entries off the stream whose frames have come to their end.
async fn take_off(
    run: &Run,
    stream: &Arc<dyn Stream>,
    ownership: &Ownership,
    finished: Option<Finished>,
) -> Result<(), Ended> {
    let Some(Finished { mut entries, aside }) = finished else {
        return Ok(());
    };
    let mut gone = Vec::new();
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
            if !repeat(run, || stream.set_aside(ownership.token, &entry, reason)).await? {
                // To say that it is would be no truth: it ends with what the server has lost.
                tracing::error!(entry = %entry.id, "it is gone from the stream, as after a failover that lost it");
                gone.push(entry.id);
                continue;
            }
            run.counters.set_aside.add(1);
        }
        if let Some((pool, id)) = frame
            && !gone.contains(entry)
        {
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
async fn repeat<'s, T>(
    run: &Run,
    mut call: impl FnMut() -> future::BoxFuture<'s, Result<T, StreamError>>,
) -> Result<T, Ended> {
    let mut failures = 0;
    loop {
        match call().await {
            Ok(done) => return Ok(done),
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
