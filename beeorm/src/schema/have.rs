//! A table as it is, in words that are the same for every database.

use crate::{
    column::{ColumnError, RowReader, ValueRef},
    database::{SelectError, Session, render::quoted},
};

/// A table that is there.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    /// The names of the key's columns.
    pub(super) key: Vec<String>,
    pub(super) indexes: Vec<Index>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    /// Whether its engine knows no transactions.
    pub(super) without_transactions: bool,
    /// That of columns which say nothing of theirs.
    pub(super) collation: Option<String>,
    /// Whether it is a view, which is not ours to alter.
    pub(super) is_view: bool,
    /// Whether names differ by no letter's case; else by that of the letters from A to Z alone.
    pub(super) folds_all_letters: bool,
}

#[derive(Debug, Default)]
pub(super) struct Column {
    pub(super) name: String,
    /// The type, spelled as the wanted ones are.
    pub(super) kind: String,
    pub(super) nullable: bool,
    /// The default's value, without quotes.
    pub(super) default: Option<String>,
    pub(super) auto_increment: bool,
    /// Whether the database sets it whenever the row changes.
    pub(super) on_update: bool,
    /// Whether the database computes it.
    pub(super) generated: bool,
    /// Whether a condition is a part of its definition.
    pub(super) has_check: bool,
    /// What it has that a new definition would take away.
    pub(super) loses: Option<&'static str>,
    pub(super) collation: Option<String>,
    pub(super) comment: String,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) unique: bool,
    pub(super) columns: Vec<String>,
    /// Whether an entity cannot ask for such a one: prefixes, expressions, full texts.
    pub(super) is_special: bool,
    /// The columns that count against the longest an index may be, and how many bytes of it their prefixes and expressions
    /// take: of a full text none.
    pub(super) whole: Vec<String>,
    pub(super) other_bytes: u32,
}

/// A column that refers to another table's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForeignKey {
    pub(super) name: String,
    pub(super) column: String,
    pub(super) parent: String,
    pub(super) parent_column: String,
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns
            .iter()
            .find(|column| self.is_same_name(&column.name, name))
    }

    /// Whether the database takes the one name of a column or index for the other.
    pub(super) fn is_same_name(&self, one: &str, other: &str) -> bool {
        one.eq_ignore_ascii_case(other)
            || (self.folds_all_letters && one.to_lowercase() == other.to_lowercase())
    }

    /// Whether they refer from the same column to the same one, under whatever name.
    pub(super) fn is_same_reference(&self, one: &ForeignKey, other: &ForeignKey) -> bool {
        self.is_same_name(&one.column, &other.column)
            && self.is_same_name(&one.parent, &other.parent)
            && self.is_same_name(&one.parent_column, &other.parent_column)
    }
}

/// Rows of a query about tables.
pub(super) async fn rows<T: Send>(
    session: &mut dyn Session,
    sql: &str,
    table: &str,
    mut read: impl FnMut(&mut dyn RowReader) -> Result<T, ColumnError> + Send,
) -> Result<Vec<T>, SelectError> {
    let mut rows = Vec::new();
    let mut each = |row: &mut dyn RowReader| {
        rows.push(read(row)?);
        Ok(())
    };
    session
        .select(sql, &[ValueRef::Text(table)], &mut each)
        .await?;
    Ok(rows)
}

/// Whether the table has a row with a value in each of these columns.
pub(super) async fn has_values(
    session: &mut dyn Session,
    table: &str,
    columns: &[&str],
) -> Result<bool, SelectError> {
    let filled: Vec<_> = columns
        .iter()
        .map(|column| format!("{} IS NOT NULL", quoted(column)))
        .collect();
    let condition = if filled.is_empty() {
        "1 = 1".to_owned()
    } else {
        filled.join(" AND ")
    };
    let sql = format!("SELECT 1 FROM {} WHERE {condition} LIMIT 1", quoted(table));
    let mut found = false;
    let mut each = |_: &mut dyn RowReader| {
        found = true;
        Ok(())
    };
    session.select(&sql, &[], &mut each).await?;
    Ok(found)
}

/// Columns of an index or rows like it, in the order of one name after the other, put together.
pub(super) fn grouped<T>(rows: Vec<(String, T)>) -> Vec<(String, Vec<T>)> {
    let mut groups: Vec<(String, Vec<T>)> = Vec::new();
    for (name, row) in rows {
        match groups.last_mut() {
            Some((last, group)) if *last == name => group.push(row),
            _ => groups.push((name, vec![row])),
        }
    }
    groups
}
