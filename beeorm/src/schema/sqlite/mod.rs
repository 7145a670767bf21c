//! SQLite, which can add columns and indexes, and little else.

mod kind;
mod read;
mod write;

use futures_util::future::BoxFuture;

use super::{
    alter::Action,
    change::Change,
    definitions::Definitions,
    have::{Column, Table},
};
use crate::{
    database::{SelectError, Session, sqlite_index},
    entity::{IndexSchema, TableSchema},
};

/// How SQLite defines tables.
pub(super) struct Sqlite;

impl Definitions for Sqlite {
    fn read<'s>(
        &'s self,
        session: &'s mut dyn Session,
        table: &'s str,
    ) -> BoxFuture<'s, Result<Option<Table>, SelectError>> {
        Box::pin(read::table(session, table))
    }

    fn kind(&self, table: &TableSchema, position: usize) -> String {
        kind::affinity(kind::declared(table, position)).to_owned()
    }

    /// What is stored keeps its form whatever the column is declared as.
    fn widens(&self, _: &str, _: &str) -> bool {
        false
    }

    /// It gives a default to new columns only.
    fn default_for(&self, _: &Column) -> Option<String> {
        None
    }

    fn index_name(&self, table: &TableSchema, index: &IndexSchema) -> String {
        sqlite_index(table.table, &index.name)
    }

    fn refers_ahead(&self) -> bool {
        true
    }

    fn write(&self, table: &TableSchema, change: &Change<'_>) -> Vec<Action> {
        write::actions(self, table, change)
    }
}
