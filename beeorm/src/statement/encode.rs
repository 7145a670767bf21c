use std::{cell::Cell, ptr, sync::Arc};

use super::{Batch, Operation, Shape};
use crate::{
    column::{ColumnError, ValueRef, check},
    entity::{
        AssignMode, Assignment, Entity, IdSource, IndexSchema, Key, KeySource, Place, TableSchema,
        encode_row,
    },
    error::Error,
};

/// Which way the statements go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Synchronous,
    Lazy,
}

/// About as many as most values take: a buffer that begins with room for a row is not moved while it is written.
const BYTES_OF_A_VALUE: usize = 16;

/// A statement's shape.
enum Shaped {
    Anew(Shape),
    /// The batch's one with this number.
    AsBefore(usize),
}

/// Takes the statements of one flush, a batch a database pool.
pub struct Encoder<'e> {
    pub(super) path: Path,
    ids: &'e dyn IdSource,
    /// Whether the entity is registered; else no consumer could read its frames.
    registered: &'e dyn Fn(&'static TableSchema) -> bool,
    /// The last one that is: most flushes are of one entity.
    known: Cell<Option<&'static TableSchema>>,
    /// Pools in the order of their first statement.
    pub(crate) batches: Vec<(&'static str, Batch)>,
}

impl std::fmt::Debug for Encoder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl<'e> Encoder<'e> {
    pub(crate) fn new(
        path: Path,
        ids: &'e dyn IdSource,
        registered: &'e dyn Fn(&'static TableSchema) -> bool,
    ) -> Self {
        Self {
            path,
            ids,
            registered,
            known: Cell::new(None),
            batches: Vec::new(),
        }
    }

    fn is_registered(&self, schema: &'static TableSchema) -> bool {
        let is_known = self.known.get().is_some_and(|known| ptr::eq(known, schema));
        let is_registered = is_known || (self.registered)(schema);
        if is_registered {
            self.known.set(Some(schema));
        }
        is_registered
    }

    fn batch(&mut self, schema: &'static TableSchema) -> Result<usize, Error> {
        if !self.is_registered(schema) {
            return Err(Error::EntityNotRegistered {
                entity: schema.entity,
            });
        }
        let known = self
            .batches
            .iter()
            .position(|(pool, _)| *pool == schema.pool);
        Ok(known.unwrap_or_else(|| {
            self.batches.push((schema.pool, Batch::default()));
            self.batches.len() - 1
        }))
    }

    /// Writes one statement: its shape, and its bytes by the function.
    fn statement(
        &mut self,
        schema: &'static TableSchema,
        write: impl FnOnce(&mut Vec<u8>) -> Result<Shape, Error>,
    ) -> Result<Place, Error> {
        self.write(schema, |batch| write(&mut batch.data).map(Shaped::Anew))
    }

    fn write(
        &mut self,
        schema: &'static TableSchema,
        write: impl FnOnce(&mut Batch) -> Result<Shaped, Error>,
    ) -> Result<Place, Error> {
        let pool = self.batch(schema)?;
        let Some((_, batch)) = self.batches.get_mut(pool) else {
            return Err(too_large());
        };
        let start = batch.data.len();
        let pushed = match write(batch) {
            Ok(Shaped::Anew(shape)) => batch.push(shape, start),
            Ok(Shaped::AsBefore(shape)) => batch.push_known(shape, start),
            Err(error) => {
                batch.data.truncate(start);
                return Err(error);
            }
        };
        let statement = pushed.ok_or_else(too_large)?;
        Ok(Place { pool, statement })
    }

    /// Makes the key where the client makes it; tells whether it did.
    pub(super) fn make_key<E: Entity>(&self, value: &mut E) -> Result<bool, Error> {
        if !value.key().is_unset() {
            return Ok(false);
        }
        let schema = E::schema();
        match schema.key_source {
            KeySource::AutoIncrement => Ok(false),
            KeySource::User => Err(Error::KeyMissing {
                entity: schema.entity,
            }),
            // Ids are reserved for those that are registered.
            KeySource::Client if !self.is_registered(schema) => Err(Error::EntityNotRegistered {
                entity: schema.entity,
            }),
            KeySource::Client => {
                let made = E::Key::from_client(self.ids);
                *value.key_mut() = made.unwrap_or(Err(Error::KeyMissing {
                    entity: schema.entity,
                }))?;
                Ok(true)
            }
        }
    }

    pub(super) fn insert<E: Entity>(
        &mut self,
        value: &E,
        on_duplicate: &[Assignment<E>],
    ) -> Result<Place, Error> {
        let schema = E::schema();
        self.write(schema, |batch| {
            let data = &mut batch.data;
            let start = data.len();
            if data.capacity() == 0 {
                data.reserve(BYTES_OF_A_VALUE * schema.columns.len());
            }
            encode_row(value, data)?;
            let with_key = schema.key_source != KeySource::AutoIncrement || !value.key().is_unset();
            if !with_key {
                cut_value(data, start, schema.key);
            }
            let is_same = |shape: &Arc<Shape>| shape.inserts(schema, with_key);
            if on_duplicate.is_empty()
                && let Some(shape) = batch.shapes.iter().rposition(is_same)
            {
                return Ok(Shaped::AsBefore(shape));
            }
            let mut columns: Vec<_> = (0..schema.columns.len())
                .map(|column| (column, AssignMode::Set))
                .collect();
            if !with_key {
                columns.remove(schema.key);
            }
            let mut shape = Shape::new(schema, Operation::Insert, columns);
            shape.on_duplicate = assignments(schema, on_duplicate, data)?;
            if let Some((column, _)) = shape
                .on_duplicate
                .iter()
                .find(|(column, _)| schema.is_unique(*column))
            {
                // The row is found again by its unique values: they have to stay.
                let column = schema
                    .columns
                    .get(*column)
                    .map_or_else(String::new, |column| column.name.clone());
                return Err(Error::DuplicateKeyAssignsUnique {
                    entity: schema.entity,
                    column,
                });
            }
            Ok(Shaped::Anew(shape))
        })
    }

    /// The columns that changed, by the row now and the row as it is stored, where that is known.
    pub(super) fn update<E: Entity>(
        &mut self,
        key: &E::Key,
        row: &[u8],
        stored: Option<&[u8]>,
        changed: &[usize],
    ) -> Result<Place, Error> {
        let schema = E::schema();
        self.statement(schema, |data| {
            write_key::<E>(key, data)?;
            copy_values(data, row, changed);
            let columns = changed
                .iter()
                .map(|column| (*column, AssignMode::Set))
                .collect();
            let mut shape = Shape::new(schema, Operation::Update, columns);
            let Some(stored) = stored else {
                return Ok(shape);
            };
            // All of an index, also what stays: only together do its columns say what becomes free.
            let touched = |index: &&IndexSchema| {
                index.unique && index.columns.iter().any(|column| changed.contains(column))
            };
            let touched: Vec<&IndexSchema> = schema.indexes.iter().filter(touched).collect();
            shape.released = (0..schema.columns.len())
                .filter(|column| touched.iter().any(|index| index.columns.contains(column)))
                .collect();
            copy_values(data, stored, &shape.released);
            Ok(shape)
        })
    }

    pub(super) fn change<E: Entity>(
        &mut self,
        key: &E::Key,
        changes: &[Assignment<E>],
    ) -> Result<Place, Error> {
        let schema = E::schema();
        self.statement(schema, |data| {
            write_key::<E>(key, data)?;
            let columns = assignments(schema, changes, data)?;
            Ok(Shape::new(schema, Operation::Update, columns))
        })
    }

    /// The stored row, where it is known, tells which unique values become free.
    pub(super) fn delete<E: Entity>(
        &mut self,
        key: &E::Key,
        stored: Option<&[u8]>,
    ) -> Result<Place, Error> {
        let schema = E::schema();
        self.statement(schema, |data| {
            write_key::<E>(key, data)?;
            let mut shape = Shape::new(schema, Operation::Delete, Vec::new());
            if let Some(stored) = stored {
                shape.released = (0..schema.columns.len())
                    .filter(|column| schema.is_unique(*column))
                    .collect();
                copy_values(data, stored, &shape.released);
            }
            Ok(shape)
        })
    }
}

fn too_large() -> Error {
    Error::FrameTooLarge {
        bytes: usize::MAX,
        limit: u32::MAX as usize,
    }
}

fn write_key<E: Entity>(key: &E::Key, data: &mut Vec<u8>) -> Result<(), Error> {
    let schema = E::schema();
    let written = crate::column::Column::write(key, &mut crate::column::ColumnSink::new(data));
    written.map_err(|problem| Error::column(schema, schema.key, problem))
}

/// Checks the assignments and writes their values.
fn assignments<E: Entity>(
    schema: &'static TableSchema,
    assignments: &[Assignment<E>],
    data: &mut Vec<u8>,
) -> Result<Vec<(usize, AssignMode)>, Error> {
    let mut columns: Vec<(usize, AssignMode)> = Vec::with_capacity(assignments.len());
    for Assignment {
        column,
        mode,
        value,
        ..
    } in assignments
    {
        let bytes = value
            .as_ref()
            .map_err(|problem| Error::column(schema, *column, problem.clone()))?;
        let name = || {
            schema
                .columns
                .get(*column)
                .map_or_else(String::new, |column| column.name.clone())
        };
        if *column == schema.key {
            return Err(Error::KeyChanged {
                entity: schema.entity,
            });
        }
        if columns.iter().any(|(known, _)| known == column) {
            return Err(Error::AssignedTwice {
                entity: schema.entity,
                column: name(),
            });
        }
        let described = schema.columns.get(*column);
        let checked = match (described, ValueRef::take(&mut bytes.as_slice())) {
            (Some(described), Ok(ValueRef::Null)) if !described.nullable => {
                Err(ColumnError::UnexpectedNull)
            }
            (Some(described), Ok(value)) => check(&described.column_type, value),
            _ => {
                return Err(Error::RowWidth {
                    entity: schema.entity,
                });
            }
        };
        checked.map_err(|problem| Error::column(schema, *column, problem))?;
        data.extend_from_slice(bytes);
        columns.push((*column, *mode));
    }
    Ok(columns)
}

/// Appends the values of these columns (in ascending order) of an encoded row.
fn copy_values(data: &mut Vec<u8>, mut row: &[u8], columns: &[usize]) {
    let mut position = 0;
    while let Ok(value) = ValueRef::take_bytes(&mut row) {
        if columns.contains(&position) {
            data.extend_from_slice(value);
        }
        position += 1;
    }
}

/// Cuts one value out of the encoded row that begins at `start`.
fn cut_value(data: &mut Vec<u8>, start: usize, column: usize) {
    let mut rest = data.get(start..).unwrap_or_default();
    for _ in 0..column {
        if ValueRef::take_bytes(&mut rest).is_err() {
            return;
        }
    }
    let from = data.len() - rest.len();
    if let Ok(value) = ValueRef::take_bytes(&mut rest) {
        let to = from + value.len();
        data.drain(from..to);
    }
}
