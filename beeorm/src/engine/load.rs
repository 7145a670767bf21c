use std::collections::HashMap;

use super::Parts;
use crate::{
    column::{Column, ColumnSink, RowReader, ValueRef},
    database::{SelectError, Session, render},
    entity::{Entity, Key, Tracked},
    error::Error,
};

/// Keys of one query: below the 32,766 placeholders that SQLite takes, and MySQL's 65,535.
const MOST_KEYS: usize = 16_384;

pub(super) async fn one<T: Entity>(
    parts: &Parts,
    key: &T::Key,
) -> Result<Option<Tracked<T>>, Error> {
    registered::<T>(parts)?;
    if key.is_unset() {
        return Ok(None);
    }
    let mut session = parts.databases.session(T::schema().pool).await?;
    let rows = select::<T>(&mut *session, std::slice::from_ref(key)).await?;
    Ok(rows.into_iter().next().map(Tracked::stored))
}

pub(super) async fn many<T: Entity>(
    parts: &Parts,
    keys: &[T::Key],
) -> Result<Vec<Option<Tracked<T>>>, Error> {
    registered::<T>(parts)?;
    let mut found: HashMap<T::Key, Tracked<T>> = HashMap::with_capacity(keys.len());
    let wanted: Vec<T::Key> = keys.iter().filter(|key| !key.is_unset()).cloned().collect();
    if !wanted.is_empty() {
        let mut session = parts.databases.session(T::schema().pool).await?;
        for chunk in wanted.chunks(MOST_KEYS) {
            for row in select::<T>(&mut *session, chunk).await? {
                found.insert(row.key().clone(), Tracked::stored(row));
            }
        }
    }
    Ok(keys.iter().map(|key| found.remove(key)).collect())
}

fn registered<T: Entity>(parts: &Parts) -> Result<(), Error> {
    let entity = T::schema().entity;
    let known = parts.tables.contains(T::schema());
    if known {
        Ok(())
    } else {
        Err(Error::EntityNotRegistered { entity })
    }
}

async fn select<T: Entity>(session: &mut dyn Session, keys: &[T::Key]) -> Result<Vec<T>, Error> {
    let schema = T::schema();
    let mut encoded = Vec::with_capacity(keys.len() * 17);
    for key in keys {
        key.write(&mut ColumnSink::new(&mut encoded))
            .map_err(|problem| Error::column(schema, schema.key, problem))?;
    }
    let mut rest = encoded.as_slice();
    let mut binds = Vec::with_capacity(keys.len().next_power_of_two());
    while let Ok(value) = ValueRef::take(&mut rest) {
        binds.push(value);
    }
    // Few texts, so that they stay prepared: the last key is named again until there is a power of two.
    if let Some(last) = binds.last().copied() {
        binds.resize(binds.len().next_power_of_two(), last);
    }
    let sql = render::select_by_key(schema, binds.len());
    let mut rows = Vec::with_capacity(keys.len());
    let mut column = 0;
    let mut each = |reader: &mut dyn RowReader| {
        let read = T::read(reader).inspect_err(|_| column = reader.position().saturating_sub(1));
        rows.push(read?);
        Ok(())
    };
    let selected = session.select(&sql, &binds, &mut each).await;
    selected.map_err(|error| match error {
        SelectError::Database(error) => error.into(),
        SelectError::Column(problem) => Error::column(schema, column, problem),
    })?;
    Ok(rows)
}
