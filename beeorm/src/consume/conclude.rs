//! The end of a frame that cannot be applied: tried again, skipped or dead-lettered, alone.

use std::time::Duration;

use uuid::Uuid;

use super::{
    Run,
    attempt::{self, Outcome},
    batch::{Foreign, Incoming, LONGEST_PAUSE},
    failure::{FailedStatement, Failure, Resolution},
    own::Ownership,
    work::Ended,
};
use crate::{
    database::{
        FailureClass, StatementFailure, dead_letters::DeadLetterRow, inbox::Verdict, render,
    },
    statement::waiting,
};

/// Between two looks at whether the patience is spent.
const MOMENT: Duration = Duration::from_millis(100);

/// A frame that stands alone and that the database refuses. Gives a reason where it is to be set aside.
pub(super) async fn refused(
    run: &Run,
    ownership: &Ownership,
    pool: &str,
    incoming: &Incoming<'_>,
    mut refused: StatementFailure,
) -> Result<Option<String>, Ended> {
    let frame = &incoming.frame;
    let mut attempts = 1;
    let (mut failures, mut away) = (0, 0);
    let mut waited_for: Option<String> = None;
    loop {
        if ownership.is_lost() {
            return Err(Ended::Lost);
        }
        let class = refused.error.class();
        let waits = !class.is_passing() && class != FailureClass::Data;
        let left = if waits {
            waited_for = Some(refused.error.message().to_owned());
            run.patience_for(refused.error.message())
        } else {
            Duration::ZERO
        };
        let mut longest_pause = LONGEST_PAUSE;
        if !left.is_zero() {
            longest_pause = LONGEST_PAUSE.min(left.max(MOMENT));
            tracing::error!(
                frame = %frame.id, error = %refused.error,
                "pause: the table or column is not there, or the failure is not known; trying again"
            );
        } else if !class.is_passing() {
            let failure = failure(run, pool, incoming, &refused, attempts);
            let verdict = match run.resolvers.ask(&failure).await {
                Resolution::Skip => Some(Verdict::Skipped),
                Resolution::Retry => None,
                Resolution::DeadLetter | Resolution::Pass => Some(Verdict::Dead),
            };
            if let Some(verdict) = verdict {
                let letter = letter(run, incoming, &failure);
                // What is wrong with the values stays wrong. Anything else may have been healed by the time that
                // a verdict can be written again.
                let insist = class == FailureClass::Data;
                match bury(run, ownership, pool, verdict, &letter, insist).await? {
                    Buried::Written => return Ok(None),
                    Buried::Refused(reason) => return Ok(Some(reason)),
                    Buried::NotYet => {}
                }
            } else {
                tracing::warn!(frame = %frame.id, error = %refused.error, attempts, "retry: a resolver asked for it");
            }
        }
        run.counters.retries.add(1);
        run.pause(&mut failures, longest_pause)
            .await
            .map_err(|_| Ended::Stopped)?;
        loop {
            match attempt::attempt(run, pool, &[incoming]).await {
                Outcome::Applied => {
                    if let Some(problem) = waited_for {
                        run.patience.healed(&problem);
                    }
                    run.counters.applied.add(1);
                    run.counters.statements.add(frame.batch.statements.len());
                    return Ok(None);
                }
                Outcome::SomeAreDone => {
                    run.counters.duplicates.add(1);
                    return Ok(None);
                }
                Outcome::Failed(failure) => {
                    refused = failure;
                    // Attempts that met a server that was away say nothing of the frame.
                    attempts += u32::from(!refused.error.class().is_passing());
                    break;
                }
                Outcome::Away(error) => {
                    if ownership.is_lost() {
                        return Err(Ended::Lost);
                    }
                    run.away(&error, pool, &mut away).await?;
                }
            }
        }
    }
}

/// A frame of another program's entities: waited for, as a deploy may be in progress, then dead-lettered in the
/// database that it is for. Gives a reason where this program does not know that database: a newer one that met
/// the frame again would not look for a verdict in another.
pub(super) async fn foreign(
    run: &Run,
    ownership: &Ownership,
    foreign: &Foreign<'_>,
) -> Result<Option<String>, Ended> {
    let runtime = &run.source.runtime;
    let pool = foreign.pool.as_str();
    let registered = run.source.databases.get(pool).is_ok();
    if registered
        && !super::batch::find_done(run, pool, &[foreign.id])
            .await?
            .is_empty()
    {
        run.counters.duplicates.add(1);
        return Ok(None);
    }
    // This program will not learn the table while it runs; a newer one that takes over will know it.
    tracing::error!(frame = %foreign.id, reason = foreign.reason, "pause: a frame that this program does not understand");
    while !run.patience_for(&foreign.reason).is_zero() {
        if ownership.is_lost() {
            return Err(Ended::Lost);
        }
        run.stop
            .unless(runtime.sleep(MOMENT))
            .await
            .map_err(|_| Ended::Stopped)?;
    }
    if !registered {
        return Ok(Some(foreign.reason.clone()));
    }
    let letter = DeadLetterRow {
        frame_id: foreign.id,
        channel: run.source.channel.clone(),
        created_millis: millis_of(foreign.id),
        died_millis: runtime.now_millis(),
        attempts: 0,
        error_code: None,
        sqlstate: None,
        error: foreign.reason.clone(),
        statements: String::new(),
        frame: foreign.bytes.to_vec(),
    };
    match bury(run, ownership, pool, Verdict::Dead, &letter, true).await? {
        Buried::Refused(reason) => Ok(Some(reason)),
        Buried::Written | Buried::NotYet => Ok(None),
    }
}

/// When a frame's id was made: all are of version 7.
fn millis_of(id: Uuid) -> u64 {
    let (seconds, nanos) = id.get_timestamp().map_or((0, 0), |moment| moment.to_unix());
    seconds
        .saturating_mul(1000)
        .saturating_add(u64::from(nanos / 1_000_000))
}

/// What became of a verdict.
enum Buried {
    /// It is written, by this attempt or by somebody before.
    Written,
    /// The database was away.
    NotYet,
    /// The database will never take the dead letter.
    Refused(String),
}

/// Writes the verdict, with the dead letter where there is one, in a transaction of its own. Insisting, it waits for a
/// database that is away.
async fn bury(
    run: &Run,
    ownership: &Ownership,
    pool: &str,
    verdict: Verdict,
    letter: &DeadLetterRow,
    insist: bool,
) -> Result<Buried, Ended> {
    let id = letter.frame_id;
    let mut failures = 0;
    loop {
        if ownership.is_lost() {
            return Err(Ended::Lost);
        }
        let kept = (verdict == Verdict::Dead).then_some(letter);
        let error = match attempt::bury(run, pool, id, verdict, kept).await {
            Outcome::Applied if verdict == Verdict::Skipped => {
                tracing::warn!(frame = %id, error = letter.error, "skip: a resolver asked for it");
                run.counters.skipped.add(1);
                return Ok(Buried::Written);
            }
            Outcome::Applied => {
                // The values stay in the dead letter: a log is read by more people.
                tracing::error!(frame = %id, error = letter.error, "dead: the frame is dead-lettered");
                run.counters.dead.add(1);
                return Ok(Buried::Written);
            }
            Outcome::SomeAreDone => {
                run.counters.duplicates.add(1);
                return Ok(Buried::Written);
            }
            // Too large, since max_allowed_packet was lowered under it, say.
            Outcome::Failed(failure) if failure.error.class() == FailureClass::Data => {
                return Ok(Buried::Refused(format!(
                    "the database took neither the flush ({}) nor its dead letter ({})",
                    letter.error, failure.error
                )));
            }
            Outcome::Failed(failure) => failure.error,
            Outcome::Away(error) => error,
        };
        if !insist {
            tracing::warn!(frame = %id, %error, "retry: a verdict could not be written; the frame is tried again");
            return Ok(Buried::NotYet);
        }
        run.away(&error, pool, &mut failures).await?;
    }
}

fn failure(
    run: &Run,
    pool: &str,
    incoming: &Incoming<'_>,
    refused: &StatementFailure,
    attempts: u32,
) -> Failure {
    let frame = &incoming.frame;
    let dialect = run
        .source
        .databases
        .get(pool)
        .ok()
        .map(|database| database.dialect());
    let shown = waiting(&frame.batch)
        .into_iter()
        .zip(&frame.batch.statements);
    let statements = shown.map(|(shown, statement)| {
        let shape = frame.batch.shape(statement).ok();
        let sql = dialect
            .zip(shape)
            .map_or_else(String::new, |(dialect, shape)| {
                render::statement(dialect, shape, 1)
            });
        FailedStatement {
            operation: shown.operation,
            table: shown.table,
            key: shown.key,
            values: shown.values,
            sql,
        }
    });
    let now = run.source.runtime.now_millis();
    Failure {
        frame_id: frame.id,
        pool: pool.to_owned(),
        age: Duration::from_millis(now.saturating_sub(frame.created_millis)),
        statements: statements.collect(),
        failed: refused.statement,
        error: refused.error.clone(),
        attempts,
    }
}

/// The most bytes of the statements as text.
const MOST_SHOWN: usize = 64 << 10;

fn letter(run: &Run, incoming: &Incoming<'_>, failure: &Failure) -> DeadLetterRow {
    // For people; the frame itself is kept whole.
    let mut statements = failure
        .statements
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    statements.truncate(statements.floor_char_boundary(MOST_SHOWN));
    let error = &failure.error;
    DeadLetterRow {
        frame_id: incoming.frame.id,
        channel: run.source.channel.clone(),
        created_millis: incoming.frame.created_millis,
        died_millis: run.source.runtime.now_millis(),
        attempts: u64::from(failure.attempts),
        error_code: error.code().map(u64::from),
        sqlstate: error.sqlstate().map(str::to_owned),
        error: error.message().to_owned(),
        statements,
        frame: incoming.bytes.to_vec(),
    }
}
