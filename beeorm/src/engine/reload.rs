//! After ON DUPLICATE KEY UPDATE the row may be another than the one that was to be inserted, with another key: the entity
//! takes what is there.

use crate::{
    column::{RowReader, ValueRef},
    database::{Database, Dialect, SelectError, Session, render},
    entity::{Place, TableSchema},
    error::Error,
    schema::unique_indexes,
    statement::{Batch, Rows, Shape},
};

/// Lets the entities of such statements take their rows.
pub(super) async fn reload(
    database: &dyn Database,
    session: &mut dyn Session,
    rows: &mut Rows<'_>,
    pool: usize,
    batch: &Batch,
) -> Result<(), Error> {
    let dialect = database.dialect();
    for (statement, described) in batch.statements.iter().enumerate() {
        let shape = batch.shape(described).ok();
        let Some(shape) = shape.filter(|shape| !shape.on_duplicate.is_empty()) else {
            continue;
        };
        let Ok(values) = batch.values(described) else {
            continue;
        };
        let table = shape.table;
        let uniques = table.indexes.iter().filter(|index| index.unique);
        let declared = std::iter::once(std::slice::from_ref(&table.key))
            .chain(uniques.map(|index| index.columns.as_slice()));
        let declared = candidates(shape, &values.columns, declared);
        let mut finding = Finding {
            session: &mut *session,
            rows: &mut *rows,
            place: Place { pool, statement },
            table,
        };
        // Without a value in any of its indexes it met no row, and was inserted.
        if declared.is_empty() {
            continue;
        }
        finding.is_only(&declared).await?;
        if finding.any_of(&declared, dialect).await? {
            continue;
        }
        // Rare, and slow: nobody remembers what is found.
        let there = unique_indexes(database, finding.session, table).await;
        let there = there.map_err(|error| failure(table, error))?;
        let there = there.iter().map(Vec::as_slice);
        let there = candidates(shape, &values.columns, there);
        finding.is_only(&there).await?;
        if !finding.any_of(&there, dialect).await? {
            let entity = table.entity;
            return Err(Error::DuplicateKeyRowUnknown { entity });
        }
    }
    Ok(())
}

/// Columns that no two rows have alike, and what was written to them.
type Candidate<'b> = (&'b [usize], Vec<ValueRef<'b>>);

/// Of unique indexes those that may have met a row; rows with NULL in one of their columns meet no other.
fn candidates<'b>(
    shape: &Shape,
    values: &[ValueRef<'b>],
    indexes: impl Iterator<Item = &'b [usize]>,
) -> Vec<Candidate<'b>> {
    let value = |column: &usize| {
        let mut assigned = shape.columns.iter().map(|(column, _)| column);
        let place = assigned.position(|assigned| assigned == column)?;
        let value = values.get(place).copied();
        value.filter(|value| *value != ValueRef::Null)
    };
    indexes
        .filter_map(|columns| {
            let values: Option<Vec<_>> = columns.iter().map(value).collect();
            Some((columns, values?))
        })
        .collect()
}

struct Finding<'f, 'a> {
    session: &'f mut dyn Session,
    rows: &'f mut Rows<'a>,
    place: Place,
    table: &'static TableSchema,
}

impl Finding<'_, '_> {
    /// Refuses values that several rows have, one this and another that: which of them the statement met depends on the order
    /// in which the server looks at the table's indexes. The row with the key is looked for first, by every server.
    async fn is_only(&mut self, candidates: &[Candidate<'_>]) -> Result<(), Error> {
        let key = std::slice::from_ref(&self.table.key);
        let (of_key, others): (Vec<_>, Vec<_>) =
            candidates.iter().partition(|(columns, _)| *columns == key);
        if others.len() < 2 {
            return Ok(());
        }
        for (columns, values) in of_key {
            let sql = render::select_by_columns(self.table, columns);
            if self.is_there(&sql, values).await? {
                return Ok(());
            }
        }
        let columns = others.iter().map(|(columns, _)| *columns);
        let sql = render::count_by_columns(self.table, columns);
        let values: Vec<_> = others
            .iter()
            .flat_map(|(_, values)| values)
            .copied()
            .collect();
        let mut rows = 0;
        let mut each = |reader: &mut dyn RowReader| {
            rows = reader.signed()?;
            Ok(())
        };
        let asked = self.session.select(&sql, &values, &mut each).await;
        asked.map_err(|error| failure(self.table, error))?;
        if rows > 1 {
            let entity = self.table.entity;
            return Err(Error::DuplicateKeyAmbiguous { entity });
        }
        Ok(())
    }

    /// What a server's transaction reads may be older than what it writes: a row that somebody has inserted since its first
    /// read, and that the statement met and left as it was, is seen by a locking read only. But one that finds nothing locks
    /// the gap in which others insert: so without a lock first, and for all of them with one only where that finds nothing.
    async fn any_of(
        &mut self,
        candidates: &[Candidate<'_>],
        dialect: Dialect,
    ) -> Result<bool, Error> {
        for (columns, values) in candidates {
            let sql = render::select_by_columns(self.table, columns);
            let found = if dialect == Dialect::Sqlite {
                self.take(&sql, values).await?
            } else {
                self.is_there(&sql, values).await?
                    && self.take(&format!("{sql}{LOCKING}"), values).await?
            };
            if found {
                return Ok(true);
            }
        }
        if dialect == Dialect::Sqlite {
            return Ok(false);
        }
        for (columns, values) in candidates {
            let sql = render::select_by_columns(self.table, columns);
            if self.take(&format!("{sql}{LOCKING}"), values).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn is_there(&mut self, sql: &str, values: &[ValueRef<'_>]) -> Result<bool, Error> {
        let mut found = false;
        let mut each = |_: &mut dyn RowReader| {
            found = true;
            Ok(())
        };
        let asked = self.session.select(sql, values, &mut each).await;
        asked.map_err(|error| failure(self.table, error))?;
        Ok(found)
    }

    /// Whether there is a row: then its entity has it.
    async fn take(&mut self, sql: &str, values: &[ValueRef<'_>]) -> Result<bool, Error> {
        let mut found = false;
        let (rows, place) = (&mut *self.rows, self.place);
        let mut each = |reader: &mut dyn RowReader| {
            found = true;
            rows.reload(place, reader)
        };
        let asked = self.session.select(sql, values, &mut each).await;
        asked.map_err(|error| failure(self.table, error))?;
        Ok(found)
    }
}

/// What is behind a query that is to see what is there now.
const LOCKING: &str = " FOR UPDATE";

fn failure(table: &'static TableSchema, error: SelectError) -> Error {
    match error {
        SelectError::Database(error) => error.into(),
        SelectError::Column(problem) => Error::column(table, table.key, problem),
    }
}
