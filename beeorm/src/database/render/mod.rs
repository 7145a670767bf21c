//! The SQL of statements: values are always bound, names always quoted, the same in every dialect.

pub(crate) mod by_key;
pub(crate) mod count;
mod sql;

use self::sql::Sql;
pub(crate) use self::sql::quoted;
use super::Dialect;
use crate::{
    entity::{AssignMode, TableSchema},
    statement::{Operation, Shape},
};

/// The statement for so many rows of one shape.
pub(crate) fn statement(dialect: Dialect, shape: &Shape, rows: usize) -> String {
    let table = shape.table;
    let mut sql = Sql::new();
    match shape.operation {
        Operation::Insert => insert(&mut sql, dialect, shape, rows),
        Operation::Update if rows > 1 => by_key::update(&mut sql, shape, rows),
        Operation::Update => {
            sql.text("UPDATE ").name(table.table).text(" SET ");
            assignments(&mut sql, table, &shape.columns);
            sql.text(" WHERE ").column(table, table.key).text(" = ?");
        }
        Operation::Delete
            if rows > 1 && dialect != Dialect::Sqlite && by_key::has_exact_key(table) =>
        {
            by_key::delete(&mut sql, table, rows);
        }
        Operation::Delete => {
            sql.text("DELETE FROM ").name(table.table);
            with_key(&mut sql, table, rows);
        }
    }
    sql.into()
}

fn insert(sql: &mut Sql, dialect: Dialect, shape: &Shape, rows: usize) {
    let table = shape.table;
    sql.text("INSERT INTO ").name(table.table);
    if dialect == Dialect::Sqlite && shape.columns.is_empty() {
        // A table of nothing but its AUTO_INCREMENT key.
        sql.text(" DEFAULT VALUES");
    } else {
        sql.text(" (").list(&shape.columns, |sql, (position, _)| {
            sql.column(table, *position);
        });
        let mut row = Sql::new();
        row.text("(").places(shape.columns.len()).text(")");
        sql.text(") VALUES ").repeat(&String::from(row), rows);
    }
    if !shape.on_duplicate.is_empty() {
        sql.text(match dialect {
            Dialect::MySql | Dialect::MariaDb => " ON DUPLICATE KEY UPDATE ",
            Dialect::Sqlite => " ON CONFLICT DO UPDATE SET ",
        });
        assignments(sql, table, &shape.on_duplicate);
    }
}

fn assignments(sql: &mut Sql, table: &TableSchema, assigned: &[(usize, AssignMode)]) {
    sql.list(assigned, |sql, (position, mode)| {
        assignment(sql, ("", table, *position), *mode).text("?");
    });
}

/// What the column, with this before its name, is set to; but for the value.
fn assignment<'s>(
    sql: &'s mut Sql,
    (before, table, position): (&str, &TableSchema, usize),
    mode: AssignMode,
) -> &'s mut Sql {
    sql.text(before).column(table, position).text(" = ");
    let sign = match mode {
        AssignMode::Set => return sql,
        AssignMode::Add => " + ",
        AssignMode::Subtract => " - ",
    };
    sql.text(before).column(table, position).text(sign)
}

/// Those with one of so many keys.
fn with_key(sql: &mut Sql, table: &TableSchema, keys: usize) {
    sql.text(" WHERE ").column(table, table.key);
    if keys == 1 {
        sql.text(" = ?");
    } else {
        sql.text(" IN (").places(keys).text(")");
    }
}

/// The rows with one of so many keys, every column in the schema's order.
pub(crate) fn select_by_key(table: &TableSchema, keys: usize) -> String {
    let mut sql = select(table);
    with_key(&mut sql, table, keys);
    sql.into()
}

/// The keys of the rows with one of so many keys, each with the place of that one: they may be written otherwise.
pub(crate) fn stored_keys(table: &TableSchema, keys: usize) -> String {
    let key = quoted(&table.key_column().name);
    let table = quoted(table.table);
    let selects: Vec<String> = (0..keys)
        .map(|place| format!("SELECT {place},{key} FROM {table} WHERE {key} = ?"))
        .collect();
    selects.join(" UNION ALL ")
}

/// The row with these columns' values.
pub(crate) fn select_by_columns(table: &TableSchema, columns: &[usize]) -> String {
    let mut sql = select(table);
    sql.text(" WHERE ");
    equal(&mut sql, table, columns);
    sql.into()
}

/// How many rows have the values of one of these sets of columns.
pub(crate) fn count_by_columns<'c>(
    table: &TableSchema,
    sets: impl Iterator<Item = &'c [usize]>,
) -> String {
    let mut sql = Sql::new();
    sql.text("SELECT COUNT(*) FROM (");
    for (place, columns) in sets.enumerate() {
        sql.text(if place == 0 {
            "SELECT "
        } else {
            " UNION SELECT "
        });
        sql.column(table, table.key)
            .text(" FROM ")
            .name(table.table)
            .text(" WHERE ");
        equal(&mut sql, table, columns);
    }
    sql.text(") AS `found`");
    sql.into()
}

fn equal(sql: &mut Sql, table: &TableSchema, columns: &[usize]) {
    for (place, position) in columns.iter().enumerate() {
        sql.text(if place == 0 { "" } else { " AND " });
        sql.column(table, *position).text(" = ?");
    }
}

fn select(table: &TableSchema) -> Sql {
    let mut sql = Sql::new();
    sql.text("SELECT ").list(&table.columns, |sql, column| {
        sql.name(&column.name);
    });
    sql.text(" FROM ").name(table.table);
    sql
}
