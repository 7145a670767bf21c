use uuid::Uuid;

use super::{Claims, Family, Purpose, StatementRun, claims::Claim, merged, neighbours};
use crate::{
    entity::{Entity, IdSource},
    error::Error,
    prelude::*,
    statement::{Batch, Encoder, Flush, Intent, Path, Rows},
};

#[derive(beeorm::Entity, Default)]
struct Hive {
    #[entity(primary_key)]
    id: u32,
    honey: i64,
    mother: Option<Reference<Hive>>,
}

#[derive(beeorm::Entity, Default)]
struct Bee {
    #[entity(primary_key)]
    id: u32,
    hive: Option<Reference<Hive>>,
    trips: u32,
}

#[derive(beeorm::Entity, Default)]
struct Trip {
    id: u64,
    bee: Option<Reference<Bee>>,
}

#[derive(beeorm::Entity, Default)]
struct Cell {
    #[entity(primary_key)]
    id: u32,
    #[entity(unique = "place")]
    row: u32,
    #[entity(unique = "place")]
    column: Option<i16>,
    #[entity(unique)]
    label: Option<String>,
}

#[derive(beeorm::Entity, Default)]
struct Word {
    #[entity(primary_key)]
    id: String,
    count: u32,
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

fn batch<'a>(values: impl Flush<'a>, intent: Intent) -> Batch {
    let mut rows = Rows::of(values, intent);
    let mut encoder = Encoder::new(Path::Lazy, &NoIds, &|_| true);
    rows.encode(&mut encoder).unwrap();
    encoder.batches.pop().unwrap().1
}

fn insert<T: Entity>(value: T) -> Batch {
    batch(&mut Tracked::created(value), Intent::Save)
}

/// Of what is stored, after a change.
fn update<T: Entity>(value: T, change: impl FnOnce(&mut T)) -> Batch {
    let mut tracked = Tracked::stored(value);
    change(&mut tracked);
    batch(&mut tracked, Intent::Save)
}

fn delete<T: Entity>(value: T) -> Batch {
    batch(&mut Tracked::stored(value), Intent::Delete)
}

fn honey(id: u32) -> Batch {
    batch(
        Hive::change(id).add(Hive::columns().honey, 1_i64),
        Intent::Save,
    )
}

fn hive(id: u32) -> Hive {
    Hive {
        id,
        ..Hive::default()
    }
}

fn bee(id: u32, hive: u32) -> Bee {
    Bee {
        id,
        hive: Some(Reference::to(hive)),
        trips: 0,
    }
}

fn cell(id: u32, row: u32, column: impl Into<Option<i16>>) -> Cell {
    Cell {
        id,
        row,
        column: column.into(),
        label: None,
    }
}

fn family() -> Family {
    Family::new([
        Hive::schema(),
        Bee::schema(),
        Trip::schema(),
        Cell::schema(),
        Word::schema(),
    ])
}

/// The runs of batches of one statement each, as the batches' places.
fn runs(batches: &[Batch]) -> Vec<Vec<usize>> {
    let batches: Vec<&Batch> = batches.iter().collect();
    let place = |run: StatementRun| run.into_iter().map(|(batch, _)| batch).collect();
    merged(&batches, &family()).into_iter().map(place).collect()
}

/// Whether the order of the two matters, for the purpose.
fn conflict(purpose: Purpose, one: &Batch, other: &Batch) -> bool {
    let family = family();
    let of = |batch| -> Vec<Claim> {
        let mut claims = Claims::new(&family, purpose);
        claims.of(batch, &batch.statements[0]).to_vec()
    };
    let (one, other) = (of(one), of(other));
    one.iter().any(|one| {
        other
            .iter()
            .any(|other| one.thing == other.thing && one.mode.conflicts(other.mode))
    })
}

fn in_order(one: &Batch, other: &Batch) -> bool {
    let [levels, lanes] =
        [Purpose::Levels, Purpose::Lanes].map(|purpose| conflict(purpose, one, other));
    assert_eq!(levels, lanes);
    levels
}

#[test]
fn one_row_is_written_in_order_and_others_beside_it() {
    assert!(in_order(&insert(hive(1)), &honey(1)));
    assert!(in_order(&honey(1), &delete(hive(1))));
    assert!(!in_order(&honey(1), &honey(2)));
    // Who knows which words a collation takes for one.
    let count = |id: &str| {
        let columns = Word::columns();
        batch(Word::change(id).add(columns.count, 1_u32), Intent::Save)
    };
    assert!(in_order(&count("bee"), &count("BEE")));
}

#[test]
fn unique_values_are_told_apart_where_they_compare_exactly() {
    assert!(in_order(
        &insert(cell(1, 7, Some(1))),
        &insert(cell(2, 7, Some(1)))
    ));
    assert!(!in_order(
        &insert(cell(1, 7, Some(1))),
        &insert(cell(2, 7, Some(2)))
    ));
    assert!(
        !in_order(&insert(cell(1, 7, None)), &insert(cell(2, 7, None))),
        "NULL equals nothing"
    );
    // A value goes from row to row.
    let moves = |id, from, to: u32| update(cell(id, from, Some(1)), move |cell| cell.row = to);
    assert!(in_order(&moves(1, 7, 8), &insert(cell(2, 7, Some(1)))));
    assert!(in_order(&moves(1, 7, 8), &insert(cell(2, 8, Some(1)))));
    assert!(!in_order(&moves(1, 7, 8), &insert(cell(2, 9, Some(1)))));
    assert!(in_order(
        &delete(cell(1, 7, Some(1))),
        &insert(cell(2, 7, Some(1)))
    ));
    assert!(!in_order(
        &delete(cell(1, 7, Some(1))),
        &insert(cell(2, 8, Some(1)))
    ));
}

#[test]
fn what_is_not_known_of_unique_values_is_all_of_them() {
    let taken = insert(cell(2, 9, Some(1)));
    let blind = batch(
        Cell::change(1_u32).set(Cell::columns().row, 8_u32),
        Intent::Save,
    );
    assert!(in_order(&blind, &taken));
    let blind = batch(Cell::change(1_u32), Intent::Delete);
    assert!(in_order(&blind, &taken));
    assert!(in_order(&taken, &blind));
    let other = batch(Cell::change(3_u32), Intent::Delete);
    assert!(!in_order(&blind, &other), "what is given up takes nothing");
    let labelled = |id, label: &str| {
        insert(Cell {
            label: Some(label.to_owned()),
            ..cell(id, id, Some(1))
        })
    };
    assert!(in_order(&labelled(1, "bee"), &labelled(2, "BEE")));
}

#[test]
fn parents_are_there_before_their_children_and_until_these_are_gone() {
    assert!(in_order(&insert(hive(7)), &insert(bee(1, 7))));
    assert!(!in_order(&insert(hive(8)), &insert(bee(1, 7))));
    assert!(!in_order(&insert(bee(2, 7)), &insert(bee(1, 7))));
    assert!(in_order(&delete(bee(1, 7)), &delete(hive(8))));
    // What a cascade may reach.
    let trip = insert(Trip::default());
    assert!(in_order(&trip, &delete(hive(8))));
    assert!(in_order(&trip, &delete(bee(1, 7))));
    assert!(!in_order(&delete(bee(1, 7)), &delete(bee(2, 7))));
    assert!(
        in_order(&delete(hive(1)), &delete(hive(2))),
        "one may be the mother"
    );
}

#[test]
fn a_parent_that_is_updated_is_locked_and_still_there() {
    assert!(!conflict(Purpose::Levels, &honey(7), &insert(bee(1, 7))));
    assert!(conflict(Purpose::Lanes, &honey(7), &insert(bee(1, 7))));
}

#[test]
fn keys_of_auto_increment_ascend_in_a_lane_and_not_beyond() {
    let (made, given) = (insert(Trip::default()), insert(Trip { id: 7, bee: None }));
    assert!(conflict(Purpose::Levels, &made, &made));
    assert!(!conflict(Purpose::Lanes, &made, &made));
    assert!(in_order(&made, &given));
    assert!(in_order(&given, &made));
}

#[test]
fn statements_of_one_shape_become_one_run() {
    let batches = [
        insert(hive(9)),
        insert(bee(1, 9)),
        honey(5),
        insert(hive(3)),
        insert(bee(2, 3)),
        honey(4),
        honey(5),
    ];
    // Hives first; INSERTs as they came, UPDATEs by key, and the second of a row behind the first.
    assert_eq!(
        runs(&batches),
        [vec![0, 3], vec![5, 2], vec![1, 4], vec![6]]
    );
}

#[test]
fn inserts_that_may_collide_stay_in_order_and_together() {
    let word = |id: &str| {
        insert(Word {
            id: id.to_owned(),
            count: 0,
        })
    };
    let batches = [word("z"), honey(1), word("a"), honey(2), word("Z")];
    assert_eq!(runs(&batches), [vec![0, 2, 4], vec![1, 3]]);
    let trip = |bee: u32| {
        insert(Trip {
            id: 0,
            bee: Some(Reference::to(bee)),
        })
    };
    // The second trip waits for its bee, and the third for the second.
    let batches = [trip(8), insert(bee(7, 1)), trip(7), trip(8)];
    assert_eq!(runs(&batches), [vec![0], vec![1], vec![2, 3]]);
}

#[test]
fn a_value_is_free_before_it_is_taken() {
    let batches = [
        delete(cell(1, 7, Some(1))),
        insert(cell(2, 7, Some(1))),
        delete(cell(3, 8, Some(1))),
        insert(cell(4, 8, Some(1))),
        delete(cell(2, 7, Some(1))),
    ];
    assert_eq!(runs(&batches), [vec![0, 2], vec![1, 3], vec![4]]);
}

#[test]
fn neighbours_stay_where_they_are() {
    let places = |batch: &Batch| -> Vec<Vec<usize>> {
        let place = |run: StatementRun| run.into_iter().map(|(_, place)| place).collect();
        neighbours(batch).into_iter().map(place).collect()
    };
    let add = |id: u32| Hive::change(id).add(Hive::columns().honey, 1_i64);
    let several = batch(
        (
            [add(2), add(1), add(2)],
            &mut Tracked::created(hive(3)),
            add(4),
        ),
        Intent::Save,
    );
    assert_eq!(
        places(&several),
        [vec![0, 1], vec![2], vec![3], vec![4]],
        "the second UPDATE of a row sees the first"
    );
}
