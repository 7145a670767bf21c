//! The end of a frame that cannot be applied: tried again, skipped or dead-lettered, alone.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::{self, Either};

use super::{
    Run,
    attempt::{self, Burial, Outcome},
    batch::{Foreign, Incoming, LONGEST_PAUSE},
    failure::{FailedStatement, Failure, Resolution},
    hang_up::{self, HangUps},
    own::Ownership,
    work::Ended,
};
use crate::{
    database::{
        DatabaseError, FailureClass, StatementFailure, dead_keys,
        dead_letters::{DeadLetterRow, LetterError},
        horizon,
        inbox::Verdict,
        render,
    },
    frame,
    statement::waiting,
};

/// Between two looks at whether the patience is spent.
const MOMENT: Duration = Duration::from_millis(100);

/// A resolver that has not answered is told of so often.
const REMINDER: Duration = Duration::from_secs(10);
/// So long it is still listened to when the run is to stop.
const LAST_WORD: Duration = Duration::from_secs(1);

/// A frame that stands alone and that the database refuses. Gives a reason where it is to be set aside.
pub(super) async fn refused(
    run: &Run,
    ownership: &Ownership,
    pool: &str,
    incoming: &Incoming<'_>,
    mut refused: StatementFailure,
) -> Result<Option<String>, Ended> {
    let frame = &incoming.frame;
    let mut attempts = tries(&refused.error);
    let (mut failures, mut away) = (0, 0);
    let (mut hang_ups, mut of_the_letter) = (HangUps::default(), HangUps::default());
    let mut waited_for: Option<String> = None;
    let mut limit_is_fresh = false;
    loop {
        if ownership.is_lost() {
            return Err(Ended::Lost);
        }
        let class = refused.error.class();
        // A connection keeps the limit that there was when it was made.
        let asks_for_limit = refused.error.is_too_large() && !limit_is_fresh;
        if asks_for_limit {
            limit_is_fresh = true;
            run.database(pool)
                .map(|database| database.forget_connections())
                .ok();
        }
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
            if run.tells(refused.error.message()) {
                tracing::error!(
                    frame = %frame.id, error = %refused.error, left = ?left,
                    "pause: the table or column is not there, or the failure is not known; it is tried again for so long"
                );
            }
        } else if !class.is_passing() && !asks_for_limit {
            let failure = failure(run, pool, incoming, &refused, attempts);
            let verdict = match ask(run, ownership, &failure).await? {
                Resolution::Skip => Some(Verdict::Skipped),
                Resolution::Retry => None,
                Resolution::DeadLetter | Resolution::Pass => Some(Verdict::Dead),
            };
            if let Some(verdict) = verdict {
                let burial = burial(run, incoming, &failure);
                // What is wrong with the values stays wrong. Anything else may have been healed by the time that
                // a verdict can be written again.
                let insist = class == FailureClass::Data;
                let hang_ups = &mut of_the_letter;
                match bury(run, ownership, pool, verdict, burial, insist, hang_ups).await? {
                    Buried::Written => return Ok(None),
                    Buried::Refused(reason) => return Ok(Some(reason)),
                    Buried::NotYet => {}
                }
            } else {
                let error = refused.error.without_values();
                tracing::warn!(frame = %frame.id, error, attempts, "retry: a resolver asked for it");
            }
        }
        run.counters.retries.add(1);
        run.pause(&mut failures, longest_pause)
            .await
            .map_err(|_| Ended::Stopped)?;
        loop {
            let attempt = attempt::attempt_one_by_one(run, pool, incoming);
            match hang_ups.watch(run, pool, attempt).await {
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
                Outcome::SomeAreTooOld => return too_old(run, ownership, pool, incoming).await,
                Outcome::Failed(failure) => {
                    refused = failure;
                    attempts += tries(&refused.error);
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

/// Asks the resolvers, for as long as they take; when the run is to stop, the frame stays pending without an answer.
async fn ask(run: &Run, ownership: &Ownership, failure: &Failure) -> Result<Resolution, Ended> {
    let runtime = &run.source.runtime;
    let since = runtime.monotonic();
    let mut asked = std::pin::pin!(run.resolvers.ask(failure));
    loop {
        let reminder = std::pin::pin!(run.stop.unless(runtime.sleep(REMINDER)));
        match future::select(asked.as_mut(), reminder).await {
            Either::Left((answer, _)) => return Ok(answer),
            Either::Right(_) if ownership.is_lost() => return Err(Ended::Lost),
            Either::Right((Ok(()), _)) => {
                let waited = runtime.monotonic().saturating_sub(since);
                tracing::warn!(
                    frame = %failure.frame_id, ?waited,
                    "pause: an error resolver has not answered yet, and holds up what is behind it"
                );
            }
            Either::Right((Err(_), _)) => {
                let late = std::pin::pin!(runtime.sleep(LAST_WORD));
                return match future::select(asked, late).await {
                    Either::Left((answer, _)) => Ok(answer),
                    Either::Right(_) => Err(Ended::Stopped),
                };
            }
        }
    }
}

/// How many attempts an error stands for. Those that met a server that was away say nothing of the frame.
fn tries(error: &DatabaseError) -> u32 {
    if error.is_hang_up() {
        hang_up::ENOUGH
    } else {
        u32::from(!error.class().is_passing())
    }
}

/// A frame that is older than the inbox remembers. No resolver is asked, as nobody can know what became of it: the
/// letter is all that tells that it was there.
pub(super) async fn too_old(
    run: &Run,
    ownership: &Ownership,
    pool: &str,
    incoming: &Incoming<'_>,
) -> Result<Option<String>, Ended> {
    let refused = StatementFailure {
        statement: 0,
        error: DatabaseError::too_old(),
    };
    let failure = failure(run, pool, incoming, &refused, 0);
    let burial = burial(run, incoming, &failure);
    bury_untried(run, ownership, pool, burial).await
}

/// What became of a frame that is not understood.
pub(super) enum Ending {
    /// A verdict stands in its database.
    Concluded,
    /// No database takes it in, for this reason.
    SetAside(String),
    /// It stays where it is, for others.
    Left,
}

/// A frame of another program's entities: left to other consumers now and then where it may be, and waited for, as a
/// deploy may be in progress; then dead-lettered in the database that it is for. It is set aside where this program does
/// not know that database: a newer one that met the frame again would not look for a verdict in another.
pub(super) async fn foreign(
    run: &Run,
    ownership: &Ownership,
    foreign: &Foreign<'_>,
    may_leave: bool,
) -> Result<Ending, Ended> {
    let runtime = &run.source.runtime;
    let pool = foreign.pool.as_str();
    let registered = run.source.databases.get(pool).is_ok();
    if registered
        && !super::batch::find_done(run, pool, &[foreign.id])
            .await?
            .is_empty()
    {
        run.counters.duplicates.add(1);
        return Ok(Ending::Concluded);
    }
    // This program will not learn the table while it runs; a newer one that takes over will know it.
    loop {
        let left = run.patience_for(&foreign.reason);
        if run.tells(&foreign.reason) {
            tracing::error!(
                frame = %foreign.id, reason = foreign.reason, left = ?left,
                "pause: a frame that this program does not understand; one that does may take over for so long"
            );
        }
        // Also where the patience is spent: one may have been started since.
        if may_leave && run.stand_back.is_due(runtime.monotonic()) {
            return Ok(Ending::Left);
        }
        if left.is_zero() {
            break;
        }
        if ownership.is_lost() {
            return Err(Ended::Lost);
        }
        run.stop
            .unless(runtime.sleep(MOMENT))
            .await
            .map_err(|_| Ended::Stopped)?;
    }
    if !registered {
        return Ok(Ending::SetAside(foreign.reason.clone()));
    }
    let letter = DeadLetterRow {
        frame_id: foreign.id,
        channel: run.source.channel.clone(),
        created_millis: horizon::made_millis(foreign.id),
        died_millis: runtime.now_millis(),
        attempts: 0,
        refusal: LetterError::from(&DatabaseError::new(
            FailureClass::Schema,
            foreign.reason.as_str(),
        )),
        statements: frame::describe(foreign.bytes),
        frame: foreign.bytes.to_vec(),
    };
    // Which rows it would have inserted cannot be read.
    let keys = BTreeSet::new();
    let in_log = foreign.reason.clone();
    let burial = Burial {
        letter,
        keys,
        in_log,
    };
    let kept = bury_untried(run, ownership, pool, burial).await?;
    Ok(kept.map_or(Ending::Concluded, Ending::SetAside))
}

/// Buries what was never executed, whatever it takes. Gives a reason where it is to be set aside.
async fn bury_untried(
    run: &Run,
    ownership: &Ownership,
    pool: &str,
    burial: Burial,
) -> Result<Option<String>, Ended> {
    let hang_ups = &mut HangUps::default();
    match bury(run, ownership, pool, Verdict::Dead, burial, true, hang_ups).await? {
        Buried::Refused(reason) => Ok(Some(reason)),
        Buried::Written | Buried::NotYet => Ok(None),
    }
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
    mut verdict: Verdict,
    mut burial: Burial,
    insist: bool,
    hang_ups: &mut HangUps,
) -> Result<Buried, Ended> {
    let id = burial.letter.frame_id;
    let mut failures = 0;
    loop {
        if ownership.is_lost() {
            return Err(Ended::Lost);
        }
        // The values stay in the dead letter.
        let refusal = &burial.in_log;
        let outcome = if verdict == Verdict::Skipped {
            attempt::give_up(run, pool, id, verdict).await
        } else {
            let attempt = attempt::bury(run, pool, &burial);
            hang_ups.watch(run, pool, attempt).await
        };
        let error = match outcome {
            Outcome::Applied if verdict == Verdict::Skipped => {
                tracing::warn!(frame = %id, error = refusal, "skip: a resolver asked for it");
                run.counters.skipped.add(1);
                return Ok(Buried::Written);
            }
            Outcome::Applied => {
                tracing::error!(frame = %id, error = refusal, "dead: the frame is dead-lettered");
                run.counters.dead.add(1);
                return Ok(Buried::Written);
            }
            Outcome::SomeAreDone => {
                run.counters.duplicates.add(1);
                return Ok(Buried::Written);
            }
            // Whatever it was refused for: it may have been applied before that.
            Outcome::SomeAreTooOld => {
                verdict = Verdict::Dead;
                let too_old = DatabaseError::too_old();
                burial.letter.refusal = LetterError::from(&too_old);
                burial.in_log = too_old.without_values();
                continue;
            }
            // Too large, since max_allowed_packet was lowered under it, say; or hung up on as the flush is.
            Outcome::Failed(failure) if failure.error.class() == FailureClass::Data => {
                return Ok(Buried::Refused(format!(
                    "the database took neither the flush ({}) nor its dead letter ({})",
                    refusal,
                    failure.error.without_values()
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

fn burial(run: &Run, incoming: &Incoming<'_>, failure: &Failure) -> Burial {
    // For people; the frame itself is kept whole.
    let mut statements = failure
        .statements
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    statements.truncate(statements.floor_char_boundary(MOST_SHOWN));
    let letter = DeadLetterRow {
        frame_id: incoming.frame.id,
        channel: run.source.channel.clone(),
        created_millis: incoming.frame.created_millis,
        died_millis: run.source.runtime.now_millis(),
        attempts: u64::from(failure.attempts),
        refusal: LetterError::from(&failure.error),
        statements,
        frame: incoming.bytes.to_vec(),
    };
    Burial {
        letter,
        keys: dead_keys::inserted(&incoming.frame.batch),
        in_log: failure.error.without_values(),
    }
}
