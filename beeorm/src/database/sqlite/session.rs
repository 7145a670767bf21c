use futures_util::{FutureExt, TryStreamExt, future::BoxFuture};
use sqlx::{AssertSqlSafe, Executor, Row, SqliteConnection, query_with};
use tokio::sync::OwnedMutexGuard;

use super::{
    super::{DatabaseError, Done, EachRow, SelectError, Session},
    bind::arguments,
    failure::{IndexColumns, failure, index_columns, with_index},
    read::Reader,
    sqlite_index,
};
use crate::column::{RowReader, ValueRef};

/// The connection, held.
pub(super) struct SqliteSession {
    connection: OwnedMutexGuard<Option<SqliteConnection>>,
    in_transaction: bool,
}

impl SqliteSession {
    pub(super) fn new(connection: OwnedMutexGuard<Option<SqliteConnection>>) -> Self {
        Self {
            connection,
            in_transaction: false,
        }
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, DatabaseError> {
        self.connection.as_mut().ok_or_else(DatabaseError::closed)
    }

    fn end(&mut self, sql: &'static str) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(async move {
            let ended = self.connection()?.execute(sql).await;
            self.in_transaction &= ended.is_err();
            ended.map(drop).map_err(failure)
        })
    }

    /// SQLite names the columns of a unique index that refused a row: the index is looked up.
    async fn explain(&mut self, error: sqlx::Error) -> DatabaseError {
        let failure = failure(error);
        let Some(columns) = index_columns(&failure) else {
            return failure;
        };
        let index = match self.connection() {
            Ok(connection) => index_of(connection, &columns).await,
            Err(_) => None,
        };
        with_index(failure, index.unwrap_or_else(|| columns.columns.join("_")))
    }
}

async fn index_of(connection: &mut SqliteConnection, wanted: &IndexColumns) -> Option<String> {
    let sql = "SELECT `list`.`name`, `info`.`name` FROM pragma_index_list(?) AS `list`, \
               pragma_index_info(`list`.`name`) AS `info` \
               WHERE `list`.`unique` = 1 AND `list`.`origin` = 'c' ORDER BY `list`.`name`, `info`.`seqno`";
    let rows = sqlx::query(sql)
        .bind(&wanted.table)
        .fetch_all(connection)
        .await
        .ok()?;
    let rows: Vec<(String, String)> = rows
        .iter()
        .filter_map(|row| Some((row.try_get(0).ok()?, row.try_get(1).ok()?)))
        .collect();
    let mut indexes = rows.chunk_by(|one, other| one.0 == other.0);
    let found = indexes.find(|index| index.iter().map(|(_, column)| column).eq(&wanted.columns))?;
    let (name, _) = found.first()?;
    let own = name
        .strip_prefix(&sqlite_index(&wanted.table, ""))
        .unwrap_or(name);
    Some(own.to_owned())
}

impl Session for SqliteSession {
    fn execute<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
    ) -> BoxFuture<'s, Result<Done, DatabaseError>> {
        Box::pin(async move {
            let query = query_with(AssertSqlSafe(sql), arguments(binds)?);
            match self.connection()?.execute(query).await {
                Ok(done) => {
                    let rows = done.rows_affected();
                    Ok(Done {
                        rows,
                        last_insert_id: first_id(sql, rows, done.last_insert_rowid()),
                    })
                }
                Err(error) => Err(self.explain(error).await),
            }
        })
    }

    fn select<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
        each: EachRow<'s>,
    ) -> BoxFuture<'s, Result<(), SelectError>> {
        Box::pin(async move {
            let query = query_with(AssertSqlSafe(sql), arguments(binds)?);
            let mut rows = query.fetch(self.connection()?);
            loop {
                match rows.try_next().await {
                    Ok(Some(row)) => each(&mut Reader::new(&row) as &mut dyn RowReader)?,
                    Ok(None) => return Ok(()),
                    Err(error) => return Err(failure(error).into()),
                }
            }
        })
    }

    fn begin(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(async move {
            let connection = self.connection.as_mut().ok_or_else(DatabaseError::closed)?;
            self.in_transaction = true;
            // Another process may write into the file: who begins by reading could not write any more.
            let begun = connection.execute("BEGIN IMMEDIATE").await;
            self.in_transaction = begun.is_ok();
            begun.map(drop).map_err(failure)
        })
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        self.end("COMMIT")
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(async move {
            match self.end("ROLLBACK").await {
                // After a full disk and the like SQLite has done it of its own accord.
                Err(error) if error.message().contains("no transaction is active") => {
                    self.in_transaction = false;
                    Ok(())
                }
                ended => ended,
            }
        })
    }
}

/// A statement whose future was dropped is run to its end by the driver's thread; a transaction that
/// was left open is rolled back by it, before anything that comes later.
impl Drop for SqliteSession {
    fn drop(&mut self) {
        if self.in_transaction
            && let Some(connection) = self.connection.as_mut()
        {
            // The first poll hands the statement over. Where there is no transaction after all (BEGIN
            // failed, COMMIT was in flight) SQLite says so, to nobody.
            let _ = connection.execute("ROLLBACK").now_or_never();
        }
    }
}

/// MySQL tells the first number that was made, SQLite the last. Where the key is no number, it tells
/// that of the row, which means nothing.
fn first_id(sql: &str, rows: u64, last: i64) -> u64 {
    let insert = sql
        .trim_start()
        .get(..6)
        .is_some_and(|verb| verb.eq_ignore_ascii_case("insert"));
    if insert && rows > 0 {
        u64::try_from(last)
            .ok()
            .and_then(|last| last.checked_sub(rows - 1))
            .unwrap_or(0)
    } else {
        0
    }
}
