//! Rows as encoded bytes: what a tracked entity remembers of itself, and how two of them differ.

use super::{ColumnSchema, Entity, TableSchema};
use crate::{
    column::{ColumnError, ColumnSink, ValueRef, check, is_small},
    error::Error,
};

/// Appends every column of the entity to the bytes, each checked against its column.
pub(crate) fn encode_row<E: Entity>(value: &E, out: &mut Vec<u8>) -> Result<(), Error> {
    let schema = E::schema();
    let start = out.len();
    let mut refused = None;
    // As it is written: to read it again would cost as much as to write it.
    let mut watch = |place: usize, value: ValueRef<'_>| {
        if refused.is_none()
            && let Some(column) = schema.columns.get(place)
            && !is_small(&column.column_type, &value)
            && let Err(problem) = fits(schema, (place, column), value)
        {
            refused = Some((place, problem));
        }
    };
    let mut sink = ColumnSink::watched(out, &mut watch);
    let written = value.write(&mut sink);
    let values = sink.values();
    let refused = refused.or(written.err().map(|problem| (values, problem)));
    let failed = match refused {
        Some((column, problem)) => Error::column(schema, column, problem),
        None if values == schema.columns.len() => return Ok(()),
        None => row_width(schema),
    };
    out.truncate(start);
    Err(failed)
}

/// Appends every column as it is, whether its column takes it or not: a row may hold what the entity would not write.
/// Gives the references without a key, of which each has its place.
pub(super) fn encode_as_is<E: Entity>(
    value: &E,
    out: &mut Vec<u8>,
) -> Result<Vec<(usize, ColumnError)>, Error> {
    let start = out.len();
    let mut problems = Vec::new();
    let mut sink = ColumnSink::as_is(out, &mut problems);
    if let Err(problem) = value.write(&mut sink) {
        let column = sink.values();
        out.truncate(start);
        return Err(Error::column(E::schema(), column, problem));
    }
    if sink.values() != E::schema().columns.len() {
        out.truncate(start);
        return Err(row_width(E::schema()));
    }
    Ok(problems)
}

/// A `Column` of the user's own did not write exactly one value.
fn row_width(schema: &TableSchema) -> Error {
    Error::RowWidth {
        entity: schema.entity,
    }
}

/// Whether the column at this place takes the value.
fn fits(
    schema: &TableSchema,
    (place, column): (usize, &ColumnSchema),
    value: ValueRef<'_>,
) -> Result<(), ColumnError> {
    match value {
        // A key that is not there yet is the database's to make.
        ValueRef::Null if column.nullable || place == schema.key => Ok(()),
        ValueRef::Null => Err(ColumnError::UnexpectedNull),
        value => check(&column.column_type, value),
    }
}

/// Checks the values of these columns of an encoded row, and that it has one for each column.
pub(super) fn check_row<E: Entity>(
    mut row: &[u8],
    these: impl Fn(usize) -> bool,
) -> Result<(), Error> {
    let schema = E::schema();
    for (position, column) in schema.columns.iter().enumerate() {
        let checked = match ValueRef::take(&mut row) {
            Ok(_) if !these(position) => continue,
            Ok(value) => fits(schema, (position, column), value),
            Err(_) => return Err(row_width(schema)),
        };
        checked.map_err(|problem| Error::column(schema, position, problem))?;
    }
    if row.is_empty() {
        Ok(())
    } else {
        Err(row_width(schema))
    }
}

/// The columns in which two encoded rows differ.
pub(super) fn changed_columns(old: &[u8], new: &[u8]) -> Vec<usize> {
    let (mut old, mut new) = (old, new);
    let mut changed = Vec::new();
    let mut position = 0;
    while let Ok(now) = ValueRef::take_bytes(&mut new) {
        if ValueRef::take_bytes(&mut old) != Ok(now) {
            changed.push(position);
        }
        position += 1;
    }
    changed
}
