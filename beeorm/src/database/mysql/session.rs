use futures_util::{TryStreamExt, future::BoxFuture};
use sqlx::{
    AssertSqlSafe, Connection, Executor, MySqlConnection,
    mysql::{MySqlQueryResult, MySqlTypeInfo},
    query_with, raw_sql,
};

use super::{
    super::{Database, DatabaseError, Done, EachRow, FailureClass, SelectError, Session},
    bind::arguments,
    failure::failure,
    lost,
    pool::Lease,
    read::{Kind, Reader, kinds},
};
use crate::column::{RowReader, ValueRef};

/// A connection in use.
pub(super) struct MySqlSession {
    lease: Lease,
    decimal: MySqlTypeInfo,
    in_transaction: bool,
    /// A statement was sent and its answer has not been read to the end: whoever drops the future then
    /// leaves a connection on which the next answer would be mistaken for another's.
    in_flight: bool,
}

impl MySqlSession {
    pub(super) fn new(lease: Lease, decimal: MySqlTypeInfo) -> Self {
        Self {
            lease,
            decimal,
            in_transaction: false,
            in_flight: false,
        }
    }

    /// Takes the connection for a statement.
    fn enter(&mut self) -> Result<&mut MySqlConnection, DatabaseError> {
        if self.in_flight {
            self.lease.discard();
        }
        self.in_flight = true;
        self.lease
            .connection()
            .ok_or_else(|| lost("the connection was lost; nothing was sent"))
    }

    /// Notes how the statement ended; a connection that lost its server is discarded.
    fn leave<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, DatabaseError> {
        self.in_flight = false;
        result.map_err(|error| {
            let from_server = matches!(error, sqlx::Error::Database(_));
            let failure = failure(error);
            if failure.is_too_many_prepared() {
                return failure;
            }
            // A server that turned read-only is left too: its successor answers under the same name.
            // So is one that hangs up on what is too large.
            if !from_server
                || failure.class() == FailureClass::Infrastructure
                || failure.is_too_large()
            {
                self.lease.discard();
            }
            if from_server {
                failure
            } else {
                let server = self.lease.server();
                failure.retold(|said| format!("the connection to {server} broke: {said}"))
            }
        })
    }

    /// Lets the server forget what this connection has prepared, so that it takes what it refused.
    async fn make_room(&mut self) -> Result<(), DatabaseError> {
        self.lease.keep_fewer_prepared();
        let cleared = self.enter()?.clear_cached_statements().await;
        self.leave(cleared)
    }

    async fn run(&mut self, sql: &str, binds: &[ValueRef<'_>]) -> Result<Done, DatabaseError> {
        let arguments = arguments(binds, &self.decimal)?;
        let connection = self.enter()?;
        let result = if binds.is_empty() {
            // Definitions and the like: some cannot be prepared, and none need be.
            raw_sql(AssertSqlSafe(sql)).execute(connection).await
        } else {
            connection
                .execute(query_with(AssertSqlSafe(sql), arguments))
                .await
        };
        self.leave(result).map(|done| done_of(&done))
    }

    async fn query(
        &mut self,
        sql: &str,
        binds: &[ValueRef<'_>],
        each: EachRow<'_>,
    ) -> Result<(), SelectError> {
        let arguments = arguments(binds, &self.decimal)?;
        let connection = self.enter()?;
        let mut refused = None;
        let mut columns: Vec<Kind> = Vec::new();
        let result = {
            let mut rows = query_with(AssertSqlSafe(sql), arguments).fetch(connection);
            loop {
                match rows.try_next().await {
                    // After a refusal the rest is read and passed over, to keep the connection.
                    Ok(Some(_)) if refused.is_some() => {}
                    Ok(Some(row)) => {
                        if columns.is_empty() {
                            columns = kinds(&row);
                        }
                        let mut reader = Reader::new(&row, &columns);
                        refused = each(&mut reader as &mut dyn RowReader).err();
                    }
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
        };
        self.leave(result)?;
        refused.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Session for MySqlSession {
    fn execute<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
    ) -> BoxFuture<'s, Result<Done, DatabaseError>> {
        Box::pin(async move {
            match self.run(sql, binds).await {
                // Refused before it did anything.
                Err(error) if error.is_too_many_prepared() => {
                    self.make_room().await?;
                    self.run(sql, binds).await
                }
                done => done,
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
            match self.query(sql, binds, &mut *each).await {
                Err(SelectError::Database(error)) if error.is_too_many_prepared() => {
                    self.make_room().await?;
                    self.query(sql, binds, each).await
                }
                done => done,
            }
        })
    }

    fn begin(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(async move {
            let connection = self.enter()?;
            let result = raw_sql("START TRANSACTION").execute(connection).await;
            self.in_transaction = true;
            self.leave(result).map(drop)
        })
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(async move {
            let connection = self.enter()?;
            let result = raw_sql("COMMIT").execute(connection).await;
            self.in_transaction = result.is_err();
            self.leave(result).map(drop)
        })
    }

    fn statement_bytes(&self, database: &dyn Database) -> usize {
        self.lease
            .statement_bytes()
            .unwrap_or_else(|| database.max_statement_bytes())
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(async move {
            // Without a connection there is nothing left to roll back.
            let Ok(connection) = self.enter() else {
                return Ok(());
            };
            let result = raw_sql("ROLLBACK").execute(connection).await;
            self.in_transaction = result.is_err();
            self.leave(result).map(drop)
        })
    }
}

impl Drop for MySqlSession {
    fn drop(&mut self) {
        if !self.in_transaction && !self.in_flight {
            self.lease.put_back();
        }
    }
}

fn done_of(result: &MySqlQueryResult) -> Done {
    Done {
        rows: result.rows_affected(),
        last_insert_id: result.last_insert_id(),
    }
}
