//! Rows as encoded bytes: what a tracked entity remembers of itself, and how two of them differ.

use super::Entity;
use crate::{
    column::{ColumnSink, ValueRef, check},
    error::Error,
};

/// Appends every column of the entity to the bytes, each checked against its column.
pub(crate) fn encode_row<E: Entity>(value: &E, out: &mut Vec<u8>) -> Result<(), Error> {
    let start = out.len();
    let schema = E::schema();
    let mut sink = ColumnSink::new(out);
    if let Err(problem) = value.write(&mut sink) {
        let column = sink.values();
        out.truncate(start);
        return Err(Error::column(schema, column, problem));
    }
    let mut written = out.get(start..).unwrap_or_default();
    for (position, column) in schema.columns.iter().enumerate() {
        let checked = match ValueRef::take(&mut written) {
            Ok(ValueRef::Null) if !column.nullable && position != schema.key => {
                Err(crate::column::ColumnError::UnexpectedNull)
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
    if written.is_empty() {
        Ok(())
    } else {
        Err(Error::RowWidth {
            entity: schema.entity,
        })
    }
}

/// The columns in which two encoded rows differ; all of them where the old one is unknown (empty).
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
