//! What a statement claims: rows, unique values and parents, so that those of two statements tell whether the
//! order of the two matters.
//!
//! As databases lock: a thing is claimed by itself and, as a part, as the whole that it belongs to. What cannot
//! be told apart (text under a collation, values that are not known) claims the whole.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::{FixedState, FoldHasher};

use super::Family;
use crate::{
    column::{ValueRef, identity},
    entity::{AssignMode, IndexSchema, KeySource},
    statement::{Batch, Operation, Shape, Statement},
};

/// Something that is claimed, as a hash: two things with one hash are ordered for nothing, which does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) thing: u64,
    pub(crate) mode: Mode,
}

/// How it is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A part of it, which has a claim of its own.
    Part,
    /// All of it, together with others that do the same.
    Shared,
    Exclusive,
}

impl Mode {
    /// Whether the order matters of two statements that claim one thing like this.
    pub(crate) fn conflicts(self, other: Self) -> bool {
        self != other || self == Self::Exclusive
    }
}

/// What the claims are compared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Transactions side by side: also who would wait for whose locks matters, and which keys
    /// AUTO_INCREMENT makes does not.
    Lanes,
    /// Statements of one transaction.
    Levels,
}

#[derive(Clone, Copy, Hash)]
enum Thing {
    /// A table's rows, by their key.
    Row,
    /// That a row with the key is there.
    Parent,
    /// A unique index, by its place and its values.
    Index(usize),
    /// A table, as the child of one that rows are deleted from.
    Child,
    /// The keys that AUTO_INCREMENT makes for a table.
    Numbers,
}

/// The values of an index's columns.
enum Entry {
    Known(u64),
    Unknown,
    /// With a NULL, which equals nothing.
    Free,
}

/// Finds the claims of statements.
#[derive(Debug)]
pub(crate) struct Claims<'b, 'f> {
    family: &'f Family,
    purpose: Purpose,
    /// Kept for their memory.
    values: Vec<ValueRef<'b>>,
    found: Vec<Claim>,
}

impl<'b, 'f> Claims<'b, 'f> {
    pub(crate) fn new(family: &'f Family, purpose: Purpose) -> Self {
        Self {
            family,
            purpose,
            values: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The statement's claims; a thing may be among them more than once.
    pub(crate) fn of(&mut self, batch: &'b Batch, statement: &Statement) -> &[Claim] {
        self.found.clear();
        self.values.clear();
        if let (Ok(shape), Ok(mut bytes)) = (batch.shape(statement), batch.bytes(statement)) {
            while let Ok(value) = ValueRef::take(&mut bytes) {
                self.values.push(value);
            }
            self.add(shape);
        }
        &self.found
    }

    fn add(&mut self, shape: &Shape) {
        let table = shape.table;
        self.add_row(shape);
        for (place, index) in table.indexes.iter().enumerate() {
            if index.unique {
                self.add_index(shape, place, index);
            }
        }
        let mut is_child = false;
        for (column, described) in table.columns.iter().enumerate() {
            let Some(refers_to) = described.refers_to else {
                continue;
            };
            is_child = true;
            match self.assigned(shape, column) {
                None | Some(ValueRef::Null) => {}
                Some(_) => {
                    let entry = self.entry(shape, &[column], Self::assigned);
                    self.claim(Thing::Parent, refers_to().table, &entry, Mode::Shared);
                }
            }
        }
        // A child's statement may not say which parent it had; so a parent's DELETE is ordered with
        // everything that is done to the tables of its children.
        if is_child {
            self.claim_whole(Thing::Child, table.table, Mode::Part);
        }
        if shape.operation == Operation::Delete {
            for child in self.family.children(table.table) {
                self.claim_whole(Thing::Child, child, Mode::Shared);
            }
        }
    }

    fn add_row(&mut self, shape: &Shape) {
        let table = shape.table;
        let key = match shape.operation {
            Operation::Insert => self.assigned(shape, table.key),
            Operation::Update | Operation::Delete => self.values.first().copied(),
        };
        if table.key_source == KeySource::AutoIncrement && shape.operation == Operation::Insert {
            // Keys are made in the order of the flushes; one that is given changes what comes next.
            let mode = match (key, self.purpose) {
                (None, Purpose::Lanes) => Mode::Part,
                _ => Mode::Exclusive,
            };
            self.claim_whole(Thing::Numbers, table.table, mode);
        }
        if key.is_none() {
            return;
        }
        let entry = self.entry(shape, &[table.key], |_, _, _| key);
        self.claim(Thing::Row, table.table, &entry, Mode::Exclusive);
        // An UPDATE leaves the row where its children find it, but locks it.
        let matters = shape.operation != Operation::Update || self.purpose == Purpose::Lanes;
        if matters && !self.family.children(table.table).is_empty() {
            self.claim(Thing::Parent, table.table, &entry, Mode::Exclusive);
        }
    }

    fn add_index(&mut self, shape: &Shape, place: usize, index: &IndexSchema) {
        let (table, thing) = (shape.table.table, Thing::Index(place));
        let assigns = |column: &usize| shape.columns.iter().any(|(assigned, _)| assigned == column);
        if shape.operation == Operation::Update && !index.columns.iter().any(assigns) {
            return;
        }
        if shape.operation != Operation::Delete {
            let taken = self.entry(shape, &index.columns, Self::becomes);
            self.claim(thing, table, &taken, Mode::Exclusive);
        }
        if shape.operation != Operation::Insert {
            let released = self.entry(shape, &index.columns, Self::released);
            // What is only given up may be given up in any order.
            let mode = match (shape.operation, &released) {
                (Operation::Delete, Entry::Unknown) => Mode::Shared,
                _ => Mode::Exclusive,
            };
            self.claim(thing, table, &released, mode);
        }
    }

    /// The value that the statement gives to a column.
    fn assigned(&self, shape: &Shape, column: usize) -> Option<ValueRef<'b>> {
        let place = shape
            .columns
            .iter()
            .position(|(assigned, mode)| *assigned == column && *mode == AssignMode::Set)?;
        let behind_the_key = usize::from(shape.operation != Operation::Insert);
        self.values.get(behind_the_key + place).copied()
    }

    /// The value that a column had.
    fn released(&self, shape: &Shape, column: usize) -> Option<ValueRef<'b>> {
        let place = shape.released.iter().position(|known| *known == column)?;
        self.values.get(1 + shape.columns.len() + place).copied()
    }

    /// The value that a column has afterwards.
    fn becomes(&self, shape: &Shape, column: usize) -> Option<ValueRef<'b>> {
        let stays = || {
            !shape
                .columns
                .iter()
                .any(|(assigned, _)| *assigned == column)
        };
        self.assigned(shape, column)
            .or_else(|| self.released(shape, column).filter(|_| stays()))
    }

    fn entry(
        &self,
        shape: &Shape,
        columns: &[usize],
        value: impl Fn(&Self, &Shape, usize) -> Option<ValueRef<'b>>,
    ) -> Entry {
        let mut hasher = new_hasher();
        let mut known = true;
        for column in columns {
            let value = value(self, shape, *column);
            if value == Some(ValueRef::Null) {
                return Entry::Free;
            }
            let described = shape.table.columns.get(*column);
            match described
                .zip(value)
                .and_then(|(described, value)| identity(&described.column_type, &value))
            {
                Some(identity) => identity.hash(&mut hasher),
                None => known = false,
            }
        }
        if known {
            Entry::Known(hasher.finish())
        } else {
            Entry::Unknown
        }
    }

    fn claim(&mut self, thing: Thing, table: &str, entry: &Entry, mode: Mode) {
        match entry {
            Entry::Known(value) => {
                self.claim_whole(thing, table, Mode::Part);
                self.found.push(Claim {
                    thing: hash(&(thing, table, Some(value))),
                    mode,
                });
            }
            Entry::Unknown => self.claim_whole(thing, table, mode),
            Entry::Free => {}
        }
    }

    fn claim_whole(&mut self, thing: Thing, table: &str, mode: Mode) {
        self.found.push(Claim {
            thing: hash(&(thing, table, None::<&u64>)),
            mode,
        });
    }
}

/// The same in every run, so that a simulated one can be played again. Whoever chooses keys that collide has them ordered
/// for nothing.
fn new_hasher() -> FoldHasher<'static> {
    const STATE: FixedState = FixedState::with_seed(0);
    STATE.build_hasher()
}

fn hash(thing: &impl Hash) -> u64 {
    let mut hasher = new_hasher();
    thing.hash(&mut hasher);
    hasher.finish()
}

/// For maps whose keys are [`Claim::thing`]s: hashes already.
pub(crate) type ByThing<V> = std::collections::HashMap<u64, V, std::hash::BuildHasherDefault<AsIs>>;

#[derive(Debug, Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut hasher = new_hasher();
        hasher.write(bytes);
        self.0 = hasher.finish();
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
