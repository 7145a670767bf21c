//! UPDATE and DELETE of several rows, each found by its key, an UPDATE with values for each.
//!
//! The rows are a derived table, whose values pass through a type of its own before they are compared or
//! assigned. So every placeholder is cast to a type that holds each value of its column exactly, and the
//! column's own conversion, strict as ever, is left to the assignment. What no such type is known for is
//! updated row by row.
//!
//! The derived table comes first in the join, whatever the optimizer thinks of it, and the table's rows are
//! found by their key: so none but these are locked, in their order. With `WHERE key IN (…)` a server would
//! rather look at all of a small table, and wait for whoever has locked other rows.

use super::{Sql, assignment};
use crate::{
    column::{ColumnType, ValueRef, check, identity},
    entity::TableSchema,
    statement::Shape,
};

/// About as many bytes as each value adds to the text.
pub(crate) const TEXT_OF_A_VALUE: usize = 32;

/// Longer texts are few, and would make a wide table of the rows.
const LONGEST_TEXT: u32 = 1024;

/// Whether rows of the shape can be updated together at all.
pub(crate) fn can_update(shape: &Shape) -> bool {
    let table = shape.table;
    // The server checks unique indexes row by row, in an order of its own.
    has_exact_key(table)
        && shape.columns.iter().all(|(position, _)| {
            let column = table.columns.get(*position);
            let is_castable = column.is_some_and(|column| cast(&column.column_type).is_some());
            is_castable && !table.is_unique(*position)
        })
}

/// Whether the table's key can be compared with one that was cast, by the index.
pub(crate) fn has_exact_key(table: &TableSchema) -> bool {
    let key = table.columns.get(table.key);
    key.is_some_and(|key| {
        matches!(
            key.column_type,
            ColumnType::Integer { .. } | ColumnType::Uuid
        )
    })
}

/// Whether the row's values, its key before its columns' as an UPDATE or DELETE has them, are of the columns' own kinds, so
/// that the casts leave them as they are.
pub(crate) fn fits(shape: &Shape, mut values: &[u8]) -> bool {
    let table = shape.table;
    let assigned = shape.columns.iter().map(|(column, _)| *column);
    std::iter::once(table.key).chain(assigned).all(|column| {
        let value = ValueRef::take(&mut values);
        let column = table.columns.get(column);
        column
            .zip(value.ok())
            .is_some_and(|(column, value)| is_exact(&column.column_type, &value))
    })
}

fn is_exact(column_type: &ColumnType, value: &ValueRef<'_>) -> bool {
    match (column_type, value) {
        // A NULL key equals none, as by itself.
        (_, ValueRef::Null) => true,
        (ColumnType::Integer { signed, .. }, ValueRef::Signed(_)) => *signed,
        (ColumnType::Integer { signed, .. }, ValueRef::Unsigned(_)) => !*signed,
        (ColumnType::Float, ValueRef::Float(_)) | (ColumnType::Double, ValueRef::Double(_)) => true,
        (ColumnType::Text { .. }, ValueRef::Text(_)) => check(column_type, *value).is_ok(),
        (ColumnType::Enum(_) | ColumnType::Set(_), ValueRef::Word(word)) => {
            word.chars().count() <= longest_word(column_type)
        }
        _ => identity(column_type, value).is_some() && check(column_type, *value).is_ok(),
    }
}

/// In characters.
fn longest_word(column_type: &ColumnType) -> usize {
    match column_type {
        ColumnType::Enum(values) => {
            let lengths = values.iter().map(|value| value.chars().count());
            lengths.max().unwrap_or(0)
        }
        ColumnType::Set(values) => values.iter().map(|value| value.chars().count() + 1).sum(),
        _ => 0,
    }
}

/// A placeholder of a type that holds every value of the column.
fn cast(column_type: &ColumnType) -> Option<String> {
    Some(match column_type {
        ColumnType::Bool | ColumnType::Integer { signed: true, .. } => {
            "CAST(? AS SIGNED)".to_owned()
        }
        ColumnType::Integer { signed: false, .. } => "CAST(? AS UNSIGNED)".to_owned(),
        // As a product, since the first MySQLs of 8.0 have no CAST to DOUBLE.
        ColumnType::Float | ColumnType::Double => "? * 1e0".to_owned(),
        ColumnType::Decimal { precision, scale } => {
            format!("CAST(? AS DECIMAL({precision},{scale}))")
        }
        ColumnType::Text {
            length: Some(length @ 0..=LONGEST_TEXT),
        } => format!("CAST(? AS CHAR({length}))"),
        ColumnType::Enum(_) | ColumnType::Set(_) => {
            format!("CAST(? AS CHAR({}))", longest_word(column_type))
        }
        // As they are bound: the column reads its text.
        ColumnType::Date => "CAST(? AS CHAR(10))".to_owned(),
        ColumnType::DateTime | ColumnType::Timestamp => "CAST(? AS CHAR(26))".to_owned(),
        ColumnType::Uuid => "CAST(? AS BINARY(16))".to_owned(),
        ColumnType::Text { .. } | ColumnType::Blob(_) | ColumnType::Json => return None,
    })
}

/// Each row binds its columns' values, then its key.
pub(super) fn update(sql: &mut Sql, shape: &Shape, rows: usize) {
    let table = shape.table;
    let assigned = shape.columns.iter().map(|(column, _)| *column);
    let columns: Vec<usize> = assigned.chain([table.key]).collect();
    join(sql.text("UPDATE "), table, &columns, rows);
    sql.text(" SET ").list(
        shape.columns.iter().enumerate(),
        |sql, (place, (position, mode))| {
            assignment(sql, ("`t`.", table, *position), *mode).text(&format!("`v`.`v{place}`"));
        },
    );
}

/// Each row binds its key.
pub(super) fn delete(sql: &mut Sql, table: &TableSchema, rows: usize) {
    join(sql.text("DELETE `t` FROM "), table, &[table.key], rows);
}

/// The rows, `v`, with values for these columns, the key the last; and those of the table, `t`.
fn join(sql: &mut Sql, table: &TableSchema, columns: &[usize], rows: usize) {
    let placeholder = |position: &usize| {
        let column = table.columns.get(*position);
        column
            .and_then(|column| cast(&column.column_type))
            .unwrap_or_else(|| "?".to_owned())
    };
    sql.text("(SELECT ")
        .list(columns.iter().enumerate(), |sql, (place, column)| {
            sql.text(&placeholder(column))
                .text(&format!(" AS `v{place}`"));
        });
    let mut next = Sql::new();
    next.text(" UNION ALL SELECT ")
        .list(columns, |sql, column| {
            sql.text(&placeholder(column));
        });
    sql.text(&String::from(next).repeat(rows.saturating_sub(1)));
    sql.text(") AS `v` STRAIGHT_JOIN ").name(table.table);
    sql.text(" AS `t` FORCE INDEX (PRIMARY) ON `t`.")
        .column(table, table.key);
    sql.text(&format!(" = `v`.`v{}`", columns.len().saturating_sub(1)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        entity::{AssignMode, Entity},
        statement::Operation,
    };

    #[derive(beeorm::Entity, Default)]
    struct Cell {
        #[entity(primary_key)]
        id: u32,
        #[entity(unique)]
        place: u16,
        visits: i64,
        #[entity(length = 9)]
        label: Option<String>,
        #[entity(length = max)]
        text: String,
    }

    #[derive(beeorm::Entity, Default)]
    struct Word {
        #[entity(primary_key)]
        id: String,
        count: u32,
    }

    fn shape<T: Entity>(columns: &[(usize, AssignMode)]) -> Shape {
        Shape::new(T::schema(), Operation::Update, columns.to_vec())
    }

    #[test]
    fn unique_columns_long_ones_and_keys_of_text_are_updated_row_by_row() {
        let set = |column| (column, AssignMode::Set);
        assert!(can_update(&shape::<Cell>(&[set(2), set(3)])));
        assert!(!can_update(&shape::<Cell>(&[set(2), set(1)])));
        assert!(!can_update(&shape::<Cell>(&[set(4)])));
        assert!(!can_update(&shape::<Word>(&[set(1)])));
    }

    #[test]
    fn rows_are_joined_by_their_key() {
        let shape = shape::<Cell>(&[(2, AssignMode::Add), (3, AssignMode::Set)]);
        let mut sql = Sql::new();
        update(&mut sql, &shape, 2);
        assert_eq!(
            String::from(sql),
            "UPDATE (SELECT CAST(? AS SIGNED) AS `v0`,CAST(? AS CHAR(9)) AS `v1`,CAST(? AS UNSIGNED) AS `v2` \
             UNION ALL SELECT CAST(? AS SIGNED),CAST(? AS CHAR(9)),CAST(? AS UNSIGNED)) AS `v` \
             STRAIGHT_JOIN `cell` AS `t` FORCE INDEX (PRIMARY) ON `t`.`id` = `v`.`v2` \
             SET `t`.`visits` = `t`.`visits` + `v`.`v0`,`t`.`label` = `v`.`v1`"
        );
    }
}
