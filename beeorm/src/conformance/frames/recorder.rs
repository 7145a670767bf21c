use futures_util::future::{self, BoxFuture};

use crate::{
    column::ValueRef,
    database::{DatabaseError, Done, EachRow, SelectError, Session},
};

/// A session that looks at the statements and says that all went well; it has no rows to show.
#[derive(Debug)]
pub(super) struct Recorder {
    /// The largest statement that it takes.
    limit: usize,
    /// How many values came with all statements.
    pub(super) values: usize,
}

impl Recorder {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, values: 0 }
    }
}

/// At least so many bytes on the wire.
fn size(value: &ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(text)
        | ValueRef::Decimal(text)
        | ValueRef::Json(text)
        | ValueRef::Word(text) => text.len(),
        ValueRef::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

impl Session for Recorder {
    fn execute<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
    ) -> BoxFuture<'s, Result<Done, DatabaseError>> {
        let places = sql.matches('?').count();
        assert_eq!(places, binds.len(), "a value for each place of {sql}");
        let bytes = sql.len() + binds.iter().map(size).sum::<usize>();
        assert!(bytes <= self.limit, "more than the server takes: {sql}");
        // Shown too, as a driver and a dead letter show them.
        let shown: usize = binds
            .iter()
            .map(|value| value.to_value().to_string().len())
            .sum();
        assert!(shown >= binds.len());
        self.values += binds.len();
        let rows = 1 + sql
            .matches(" UNION ALL ")
            .count()
            .max(sql.matches(",?").count());
        Box::pin(future::ready(Ok(Done {
            rows: rows as u64,
            last_insert_id: 0,
        })))
    }

    fn select<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
        _: EachRow<'s>,
    ) -> BoxFuture<'s, Result<(), SelectError>> {
        let places = sql.matches('?').count();
        assert_eq!(places, binds.len(), "a value for each place of {sql}");
        Box::pin(future::ready(Ok(())))
    }

    fn begin(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(future::ready(Ok(())))
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(future::ready(Ok(())))
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(future::ready(Ok(())))
    }
}
