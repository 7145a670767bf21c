//! The statements around a sum that is made on this side, for SQLite.

use super::{super::Dialect, Sql, statement};
use crate::{
    entity::{AssignMode, TableSchema},
    statement::{Operation, Shape},
};

/// What these columns of a row hold, found by its key.
pub(crate) fn select(table: &TableSchema, columns: &[usize]) -> String {
    let mut sql = Sql::new();
    sql.text("SELECT ");
    named(&mut sql, table, columns);
    sql.text(" FROM ").name(table.table);
    sql.text(" WHERE ").column(table, table.key).text(" = ?");
    sql.into()
}

fn named(sql: &mut Sql, table: &TableSchema, columns: &[usize]) {
    sql.list(columns, |sql, position| {
        sql.column(table, *position);
    });
}

/// Inserts the row unless it, or another with one of its unique values, is there.
pub(crate) fn insert_new(shape: &Shape) -> String {
    plain_insert(shape) + " ON CONFLICT DO NOTHING"
}

/// What these columns hold of the row that is in the way of an INSERT; changes nothing in it.
pub(crate) fn select_conflicting(shape: &Shape, columns: &[usize]) -> String {
    let table = shape.table;
    let mut sql = Sql::new();
    sql.text(&plain_insert(shape));
    sql.text(" ON CONFLICT DO UPDATE SET ")
        .column(table, table.key);
    sql.text(" = ").column(table, table.key).text(" RETURNING ");
    named(&mut sql, table, columns);
    sql.into()
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
