//! One worker's share of a batch: transaction by transaction, in order, until every frame has its verdict.

use super::{
    Run,
    attempt::{self, Outcome},
    batch::{Incoming, LONGEST_PAUSE, SetAside, find_done},
    conclude,
    hang_up::HangUps,
    own::Ownership,
    too_old,
    work::Ended,
};
use crate::database::DatabaseError;

/// The most rows and bytes of one transaction; it is cut at the borders of frames.
const ROWS: usize = 1000;
const BYTES: usize = 8 << 20;

/// Whether other lanes are still at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    Others,
    Nobody,
}

/// What a lane leaves to others.
#[derive(Default)]
pub(super) struct Left<'f, 'e> {
    /// The entries of frames that could not even be buried.
    pub(super) aside: SetAside,
    /// Frames that have to wait for the other lanes, in order.
    pub(super) frames: Vec<&'f Incoming<'e>>,
}

/// The frames of one transaction.
struct Part<'f, 'e> {
    frames: Vec<&'f Incoming<'e>>,
    /// Statement by statement, to learn which of them fails.
    one_by_one: bool,
    /// Of a frame that stands alone.
    hang_ups: HangUps,
}

/// Applies the frames in order, each exactly once.
///
/// Not all that orders frames is known to the planner: what a frame says that it gives up is what its writer believed,
/// and an existing table may have foreign keys and unique indexes that its entity does not declare. So what may be
/// otherwise once the other lanes are done is no verdict while they are at work: the frame, and all behind it, are left.
pub(super) async fn lane<'f, 'e>(
    run: &Run,
    ownership: &Ownership,
    pool: &str,
    frames: Vec<&'f Incoming<'e>>,
    beside: Beside,
) -> Result<Left<'f, 'e>, Ended> {
    let mut aside = SetAside::new();
    // What is left, the next part at the end.
    let mut parts = parts(frames);
    let mut failures = 0;
    while let Some(mut part) = parts.pop() {
        // A stop lets the batch be finished; only waiting for a server that is away is given up, in `pause`.
        if ownership.is_lost() {
            return Err(Ended::Lost);
        }
        let error = match attempt(run, pool, &mut part).await {
            Outcome::Applied => {
                failures = 0;
                run.counters.applied.add(part.frames.len());
                run.counters.statements.add(
                    part.frames
                        .iter()
                        .map(|incoming| incoming.frame.batch.statements.len())
                        .sum(),
                );
                continue;
            }
            Outcome::SomeAreDone => {
                let tried = part.frames.len();
                let left = forget_done(run, pool, part).await?;
                if left.frames.len() == tried {
                    // Whoever had them has gone back on it.
                    run.pause(&mut failures, LONGEST_PAUSE)
                        .await
                        .map_err(|_| Ended::Stopped)?;
                }
                parts.push(left);
                continue;
            }
            Outcome::SomeAreTooOld => {
                let tried = part.frames.len();
                let (left, kept) = too_old::give_up(run, ownership, pool, part.frames).await?;
                aside.extend(kept);
                if left.len() == tried {
                    // The watermark has gone back, with its server.
                    run.pause(&mut failures, LONGEST_PAUSE)
                        .await
                        .map_err(|_| Ended::Stopped)?;
                }
                parts.push(Part::new(left));
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
            tracing::warn!(error = %error.error, pool, frames = part.frames.len(), "retry: the transaction is tried again");
            run.counters.retries.add(1);
            if error.error.is_connection_lost() {
                // Perhaps on account of one of the frames: a server may hang up on what it cannot bear.
                parts.extend(part.smaller());
            } else {
                parts.push(part);
            }
            run.pause(&mut failures, LONGEST_PAUSE)
                .await
                .map_err(|_| Ended::Stopped)?;
        } else if let [alone] = part.frames.as_slice() {
            if !part.one_by_one {
                parts.extend(part.smaller());
            } else if beside == Beside::Others && depends_on_rows(&error.error) {
                parts.push(part);
                break;
            } else {
                let kept = conclude::refused(run, ownership, pool, alone, error).await?;
                aside.extend(kept.map(|reason| alone.set_aside(reason)));
            }
        } else {
            // Halves, in order, until the culprit stands alone and its neighbours are applied.
            tracing::debug!(
                error = error.error.without_values(),
                frames = part.frames.len(),
                "split: looking for the frame that fails"
            );
            parts.extend(part.smaller());
        }
    }
    let left = parts.into_iter().rev().flat_map(|part| part.frames);
    Ok(Left {
        aside,
        frames: left.collect(),
    })
}

async fn attempt(run: &Run, pool: &str, part: &mut Part<'_, '_>) -> Outcome {
    match part.frames.as_slice() {
        [] => Outcome::Applied,
        [alone] if part.one_by_one => {
            let attempt = attempt::attempt_one_by_one(run, pool, alone);
            part.hang_ups.watch(run, pool, attempt).await
        }
        frames => attempt::attempt(run, pool, frames).await,
    }
}

/// Whether it was refused on account of other rows, which other lanes may be about to write.
fn depends_on_rows(error: &DatabaseError) -> bool {
    error.is_duplicate_key() || error.is_foreign_key() || error.is_row_missing()
}

impl<'f, 'e> Part<'f, 'e> {
    /// A lone statement is not merged with anything.
    fn new(frames: Vec<&'f Incoming<'e>>) -> Self {
        let one_by_one = match frames.as_slice() {
            [alone] => alone.frame.batch.statements.len() == 1,
            _ => false,
        };
        Self {
            frames,
            one_by_one,
            hang_ups: HangUps::default(),
        }
    }

    /// What to try in its place to learn what fails: its halves, the first one at the end; or, of a frame that stands
    /// alone, the statements one by one.
    fn smaller(mut self) -> Vec<Self> {
        if self.frames.len() < 2 {
            self.one_by_one = true;
            return vec![self];
        }
        let second = self.frames.split_off(self.frames.len() / 2);
        vec![Self::new(second), Self::new(self.frames)]
    }
}

fn parts<'f, 'e>(frames: Vec<&'f Incoming<'e>>) -> Vec<Part<'f, 'e>> {
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
    parts.into_iter().rev().map(Part::new).collect()
}

async fn forget_done<'f, 'e>(
    run: &Run,
    pool: &str,
    part: Part<'f, 'e>,
) -> Result<Part<'f, 'e>, Ended> {
    let mut frames = part.frames;
    let ids: Vec<_> = frames.iter().map(|incoming| incoming.frame.id).collect();
    let done = find_done(run, pool, &ids).await?;
    run.counters.duplicates.add(done.len());
    frames.retain(|incoming| !done.contains(&incoming.frame.id));
    Ok(Part::new(frames))
}
