use std::sync::Arc;

use uuid::{Uuid, Variant};

use super::{Frame, Tables, VERSION};
use crate::{
    column::{Corrupt, read_varint},
    entity::{AssignMode, TableSchema},
    statement::{Batch, Operation, Shape, Statement},
};

/// Why bytes are no frame that this program can apply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// Not written by a publisher, or damaged.
    #[error("not a frame: {0}")]
    Garbage(&'static str),
    /// Written by a newer program, or for entities that this one does not have: a deploy may be in progress.
    #[error("{reason}")]
    Schema {
        id: Uuid,
        /// Empty where the format is too new to tell.
        pool: String,
        reason: String,
    },
}

impl From<Corrupt> for DecodeError {
    fn from(_: Corrupt) -> Self {
        Self::Garbage("cut off, or a value of no known kind")
    }
}

/// No publisher writes it; it would be more columns than the table has, and more places than a statement may have.
const TWICE: DecodeError = DecodeError::Garbage("a column twice");

/// Reads a frame, every statement of it checked against the registered tables.
pub(crate) fn decode(bytes: &[u8], tables: &Tables) -> Result<Frame, DecodeError> {
    Decoder::new(tables).decode(bytes)
}

/// Reads frames one after the other. Those of one kind of flush begin alike: what follows from it is found out once.
pub(crate) struct Decoder<'t> {
    tables: &'t Tables,
    /// The last frame's bytes from its pool to its last shape, whose end they tell themselves.
    head: Vec<u8>,
    shapes: Vec<Arc<Shape>>,
}

impl<'t> Decoder<'t> {
    pub(crate) fn new(tables: &'t Tables) -> Self {
        Self {
            tables,
            head: Vec::new(),
            shapes: Vec::new(),
        }
    }

    pub(crate) fn decode(&mut self, bytes: &[u8]) -> Result<Frame, DecodeError> {
        let rest = &mut &*bytes;
        let (id, created_millis) = beginning(rest)?;
        if self.head.is_empty() || !rest.starts_with(&self.head) {
            self.read_head(rest, id)?;
        } else {
            take(rest, self.head.len())?;
        }
        let mut batch = Batch {
            shapes: self.shapes.clone(),
            ..Batch::default()
        };
        let statements = count(rest)?;
        // Each takes two bytes at least, beside its values.
        batch
            .statements
            .reserve_exact(statements.min(rest.len() / 2));
        batch
            .data
            .reserve_exact(rest.len().saturating_sub(2 * statements));
        for _ in 0..statements {
            let shape = u32::try_from(read_varint(rest)?).map_err(|_| Corrupt)?;
            let length = count(rest)?;
            let start = batch.data.len();
            batch.data.extend_from_slice(take(rest, length)?);
            let statement = Statement {
                shape,
                start: position(start)?,
                end: position(batch.data.len())?,
            };
            // Everything behind may rely on the values being there and whole.
            batch.check(&statement)?;
            batch.statements.push(statement);
        }
        if !rest.is_empty() {
            return Err(DecodeError::Garbage("bytes behind the end"));
        }
        let table = batch.shapes.first().map(|shape| shape.table);
        match table {
            // All of them are of the frame's pool, which is registered therefore.
            Some(table) if !batch.statements.is_empty() => Ok(Frame {
                id,
                pool: table.pool,
                created_millis,
                batch,
            }),
            _ => Err(DecodeError::Garbage("no statement")),
        }
    }

    fn read_head(&mut self, rest: &mut &[u8], id: Uuid) -> Result<(), DecodeError> {
        let whole = *rest;
        self.head.clear();
        self.shapes.clear();
        let pool = text(rest)?;
        let _trace_context = text(rest)?;
        for _ in 0..count(rest)? {
            let shape = shape(rest, id, pool, self.tables)?;
            self.shapes.push(Arc::new(shape));
        }
        let read = whole.len() - rest.len();
        self.head.extend_from_slice(take(&mut &*whole, read)?);
        Ok(())
    }
}

/// The frame's id and when it was made.
fn beginning(rest: &mut &[u8]) -> Result<(Uuid, u64), DecodeError> {
    let version = byte(rest)?;
    let id = Uuid::from_slice(take(rest, 16)?).map_err(|_| Corrupt)?;
    // Every publisher's ids are: so that what just begins with a small number is not taken for a frame of the future.
    if id.get_version_num() != 7 || id.get_variant() != Variant::RFC4122 {
        return Err(DecodeError::Garbage("no frame's id"));
    }
    match version {
        VERSION => {}
        0 => return Err(DecodeError::Garbage("version 0 was never written")),
        // So that text and other people's entries are not taken for frames of the future.
        2..16 => {
            let reason =
                format!("a frame of format {version}; this program reads formats up to {VERSION}");
            return Err(DecodeError::Schema {
                id,
                pool: String::new(),
                reason,
            });
        }
        _ => return Err(DecodeError::Garbage("no version of the format")),
    }
    let created_millis = read_varint(rest)?;
    if i64::try_from(created_millis).is_err() {
        return Err(DecodeError::Garbage("no time"));
    }
    Ok((id, created_millis))
}

fn shape(rest: &mut &[u8], id: Uuid, pool: &str, tables: &Tables) -> Result<Shape, DecodeError> {
    let operation = match byte(rest)? {
        0 => Operation::Insert,
        1 => Operation::Update,
        2 => Operation::Delete,
        _ => return Err(DecodeError::Garbage("no operation")),
    };
    let name = text(rest)?;
    let table = tables.get(pool, name).ok_or_else(|| DecodeError::Schema {
        id,
        pool: pool.to_owned(),
        reason: format!(
            "no registered entity has the table {name:?} in the pool {pool:?}: add `.entity::<…>()` to the consumer's \
             registry"
        ),
    })?;
    let key = column(rest, id, table)?;
    if key != table.key {
        let reason = format!(
            "{:?} is not the key of the table {name:?}",
            table.columns.get(key).map(|key| &key.name)
        );
        return Err(DecodeError::Schema {
            id,
            pool: pool.to_owned(),
            reason,
        });
    }
    let mut shape = Shape::new(table, operation, Vec::new());
    for _ in 0..count(rest)? {
        let mode = match byte(rest)? {
            0 => AssignMode::Set,
            1 => AssignMode::Add,
            2 => AssignMode::Subtract,
            _ => return Err(DecodeError::Garbage("no way to assign")),
        };
        let column = column(rest, id, table)?;
        if shape.columns.iter().any(|(known, _)| *known == column) {
            return Err(TWICE);
        }
        shape.columns.push((column, mode));
    }
    for _ in 0..count(rest)? {
        let column = column(rest, id, table)?;
        if shape.released.contains(&column) {
            return Err(TWICE);
        }
        shape.released.push(column);
    }
    let sound = match operation {
        Operation::Insert => shape
            .columns
            .iter()
            .all(|(_, mode)| *mode == AssignMode::Set),
        Operation::Update => {
            !shape.columns.is_empty()
                && shape.columns.iter().all(|(column, _)| *column != table.key)
        }
        Operation::Delete => shape.columns.is_empty(),
    };
    if sound {
        Ok(shape)
    } else {
        Err(DecodeError::Garbage(
            "columns that do not go with the operation",
        ))
    }
}

fn column(rest: &mut &[u8], id: Uuid, table: &'static TableSchema) -> Result<usize, DecodeError> {
    let name = text(rest)?;
    table.position(name).ok_or_else(|| DecodeError::Schema {
        id,
        pool: table.pool.to_owned(),
        reason: format!(
            "the entity of the table {:?} has no column {name:?}",
            table.table
        ),
    })
}

pub(super) fn byte(rest: &mut &[u8]) -> Result<u8, Corrupt> {
    let (first, behind) = rest.split_first().ok_or(Corrupt)?;
    *rest = behind;
    Ok(*first)
}

pub(super) fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Corrupt> {
    let (taken, behind) = rest.split_at_checked(length).ok_or(Corrupt)?;
    *rest = behind;
    Ok(taken)
}

/// A number of things to come, each of at least one byte: more than there are bytes is no number.
pub(super) fn count(rest: &mut &[u8]) -> Result<usize, Corrupt> {
    let count = usize::try_from(read_varint(rest)?).map_err(|_| Corrupt)?;
    if count <= rest.len() {
        Ok(count)
    } else {
        Err(Corrupt)
    }
}

pub(super) fn text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, Corrupt> {
    let length = count(rest)?;
    std::str::from_utf8(take(rest, length)?).map_err(|_| Corrupt)
}

fn position(value: usize) -> Result<u32, Corrupt> {
    u32::try_from(value).map_err(|_| Corrupt)
}
