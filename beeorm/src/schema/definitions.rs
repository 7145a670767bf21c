use futures_util::future::BoxFuture;

#[cfg(feature = "embedded")]
use super::sqlite::Sqlite;
use super::{
    alter::Action,
    change::Change,
    have::{Column, Table},
    mysql::MySql,
};
use crate::{
    database::{Database, SelectError, Session},
    entity::{IndexSchema, TableSchema},
};

/// How a database tells of its tables, and how it is told to change them.
pub(super) trait Definitions: Send + Sync {
    /// The table, if it is there.
    fn read<'s>(
        &'s self,
        session: &'s mut dyn Session,
        table: &'s str,
    ) -> BoxFuture<'s, Result<Option<Table>, SelectError>>;

    /// The type of a wanted column, spelled as [`read`](Self::read) spells it.
    fn kind(&self, table: &TableSchema, position: usize) -> String;

    /// Whether the one type, which is there, does for the other.
    fn does_for(&self, have: &str, want: &str) -> bool {
        have == want
    }

    /// Whether every value of the one type is one of the other, and stays what it is.
    fn widens(&self, have: &str, want: &str) -> bool;

    /// Whether an index can cover these columns, once they have these types, beside what takes so many bytes.
    fn fits_index(
        &self,
        columns: &mut dyn Iterator<Item = (&Column, String)>,
        other_bytes: u32,
    ) -> bool {
        let _ = (columns, other_bytes);
        true
    }

    /// Whether a column of the one type may refer to a key of the other.
    fn may_refer(&self, column: &str, key: &str) -> bool {
        let _ = (column, key);
        true
    }

    /// The collation of the texts in a new table, where it is known.
    fn new_collation(&self) -> Option<&str> {
        None
    }

    /// Whether a text of this collation can hold all these letters.
    fn has_letters(&self, collation: &str, letters: &str) -> bool {
        let _ = (collation, letters);
        true
    }

    /// The default, as SQL, that a column which no entity knows can be given afterwards, and that means nothing.
    fn default_for(&self, have: &Column) -> Option<String>;

    /// The name that an index has in the database.
    fn index_name(&self, table: &TableSchema, index: &IndexSchema) -> String;

    /// Whether a table may refer to one that is not there yet.
    fn refers_ahead(&self) -> bool;

    /// What makes the change; nothing where another change has made it already.
    fn write(&self, table: &TableSchema, change: &Change<'_>) -> Vec<Action>;
}

/// Those of a database.
pub(super) async fn definitions(
    database: &dyn Database,
    session: &mut dyn Session,
) -> Result<Box<dyn Definitions>, SelectError> {
    #[cfg(feature = "embedded")]
    if database.dialect() == crate::database::Dialect::Sqlite {
        return Ok(Box::new(Sqlite));
    }
    Ok(Box::new(MySql::ask(database, session).await?))
}
