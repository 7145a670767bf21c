use super::{ReferenceVisitor, SchemaBuilder};
use crate::column::{ColumnError, ColumnSink, RowReader};

/// A struct whose fields are columns of the entity that holds it. Made by `#[derive(Embedded)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be embedded",
    note = "put `#[derive(Embedded)]` on it; under `#[entity(json)]` any serde type can be stored in one column"
)]
pub trait Embedded: Sized + Send + Sync + 'static {
    /// How many columns it has.
    const WIDTH: usize;

    /// The typed names of its columns within the entity `E`.
    type Columns<E>;

    /// The typed names, the first of them at this place of the entity's schema.
    fn columns_at<E>(position: usize) -> Self::Columns<E>;

    /// Adds its columns to the schema.
    fn describe(builder: SchemaBuilder) -> SchemaBuilder;

    /// Writes every column, in the order of the fields.
    ///
    /// # Errors
    ///
    /// A value that no column can hold.
    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError>;

    /// Reads every column, in the order of the fields.
    ///
    /// # Errors
    ///
    /// A column holds what its field cannot.
    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError>;

    /// Shows every reference to the visitor.
    ///
    /// # Errors
    ///
    /// The visitor's.
    fn visit_references<V: ReferenceVisitor>(&mut self, visitor: &mut V) -> Result<(), V::Error> {
        let _ = visitor;
        Ok(())
    }
}
