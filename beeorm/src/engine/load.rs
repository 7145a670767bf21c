use std::collections::HashMap;

use super::Parts;
use crate::{
    column::{Column, ColumnSink, RowReader, ValueRef},
    database::{SelectError, Session, render, room},
    entity::{Entity, Key, Tracked},
    error::Error,
};

/// Keys of one query: below the 32,766 placeholders that SQLite takes, and MySQL's 65,535.
const MOST_KEYS: usize = 16_384;

/// Keys of one query that looks each up by itself.
const MOST_SPELLINGS: usize = 64;

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
    let wanted: Vec<T::Key> = keys.iter().filter(|key| !key.is_unset()).cloned().collect();
    if wanted.is_empty() {
        return Ok(keys.iter().map(|_| None).collect());
    }
    let mut found: HashMap<T::Key, Tracked<T>> = HashMap::with_capacity(keys.len());
    let mut session = parts.databases.session(T::schema().pool).await?;
    for chunk in wanted.chunks(MOST_KEYS) {
        for row in select::<T>(&mut *session, chunk).await? {
            found.insert(row.key().clone(), Tracked::stored(row));
        }
    }
    let mut loaded: Vec<_> = keys.iter().map(|key| found.remove(key)).collect();
    if !found.is_empty() {
        by_other_spellings(&mut *session, keys, found, &mut loaded).await?;
    }
    Ok(loaded)
}

/// Rows that were found and asked for by none of the keys as these are written: a collation took another text for
/// theirs, and only the database knows which.
async fn by_other_spellings<T: Entity>(
    session: &mut dyn Session,
    keys: &[T::Key],
    mut found: HashMap<T::Key, Tracked<T>>,
    loaded: &mut [Option<Tracked<T>>],
) -> Result<(), Error> {
    let mut missing: Vec<_> = keys
        .iter()
        .zip(loaded)
        .filter(|(key, loaded)| loaded.is_none() && !key.is_unset())
        .collect();
    for asked in missing.chunks_mut(MOST_SPELLINGS) {
        if found.is_empty() {
            break;
        }
        let keys = asked.iter().map(|(key, _)| *key);
        for (place, stored) in stored_keys::<T>(session, keys).await? {
            if let Some((_, loaded)) = asked.get_mut(place)
                && let Some(row) = found.remove(&stored)
            {
                **loaded = Some(row);
            }
        }
    }
    Ok(())
}

/// The keys of the rows that these name, each with the place of that which names it.
async fn stored_keys<T: Entity>(
    session: &mut dyn Session,
    keys: impl Iterator<Item = &T::Key>,
) -> Result<Vec<(usize, T::Key)>, Error> {
    let schema = T::schema();
    let encoded = encoded::<T>(keys)?;
    let binds = binds(&encoded);
    let mut stored = Vec::new();
    let mut each = |reader: &mut dyn RowReader| {
        let place = usize::try_from(reader.signed()?).unwrap_or(usize::MAX);
        stored.push((place, T::Key::read(reader)?));
        Ok(())
    };
    let sql = render::stored_keys(schema, binds.len());
    let selected = session.select(&sql, &binds, &mut each).await;
    selected.map_err(|error| failed::<T>(error, schema.key))?;
    Ok(stored)
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
    let encoded = encoded::<T>(keys.iter())?;
    let binds = binds(&encoded);
    let sql = render::select_by_key(T::schema(), binds.len());
    let mut rows = Vec::with_capacity(keys.len());
    let mut column = 0;
    let mut each = |reader: &mut dyn RowReader| {
        let read = T::read(reader).inspect_err(|_| column = reader.position().saturating_sub(1));
        rows.push(read?);
        Ok(())
    };
    let selected = session.select(&sql, &binds, &mut each).await;
    selected.map_err(|error| failed::<T>(error, column))?;
    Ok(rows)
}

fn encoded<'k, T: Entity>(keys: impl Iterator<Item = &'k T::Key>) -> Result<Vec<u8>, Error> {
    let mut encoded = Vec::with_capacity(keys.size_hint().0 * 17);
    for key in keys {
        key.write(&mut ColumnSink::new(&mut encoded))
            .map_err(|problem| Error::column(T::schema(), T::schema().key, problem))?;
    }
    Ok(encoded)
}

/// Few texts, so that they stay prepared: the last key is named again until there are as many as one of these has.
fn binds(mut encoded: &[u8]) -> Vec<ValueRef<'_>> {
    let mut binds = Vec::new();
    while let Ok(value) = ValueRef::take(&mut encoded) {
        binds.push(value);
    }
    if let Some(last) = binds.last().copied() {
        binds.resize(room(binds.len()), last);
    }
    binds
}

fn failed<T: Entity>(error: SelectError, column: usize) -> Error {
    match error {
        SelectError::Database(error) => error.into(),
        SelectError::Column(problem) => Error::column(T::schema(), column, problem),
    }
}
