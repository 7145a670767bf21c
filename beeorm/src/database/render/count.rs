//! The statements around a sum that is made on this side, for SQLite.

use super::{super::Dialect, column, list, quoted, statement};
use crate::{
    entity::{AssignMode, TableSchema},
    statement::{Operation, Shape},
};

/// What these columns of a row hold, found by its key.
pub(crate) fn select(table: &TableSchema, columns: &[usize]) -> String {
    let columns = list(columns, |position| column(table, *position));
    let key = column(table, table.key);
    format!(
        "SELECT {columns} FROM {} WHERE {key} = ?",
        quoted(table.table)
    )
}

/// Inserts the row unless it, or another with one of its unique values, is there.
pub(crate) fn insert_new(shape: &Shape) -> String {
    plain_insert(shape) + " ON CONFLICT DO NOTHING"
}

/// What these columns hold of the row that is in the way of an INSERT; changes nothing in it.
pub(crate) fn select_conflicting(shape: &Shape, columns: &[usize]) -> String {
    let key = column(shape.table, shape.table.key);
    let columns = list(columns, |position| column(shape.table, *position));
    let insert = plain_insert(shape);
    format!("{insert} ON CONFLICT DO UPDATE SET {key} = {key} RETURNING {columns}")
}

fn plain_insert(shape: &Shape) -> String {
    let columns = shape.columns.clone();
    let plain = Shape::new(shape.table, Operation::Insert, columns);
    statement(Dialect::Sqlite, &plain, 1)
}

/// The statement with a value for each counter.
pub(crate) fn with_sums(shape: &Shape) -> String {
    let mut shape = shape.clone();
    let assigned = shape.columns.iter_mut().chain(&mut shape.on_duplicate);
    assigned.for_each(|(_, mode)| *mode = AssignMode::Set);
    statement(Dialect::Sqlite, &shape, 1)
}
