use crate::column::{ColumnType, RefersTo};

/// An entity's table: what the derive knows of it, once a program.
#[derive(Debug)]
#[non_exhaustive]
pub struct TableSchema {
    /// The struct's name.
    pub entity: &'static str,
    /// The table's name.
    pub table: &'static str,
    /// The database pool that it lies in.
    pub pool: &'static str,
    /// The columns, in the order of the fields.
    pub columns: Vec<ColumnSchema>,
    /// The key's place among the columns.
    pub key: usize,
    /// Who makes the key.
    pub key_source: KeySource,
    /// The indexes beside the key.
    pub indexes: Vec<IndexSchema>,
}

/// A column of a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ColumnSchema {
    /// Its name.
    pub name: String,
    /// How it is stored.
    pub column_type: ColumnType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// The default in the table's definition, as an SQL literal.
    pub default: Option<&'static str>,
    /// The key that it refers to.
    pub refers_to: Option<fn() -> RefersTo>,
}

/// An index of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexSchema {
    /// Its name.
    pub name: String,
    /// Whether it refuses equal values.
    pub unique: bool,
    /// The places of its columns.
    pub columns: Vec<usize>,
}

/// Who makes an entity's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// The client: a UUID of version 7, or a short 64-bit id.
    Client,
    /// The database: AUTO_INCREMENT.
    AutoIncrement,
    /// The user.
    User,
}

impl TableSchema {
    /// The key's column.
    #[must_use]
    pub fn key_column(&self) -> &ColumnSchema {
        &self.columns[self.key]
    }

    /// A column's place, by its name.
    #[must_use]
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|candidate| candidate.name == column)
    }

    /// Whether a unique index beside the key covers the column.
    #[must_use]
    pub fn is_unique(&self, column: usize) -> bool {
        self.indexes
            .iter()
            .any(|index| index.unique && index.columns.contains(&column))
    }
}
