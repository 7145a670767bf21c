use std::sync::Arc;

use crate::{
    column::{Corrupt, ValueRef},
    entity::{AssignMode, TableSchema},
};

/// Statements for one database, in order, with their values as encoded bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) shapes: Vec<Arc<Shape>>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) data: Vec<u8>,
}

/// What the statements of one kind have in common.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) table: &'static TableSchema,
    pub(crate) operation: Operation,
    /// The columns that get a value, and how.
    pub(crate) columns: Vec<(usize, AssignMode)>,
    /// The columns of unique indexes whose stored value is known, and given up by an UPDATE or DELETE.
    pub(crate) released: Vec<usize>,
    /// What an INSERT does instead when the row exists; never in a frame.
    pub(crate) on_duplicate: Vec<(usize, AssignMode)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Insert,
    Update,
    Delete,
}

impl Operation {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// One row's statement: its shape, and where its bytes lie.
///
/// The bytes are the key (UPDATE and DELETE), a value for each column, the released values, and those of
/// ON DUPLICATE KEY UPDATE.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement {
    pub(crate) shape: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Statement {
    /// Of its bytes.
    pub(crate) fn length(&self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }
}

/// A statement's values, decoded.
#[derive(Debug)]
pub(crate) struct RowValues<'a> {
    /// None for an INSERT whose key the database makes.
    pub(crate) key: Option<ValueRef<'a>>,
    pub(crate) columns: Vec<ValueRef<'a>>,
    pub(crate) on_duplicate: Vec<ValueRef<'a>>,
}

impl Shape {
    pub(crate) fn new(
        table: &'static TableSchema,
        operation: Operation,
        columns: Vec<(usize, AssignMode)>,
    ) -> Self {
        Self {
            table,
            operation,
            columns,
            released: Vec::new(),
            on_duplicate: Vec::new(),
        }
    }

    /// The place among the assigned columns.
    fn place_of(&self, column: usize) -> Option<usize> {
        self.columns
            .iter()
            .position(|(assigned, _)| *assigned == column)
    }

    /// Whether it inserts rows of the table, all columns of them, or all but the key.
    pub(crate) fn inserts(&self, table: &'static TableSchema, with_key: bool) -> bool {
        std::ptr::eq(self.table, table)
            && self.operation == Operation::Insert
            && self.columns.len() + usize::from(!with_key) == table.columns.len()
            && self.on_duplicate.is_empty()
    }

    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.table, other.table)
            && self.operation == other.operation
            && self.columns == other.columns
            && self.released == other.released
            && self.on_duplicate == other.on_duplicate
    }
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Adds a statement whose bytes are those written since `start`; tells its place.
    ///
    /// None when the data outgrew what the positions can hold.
    pub(crate) fn push(&mut self, shape: Shape, start: usize) -> Option<usize> {
        // A flush has a handful of shapes, most often the last one again.
        let known = self.shapes.iter().rposition(|known| known.is(&shape));
        let known = known.unwrap_or_else(|| {
            self.shapes.push(Arc::new(shape));
            self.shapes.len() - 1
        });
        self.push_known(known, start)
    }

    /// Adds a statement of the shape with this number.
    pub(crate) fn push_known(&mut self, shape: usize, start: usize) -> Option<usize> {
        let statement = Statement {
            shape: u32::try_from(shape).ok()?,
            start: u32::try_from(start).ok()?,
            end: u32::try_from(self.data.len()).ok()?,
        };
        self.statements.push(statement);
        Some(self.statements.len() - 1)
    }

    pub(crate) fn shape(&self, statement: &Statement) -> Result<&Shape, Corrupt> {
        let shape = self.shapes.get(statement.shape as usize);
        shape.map(|shape| &**shape).ok_or(Corrupt)
    }

    pub(crate) fn bytes(&self, statement: &Statement) -> Result<&[u8], Corrupt> {
        self.data
            .get(statement.start as usize..statement.end as usize)
            .ok_or(Corrupt)
    }

    /// The encoded key of a statement's row; none for an INSERT whose key the database makes.
    pub(crate) fn key_bytes(&self, statement: &Statement) -> Result<Option<&[u8]>, Corrupt> {
        let shape = self.shape(statement)?;
        let place = match shape.operation {
            Operation::Update | Operation::Delete => Some(0),
            Operation::Insert => shape.place_of(shape.table.key),
        };
        let Some(place) = place else {
            return Ok(None);
        };
        let mut bytes = self.bytes(statement)?;
        for _ in 0..place {
            ValueRef::take_bytes(&mut bytes)?;
        }
        ValueRef::take_bytes(&mut bytes).map(Some)
    }

    /// Whether the statement's values are there and whole, and nothing else.
    pub(crate) fn check(&self, statement: &Statement) -> Result<(), Corrupt> {
        let shape = self.shape(statement)?;
        let key = usize::from(shape.operation != Operation::Insert);
        let values = key + shape.columns.len() + shape.released.len() + shape.on_duplicate.len();
        let mut bytes = self.bytes(statement)?;
        for _ in 0..values {
            ValueRef::take(&mut bytes)?;
        }
        at_the_end(bytes)
    }

    /// Adds a statement's values as its SQL has them: those of the columns, those of ON DUPLICATE KEY UPDATE, and the key
    /// of a row that is there.
    pub(crate) fn bind<'b>(
        &'b self,
        statement: &Statement,
        binds: &mut Vec<ValueRef<'b>>,
    ) -> Result<(), Corrupt> {
        let shape = self.shape(statement)?;
        let mut bytes = self.bytes(statement)?;
        let key = match shape.operation {
            Operation::Insert => None,
            Operation::Update | Operation::Delete => Some(ValueRef::take(&mut bytes)?),
        };
        for _ in &shape.columns {
            binds.push(ValueRef::take(&mut bytes)?);
        }
        for _ in &shape.released {
            ValueRef::take_bytes(&mut bytes)?;
        }
        for _ in &shape.on_duplicate {
            binds.push(ValueRef::take(&mut bytes)?);
        }
        binds.extend(key);
        at_the_end(bytes)
    }

    /// The values of a statement, by what they are.
    pub(crate) fn values(&self, statement: &Statement) -> Result<RowValues<'_>, Corrupt> {
        let shape = self.shape(statement)?;
        let mut bytes = self.bytes(statement)?;
        let mut take = |count: usize| {
            (0..count)
                .map(|_| ValueRef::take(&mut bytes))
                .collect::<Result<Vec<_>, _>>()
        };
        let mut key = match shape.operation {
            Operation::Insert => None,
            Operation::Update | Operation::Delete => take(1)?.pop(),
        };
        let columns = take(shape.columns.len())?;
        take(shape.released.len())?;
        let on_duplicate = take(shape.on_duplicate.len())?;
        if shape.operation == Operation::Insert {
            let place = shape.place_of(shape.table.key);
            key = place.and_then(|place| columns.get(place)).copied();
        }
        at_the_end(bytes)?;
        Ok(RowValues {
            key,
            columns,
            on_duplicate,
        })
    }
}

fn at_the_end(bytes: &[u8]) -> Result<(), Corrupt> {
    if bytes.is_empty() {
        Ok(())
    } else {
        Err(Corrupt)
    }
}
