//! Rows as encoded bytes: what a tracked entity remembers of itself, and how two of them differ.

use super::Entity;
use crate::{
    column::{ColumnError, ColumnSink, ValueRef, check},
    error::Error,
};

/// Appends every column of the entity to the bytes, each checked against its column.
pub(crate) fn encode_row<E: Entity>(value: &E, out: &mut Vec<u8>) -> Result<(), Error> {
    let start = out.len();
    let mut sink = ColumnSink::new(out);
    if let Err(problem) = value.write(&mut sink) {
        let column = sink.values();
        out.truncate(start);
        return Err(Error::column(E::schema(), column, problem));
    }
    check_row::<E>(out.get(start..).unwrap_or_default(), |_| true)
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
    check_row::<E>(out.get(start..).unwrap_or_default(), |_| false)?;
    Ok(problems)
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
            Ok(ValueRef::Null) if !column.nullable && position != schema.key => {
                Err(ColumnError::UnexpectedNull)
            }
            Ok(value) => check(&column.column_type, value),
            // A `Column` of the user's own that did not write exactly one value.
            Err(_) => {
                return Err(Error::RowWidth {
                    entity: schema.entity,
                });
            }
        };
        checked.map_err(|problem| Error::column(schema, position, problem))?;
    }
    if row.is_empty() {
        Ok(())
    } else {
        Err(Error::RowWidth {
            entity: schema.entity,
        })
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
