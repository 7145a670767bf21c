//! Rows of the table `pages` in one INSERT.

use std::{collections::HashMap, sync::Arc};

use sqlx::{AssertSqlSafe, MySqlConnection, query};

use super::payload::PageRow;
use crate::{Fallible, entities::BARE_PAGES};

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
        rows: &[PageRow],
    ) -> Fallible<()> {
        let mut statement = query(AssertSqlSafe(self.text(rows.len())));
        for row in rows {
            statement = statement
                .bind(row.id)
                .bind(std::str::from_utf8(&row.path)?)
                .bind(std::str::from_utf8(&row.referrer)?)
                .bind(row.status)
                .bind(row.millis);
        }
        statement.execute(connection).await?;
        Ok(())
    }
}
