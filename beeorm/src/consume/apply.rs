//! One worker's share of a batch: transaction by transaction, in order, until every frame has its verdict.

use super::{
    Run,
    attempt::{self, Outcome},
    batch::{Incoming, LONGEST_PAUSE, SetAside, find_done},
    conclude,
    own::Ownership,
    too_old,
    work::Ended,
};

/// The most rows and bytes of one transaction; it is cut at the borders of frames.
const ROWS: usize = 1000;
const BYTES: usize = 8 << 20;

/// Applies the frames in order, each exactly once; gives the entries of those that could not even be buried.
pub(super) async fn lane(
    run: &Run,
    ownership: &Ownership,
    pool: &str,
    frames: Vec<&Incoming<'_>>,
) -> Result<SetAside, Ended> {
    let mut aside = SetAside::new();
    // What is left, the next part at the end.
    let mut parts: Vec<Vec<&Incoming<'_>>> = parts(frames);
    let mut failures = 0;
    while let Some(part) = parts.pop() {
        // A stop lets the batch be finished; only waiting for a server that is away is given up, in `pause`.
        if ownership.is_lost() {
            return Err(Ended::Lost);
        }
        if part.is_empty() {
            continue;
        }
        let error = match attempt::attempt(run, pool, &part).await {
            Outcome::Applied => {
                failures = 0;
                run.counters.applied.add(part.len());
                run.counters.statements.add(
                    part.iter()
                        .map(|incoming| incoming.frame.batch.statements.len())
                        .sum(),
                );
                continue;
            }
            Outcome::SomeAreDone => {
                let tried = part.len();
                let left = forget_done(run, pool, part).await?;
                if left.len() == tried {
                    // Whoever had them has gone back on it.
                    run.pause(&mut failures, LONGEST_PAUSE)
                        .await
                        .map_err(|_| Ended::Stopped)?;
                }
                parts.push(left);
                continue;
            }
            Outcome::SomeAreTooOld => {
                let tried = part.len();
                let (left, kept) = too_old::give_up(run, ownership, pool, part).await?;
                aside.extend(kept);
                if left.len() == tried {
                    // The watermark has gone back, with its server.
                    run.pause(&mut failures, LONGEST_PAUSE)
                        .await
                        .map_err(|_| Ended::Stopped)?;
                }
                parts.push(left);
                continue;
            }
            Outcome::Away(error) => {
                parts.push(part);
                run.away(&error, pool, &mut failures).await?;
                continue;
            }
            Outcome::Failed(failure) => failure,
        };
        if error.error.class().is_passing() {
            tracing::warn!(error = %error.error, pool, frames = part.len(), "retry: the transaction is tried again");
            run.counters.retries.add(1);
            parts.push(part);
            run.pause(&mut failures, LONGEST_PAUSE)
                .await
                .map_err(|_| Ended::Stopped)?;
        } else if let [alone] = part.as_slice() {
            let kept = conclude::refused(run, ownership, pool, alone, error).await?;
            aside.extend(kept.map(|reason| (alone.entry, reason)));
        } else {
            // Halves, in order, until the culprit stands alone and its neighbours are applied.
            tracing::debug!(error = %error.error, frames = part.len(), "split: looking for the frame that fails");
            let mut first = part;
            let second = first.split_off(first.len() / 2);
            parts.extend([second, first]);
        }
    }
    Ok(aside)
}

fn parts<'f, 'e>(frames: Vec<&'f Incoming<'e>>) -> Vec<Vec<&'f Incoming<'e>>> {
    let mut parts: Vec<Vec<&Incoming<'_>>> = Vec::new();
    let (mut rows, mut bytes) = (usize::MAX, 0);
    for incoming in frames {
        let more = incoming.frame.batch.statements.len();
        let fits = rows.saturating_add(more) <= ROWS && bytes + incoming.bytes.len() <= BYTES;
        match parts.last_mut().filter(|_| fits) {
            Some(part) => {
                part.push(incoming);
                rows += more;
                bytes += incoming.bytes.len();
            }
            None => {
                parts.push(vec![incoming]);
                (rows, bytes) = (more, incoming.bytes.len());
            }
        }
    }
    parts.reverse();
    parts
}

async fn forget_done<'f, 'e>(
    run: &Run,
    pool: &str,
    mut part: Vec<&'f Incoming<'e>>,
) -> Result<Vec<&'f Incoming<'e>>, Ended> {
    let ids: Vec<_> = part.iter().map(|incoming| incoming.frame.id).collect();
    let done = find_done(run, pool, &ids).await?;
    run.counters.duplicates.add(done.len());
    part.retain(|incoming| !done.contains(&incoming.frame.id));
    Ok(part)
}
