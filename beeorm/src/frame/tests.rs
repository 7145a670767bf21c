use std::sync::Arc;

use uuid::Uuid;

use super::{DecodeError, Decoder, Tables, decode, describe, encode};
use crate::{
    entity::{AssignMode, Entity},
    statement::{Batch, Operation, Shape},
};

#[derive(beeorm::Entity, Default)]
#[entity(table = "bees")]
struct Bee {
    #[entity(uuid)]
    id: Uuid,
    #[entity(unique)]
    name: String,
    trips: u32,
}

const VERSION_1: &str = include_str!("version_1.hex");

const ID: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);

fn tables() -> Tables {
    Tables::new([Bee::schema()])
}

/// One INSERT, one UPDATE that counts, one DELETE that gives a name up.
fn batch() -> Batch {
    let mut batch = Batch::default();
    let bee = Bee {
        id: ID,
        name: "Maja".to_owned(),
        trips: 3,
    };
    crate::entity::encode_row(&bee, &mut batch.data).unwrap();
    let columns = (0..3).map(|column| (column, AssignMode::Set)).collect();
    batch
        .push(Shape::new(Bee::schema(), Operation::Insert, columns), 0)
        .unwrap();
    let mut push =
        |operation, columns, released, write: &dyn Fn(&mut crate::column::ColumnSink<'_>)| {
            let start = batch.data.len();
            write(&mut crate::column::ColumnSink::new(&mut batch.data));
            let mut shape = Shape::new(Bee::schema(), operation, columns);
            shape.released = released;
            batch.push(shape, start).unwrap();
        };
    push(
        Operation::Update,
        vec![(2, AssignMode::Add)],
        vec![],
        &|sink| {
            sink.uuid(ID.into_bytes());
            sink.unsigned(7);
        },
    );
    push(Operation::Delete, vec![], vec![1], &|sink| {
        sink.uuid(ID.into_bytes());
        sink.text("Maja");
    });
    batch
}

fn bytes() -> Vec<u8> {
    encode(ID, 1_700_000_000_000, "default", &batch())
}

#[test]
fn a_frame_survives_the_wire() {
    let frame = decode(&bytes(), &tables()).unwrap();
    assert_eq!(
        (frame.id, frame.pool, frame.created_millis),
        (ID, "default", 1_700_000_000_000)
    );
    assert_same(&frame.batch, &batch());
}

fn assert_same(got: &Batch, sent: &Batch) {
    assert_eq!(got.statements.len(), sent.statements.len());
    for (sent_one, got_one) in sent.statements.iter().zip(&got.statements) {
        let (sent_shape, got_shape) = (sent.shape(sent_one).unwrap(), got.shape(got_one).unwrap());
        assert_eq!(sent_shape.operation, got_shape.operation);
        assert_eq!(sent_shape.columns, got_shape.columns);
        assert_eq!(sent_shape.released, got_shape.released);
        assert_eq!(sent.bytes(sent_one), got.bytes(got_one));
    }
}

/// Frames of every version stay readable: these are the bytes of the first.
#[test]
fn the_format_does_not_change_unnoticed() {
    let hex: String = bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, VERSION_1.trim());
}

/// Whatever is written today.
#[test]
fn frames_of_every_version_are_read() {
    let digits: Vec<char> = VERSION_1.trim().chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    let written: Vec<u8> = digits.chunks(2).map(byte).collect();
    let frame = decode(&written, &tables()).unwrap();
    assert_eq!(
        (frame.id, frame.pool, frame.created_millis),
        (ID, "default", 1_700_000_000_000)
    );
    assert_same(&frame.batch, &batch());
}

#[test]
fn a_column_is_assigned_and_released_once() {
    let refused = |change: &dyn Fn(&mut Shape)| {
        let mut batch = batch();
        change(Arc::make_mut(&mut batch.shapes[0]));
        batch.statements.truncate(1);
        let bytes = encode(ID, 0, "default", &batch);
        assert_eq!(
            decode(&bytes, &tables()).unwrap_err(),
            DecodeError::Garbage("a column twice")
        );
    };
    refused(&|shape| shape.columns.push((2, AssignMode::Set)));
    refused(&|shape| shape.released = vec![1, 2, 1]);
}

#[test]
fn a_frame_that_is_cut_off_or_goes_on_is_refused() {
    let whole = bytes();
    for length in 0..whole.len() {
        assert!(
            decode(&whole[..length], &tables()).is_err(),
            "the first {length} bytes were taken for a frame"
        );
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert!(matches!(
        decode(&longer, &tables()),
        Err(DecodeError::Garbage(_))
    ));
}

#[test]
fn no_single_changed_byte_panics() {
    let whole = bytes();
    for position in 0..whole.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[position] = value;
            // Whatever it says, it says it without a panic and without an endless allocation.
            let _ = decode(&changed, &tables());
        }
    }
}

#[test]
fn a_newer_format_and_an_unknown_table_are_no_garbage() {
    let mut newer = bytes();
    newer[0] = 2;
    assert!(matches!(
        decode(&newer, &tables()),
        Err(DecodeError::Schema { id: ID, .. })
    ));
    let unknown = decode(&bytes(), &Tables::new([]));
    assert!(
        matches!(unknown, Err(DecodeError::Schema { id: ID, ref reason, .. }) if reason.contains("\"bees\" in the pool \"default\": add `.entity::<…>()`"))
    );
}

/// What a decoder remembers of a frame is true of those that begin alike, and of no other.
#[test]
fn frames_in_a_row_are_read_as_each_by_itself() {
    let tables = tables();
    let of = |pool, batch: &Batch| encode(ID, 1_700_000_000_000, pool, batch);
    let (whole, mut other) = (batch(), batch());
    other.shapes.swap(1, 2);
    for statement in &mut other.statements[1..] {
        statement.shape = 3 - statement.shape;
    }
    let mut fewer = batch();
    fewer.shapes.truncate(1);
    fewer.statements.truncate(1);
    let row = [
        of("default", &whole),
        of("default", &whole),
        of("default", &fewer),
        of("default", &other),
        of("elsewhere", &whole),
        of("default", &whole),
        of("default", &whole)[..40].to_vec(),
        of("default", &fewer),
    ];
    let mut decoder = Decoder::new(&tables);
    for (place, bytes) in row.iter().enumerate() {
        match (decoder.decode(bytes), decode(bytes, &tables)) {
            (Ok(got), Ok(alone)) => {
                assert_same(&got.batch, &alone.batch);
                let heads =
                    [&got, &alone].map(|frame| (frame.id, frame.created_millis, frame.pool));
                assert_eq!(heads[0], heads[1], "{place}");
            }
            (got, alone) => assert_eq!(got.err(), alone.err(), "{place}"),
        }
    }
}

#[test]
fn frames_of_others_are_described() {
    let frame = encode(ID, 1, "elsewhere", &batch());
    assert!(decode(&frame, &Tables::default()).is_err());
    assert_eq!(
        describe(&frame),
        format!(
            "INSERT `bees` [id={ID}, name='Maja', trips=3]\nUPDATE `bees` [trips+=7, id={ID}]\nDELETE `bees` [id={ID}]"
        )
    );
    let mut newer = frame.clone();
    newer[0] = 2;
    assert!(
        describe(&newer).contains("format 2"),
        "{}",
        describe(&newer)
    );
    // Whatever is cut off, what stands before it is shown, and nothing panics.
    for end in 0..frame.len() {
        let described = describe(&frame[..end]);
        assert!(described.ends_with(')'), "{end}: {described}");
    }
    // A value of a kind that is yet to come: its table can be told all the same.
    let mut unknown = frame.clone();
    let seven = unknown.windows(2).rposition(|bytes| bytes == [4, 7]);
    unknown[seven.unwrap()] = 99;
    let described = describe(&unknown);
    assert!(
        described.contains("UPDATE `bees` [its values") && described.contains("DELETE `bees`"),
        "{described}"
    );
}
