//! One transaction: the inbox first, then the statements.

use uuid::Uuid;

use super::{Run, batch::Incoming, bounded::Bounded};
use crate::{
    database::{
        DatabaseError, FailureClass, Keys, Limits, Session, StatementFailure, apply, dead_letters,
        dead_letters::DeadLetterRow, inbox, inbox::Verdict,
    },
    error::Error,
    statement::Batch,
};

/// How a transaction ended.
pub(super) enum Outcome {
    Applied,
    /// The inbox has one of the frames already: nothing was done.
    SomeAreDone,
    /// A statement of the frames failed, and nothing was done.
    Failed(StatementFailure),
    /// No transaction could be had, or its COMMIT was not answered, for which no frame is to blame, whatever
    /// the error is called: a proxy before an absent server calls it this and that. Nothing was done; or, where
    /// only the answer was lost, the next attempt will find it in the inbox.
    Away(DatabaseError),
}

/// Applies the frames, all or none.
pub(super) async fn attempt(run: &Run, pool: &str, frames: &[&Incoming<'_>]) -> Outcome {
    let ids: Vec<Uuid> = frames.iter().map(|incoming| incoming.frame.id).collect();
    let batches: Vec<&Batch> = frames
        .iter()
        .map(|incoming| &incoming.frame.batch)
        .collect();
    transaction(
        run,
        pool,
        &ids,
        Verdict::Applied,
        Work::Statements(&batches),
    )
    .await
}

/// Gives the frame up, with a dead letter or without.
pub(super) async fn bury(
    run: &Run,
    pool: &str,
    id: Uuid,
    verdict: Verdict,
    letter: Option<&DeadLetterRow>,
) -> Outcome {
    transaction(run, pool, &[id], verdict, Work::Letter(letter)).await
}

/// What is done beside the inbox.
enum Work<'w> {
    Statements(&'w [&'w Batch]),
    Letter(Option<&'w DeadLetterRow>),
}

async fn transaction(
    run: &Run,
    pool: &str,
    ids: &[Uuid],
    verdict: Verdict,
    work: Work<'_>,
) -> Outcome {
    let database = match run.source.databases.get(pool) {
        Ok(database) => database,
        Err(error) => return Outcome::Away(unregistered(&error)),
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
    if let Err(error) = inbox::insert(session, ids, verdict, run.source.runtime.now_millis()).await
    {
        roll_back(session).await;
        return if error.is_duplicate_key() {
            Outcome::SomeAreDone
        } else {
            Outcome::Away(error)
        };
    }
    let limits = Limits {
        dialect: database.dialect(),
        statement_bytes: database.max_statement_bytes(),
    };
    let worked =
        match work {
            Work::Statements(batches) => apply(session, limits, batches, Keys::Unwanted)
                .await
                .map(drop),
            Work::Letter(None) => Ok(()),
            Work::Letter(Some(letter)) => dead_letters::insert(session, limits, letter)
                .await
                .map_err(|error| StatementFailure {
                    statement: 0,
                    error,
                }),
        };
    if let Err(failure) = worked {
        roll_back(session).await;
        return Outcome::Failed(failure);
    }
    match session.commit().await {
        Ok(()) => Outcome::Applied,
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

fn unregistered(error: &Error) -> DatabaseError {
    DatabaseError::new(FailureClass::Unknown, error.to_string())
}
