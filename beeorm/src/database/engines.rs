//! Tables of storage engines that know no transactions: on these no promise holds.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use super::{Database, DatabaseError, Dialect, SelectError, Session, StatementFailure};
use crate::{
    column::{Column, RowReader},
    statement::Batch,
};

/// The tables of the database that have none, and their engines.
pub(crate) async fn without_transactions(
    session: &mut dyn Session,
    dialect: Dialect,
) -> Result<Vec<(String, String)>, SelectError> {
    let mut found = Vec::new();
    if dialect == Dialect::Sqlite {
        return Ok(found);
    }
    let sql = "SELECT CAST(t.TABLE_NAME AS CHAR), CAST(t.ENGINE AS CHAR) FROM information_schema.TABLES t \
               JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE \
               WHERE t.TABLE_SCHEMA = DATABASE() AND e.TRANSACTIONS = 'NO'";
    let mut each = |row: &mut dyn RowReader| {
        found.push((String::read(row)?, String::read(row)?));
        Ok(())
    };
    session.select(sql, &[], &mut each).await?;
    Ok(found)
}

/// The tables of a database that were seen to have transactions: each is looked at before it is first written to.
#[derive(Debug, Default)]
pub(crate) struct SeenTables(Mutex<BTreeSet<&'static str>>);

impl SeenTables {
    fn has(&self, table: &str) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.contains(table)
    }

    fn add(&self, table: &'static str) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(table);
    }

    /// After a schema failure: what comes under the same name may be another table.
    fn forget(&self, batches: &[&Batch]) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for shape in batches.iter().flat_map(|batch| &batch.shapes) {
            seen.remove(shape.table.table);
        }
    }
}

/// Makes sure that the statements' tables have transactions, those that were not seen yet.
pub(crate) async fn look_at_tables(
    database: &dyn Database,
    session: &mut dyn Session,
    batches: &[&Batch],
) -> Result<(), StatementFailure> {
    let Some(seen) = database.seen_tables() else {
        return Ok(());
    };
    for batch in batches {
        for shape in &batch.shapes {
            let table = shape.table.table;
            if seen.has(table) {
                continue;
            }
            let looked = look_at(session, table).await;
            let looked = looked.map(|found| match found {
                Found::Transactions => seen.add(table),
                // The statement itself will say so.
                Found::Nothing => {}
            });
            looked.map_err(|error| StatementFailure {
                statement: first_of(batch, table),
                error,
            })?;
        }
    }
    Ok(())
}

/// Has the tables looked at again where a failure says that they are others.
pub(crate) fn doubt_tables(database: &dyn Database, batches: &[&Batch], error: &DatabaseError) {
    if error.class() == super::FailureClass::Schema
        && let Some(seen) = database.seen_tables()
    {
        seen.forget(batches);
    }
}

fn first_of(batch: &Batch, table: &str) -> usize {
    let of_table = |statement| {
        batch
            .shape(statement)
            .is_ok_and(|shape| shape.table.table == table)
    };
    batch.statements.iter().position(of_table).unwrap_or(0)
}

enum Found {
    Transactions,
    Nothing,
}

async fn look_at(session: &mut dyn Session, table: &'static str) -> Result<Found, DatabaseError> {
    // A view has no engine of its own.
    let sql = "SELECT CAST(t.ENGINE AS CHAR), CAST(e.TRANSACTIONS AS CHAR) FROM information_schema.TABLES t \
               LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE \
               WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ?";
    let mut found = None;
    let mut each = |row: &mut dyn RowReader| {
        found = Some((Option::<String>::read(row)?, Option::<String>::read(row)?));
        Ok(())
    };
    let binds = [crate::column::ValueRef::Text(table)];
    session.select(sql, &binds, &mut each).await?;
    match found {
        Some((Some(engine), Some(transactions))) if transactions == "NO" => {
            Err(DatabaseError::no_transactions(table, engine))
        }
        Some(_) => Ok(Found::Transactions),
        None => Ok(Found::Nothing),
    }
}
