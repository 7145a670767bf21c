//! One transaction: the inbox first, then the statements.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Run, batch::Incoming, bounded::Bounded};
use crate::{
    database::{
        Database, DatabaseError, DeadInserts, Keys, Limits, Session, StatementFailure, apply,
        dead_keys::{self, RowKey},
        dead_letters::{self, DeadLetterRow},
        doubt_tables,
        inbox::{self, Guard, Refusal, Verdict},
        look_at_tables,
    },
    statement::{Batch, StatementRun, merged, one_by_one},
};

/// How a transaction ended.
pub(super) enum Outcome {
    Applied,
    /// The inbox has one of the frames already: nothing was done.
    SomeAreDone,
    /// One of the frames is older than the inbox remembers: nothing was done.
    SomeAreTooOld,
    /// A statement of the frames failed, and nothing was done.
    Failed(StatementFailure),
    /// No transaction could be had, or its COMMIT was not answered, for which no frame is to blame, whatever
    /// the error is called: a proxy before an absent server calls it this and that. Nothing was done; or, where
    /// only the answer was lost, the next attempt will find it in the inbox.
    Away(DatabaseError),
}

/// Applies the frames, all or none; their statements merged, as far as no order is changed that matters.
pub(super) async fn attempt(run: &Run, pool: &str, frames: &[&Incoming<'_>]) -> Outcome {
    let ids: Vec<Uuid> = frames.iter().map(|incoming| incoming.frame.id).collect();
    let batches: Vec<&Batch> = frames
        .iter()
        .map(|incoming| &incoming.frame.batch)
        .collect();
    let runs = merged(&batches, run.source.tables.family());
    let work = Work::Statements(&batches, &runs);
    let entry = (&ids[..], Verdict::Applied, Guard::Watermark);
    transaction(run, pool, entry, work).await
}

/// Applies the frame statement by statement, so that a failure tells which of them it was.
pub(super) async fn attempt_one_by_one(run: &Run, pool: &str, incoming: &Incoming<'_>) -> Outcome {
    let batch = &incoming.frame.batch;
    let runs = one_by_one(batch);
    let work = Work::Statements(&[batch], &runs);
    let entry = (&[incoming.frame.id][..], Verdict::Applied, Guard::Watermark);
    transaction(run, pool, entry, work).await
}

/// A dead frame's letter, and the keys of the rows that it would have inserted.
pub(super) struct Burial {
    pub(super) letter: DeadLetterRow,
    pub(super) keys: BTreeSet<RowKey>,
    /// What logs are told: the letter's own words may hold values.
    pub(super) in_log: String,
}

/// Gives the frame up, with a dead letter.
pub(super) async fn bury(run: &Run, pool: &str, burial: &Burial) -> Outcome {
    // Of a frame that is too old its letter says so, and nothing is executed.
    let guard = if burial.letter.refusal.may_be_applied {
        Guard::Off
    } else {
        Guard::Watermark
    };
    let entry = (&[burial.letter.frame_id][..], Verdict::Dead, guard);
    transaction(run, pool, entry, Work::Burial(burial)).await
}

/// Gives the frame up without one.
pub(super) async fn give_up(run: &Run, pool: &str, id: Uuid, verdict: Verdict) -> Outcome {
    let entry = (&[id][..], verdict, Guard::Watermark);
    transaction(run, pool, entry, Work::Nothing).await
}

/// What is done beside the inbox.
enum Work<'w> {
    Statements(&'w [&'w Batch], &'w [StatementRun]),
    Burial(&'w Burial),
    Nothing,
}

impl Work<'_> {
    async fn run(
        &self,
        run: &Run,
        database: &dyn Database,
        session: &mut dyn Session,
        limits: Limits,
    ) -> Result<(), StatementFailure> {
        let done = match self {
            Work::Statements(batches, runs) => {
                let dead_inserts = run.dead_inserts();
                look_at_tables(database, session, batches).await?;
                apply(session, limits, batches, runs, Keys::Unwanted, dead_inserts)
                    .await
                    .inspect_err(|failure| doubt_tables(database, batches, &failure.error))?;
                match dead_inserts {
                    DeadInserts::Ignored => Ok(()),
                    DeadInserts::LookedFor => forget(session, batches).await,
                }
            }
            Work::Burial(Burial { letter, keys, .. }) => {
                if !keys.is_empty() {
                    // Before it can be met by a statement: no less than that is committed with it.
                    run.look_for_dead_inserts();
                }
                match dead_letters::insert(session, limits, letter).await {
                    Ok(()) => dead_keys::remember(session, letter.frame_id, keys).await,
                    failed => failed,
                }
            }
            Work::Nothing => Ok(()),
        };
        done.map_err(|error| StatementFailure {
            statement: 0,
            error,
        })
    }
}

/// The rows are there now, whoever failed to insert them before.
async fn forget(session: &mut dyn Session, batches: &[&Batch]) -> Result<(), DatabaseError> {
    let keys = batches.iter().flat_map(|batch| dead_keys::inserted(batch));
    dead_keys::forget_rows(session, &keys.collect()).await
}

async fn transaction(
    run: &Run,
    pool: &str,
    (ids, verdict, guard): (&[Uuid], Verdict, Guard),
    work: Work<'_>,
) -> Outcome {
    let database = match run.database(pool) {
        Ok(database) => database,
        Err(error) => return Outcome::Away(error),
    };
    let mut session = match Bounded::open(run, &**database).await {
        Ok(session) => session,
        Err(error) => return Outcome::Away(error),
    };
    let session = &mut session;
    if let Err(error) = session.begin().await {
        return Outcome::Away(error);
    }
    // First: whoever tries the same frames waits here, and finds them done or not.
    let now = run.source.runtime.now_millis();
    if let Err(refusal) = inbox::insert(session, ids, verdict, now, guard).await {
        roll_back(session).await;
        return match refusal {
            Refusal::Done => {
                // Another consumer may have buried it.
                run.look_for_dead_inserts();
                Outcome::SomeAreDone
            }
            Refusal::TooOld => Outcome::SomeAreTooOld,
            Refusal::Failed(error) => Outcome::Away(error),
        };
    }
    let limits = Limits {
        dialect: database.dialect(),
        statement_bytes: session.statement_bytes(&**database),
    };
    if let Err(failure) = work.run(run, &**database, session, limits).await {
        roll_back(session).await;
        return match work {
            // It was dead-lettered so long ago that the inbox has forgotten it.
            Work::Burial(_) if failure.error.is_duplicate_key() => Outcome::SomeAreDone,
            _ => Outcome::Failed(failure),
        };
    }
    match session.commit().await {
        Ok(()) => Outcome::Applied,
        // As by a foreign key that is checked at the end.
        Err(error) if error.is_answer() && !error.class().is_passing() => {
            Outcome::Failed(StatementFailure {
                statement: 0,
                error,
            })
        }
        Err(error) => {
            tracing::warn!(%error, pool, "retry: the answer to a COMMIT was lost; the inbox decides");
            Outcome::Away(error)
        }
    }
}

async fn roll_back(session: &mut dyn Session) {
    // A connection that cannot roll back is closed with its session, and the server rolls back.
    if let Err(error) = session.rollback().await {
        tracing::debug!(%error, "a transaction was left to the server to roll back");
    }
}
