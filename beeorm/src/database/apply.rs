//! Statements onto a session: those of one shape become one statement of several rows.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    DatabaseError, Dialect, Done, Session,
    chunks::size,
    count::{self, counts_here},
    dead_keys::{self, RowKey},
    render::{self, by_key},
};
use crate::{
    column::{Corrupt, ValueRef, check},
    entity::AssignMode,
    statement::{Batch, Operation, RowValues, Shape, Statement, StatementPlace, StatementRun},
};

/// The most rows of one statement. Chunks have one of few sizes, so that a shape has few texts, all of which stay
/// prepared.
const MAX_ROWS: usize = 1000;
/// Of a statement that names each row in a SELECT of its own, MySQL keeps 10 kB a row as long as it is
/// prepared: they have 1, 2, 4, … rows, and more of them are hardly faster.
const MAX_ROWS_BY_KEY: usize = 64;
/// The most `?` of one statement: MySQL's protocol counts them in 16 bits, SQLite in 15.
fn max_placeholders(dialect: Dialect) -> usize {
    match dialect {
        Dialect::MySql | Dialect::MariaDb => 65_535,
        Dialect::Sqlite => 32_766,
    }
}

/// What of a server bounds and shapes the statements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) dialect: Dialect,
    pub(crate) statement_bytes: usize,
}

/// Whether rows that are not there are looked for among the keys of dead INSERTs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeadInserts {
    LookedFor,
    /// There are none, or they are nobody's business.
    Ignored,
}

/// A statement that failed, and which of the rows were in it.
#[derive(Debug)]
pub(crate) struct StatementFailure {
    /// The first row's place in its batch.
    pub(crate) statement: usize,
    pub(crate) error: DatabaseError,
}

/// Whether the caller has to know the keys that AUTO_INCREMENT makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    Wanted,
    Unwanted,
}

/// Applies the batches' statements, run after run; gives for every row, in the order of the runs, the key
/// that AUTO_INCREMENT made (0 for none), where they are wanted.
pub(crate) async fn apply(
    session: &mut dyn Session,
    limits: Limits,
    batches: &[&Batch],
    runs: &[StatementRun],
    keys: Keys,
    dead_inserts: DeadInserts,
) -> Result<Vec<u64>, StatementFailure> {
    let mut made = Vec::new();
    for run in runs {
        let mut rest = run.as_slice();
        let mut together = true;
        while let Some(&(_, statement)) = rest.first() {
            let count = if together {
                count_together(batches, rest, limits, keys)
            } else {
                1
            };
            let (rows, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            let done = execute(session, limits, batches, rows, dead_inserts).await;
            // A view, or a table whose key is not called PRIMARY: the statement did nothing.
            if count > 1 && done.as_ref().is_err_and(DatabaseError::is_index_missing) {
                together = false;
                continue;
            }
            let key = done.map_err(|error| StatementFailure { statement, error })?;
            if keys == Keys::Wanted {
                made.extend(std::iter::repeat_n(key, count));
            }
            rest = behind;
        }
    }
    Ok(made)
}

fn row<'b>(
    batches: &[&'b Batch],
    (batch, statement): StatementPlace,
) -> Option<(&'b Batch, &'b Shape, &'b Statement)> {
    let batch = *batches.get(batch)?;
    let statement = batch.statements.get(statement)?;
    Some((batch, batch.shape(statement).ok()?, statement))
}

/// How many rows from the first on go into one statement.
fn count_together(
    batches: &[&Batch],
    rows: &[StatementPlace],
    limits: Limits,
    keys: Keys,
) -> usize {
    let Some((_, shape, _)) = rows.first().and_then(|place| row(batches, *place)) else {
        return 1;
    };
    if rows.len() == 1 || !can_merge(shape, limits.dialect, keys) {
        return 1;
    }
    let width = match shape.operation {
        Operation::Delete => 1,
        Operation::Insert => shape.columns.len().max(1),
        Operation::Update => shape.columns.len() + 1,
    };
    let by_key = is_by_key(shape, limits.dialect);
    // Beside the value: what the protocol adds, and of the text what is long.
    let (overhead, most) = if by_key {
        (by_key::TEXT_OF_A_VALUE + 9, MAX_ROWS_BY_KEY)
    } else {
        (9, MAX_ROWS)
    };
    let most = most.min(max_placeholders(limits.dialect) / width);
    // Bound values take about as much in the protocol as here; half of the packet leaves room for the rest.
    let mut bytes_left = limits.statement_bytes / 2;
    let mut count = 0_usize;
    for place in rows.iter().take(most) {
        let Some((batch, shape, statement)) = row(batches, *place) else {
            break;
        };
        let bytes = statement.length() + overhead * width;
        if bytes > bytes_left || by_key && !fits(batch, shape, statement) {
            break;
        }
        bytes_left -= bytes;
        count += 1;
    }
    if by_key {
        count.checked_ilog2().map_or(1, |power| 1 << power)
    } else {
        size(count)
    }
}

/// Whether the runs come to a single statement, which is a transaction by itself.
pub(crate) fn is_one_statement(
    limits: Limits,
    batch: &Batch,
    runs: &[StatementRun],
    keys: Keys,
) -> bool {
    let [run] = runs else {
        return runs.is_empty();
    };
    let rows = run.as_slice();
    if rows.len() <= 1 {
        return true;
    }
    let shape = rows.first().and_then(|place| row(&[batch], *place));
    // Those by key may have to be executed one by one.
    shape.is_some_and(|(_, shape, _)| !is_by_key(shape, limits.dialect))
        && count_together(&[batch], rows, limits, keys) == rows.len()
}

fn can_merge(shape: &Shape, dialect: Dialect, keys: Keys) -> bool {
    match shape.operation {
        Operation::Insert => {
            let has_key = shape
                .columns
                .iter()
                .any(|(column, _)| *column == shape.table.key);
            shape.on_duplicate.is_empty()
                && (has_key || keys == Keys::Unwanted)
                && !shape.columns.is_empty()
        }
        Operation::Update => dialect != Dialect::Sqlite && by_key::can_update(shape),
        // Rows of one DELETE go in the order of the key: where a row can refer to another of its table, the
        // order in which they were given matters.
        Operation::Delete => {
            let table = shape.table;
            let own = |refers: fn() -> crate::column::RefersTo| refers().table == table.table;
            !table
                .columns
                .iter()
                .any(|column| column.refers_to.is_some_and(own))
        }
    }
}

/// Whether several rows are joined, each by its key.
fn is_by_key(shape: &Shape, dialect: Dialect) -> bool {
    match shape.operation {
        Operation::Insert => false,
        Operation::Update => true,
        Operation::Delete => dialect != Dialect::Sqlite && by_key::has_exact_key(shape.table),
    }
}

fn fits(batch: &Batch, shape: &Shape, statement: &Statement) -> bool {
    let values = batch.bytes(statement);
    values.is_ok_and(|values| by_key::fits(shape, values))
}

async fn execute(
    session: &mut dyn Session,
    limits: Limits,
    batches: &[&Batch],
    rows: &[StatementPlace],
    dead_inserts: DeadInserts,
) -> Result<u64, DatabaseError> {
    let ready = ready(limits, batches, rows)?;
    let shape = ready.shape;
    let mut done = ready.run(session).await?;
    let wanted = rows.len().try_into().unwrap_or(u64::MAX);
    let some_are_missing = shape.operation != Operation::Insert && done.rows < wanted;
    if some_are_missing && dead_inserts == DeadInserts::LookedFor {
        if let Some(frame) = dead_insert(session, batches, rows).await? {
            return Err(DatabaseError::insert_dead(shape.table.table, frame));
        }
        // A replay that was committed in between has made the row, and has forgotten its key. Of several rows those
        // that were there are counted already.
        if done.rows == 0 {
            done = ready.run(session).await?;
        }
    }
    if shape.operation == Operation::Update && done.rows < wanted {
        return Err(DatabaseError::row_missing(shape.table.table));
    }
    Ok(done.last_insert_id)
}

/// A statement to be executed.
struct Ready<'b> {
    shape: &'b Shape,
    sql: String,
    binds: Vec<ValueRef<'b>>,
    /// Where the database is not to count itself.
    counted: Option<RowValues<'b>>,
}

impl Ready<'_> {
    async fn run(&self, session: &mut dyn Session) -> Result<Done, DatabaseError> {
        match &self.counted {
            Some(values) => count::execute(session, self.shape, values).await,
            None => session.execute(&self.sql, &self.binds).await,
        }
    }
}

fn ready<'b>(
    limits: Limits,
    batches: &[&'b Batch],
    rows: &[StatementPlace],
) -> Result<Ready<'b>, DatabaseError> {
    let first = rows.first().and_then(|place| row(batches, *place));
    let (_, shape, _) = first.ok_or_else(DatabaseError::damaged)?;
    let width = shape.columns.len() + shape.on_duplicate.len() + 1;
    let mut binds: Vec<ValueRef<'_>> = Vec::with_capacity(rows.len() * width);
    let mut counted = None;
    let mut bytes = 0;
    for place in rows {
        let (batch, of, statement) = row(batches, *place).ok_or_else(DatabaseError::damaged)?;
        let damaged = |Corrupt| DatabaseError::damaged();
        batch.bind(statement, &mut binds).map_err(damaged)?;
        if limits.dialect == Dialect::Sqlite {
            let values = batch.values(statement).map_err(damaged)?;
            check_values(of, &values)?;
            // Rows that are counted here are never merged.
            counted = counts_here(limits.dialect, of).then_some(values);
        }
        bytes += statement.length();
    }
    let sql = render::statement(limits.dialect, shape, rows.len());
    if bytes + sql.len() > limits.statement_bytes {
        // Sent, it would look like a lost connection, and be tried for ever.
        let limit = limits.statement_bytes;
        return Err(DatabaseError::too_large("a row", bytes, limit));
    }
    Ok(Ready {
        shape,
        sql,
        binds,
        counted,
    })
}

/// SQLite keeps whatever it is given, in a column of any type. What callers set is checked by themselves; a frame
/// may have been written for a column that was wider then.
fn check_values(shape: &Shape, values: &RowValues<'_>) -> Result<(), DatabaseError> {
    let assigned = shape.columns.iter().zip(&values.columns);
    let duplicate = shape.on_duplicate.iter().zip(&values.on_duplicate);
    for ((position, mode), value) in assigned.chain(duplicate) {
        if let Some(column) = shape.table.columns.get(*position)
            && *mode == AssignMode::Set
        {
            check(&column.column_type, *value)
                .map_err(|problem| DatabaseError::of_column(shape.table, *position, &problem))?;
        }
    }
    Ok(())
}

/// The dead frame that would have inserted one of the rows.
async fn dead_insert(
    session: &mut dyn Session,
    batches: &[&Batch],
    run: &[(usize, usize)],
) -> Result<Option<Uuid>, DatabaseError> {
    let mut keys = BTreeSet::new();
    for (batch, shape, statement) in run.iter().filter_map(|place| row(batches, *place)) {
        let key = batch
            .key_bytes(statement)
            .map_err(|Corrupt| DatabaseError::damaged())?;
        keys.extend(key.map(|key| RowKey::new(shape.table.table, key)));
    }
    dead_keys::find(session, &keys)
        .await
        .map_err(DatabaseError::from)
}
