//! The synchronous path: rows to the database, within the call.

use std::collections::{BTreeMap, BTreeSet};

use super::{Parts, receipt::effect, reload::reload};
use crate::{
    column::ColumnType,
    database::{
        Database, DatabaseError, DeadInserts, Dialect, FailureClass, Keys, Limits, Session,
        StatementFailure, apply, counts_here, doubt_tables, is_one_statement, look_at_table,
    },
    entity::TableSchema,
    error::Error,
    statement::{
        Batch, Conclusion, Encoder, Flush, Intent, MadeKeys, Operation, Path, Progress, Rows,
        Shape, StatementRun, neighbours,
    },
};

pub(super) async fn save<'a>(parts: &Parts, values: impl Flush<'a>) -> Result<(), Error> {
    run(parts, &mut Rows::of(values, Intent::Save)).await
}

pub(super) async fn delete<'a>(parts: &Parts, values: impl Flush<'a>) -> Result<(), Error> {
    run(parts, &mut Rows::of(values, Intent::Delete)).await
}

/// Flushes the rows and tells them how it ended.
pub(super) async fn run(parts: &Parts, rows: &mut Rows<'_>) -> Result<(), Error> {
    rows.check_depth()?;
    super::flush_lazy::settle(parts, &parts.publisher, rows).await?;
    // Earlier statements of the same rows that are still in the stream would be executed after these.
    catch_up(parts, rows).await?;
    let mut guard = Concluding {
        rows,
        conclusion: Conclusion::Refused,
    };
    let executed = execute(parts, guard.rows, &mut guard.conclusion).await;
    guard.conclusion = match &executed {
        Ok(()) => Conclusion::Committed,
        Err(Failed { sent: true, .. }) => Conclusion::Unknown,
        Err(Failed { sent: false, .. }) => Conclusion::Refused,
    };
    executed.map_err(|failed| failed.error)
}

/// Waits until the consumer is done with the rows' lazy flushes.
async fn catch_up(parts: &Parts, rows: &mut Rows<'_>) -> Result<(), Error> {
    rows.check_histories()?;
    let queued = rows.queued_frames();
    let advice = "Try again later, or flush lazily, which keeps the order without waiting";
    let fates = parts
        .outcomes
        .of_all(&queued, parts.lazy_timeout, advice)
        .await?;
    let frames = queued.into_iter().map(|(_, frame_id)| frame_id);
    rows.learn(&frames.zip(fates.into_iter().map(effect)).collect());
    // That one was deleted, or is found by SQL alone, would be no truth where what made it so failed.
    let last = rows.last_frames();
    if !last.is_empty() {
        let fates = parts.outcomes.known(&last).await;
        rows.learn(
            &fates
                .into_iter()
                .map(|(frame, fate)| (frame, effect(fate)))
                .collect(),
        );
    }
    super::flush_lazy::refuse_failed(rows)
}

/// Why a flush failed, and whether its end was sent: a statement that is a transaction by itself, or a COMMIT.
struct Failed {
    error: Error,
    sent: bool,
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            sent: false,
        }
    }
}

impl Failed {
    /// An answer of the server itself says that nothing was done.
    fn at_the_end(error: DatabaseError) -> Self {
        Self {
            sent: error.class() == FailureClass::Infrastructure && !error.is_answer(),
            error: error.into(),
        }
    }
}

/// Tells the rows at the end, however it comes; one whose future was dropped while the end was under way is not known.
struct Concluding<'r, 'a> {
    rows: &'r mut Rows<'a>,
    conclusion: Conclusion,
}

impl Drop for Concluding<'_, '_> {
    fn drop(&mut self) {
        self.rows.conclude(&self.conclusion);
    }
}

/// Round by round: children whose parents get their keys from the database wait for the next one.
async fn execute(
    parts: &Parts,
    rows: &mut Rows<'_>,
    conclusion: &mut Conclusion,
) -> Result<(), Failed> {
    let mut sessions = Sessions::new();
    loop {
        let (progress, batches) = encode(parts, rows)?;
        let is_first = sessions.is_empty();
        let waiting = match progress {
            Progress::Waiting => rows.waiting_tables(),
            Progress::Done => Vec::new(),
        };
        if let Some(awaited) = waiting.last()
            && batches.iter().all(|(_, batch)| batch.is_empty())
        {
            // Nothing that could be executed would make the key that is waited for.
            let entity = awaited.entity;
            return Err(Error::KeyNotMade { entity }.into());
        }
        // All of them in the first round, in one order for everybody: who holds one waits for no other that is held by
        // who waits for his.
        let mut pools: BTreeSet<&'static str> = batches.iter().map(|(name, _)| *name).collect();
        pools.extend(waiting.iter().map(|table| table.pool));
        pools.retain(|name| !sessions.contains_key(name));
        for name in &pools {
            let session = parts.databases.session(name).await?;
            sessions.insert(name, session);
        }
        if is_first {
            look(parts, &mut sessions, &batches, &waiting).await?;
        }
        // One statement is a transaction by itself.
        let runs: Vec<_> = batches.iter().map(|(_, batch)| neighbours(batch)).collect();
        let alone =
            progress == Progress::Done && is_first && is_single(parts, &sessions, &batches, &runs)?;
        if !alone {
            for name in &pools {
                if let Some(session) = sessions.get_mut(name) {
                    session.begin().await?;
                }
            }
        }
        let mut made = MadeKeys::new();
        for (pool, ((name, batch), runs)) in batches.iter().zip(&runs).enumerate() {
            let database = parts.databases.get(name)?;
            let Some(session) = sessions.get_mut(name) else {
                continue;
            };
            let limits = limits(&**database, &**session);
            if alone {
                *conclusion = Conclusion::Unknown;
            }
            let dead_inserts = DeadInserts::Ignored;
            let applied = apply(
                &mut **session,
                limits,
                &[batch],
                runs,
                Keys::Wanted,
                dead_inserts,
            )
            .await;
            let keys = applied.map_err(|StatementFailure { error, .. }| {
                doubt_tables(&**database, &[batch], &error);
                if alone {
                    Failed::at_the_end(error)
                } else {
                    error.into()
                }
            })?;
            reload(&**database, &mut **session, rows, pool, batch).await?;
            made.push(keys);
        }
        rows.assign(&made).map_err(|error| match error {
            Error::KeyOutOfRange { entity, key, .. } => Failed {
                error: Error::KeyOutOfRange {
                    entity,
                    key,
                    inserted: alone,
                },
                sent: alone,
            },
            error => error.into(),
        })?;
        if progress == Progress::Done {
            if !alone {
                *conclusion = Conclusion::Unknown;
                let mut some_are_done = false;
                for session in sessions.values_mut() {
                    session.commit().await.map_err(|error| {
                        let failed = Failed::at_the_end(error);
                        Failed {
                            sent: failed.sent || some_are_done,
                            ..failed
                        }
                    })?;
                    some_are_done = true;
                }
            }
            return Ok(());
        }
    }
}

/// Looks at the tables, before BEGIN: a transaction that has read can use no table that was altered since (MySQL's 1412).
async fn look(
    parts: &Parts,
    sessions: &mut Sessions,
    batches: &Batches,
    waiting: &[&'static TableSchema],
) -> Result<(), Error> {
    let mut tables: Vec<&'static TableSchema> = waiting.to_vec();
    for (_, batch) in batches {
        tables.extend(batch.shapes.iter().map(|shape| shape.table));
    }
    for table in tables {
        let database = parts.databases.get(table.pool)?;
        if let Some(session) = sessions.get_mut(table.pool) {
            look_at_table(&**database, &mut **session, table.table)
                .await
                .map_err(|error| of_tables(table.pool, error))?;
        }
    }
    Ok(())
}

/// A table without transactions is told with its pool.
fn of_tables(pool: &str, error: DatabaseError) -> Error {
    match error.table_without_transactions() {
        Some((table, engine)) => Error::NoTransactions {
            pool: pool.to_owned(),
            table: table.to_owned(),
            engine: engine.to_owned(),
        },
        None => error.into(),
    }
}

type Sessions = BTreeMap<&'static str, Box<dyn Session>>;

/// The statements of one round, by database pool.
type Batches = Vec<(&'static str, Batch)>;

fn encode(parts: &Parts, rows: &mut Rows<'_>) -> Result<(Progress, Batches), Error> {
    let registered = |schema| parts.tables.contains(schema);
    let mut encoder = Encoder::new(Path::Synchronous, parts, &registered);
    let progress = rows.encode(&mut encoder)?;
    Ok((progress, encoder.batches))
}

fn limits(database: &dyn Database, session: &dyn Session) -> Limits {
    Limits {
        dialect: database.dialect(),
        statement_bytes: session.statement_bytes(database),
    }
}

/// Whether it comes to one statement at the most, without a look at the row before or behind it, nor at a key that may
/// not fit.
fn is_single(
    parts: &Parts,
    sessions: &Sessions,
    batches: &Batches,
    runs: &[Vec<StatementRun>],
) -> Result<bool, Error> {
    let mut filled = batches
        .iter()
        .zip(runs)
        .filter(|((_, batch), _)| !batch.is_empty());
    let Some(((pool, batch), runs)) = filled.next() else {
        return Ok(true);
    };
    let (Some(session), None) = (sessions.get(pool), filled.next()) else {
        return Ok(false);
    };
    let database = parts.databases.get(pool)?;
    let limits = limits(&**database, &**session);
    let looks = batch.shapes.iter().any(|shape| {
        !shape.on_duplicate.is_empty()
            || counts_here(limits.dialect, shape)
            || may_outgrow_its_key(limits.dialect, shape)
    });
    Ok(!looks && is_one_statement(limits, batch, runs, Keys::Wanted))
}

/// Whether the database makes a key for it that its entity may not hold. SQLite makes 64 bits whatever the column; a
/// server's column is as wide as the entity's, unless somebody has altered it, and 32 bits last too long for a round trip.
fn may_outgrow_its_key(dialect: Dialect, shape: &Shape) -> bool {
    let key = shape.table.key;
    let is_given = shape.columns.iter().any(|(column, _)| *column == key);
    let held = match shape.table.key_column().column_type {
        ColumnType::Integer { bits, .. } => bits,
        _ => return false,
    };
    let safe = if dialect == Dialect::Sqlite { 64 } else { 32 };
    shape.operation == Operation::Insert && !is_given && held < safe
}
