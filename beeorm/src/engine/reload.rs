//! After ON DUPLICATE KEY UPDATE the row may be another than the one that was to be inserted, with another key: the entity
//! takes what is there.

use crate::{
    column::{RowReader, ValueRef},
    database::{Dialect, SelectError, Session, render},
    entity::{Place, TableSchema},
    error::Error,
    statement::{Batch, Rows, Shape},
};

/// Lets the entities of such statements take their rows.
pub(super) async fn reload(
    session: &mut dyn Session,
    dialect: Dialect,
    rows: &mut Rows<'_>,
    pool: usize,
    batch: &Batch,
) -> Result<(), Error> {
    for (statement, described) in batch.statements.iter().enumerate() {
        let (Ok(shape), Ok(values)) = (batch.shape(described), batch.values(described)) else {
            continue;
        };
        if shape.on_duplicate.is_empty() {
            continue;
        }
        let candidates = candidates(shape, &values.columns);
        let mut finding = Finding {
            session: &mut *session,
            rows: &mut *rows,
            place: Place { pool, statement },
            table: shape.table,
        };
        // Without a value in any of its indexes it met no row, and was inserted.
        if !candidates.is_empty() && !finding.any_of(&candidates, dialect).await? {
            let entity = shape.table.entity;
            return Err(Error::DuplicateKeyRowUnknown { entity });
        }
    }
    Ok(())
}

/// Columns that no two rows have alike, and what was written to them.
type Candidate<'b> = (&'b [usize], Vec<ValueRef<'b>>);

/// The key, and the unique indexes; rows with NULL in one of their columns meet no other.
fn candidates<'b>(shape: &'b Shape, values: &[ValueRef<'b>]) -> Vec<Candidate<'b>> {
    let value = |column: &usize| {
        let mut assigned = shape.columns.iter().map(|(column, _)| column);
        let place = assigned.position(|assigned| assigned == column)?;
        let value = values.get(place).copied();
        value.filter(|value| *value != ValueRef::Null)
    };
    let uniques = shape.table.indexes.iter().filter(|index| index.unique);
    std::iter::once(std::slice::from_ref(&shape.table.key))
        .chain(uniques.map(|index| index.columns.as_slice()))
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
