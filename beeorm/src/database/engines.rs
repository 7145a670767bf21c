//! Tables of storage engines that know no transactions: on these no promise holds.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use super::{
    Database, DatabaseError, Dialect, SelectError, Session, StatementFailure,
    views::{Name, look_behind},
};
use crate::{
    column::{Column, RowReader, ValueRef},
    statement::Batch,
};

/// What there is under a table's name.
#[derive(Debug)]
pub(super) enum Found {
    Transactions,
    Without {
        table: String,
        engine: String,
    },
    /// Not an answer yet: the tables behind it are what counts.
    View(Name),
    /// The account may not see what it is.
    Hidden,
    Nothing,
}

/// The tables of the database that have none, or views on such tables, of those that are asked about.
pub(crate) async fn without_transactions(
    session: &mut dyn Session,
    dialect: Dialect,
    is_asked_about: impl Fn(&str) -> bool + Send,
) -> Result<Option<(String, String)>, SelectError> {
    if dialect == Dialect::Sqlite {
        return Ok(None);
    }
    let sql = "SELECT CAST(t.TABLE_NAME AS CHAR), CAST(t.TABLE_SCHEMA AS CHAR), CAST(t.ENGINE AS CHAR) \
               FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE \
               WHERE t.TABLE_SCHEMA = DATABASE() AND (e.TRANSACTIONS = 'NO' OR t.TABLE_TYPE = 'VIEW')";
    let mut found = Vec::new();
    let mut each = |row: &mut dyn RowReader| {
        let (table, schema) = (String::read(row)?, String::read(row)?);
        found.push((table, schema, Option::<String>::read(row)?));
        Ok(())
    };
    session.select(sql, &[], &mut each).await?;
    for (table, schema, engine) in found {
        if !is_asked_about(&table) {
            continue;
        }
        match engine {
            Some(engine) => return Ok(Some((table, engine))),
            None => {
                if let Found::Without { table, engine } =
                    look_behind(session, (schema, table)).await?
                {
                    return Ok(Some((table, engine)));
                }
            }
        }
    }
    Ok(None)
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
    for batch in batches {
        for shape in &batch.shapes {
            let table = shape.table.table;
            look_at_table(database, session, table)
                .await
                .map_err(|error| StatementFailure {
                    statement: first_of(batch, table),
                    error,
                })?;
        }
    }
    Ok(())
}

/// Makes sure that the table has transactions, unless that was seen before.
pub(crate) async fn look_at_table(
    database: &dyn Database,
    session: &mut dyn Session,
    table: &'static str,
) -> Result<(), DatabaseError> {
    let Some(seen) = database.seen_tables().filter(|seen| !seen.has(table)) else {
        return Ok(());
    };
    match look_at(session, table).await? {
        Found::Transactions => seen.add(table),
        Found::Without {
            table: found,
            engine,
        } => return Err(DatabaseError::no_transactions(table, found, engine)),
        // The account may use it without seeing what it is: to refuse would be wrong more often than right.
        Found::View(_) | Found::Hidden => {
            tracing::warn!(
                table,
                "whether the tables behind the view have transactions cannot be seen, and without them no promise holds: \
                 grant the account SHOW VIEW"
            );
            seen.add(table);
        }
        // The statement itself will say so.
        Found::Nothing => {}
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

async fn look_at(session: &mut dyn Session, table: &str) -> Result<Found, SelectError> {
    let sql = format!("{ABOUT} t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ?");
    match first(session, &sql, &[ValueRef::Text(table)]).await? {
        Found::View(view) => look_behind(session, view).await,
        found => Ok(found),
    }
}

/// What there is under the name, in whatever database.
pub(super) async fn about(
    session: &mut dyn Session,
    (schema, table): &Name,
) -> Result<Found, SelectError> {
    let sql = format!("{ABOUT} t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?");
    let binds = [ValueRef::Text(schema), ValueRef::Text(table)];
    first(session, &sql, &binds).await
}

const ABOUT: &str = "SELECT CAST(t.TABLE_SCHEMA AS CHAR), CAST(t.TABLE_NAME AS CHAR), CAST(t.TABLE_TYPE AS CHAR), \
     CAST(t.ENGINE AS CHAR), CAST(e.TRANSACTIONS AS CHAR) FROM information_schema.TABLES t \
     LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE";

async fn first(
    session: &mut dyn Session,
    sql: &str,
    binds: &[ValueRef<'_>],
) -> Result<Found, SelectError> {
    let mut found = Found::Nothing;
    let mut each = |row: &mut dyn RowReader| {
        let (schema, table) = (String::read(row)?, String::read(row)?);
        let is_view = String::read(row)? == "VIEW";
        let engine = Option::<String>::read(row)?;
        let transactions = Option::<String>::read(row)?;
        found = match engine {
            _ if is_view => Found::View((schema, table)),
            Some(engine) if transactions.as_deref() == Some("NO") => {
                Found::Without { table, engine }
            }
            _ => Found::Transactions,
        };
        Ok(())
    };
    session.select(sql, binds, &mut each).await?;
    Ok(found)
}
