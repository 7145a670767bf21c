//! The database, asked in plain SQL past everything that is audited.

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row};

use crate::Fallible;

/// A connection of the auditor's own.
#[derive(Debug)]
pub(crate) struct Database(MySqlConnection);

impl Database {
    pub(crate) async fn connect(url: &str) -> Fallible<Self> {
        Ok(Self(MySqlConnection::connect(url).await?))
    }

    /// Runs statements.
    pub(crate) async fn run(&mut self, sql: &str) -> Fallible<()> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        done.execute(&mut self.0)
            .await
            .map_err(|error| format!("{sql}: {error}"))?;
        Ok(())
    }

    /// The rows of a query, all of whose columns are text: cast the others with `CONCAT`.
    pub(crate) async fn rows<const COLUMNS: usize>(
        &mut self,
        sql: &str,
    ) -> Fallible<Vec<[String; COLUMNS]>> {
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut self.0)
            .await
            .map_err(|error| format!("{sql}: {error}"))?;
        let read = |row: sqlx::mysql::MySqlRow| {
            let mut texts = std::array::from_fn(|_| String::new());
            for (column, text) in texts.iter_mut().enumerate() {
                *text = row.try_get_unchecked::<String, _>(column)?;
            }
            Ok(texts)
        };
        rows.into_iter().map(read).collect()
    }
}
