//! The SQL of statements: values are always bound, names always quoted, the same in every dialect.

pub(crate) mod by_key;
pub(crate) mod count;

use std::fmt::Write;

use super::Dialect;
use crate::{
    entity::{AssignMode, TableSchema},
    statement::{Operation, Shape},
};

/// A name in backticks, which MySQL, MariaDB and SQLite all take, in every SQL mode.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn column(table: &TableSchema, position: usize) -> String {
    table
        .columns
        .get(position)
        .map_or_else(String::new, |column| quoted(&column.name))
}

fn list<T>(items: impl IntoIterator<Item = T>, mut write: impl FnMut(T) -> String) -> String {
    let mut out = String::new();
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        out.push_str(&write(item));
    }
    out
}

/// The statement for so many rows of one shape.
pub(crate) fn statement(dialect: Dialect, shape: &Shape, rows: usize) -> String {
    let table = quoted(shape.table.table);
    let key = column(shape.table, shape.table.key);
    match shape.operation {
        Operation::Insert => insert(dialect, shape, rows),
        Operation::Update if rows > 1 => by_key::update(shape, rows),
        Operation::Update => {
            let assignments = list(&shape.columns, |(position, mode)| {
                assignment(shape.table, *position, *mode)
            });
            format!("UPDATE {table} SET {assignments} WHERE {key} = ?")
        }
        Operation::Delete if rows == 1 => format!("DELETE FROM {table} WHERE {key} = ?"),
        Operation::Delete if dialect != Dialect::Sqlite && by_key::has_exact_key(shape.table) => {
            by_key::delete(shape, rows)
        }
        Operation::Delete => format!(
            "DELETE FROM {table} WHERE {key} IN ({})",
            list(0..rows, |_| "?".to_owned())
        ),
    }
}

fn insert(dialect: Dialect, shape: &Shape, rows: usize) -> String {
    let table = quoted(shape.table.table);
    let columns = list(&shape.columns, |(position, _)| {
        column(shape.table, *position)
    });
    let row = format!("({})", list(&shape.columns, |_| "?".to_owned()));
    let mut sql = match dialect {
        // A table of nothing but its AUTO_INCREMENT key.
        Dialect::Sqlite if columns.is_empty() => format!("INSERT INTO {table} DEFAULT VALUES"),
        _ => format!(
            "INSERT INTO {table} ({columns}) VALUES {}",
            list(0..rows, |_| row.clone())
        ),
    };
    if !shape.on_duplicate.is_empty() {
        sql.push_str(match dialect {
            Dialect::MySql | Dialect::MariaDb => " ON DUPLICATE KEY UPDATE ",
            Dialect::Sqlite => " ON CONFLICT DO UPDATE SET ",
        });
        sql.push_str(&list(&shape.on_duplicate, |(position, mode)| {
            assignment(shape.table, *position, *mode)
        }));
    }
    sql
}

fn assignment(table: &TableSchema, position: usize, mode: AssignMode) -> String {
    assignment_of(&column(table, position), "?", mode)
}

fn assignment_of(column: &str, value: &str, mode: AssignMode) -> String {
    match mode {
        AssignMode::Set => format!("{column} = {value}"),
        AssignMode::Add => format!("{column} = {column} + {value}"),
        AssignMode::Subtract => format!("{column} = {column} - {value}"),
    }
}

/// The rows with one of so many keys, every column in the schema's order.
pub(crate) fn select_by_key(table: &TableSchema, keys: usize) -> String {
    let mut sql = select(table);
    let key = column(table, table.key);
    // Writing to a String cannot fail.
    let _ = if keys == 1 {
        write!(sql, " WHERE {key} = ?")
    } else {
        write!(
            sql,
            " WHERE {key} IN ({})",
            list(0..keys, |_| "?".to_owned())
        )
    };
    sql
}

/// The keys of the rows with one of so many keys, each with the place of that one: they may be written otherwise.
pub(crate) fn stored_keys(table: &TableSchema, keys: usize) -> String {
    let key = column(table, table.key);
    let table = quoted(table.table);
    let selects: Vec<String> = (0..keys)
        .map(|place| format!("SELECT {place},{key} FROM {table} WHERE {key} = ?"))
        .collect();
    selects.join(" UNION ALL ")
}

/// The row with these columns' values.
pub(crate) fn select_by_columns(table: &TableSchema, columns: &[usize]) -> String {
    let mut sql = select(table);
    for (place, position) in columns.iter().enumerate() {
        let word = if place == 0 { "WHERE" } else { "AND" };
        let _ = write!(sql, " {word} {} = ?", column(table, *position));
    }
    sql
}

/// How many rows have the values of one of these sets of columns.
pub(crate) fn count_by_columns<'c>(
    table: &TableSchema,
    sets: impl Iterator<Item = &'c [usize]>,
) -> String {
    let key = column(table, table.key);
    let name = quoted(table.table);
    let rows = sets.map(|columns| {
        let equal = columns
            .iter()
            .map(|position| format!("{} = ?", column(table, *position)));
        let equal: Vec<String> = equal.collect();
        format!("SELECT {key} FROM {name} WHERE {}", equal.join(" AND "))
    });
    let rows: Vec<String> = rows.collect();
    format!("SELECT COUNT(*) FROM ({}) AS `found`", rows.join(" UNION "))
}

fn select(table: &TableSchema) -> String {
    let columns = list(&table.columns, |column| quoted(&column.name));
    format!("SELECT {columns} FROM {}", quoted(table.table))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_ends_where_it_ends() {
        assert_eq!(quoted("bees"), "`bees`");
        assert_eq!(
            quoted("bees` SET `admin` = 1; -- "),
            "`bees`` SET ``admin`` = 1; -- `"
        );
    }
}
