//! Ownership of the channel: taken from nobody, or from an owner whose heart has stopped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use uuid::Uuid;

use super::{Run, patience::Standing};
use crate::stream::{Lease, SILENCE, Stream, StreamError};

/// Between two heartbeats of the owner.
const BEAT: Duration = Duration::from_millis(500);
/// Between two looks of a contender.
const LOOK: Duration = Duration::from_millis(250);

/// The channel is this consumer's, until it is given up, or another takes it.
#[derive(Debug)]
pub(super) struct Ownership {
    pub(super) token: Uuid,
    stream: Arc<dyn Stream>,
    lost: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
}

/// Waits until the channel is this consumer's; none when the run is to stop, or there is nothing to drain.
pub(super) async fn acquire(run: &Run, stream: &Arc<dyn Stream>) -> Option<Ownership> {
    let runtime = &run.source.runtime;
    let token = runtime.uuid();
    let mut seen: Option<(Lease, Duration)> = None;
    let mut unseen = Standing::default();
    while !run.stop.is_set() {
        match look(run, stream, token, &mut seen).await {
            Ok(Look::Taken { from }) => {
                if let Some(previous) = from {
                    run.counters.takeovers.add(1);
                    tracing::warn!(%previous, owner = %token, "takeover: the channel's owner has gone silent");
                } else {
                    tracing::info!(owner = %token, "the channel is owned");
                }
                return Some(begin(run, stream, token));
            }
            Ok(Look::Nothing) => return None,
            Ok(Look::Wait) => unseen.ended(),
            Err(error) => {
                // The owner's heartbeats may not have arrived either: its silence counts from when it can be heard again.
                seen = None;
                if unseen.tells(&error.to_string(), runtime.monotonic()) {
                    tracing::warn!(%error, "retry: the channel's owner could not be seen");
                }
            }
        }
        run.stop.unless(runtime.sleep(LOOK)).await.ok()?;
    }
    None
}

enum Look {
    Taken {
        from: Option<Uuid>,
    },
    Wait,
    /// Somebody else owns a channel with nothing in it: there is nothing to drain.
    Nothing,
}

async fn look(
    run: &Run,
    stream: &Arc<dyn Stream>,
    token: Uuid,
    seen: &mut Option<(Lease, Duration)>,
) -> Result<Look, StreamError> {
    let asked = run.source.runtime.monotonic();
    let Some(lease) = stream.lease().await? else {
        let taken = stream.acquire(None, token).await?;
        return Ok(if taken {
            Look::Taken { from: None }
        } else {
            Look::Wait
        });
    };
    // Silence counts from an answer to the next question: an answer may be long on its way, and in the meantime the
    // owner was heard.
    let answered = run.source.runtime.monotonic();
    if run.drain && stream.statistics().await?.len == 0 {
        return Ok(Look::Nothing);
    }
    match seen {
        Some((same, since)) if *same == lease => {
            // By this contender's own clock. If the owner is not gone, its token is refused by every script from then on.
            if asked.saturating_sub(*since) >= SILENCE
                && stream.acquire(Some(&lease), token).await?
            {
                return Ok(Look::Taken {
                    from: Some(lease.token),
                });
            }
        }
        _ => *seen = Some((lease, answered)),
    }
    Ok(Look::Wait)
}

fn begin(run: &Run, stream: &Arc<dyn Stream>, token: Uuid) -> Ownership {
    let (lost, ended) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let ownership = Ownership {
        token,
        stream: Arc::clone(stream),
        lost: Arc::clone(&lost),
        ended: Arc::clone(&ended),
    };
    let (stream, runtime) = (Arc::clone(stream), run.source.runtime.clone());
    run.source.runtime.spawn(async move {
        let mut unheard = Standing::default();
        loop {
            runtime.sleep(BEAT).await;
            if ended.load(Ordering::Acquire) {
                return;
            }
            match stream.beat(token).await {
                Ok(()) => unheard.ended(),
                Err(StreamError::NotOwner) => {
                    lost.store(true, Ordering::Release);
                    return;
                }
                Err(error) => {
                    if unheard.tells(&error.to_string(), runtime.monotonic()) {
                        tracing::warn!(%error, "retry: the heartbeat did not arrive");
                    }
                }
            }
        }
    });
    ownership
}

impl Ownership {
    /// Whether another consumer has taken the channel over.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    pub(super) async fn give_up(&self) {
        self.ended.store(true, Ordering::Release);
        match self.stream.release(self.token).await {
            Ok(()) | Err(StreamError::NotOwner) => {}
            Err(error) => {
                tracing::warn!(%error, "the channel could not be given up; others take it when they see silence")
            }
        }
    }
}

/// A run whose future is dropped stops its heart, so that others can take over.
impl Drop for Ownership {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}
