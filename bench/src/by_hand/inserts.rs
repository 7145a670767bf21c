//! Rows of the table `pages` in one INSERT.

use std::{collections::HashMap, sync::Arc};

use sqlx::{AssertSqlSafe, MySqlConnection, query};
use uuid::Uuid;

use crate::{Fallible, entities::BARE_PAGES};

/// A row's values, in the order of its columns.
pub(crate) type Values<'r> = (Uuid, &'r str, &'r str, u16, u32);

/// The statements' texts, by their number of rows.
#[derive(Debug, Default)]
pub(crate) struct Inserts(HashMap<usize, Arc<str>>);

impl Inserts {
    fn text(&mut self, rows: usize) -> Arc<str> {
        let text = self.0.entry(rows).or_insert_with(|| {
            let rows = vec!["(?,?,?,?,?)"; rows].join(",");
            format!("INSERT INTO `{BARE_PAGES}` (`id`,`path`,`referrer`,`status`,`millis`) VALUES {rows}").into()
        });
        Arc::clone(text)
    }

    pub(crate) async fn run(
        &mut self,
        connection: &mut MySqlConnection,
        rows: impl ExactSizeIterator<Item = Values<'_>>,
    ) -> Fallible<()> {
        let mut statement = query(AssertSqlSafe(self.text(rows.len())));
        for (id, path, referrer, status, millis) in rows {
            statement = statement
                .bind(id)
                .bind(path)
                .bind(referrer)
                .bind(status)
                .bind(millis);
        }
        statement.execute(connection).await?;
        Ok(())
    }
}
