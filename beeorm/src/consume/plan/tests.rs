use uuid::Uuid;

use super::*;
use crate::{
    entity::{ColumnName, Entity, IdSource},
    error::Error,
    frame::Tables,
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
    groups(&decoded.iter().collect::<Vec<_>>(), tables().family())
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
    let (refs, tables) = (decoded.iter().collect::<Vec<_>>(), tables());
    let lanes = lanes(&refs, tables.family(), 11, 64);
    assert!(lanes.len() > 6, "{}", lanes.len());
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
