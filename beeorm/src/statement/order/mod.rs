//! The order in which statements of one transaction are run, and which of them are run as one.

mod claims;
mod family;
mod levels;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use self::levels::Levels;
pub(crate) use self::{
    claims::{ByThing, Claims, Mode, Purpose},
    family::Family,
};
use super::{Batch, Operation, Shape};
use crate::{
    column::ValueRef,
    entity::{AssignMode, TableSchema},
};

/// A statement's place: which batch, and which of its statements.
pub(crate) type StatementPlace = (usize, usize);

/// Statements of one SQL, in the order of their rows, that may be run as one.
pub(crate) type StatementRun = Vec<StatementPlace>;

/// Every statement by itself, in order.
pub(crate) fn one_by_one(batch: &Batch) -> Vec<StatementRun> {
    (0..batch.statements.len())
        .map(|statement| vec![(0, statement)])
        .collect()
}

/// Neighbours of one shape together, nothing out of order.
pub(crate) fn neighbours(batch: &Batch) -> Vec<StatementRun> {
    let mut runs: Vec<StatementRun> = Vec::new();
    let mut last: Option<&Shape> = None;
    let mut keys = HashSet::new();
    for (place, statement) in batch.statements.iter().enumerate() {
        let shape = batch.shape(statement).ok();
        let alike = last
            .zip(shape)
            .is_some_and(|(last, shape)| same_sql(last, shape));
        let updates = shape.is_some_and(|shape| shape.operation == Operation::Update);
        if !alike {
            keys.clear();
        }
        let key = updates.then(|| {
            let bytes = batch.bytes(statement);
            let key = bytes.and_then(|mut bytes| ValueRef::take_bytes(&mut bytes));
            key.ok()
        });
        // The second UPDATE of a row sees what the first one did.
        let repeats = key.is_some_and(|key| !keys.insert(key));
        match runs.last_mut().filter(|_| alike && !repeats) {
            Some(run) => run.push((0, place)),
            None => {
                runs.push(vec![(0, place)]);
                keys.clear();
                keys.extend(key);
            }
        }
        last = shape;
    }
    runs
}

/// The statements of all batches so that as many as possible are run together, and each still after
/// those before it that it conflicts with.
///
/// A statement's level is one more than the highest of those. Levels are run one after the other; within one,
/// each shape is run where its first statement stood, so that what the schema does not tell (an index made by
/// hand, a trigger) sees most of the order. INSERTs keep the order of their rows; rows of an UPDATE or DELETE
/// are sorted by key, so that all lock rows in one order.
pub(crate) fn merged(batches: &[&Batch], family: &Family) -> Vec<StatementRun> {
    let mut shapes = Shapes::default();
    let mut levels = Levels::default();
    let mut claims = Claims::new(family, Purpose::Levels);
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (place, batch) in batches.iter().enumerate() {
        let numbers: Vec<u32> = batch
            .shapes
            .iter()
            .map(|shape| shapes.number(shape))
            .collect();
        for (statement, held) in batch.statements.iter().enumerate() {
            let Ok(shape) = batch.shape(held) else {
                continue;
            };
            let number = numbers
                .get(held.shape as usize)
                .copied()
                .unwrap_or(u32::MAX);
            let joins = (shape.operation != Operation::Update).then_some(number);
            let key = match shape.operation {
                Operation::Insert => &[],
                Operation::Update | Operation::Delete => batch
                    .bytes(held)
                    .and_then(|mut bytes| ValueRef::take_bytes(&mut bytes))
                    .unwrap_or_default(),
            };
            steps.push(Step {
                level: levels.next(claims.of(batch, held), joins),
                shape: number,
                key,
                place: (place, statement),
            });
        }
    }
    steps.sort_unstable();
    steps
        .chunk_by(|one, other| (one.level, one.shape) == (other.level, other.shape))
        .map(|run| run.iter().map(|step| step.place).collect())
        .collect()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Step<'b> {
    level: u32,
    shape: u32,
    key: &'b [u8],
    place: StatementPlace,
}

/// Whether the two are the same SQL.
fn same_sql(left: &Shape, right: &Shape) -> bool {
    std::ptr::eq(left.table, right.table)
        && left.operation == right.operation
        && left.columns == right.columns
        && left.on_duplicate == right.on_duplicate
}

/// What makes two shapes one SQL.
type Sql<'b> = (*const TableSchema, Operation, &'b [(usize, AssignMode)]);

/// Shapes by their SQL, numbered as they come.
#[derive(Default)]
struct Shapes<'b> {
    numbers: HashMap<Sql<'b>, u32>,
}

impl<'b> Shapes<'b> {
    fn number(&mut self, shape: &'b Shape) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let sql = (
            std::ptr::from_ref(shape.table),
            shape.operation,
            shape.columns.as_slice(),
        );
        *self.numbers.entry(sql).or_insert(next)
    }
}
