//! Which frames may run at the same time: those that share no row, no unique value and no parent that is written.
//!
//! Plain and coarse: a table with unique indexes has one order for all that touch them.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::batch::Incoming;
use crate::{
    column::ValueRef,
    frame::Tables,
    statement::{Batch, Operation, Shape},
};

/// A lane with fewer rows is not worth a transaction of its own.
const ROWS_OF_A_LANE: usize = 64;

/// At most so many lanes; frames that conflict are on the same one, in the order in which they came.
pub(super) fn lanes<'f, 'e>(
    frames: &[&'f Incoming<'e>],
    tables: &Tables,
    workers: usize,
) -> Vec<Vec<&'f Incoming<'e>>> {
    let rows = |frame: usize| {
        frames
            .get(frame)
            .map_or(0, |incoming| incoming.frame.batch.statements.len())
    };
    let total: usize = (0..frames.len()).map(rows).sum();
    let count = total.div_ceil(ROWS_OF_A_LANE).clamp(1, workers.max(1));
    let mut groups = groups(frames, tables);
    groups.sort_by_key(|group| std::cmp::Reverse(group.iter().copied().map(rows).sum::<usize>()));
    let mut lanes: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new()); count];
    for group in groups {
        // The largest groups first, each to the lane with the least to do.
        if let Some((load, lane)) = lanes.iter_mut().min_by_key(|(load, _)| *load) {
            *load += group.iter().copied().map(rows).sum::<usize>();
            lane.extend(group);
        }
    }
    let ordered = lanes.into_iter().map(|(_, mut lane)| {
        lane.sort_unstable();
        lane.into_iter()
            .filter_map(|frame| frames.get(frame).copied())
            .collect::<Vec<_>>()
    });
    ordered.filter(|lane| !lane.is_empty()).collect()
}

/// The frames that depend on each other, directly or through others.
fn groups(frames: &[&Incoming<'_>], tables: &Tables) -> Vec<Vec<usize>> {
    let claims: Vec<Claims> = frames
        .iter()
        .map(|incoming| claims(&incoming.frame.batch, tables))
        .collect();
    let exclusive: HashSet<u64> = claims
        .iter()
        .flat_map(|claims| claims.exclusive.iter().copied())
        .collect();
    let mut sets = DisjointSets::new(frames.len());
    let mut holders: HashMap<u64, usize> = HashMap::new();
    for (frame, claims) in claims.iter().enumerate() {
        // What is shared only, and written by nobody, orders nothing.
        let contested = claims.shared.iter().filter(|key| exclusive.contains(key));
        for key in claims.exclusive.iter().chain(contested) {
            let holder = *holders.entry(*key).or_insert(frame);
            sets.join(holder, frame);
        }
    }
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for frame in 0..frames.len() {
        groups.entry(sets.find(frame)).or_default().push(frame);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_unstable();
    groups
}

/// What a frame touches, as hashes: two things with one hash are ordered for nothing, which does no harm.
#[derive(Default)]
struct Claims {
    exclusive: HashSet<u64>,
    shared: HashSet<u64>,
}

#[derive(Hash)]
enum Claim<'a> {
    /// A row, by its key.
    Row(&'a str, &'a [u8]),
    /// All rows of a table whose keys a collation may take for equal.
    Rows(&'a str),
    /// All values of a table's unique indexes.
    Unique(&'a str),
    /// A table as the child of one that rows are deleted from.
    Child(&'a str),
}

fn hash(claim: &Claim<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    claim.hash(&mut hasher);
    hasher.finish()
}

fn claims(batch: &Batch, tables: &Tables) -> Claims {
    let mut claims = Claims::default();
    for statement in &batch.statements {
        if let (Ok(shape), Ok(bytes)) = (batch.shape(statement), batch.bytes(statement)) {
            claims.add(shape, bytes, tables);
        }
    }
    claims
}

impl Claims {
    fn add(&mut self, shape: &Shape, mut bytes: &[u8], tables: &Tables) {
        let table = shape.table;
        let mut values = Vec::with_capacity(shape.width());
        while let Ok(value) = ValueRef::take_bytes(&mut bytes) {
            values.push(value);
        }
        let first = usize::from(shape.operation != Operation::Insert);
        let of_column = |column: usize| {
            let place = shape
                .columns
                .iter()
                .position(|(assigned, _)| *assigned == column)?;
            values.get(first + place).copied()
        };
        let key = if first == 1 {
            values.first().copied()
        } else {
            of_column(table.key)
        };
        let collated = |column: usize| {
            table
                .columns
                .get(column)
                .is_some_and(|column| column.column_type.is_collated())
        };
        let row = |table: &str, key: &[u8], collated: bool| {
            hash(&if collated {
                Claim::Rows(table)
            } else {
                Claim::Row(table, key)
            })
        };
        self.exclusive
            .extend(key.map(|key| row(table.table, key, collated(table.key))));
        let touches_unique = match shape.operation {
            Operation::Insert | Operation::Delete => table.indexes.iter().any(|index| index.unique),
            Operation::Update => shape
                .columns
                .iter()
                .any(|(column, _)| table.is_unique(*column)),
        };
        if touches_unique {
            self.exclusive.insert(hash(&Claim::Unique(table.table)));
        }
        for (position, column) in table.columns.iter().enumerate() {
            if let (Some(refers_to), Some(parent)) = (column.refers_to, of_column(position)) {
                self.shared
                    .insert(row(refers_to().table, parent, collated(position)));
            }
        }
        // A child's statement may not say which parent it had; so a parent's DELETE is ordered with
        // everything that is done to the tables of its children.
        self.shared.insert(hash(&Claim::Child(table.table)));
        if shape.operation == Operation::Delete {
            self.exclusive.extend(
                tables
                    .children(table.table)
                    .iter()
                    .map(|child| hash(&Claim::Child(child))),
            );
        }
    }
}

/// Disjoint sets of frames (union by the smaller root, paths halved).
struct DisjointSets(Vec<usize>);

impl DisjointSets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn parent(&self, of: usize) -> usize {
        self.0.get(of).copied().unwrap_or(of)
    }

    fn find(&mut self, mut member: usize) -> usize {
        while self.parent(member) != member {
            let grandparent = self.parent(self.parent(member));
            if let Some(slot) = self.0.get_mut(member) {
                *slot = grandparent;
            }
            member = grandparent;
        }
        member
    }

    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.find(left), self.find(right));
        if let Some(slot) = self.0.get_mut(left.max(right)) {
            *slot = left.min(right);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        entity::{ColumnName, Entity, IdSource},
        error::Error,
        frame::{decode, encode},
        prelude::*,
        statement::{Encoder, Flush, Intent, Path, Rows},
        stream::EntryId,
    };

    #[derive(beeorm::Entity, Default)]
    struct Hive {
        #[entity(primary_key)]
        id: u32,
        honey: i64,
    }

    #[derive(beeorm::Entity, Default)]
    struct Bee {
        #[entity(primary_key)]
        id: u32,
        hive: Option<Reference<Hive>>,
        trips: u32,
    }

    #[derive(beeorm::Entity, Default)]
    struct Keeper {
        #[entity(primary_key)]
        id: u32,
        #[entity(unique)]
        email: String,
        age: u8,
    }

    struct NoIds;

    impl IdSource for NoIds {
        fn uuid(&self) -> Uuid {
            Uuid::nil()
        }

        fn short_id(&self) -> Result<u64, Error> {
            Err(Error::NoShortIds {
                reason: String::new(),
            })
        }
    }

    fn tables() -> Tables {
        Tables::new([Hive::schema(), Bee::schema(), Keeper::schema()])
    }

    fn frame<'a>(values: impl Flush<'a>, intent: Intent) -> Vec<u8> {
        let mut rows = Rows::of(values, intent);
        let mut encoder = Encoder::new(Path::Lazy, &NoIds, &|_| true);
        rows.encode(&mut encoder).unwrap();
        let (pool, batch) = encoder.batches.pop().unwrap();
        encode(Uuid::now_v7(), 0, pool, &batch)
    }

    fn insert<T: Entity>(value: T) -> Vec<u8> {
        frame(&mut Tracked::created(value), Intent::Save)
    }

    fn update<E: Entity<Key = u32>>(id: u32, column: ColumnName<E, u32>) -> Vec<u8> {
        frame(E::change(id).add(column, 1), Intent::Save)
    }

    fn delete<E: Entity<Key = u32>>(id: u32) -> Vec<u8> {
        frame(E::change(id), Intent::Delete)
    }

    /// The groups of these frames, as the places of their members.
    fn grouped(frames: &[Vec<u8>]) -> Vec<Vec<usize>> {
        let decoded: Vec<Incoming<'_>> = frames
            .iter()
            .map(|bytes| Incoming {
                entry: EntryId::default(),
                frame: decode(bytes, &tables()).unwrap(),
                bytes,
            })
            .collect();
        groups(&decoded.iter().collect::<Vec<_>>(), &tables())
    }

    #[test]
    fn rows_that_have_nothing_in_common_run_at_the_same_time() {
        let trips = Bee::columns().trips;
        assert_eq!(
            grouped(&[update(1, trips), update(2, trips), update(1, trips)]),
            [vec![0, 2], vec![1]]
        );
    }

    #[test]
    fn a_parent_comes_before_its_child_and_children_of_one_parent_run_at_the_same_time() {
        let hive = |id| Hive { id, honey: 0 };
        let bee = |id, hive: u32| Bee {
            id,
            hive: Some(Reference::to(hive)),
            trips: 0,
        };
        assert_eq!(
            grouped(&[insert(hive(7)), insert(bee(1, 7)), insert(bee(2, 8))]),
            [vec![0, 1], vec![2]]
        );
        assert_eq!(
            grouped(&[insert(bee(1, 7)), insert(bee(2, 7))]),
            [vec![0], vec![1]]
        );
    }

    #[test]
    fn a_parent_is_deleted_after_all_that_was_done_to_its_children() {
        assert_eq!(
            grouped(&[delete::<Bee>(1), delete::<Hive>(7)]),
            [vec![0, 1]]
        );
        assert_eq!(
            grouped(&[delete::<Bee>(1), delete::<Bee>(2)]),
            [vec![0], vec![1]]
        );
    }

    #[test]
    fn unique_values_have_one_order_for_their_table() {
        let keeper = |id, email: &str| Keeper {
            id,
            email: email.to_owned(),
            age: 0,
        };
        let age = |id| {
            frame(
                Keeper::change(id).add(Keeper::columns().age, 1),
                Intent::Save,
            )
        };
        assert_eq!(
            grouped(&[insert(keeper(1, "bee")), insert(keeper(2, "BEE"))]),
            [vec![0, 1]]
        );
        assert_eq!(
            grouped(&[delete::<Keeper>(1), insert(keeper(2, "bee"))]),
            [vec![0, 1]]
        );
        assert_eq!(grouped(&[age(1), age(2)]), [vec![0], vec![1]]);
    }

    #[test]
    fn lanes_keep_the_order_and_lose_nothing() {
        let trips = Bee::columns().trips;
        let frames: Vec<Vec<u8>> = (0..1000_u32)
            .map(|number| update(number % 37 + 1, trips))
            .collect();
        let decoded: Vec<Incoming<'_>> = frames
            .iter()
            .map(|bytes| Incoming {
                entry: EntryId::default(),
                frame: decode(bytes, &tables()).unwrap(),
                bytes,
            })
            .collect();
        let lanes = lanes(&decoded.iter().collect::<Vec<_>>(), &tables(), 11);
        assert_eq!(lanes.len(), 11);
        let place = |incoming: &Incoming<'_>| {
            decoded
                .iter()
                .position(|other| std::ptr::eq(other, incoming))
                .unwrap()
        };
        let mut all = Vec::new();
        for lane in &lanes {
            let places: Vec<usize> = lane.iter().map(|incoming| place(incoming)).collect();
            assert!(places.is_sorted());
            all.extend(places);
        }
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
    }
}
