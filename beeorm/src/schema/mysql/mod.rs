//! MySQL and MariaDB.

mod kind;
mod read;
mod write;

use futures_util::future::BoxFuture;

use super::{
    alter::Action,
    change::Change,
    check::INDEX_BYTES,
    definitions::Definitions,
    have::{Column, Table},
};
use crate::{
    column::RowReader,
    database::{Database, Dialect, SelectError, Session},
    entity::{IndexSchema, TableSchema},
};

/// How a server of MySQL's kind defines tables.
pub(super) struct MySql {
    is_maria: bool,
    /// What a new table says of its character set.
    charset: String,
    /// The collation that its texts have then.
    collation: Option<String>,
    /// Whether the SQL mode lets a backslash stand for itself.
    plain_backslashes: bool,
}

impl MySql {
    #[cfg(test)]
    pub(super) const UTF8: Self = Self {
        is_maria: false,
        charset: String::new(),
        collation: None,
        plain_backslashes: false,
    };

    /// Asks for what depends on the database. Where the pool was told nothing of character sets, and the
    /// database has utf8mb4, it has a collation that somebody chose: the tables inherit it.
    pub(super) async fn ask(
        database: &dyn Database,
        session: &mut dyn Session,
    ) -> Result<Self, SelectError> {
        let mut asked = Self {
            is_maria: database.dialect() == Dialect::MariaDb,
            charset: database.table_charset().to_owned(),
            collation: None,
            plain_backslashes: false,
        };
        let mut each = |row: &mut dyn RowReader| {
            if row.text()? != "utf8mb4" && asked.charset.is_empty() {
                asked.charset.push_str(" CHARACTER SET utf8mb4");
            }
            asked.plain_backslashes = row.text()?.contains("NO_BACKSLASH_ESCAPES");
            let of_database = row.text()?.to_owned();
            asked.collation = match asked.charset.as_str() {
                "" => Some(of_database),
                " CHARACTER SET utf8mb4" => Some(row.text()?.to_owned()),
                charset => charset
                    .rsplit_once(" COLLATE ")
                    .map(|(_, told)| told.to_owned()),
            };
            Ok(())
        };
        let sql = "SELECT CAST(@@character_set_database AS CHAR), CAST(@@sql_mode AS CHAR), \
                   CAST(@@collation_database AS CHAR), CAST(COLLATION(CONVERT('' USING utf8mb4)) AS CHAR)";
        session.select(sql, &[], &mut each).await?;
        Ok(asked)
    }

    /// Whether a column has to be defined anew to get this default: MySQL takes an expression in no other way.
    fn redefines(&self, default: &str) -> bool {
        !self.is_maria && default.starts_with('(')
    }
}

impl Definitions for MySql {
    fn read<'s>(
        &'s self,
        session: &'s mut dyn Session,
        table: &'s str,
    ) -> BoxFuture<'s, Result<Option<Table>, SelectError>> {
        Box::pin(read::table(session, table, self.is_maria))
    }

    fn kind(&self, table: &TableSchema, position: usize) -> String {
        let column = table.columns.get(position);
        column.map_or_else(String::new, |column| kind::wanted(&column.column_type))
    }

    /// MariaDB keeps JSON as a text with a check, which old versions did not make.
    fn does_for(&self, have: &str, want: &str) -> bool {
        have == want || (self.is_maria && (have, want) == ("longtext", "json"))
    }

    fn default_for(&self, have: &Column) -> Option<String> {
        let default = kind::zero(have)?;
        // Where the whole column has to be defined anew, nothing of it may be lost.
        let is_safe = !self.redefines(&default) || have.loses.is_none();
        is_safe.then_some(default)
    }

    fn widens(&self, have: &str, want: &str) -> bool {
        kind::widens(have, want)
    }

    fn fits_index(
        &self,
        columns: &mut dyn Iterator<Item = (&Column, String)>,
        other_bytes: u32,
    ) -> bool {
        let mut bytes = columns.map(|(column, kind)| kind::index_bytes(column, &kind));
        let sum = bytes.try_fold(other_bytes, |sum, bytes| Some(sum.saturating_add(bytes?)));
        sum.is_some_and(|sum| sum <= INDEX_BYTES)
    }

    fn may_refer(&self, column: &str, key: &str) -> bool {
        kind::may_refer(column, key)
    }

    fn new_collation(&self) -> Option<&str> {
        self.collation.as_deref()
    }

    fn has_letters(&self, collation: &str, letters: &str) -> bool {
        kind::has_letters(collation, letters)
    }

    fn index_name(&self, _: &TableSchema, index: &IndexSchema) -> String {
        index.name.clone()
    }

    fn refers_ahead(&self) -> bool {
        false
    }

    fn write(&self, table: &TableSchema, change: &Change<'_>) -> Vec<Action> {
        vec![Action::Run(write::sql(self, table, change))]
    }
}
