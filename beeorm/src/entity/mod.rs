//! Entities: what the derive makes of a struct, the tracking of changes, keys and references.
//!
//! Entities know how they are stored and which of their columns changed. They know no database and
//! no stream; what is done with them is in the rooms behind.

mod change;
mod column_name;
mod delivery;
mod embedded;
mod history;
mod key;
mod reference;
mod row_bytes;
mod schema;
mod schema_builder;
mod tracked;

pub(crate) use self::{
    change::AssignMode,
    delivery::{Delivery, DeliveryState, Moment, RESENT_WITHIN},
    history::{Effect, FrameAt, History, REMEMBERED},
    row_bytes::encode_row,
    tracked::{Difference, Origin, Place, Prepared},
};
pub use self::{
    change::{Assignment, Change},
    column_name::ColumnName,
    embedded::Embedded,
    key::{ClientKey, IdSource, Key},
    reference::{Reference, ReferenceVisitor, VisitReferences},
    schema::{ColumnSchema, IndexSchema, KeySource, TableSchema},
    schema_builder::{SchemaBuilder, column},
    tracked::Tracked,
};

use crate::column::{ColumnError, ColumnSink, IntoColumn, RowReader};

/// The database and stream pool that is meant where none is named.
pub const DEFAULT_POOL: &str = "default";

/// A struct whose values are rows of one table. Made by `#[derive(Entity)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no entity",
    label = "no entity",
    note = "an entity is a struct with `#[derive(Entity)]` and a key; it is named by itself: `User`, not `&User` or `Tracked<User>`"
)]
pub trait Entity: Sized + Send + Sync + 'static {
    /// The type of the key.
    type Key: Key;

    /// The typed names of the columns: what [`columns`](Self::columns) returns.
    type Columns;

    /// The table, its columns and its indexes.
    fn schema() -> &'static TableSchema;

    /// The typed names of the columns, for [`change`](Self::change) and for assignments.
    fn columns() -> Self::Columns;

    /// The key.
    fn key(&self) -> &Self::Key;

    /// The key, to be set when it is made.
    fn key_mut(&mut self) -> &mut Self::Key;

    /// Writes every column, in the order of the schema.
    ///
    /// # Errors
    ///
    /// A value that no column can hold; it is the one after those that were written.
    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError>;

    /// Reads every column, in the order of the schema.
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

    /// A change of the row with this key, without loading it.
    ///
    /// ```no_run
    /// # use beeorm::prelude::*;
    /// # #[derive(Entity)] struct User { #[entity(uuid)] id: Uuid, visits: u32, name: String }
    /// # async fn f(engine: &Engine, id: Uuid) -> Result<(), Error> {
    /// let change = User::change(id).set(User::columns().name, "Ann").add(User::columns().visits, 1);
    /// engine.flush_lazy(change).await?;
    /// # Ok(()) }
    /// ```
    fn change(key: impl IntoColumn<Self::Key>) -> Change<Self> {
        Change::new(key.into_column())
    }
}
