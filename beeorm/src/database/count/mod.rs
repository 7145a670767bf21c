//! Counting where the database itself does it wrongly: the row is read, its sum is made here, and written.
//!
//! SQLite adds in 64 bits and beyond that in floats, knows no decimals, and keeps whatever comes of it in a column of
//! any type. So it is never asked for `n + 1`, but given the sum. Nobody comes in between: there is a transaction
//! around it, and SQLite has one writer.

mod decimal;
mod sum;

use self::sum::{is_counted, stored, sum};
use super::{DatabaseError, Dialect, Done, SelectError, Session, render::count as render};
use crate::{
    column::{ColumnError, ColumnSink, ColumnType, Corrupt, RowReader, ValueRef},
    entity::{AssignMode, TableSchema},
    statement::{Operation, RowValues, Shape},
};

/// Whether a row of the shape is counted here, in several statements: that takes a transaction.
pub(crate) fn counts_here(dialect: Dialect, shape: &Shape) -> bool {
    dialect == Dialect::Sqlite && !counters(shape).is_empty()
}

/// The columns that are counted, where the row is there.
fn counters(shape: &Shape) -> Vec<usize> {
    let assigned = match shape.operation {
        Operation::Insert => &shape.on_duplicate,
        Operation::Update | Operation::Delete => &shape.columns,
    };
    let counted = assigned.iter().filter(|(_, mode)| *mode != AssignMode::Set);
    counted.map(|(column, _)| *column).collect()
}

/// Executes the statement of one row; where the row is not there an UPDATE does nothing.
pub(super) async fn execute(
    session: &mut dyn Session,
    shape: &Shape,
    values: &RowValues<'_>,
) -> Result<Done, DatabaseError> {
    let inserts = shape.operation == Operation::Insert;
    let counters = counters(shape);
    if inserts {
        let sql = render::insert_new(shape);
        let done = session.execute(&sql, &values.columns).await?;
        if done.rows > 0 {
            return Ok(done);
        }
    }
    let (find, found_by) = if inserts {
        let find = render::select_conflicting(shape, &counters);
        (find, values.columns.clone())
    } else {
        let find = render::select(shape.table, &counters);
        (find, values.key.into_iter().collect())
    };
    let Some(found) = read(session, shape.table, &counters, (&find, &found_by)).await? else {
        return Ok(Done::default());
    };
    let (assigned, steps) = if inserts {
        (&shape.on_duplicate, &values.on_duplicate)
    } else {
        (&shape.columns, &values.columns)
    };
    let sums = sums(shape.table, assigned, steps, &found)?;
    let assigned = decoded(&sums)?;
    let binds = if inserts {
        [found_by, assigned].concat()
    } else {
        [assigned, found_by].concat()
    };
    session.execute(&render::with_sums(shape), &binds).await
}

/// What the counters hold, encoded; none where there is no such row.
async fn read(
    session: &mut dyn Session,
    table: &TableSchema,
    counters: &[usize],
    (sql, binds): (&str, &[ValueRef<'_>]),
) -> Result<Option<Vec<u8>>, DatabaseError> {
    let (mut found, mut at) = (None, 0);
    let mut each = |row: &mut dyn RowReader| {
        let mut bytes = Vec::new();
        for position in counters {
            at = *position;
            let column_type = column_type(table, at).filter(|column_type| is_counted(column_type));
            let column_type = column_type.ok_or_else(|| ColumnError::Mismatch {
                found: "something else".to_owned(),
                wanted: "a number, to be counted",
            })?;
            stored(column_type, row, &mut ColumnSink::new(&mut bytes))?;
        }
        found = Some(bytes);
        Ok(())
    };
    match session.select(sql, binds, &mut each).await {
        Ok(()) => Ok(found),
        Err(SelectError::Database(error)) => Err(error),
        Err(SelectError::Column(problem)) => Err(DatabaseError::of_column(table, at, &problem)),
    }
}

fn column_type(table: &TableSchema, position: usize) -> Option<&ColumnType> {
    let column = table.columns.get(position);
    column.map(|column| &column.column_type)
}

/// What each of the columns is to hold: the value it is set to, or the sum.
fn sums(
    table: &TableSchema,
    assigned: &[(usize, AssignMode)],
    steps: &[ValueRef<'_>],
    mut found: &[u8],
) -> Result<Vec<u8>, DatabaseError> {
    let mut sums = Vec::new();
    for ((position, mode), step) in assigned.iter().zip(steps) {
        let sink = &mut ColumnSink::new(&mut sums);
        match column_type(table, *position) {
            Some(column_type) if *mode != AssignMode::Set => {
                let found =
                    ValueRef::take(&mut found).map_err(|Corrupt| DatabaseError::damaged())?;
                sum(column_type, found, *mode, *step, sink)
                    .map_err(|problem| DatabaseError::of_column(table, *position, &problem))?;
            }
            _ => sink.value(*step),
        }
    }
    Ok(sums)
}

fn decoded(mut bytes: &[u8]) -> Result<Vec<ValueRef<'_>>, DatabaseError> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        values.push(ValueRef::take(&mut bytes).map_err(|Corrupt| DatabaseError::damaged())?);
    }
    Ok(values)
}
