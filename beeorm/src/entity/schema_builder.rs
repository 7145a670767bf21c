use std::marker::PhantomData;

use super::{ColumnSchema, Embedded, Entity, IndexSchema, KeySource, Reference, TableSchema};
use crate::column::{BlobSize, Column, ColumnType};

/// Puts a [`TableSchema`] together; called by what the derive prints.
#[derive(Debug)]
pub struct SchemaBuilder {
    schema: TableSchema,
    prefix: String,
}

/// One column of it, with the type of its field, so that an attribute for another type does not compile.
#[derive(Debug)]
pub struct ColumnBuilder<T> {
    column: ColumnSchema,
    of: PhantomData<T>,
}

/// A column that holds the type.
#[must_use]
pub fn column<T: Column>(name: &str) -> ColumnBuilder<T> {
    let column = ColumnSchema {
        name: name.to_owned(),
        column_type: T::column_type(),
        nullable: T::NULLABLE,
        default: None,
        refers_to: T::refers_to(),
    };
    ColumnBuilder {
        column,
        of: PhantomData,
    }
}

/// What `length` is for.
#[diagnostic::on_unimplemented(
    message = "`length` is for columns of `String`, and for references to such keys, not for `{Self}`"
)]
pub trait TextColumn {}
impl TextColumn for String {}
impl TextColumn for Option<String> {}
impl<T: Entity<Key = String>> TextColumn for Reference<T> {}
impl<T: Entity<Key = String>> TextColumn for Option<Reference<T>> {}

/// What `blob`, `mediumblob` and `longblob` are for.
#[diagnostic::on_unimplemented(
    message = "blob sizes are for columns of `Vec<u8>`, not of `{Self}`"
)]
pub trait BlobColumn {}
impl BlobColumn for Vec<u8> {}
impl BlobColumn for Option<Vec<u8>> {}

/// What `precision` and `scale` are for.
#[diagnostic::on_unimplemented(
    message = "`precision` and `scale` are for columns of `Decimal`, not of `{Self}`"
)]
pub trait DecimalColumn {}
#[cfg(feature = "decimal")]
impl DecimalColumn for rust_decimal::Decimal {}
#[cfg(feature = "decimal")]
impl DecimalColumn for Option<rust_decimal::Decimal> {}

impl<T> ColumnBuilder<T> {
    fn stored_as(mut self, column_type: ColumnType) -> Self {
        self.column.column_type = column_type;
        self
    }

    /// At most so many characters; none: MEDIUMTEXT.
    #[must_use]
    pub fn length(self, length: Option<u32>) -> Self
    where
        T: TextColumn,
    {
        self.stored_as(ColumnType::Text { length })
    }

    /// The blob's size.
    #[must_use]
    pub fn blob(self, size: BlobSize) -> Self
    where
        T: BlobColumn,
    {
        self.stored_as(ColumnType::Blob(size))
    }

    /// Digits in total, and after the point.
    #[must_use]
    pub fn decimal(self, precision: u8, scale: u8) -> Self
    where
        T: DecimalColumn,
    {
        self.stored_as(ColumnType::Decimal { precision, scale })
    }

    /// The default in the table's definition, as an SQL literal.
    #[must_use]
    pub fn default(mut self, literal: &'static str) -> Self {
        self.column.default = Some(literal);
        self
    }
}

impl SchemaBuilder {
    /// Begins the schema of a table.
    #[must_use]
    pub fn new(entity: &'static str, table: &'static str, pool: &'static str) -> Self {
        let schema = TableSchema {
            entity,
            table,
            pool,
            columns: Vec::new(),
            key: 0,
            key_source: KeySource::User,
            indexes: Vec::new(),
        };
        Self {
            schema,
            prefix: String::new(),
        }
    }

    /// The next column.
    #[must_use]
    pub fn column<T>(mut self, column: ColumnBuilder<T>) -> Self {
        let mut column = column.column;
        column.name.insert_str(0, &self.prefix);
        self.schema.columns.push(column);
        self
    }

    /// The next column, which is the key.
    #[must_use]
    pub fn key<T>(mut self, column: ColumnBuilder<T>, source: KeySource) -> Self {
        self.schema.key = self.schema.columns.len();
        self.schema.key_source = source;
        self.column(column)
    }

    /// The next column, which holds any serde type as JSON.
    #[must_use]
    pub fn json(mut self, name: &str, nullable: bool) -> Self {
        let column = ColumnSchema {
            name: format!("{}{name}", self.prefix),
            column_type: ColumnType::Json,
            nullable,
            default: None,
            refers_to: None,
        };
        self.schema.columns.push(column);
        self
    }

    /// The columns of an embedded struct, with a prefix.
    #[must_use]
    pub fn embedded<T: Embedded>(mut self, prefix: &str) -> Self {
        let outer = self.prefix.len();
        self.prefix.push_str(prefix);
        let mut builder = T::describe(self);
        builder.prefix.truncate(outer);
        builder
    }

    /// An index over columns that were named before.
    #[must_use]
    pub fn index(mut self, name: &str, unique: bool, columns: &[&str]) -> Self {
        let columns = columns.iter().filter_map(|column| {
            let name = format!("{}{column}", self.prefix);
            self.schema.position(&name)
        });
        let index = IndexSchema {
            name: format!("{}{name}", self.prefix),
            unique,
            columns: columns.collect(),
        };
        self.schema.indexes.push(index);
        self
    }

    /// The schema.
    #[must_use]
    pub fn build(self) -> TableSchema {
        self.schema
    }
}
