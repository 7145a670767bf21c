//! The wire format under any bytes, for tests that throw them at it.

mod choices;
mod recorder;
mod written;

use std::{collections::HashSet, sync::Arc};

use futures_util::FutureExt;

use self::recorder::Recorder;
use crate::{
    consume,
    database::{DeadInserts, Dialect, FailureClass, Keys, Limits, apply},
    entity::TableSchema,
    frame::{Frame, Tables, decode, encode},
    statement::{Batch, Family, Operation, Shape, Statement, merged, waiting},
};

/// The wire format of these tables' statements.
#[derive(Debug)]
pub struct Frames {
    schemas: Vec<&'static TableSchema>,
    tables: Tables,
}

/// For a server that takes statements of hardly any size.
const SMALL: usize = 150;

/// More memory than this for each byte that came is more than what is in a frame can need.
const MEMORY_A_BYTE: usize = 64;

impl Frames {
    /// For the tables of these entities.
    pub fn of(schemas: impl IntoIterator<Item = &'static TableSchema>) -> Self {
        let schemas: Vec<_> = schemas.into_iter().collect();
        let tables = Tables::new(schemas.iter().copied());
        Self { schemas, tables }
    }

    /// Writes a frame whose statements these bytes choose, any bytes; what is read of it has to be what was written.
    #[must_use]
    pub fn write(&self, choices: &[u8]) -> Vec<u8> {
        let written = written::frame(choices, &self.schemas);
        let bytes = reencode(&written);
        let read = decode(&bytes, &self.tables).expect("what was written is a frame");
        assert_same(&read, &written);
        bytes
    }

    /// Reads any bytes as the consumer reads what is in the stream, plans the frames among them, and has them executed
    /// by databases of every dialect that check the statements and do nothing; tells how many were frames.
    pub fn execute(&self, entries: &[Vec<u8>]) -> usize {
        let frames: Vec<Frame> = entries
            .iter()
            .filter_map(|bytes| self.read(bytes))
            .collect();
        let count = frames.len();
        let mut planned = 0;
        consume::rehearse(frames, &self.tables, (3, 1), |lane| {
            planned += lane.len();
            for dialect in [Dialect::MySql, Dialect::MariaDb, Dialect::Sqlite] {
                execute(lane, self.tables.family(), dialect);
            }
        });
        assert_eq!(planned, count, "each frame is on one lane");
        count
    }

    /// None where the bytes are no frame.
    fn read(&self, bytes: &[u8]) -> Option<Frame> {
        let frame = decode(bytes, &self.tables).ok()?;
        let used = memory(&frame);
        assert!(
            used <= MEMORY_A_BYTE * bytes.len(),
            "{used} bytes of memory for a frame of {}",
            bytes.len()
        );
        for shape in &frame.batch.shapes {
            let assigned = shape.columns.iter().map(|(column, _)| column);
            assert!(all_differ(assigned), "a column is assigned once");
            assert!(all_differ(&shape.released), "a column is released once");
        }
        // A number may have been written longer than need be; what it says is written again the same.
        let again = decode(&reencode(&frame), &self.tables).expect("what was read is a frame");
        assert_same(&again, &frame);
        assert_eq!(waiting(&frame.batch).len(), frame.batch.statements.len());
        Some(frame)
    }
}

fn all_differ<'c>(columns: impl IntoIterator<Item = &'c usize>) -> bool {
    let mut known = HashSet::new();
    columns.into_iter().all(|column| known.insert(column))
}

fn reencode(frame: &Frame) -> Vec<u8> {
    encode(frame.id, frame.created_millis, frame.pool, &frame.batch)
}

/// What the frame keeps of the heap.
fn memory(frame: &Frame) -> usize {
    let batch = &frame.batch;
    let of_shape = |shape: &Arc<Shape>| {
        size_of::<usize>() * (2 * shape.columns.capacity() + shape.released.capacity())
    };
    batch.data.capacity()
        + batch.statements.capacity() * size_of::<Statement>()
        + batch.shapes.len() * size_of::<Shape>()
        + batch.shapes.capacity() * size_of::<Arc<Shape>>()
        + batch.shapes.iter().map(of_shape).sum::<usize>()
}

/// How many values each statement has.
fn width(shape: &Shape) -> usize {
    let key = usize::from(shape.operation != Operation::Insert);
    key + shape.columns.len() + shape.released.len() + shape.on_duplicate.len()
}

fn assert_same(left: &Frame, right: &Frame) {
    let head = |frame: &Frame| (frame.id, frame.created_millis, frame.pool);
    assert_eq!(head(left), head(right));
    assert_eq!(left.batch.statements.len(), right.batch.statements.len());
    for (one, other) in left.batch.statements.iter().zip(&right.batch.statements) {
        let shown = |batch: &Batch, statement| {
            let shape = batch.shape(statement).expect("a shape");
            let bytes = batch.bytes(statement).expect("bytes").to_vec();
            let columns = (shape.columns.clone(), shape.released.clone());
            (shape.table.table, shape.operation, columns, bytes)
        };
        assert_eq!(shown(&left.batch, one), shown(&right.batch, other));
    }
}

fn execute(batches: &[&Batch], family: &Family, dialect: Dialect) {
    let with_limit = |statement_bytes| {
        let limits = Limits {
            dialect,
            statement_bytes,
        };
        let mut recorder = Recorder::new(statement_bytes);
        let runs = merged(batches, family);
        let done = apply(
            &mut recorder,
            limits,
            batches,
            &runs,
            Keys::Unwanted,
            DeadInserts::Ignored,
        );
        // Nothing in it waits.
        let done = done.now_or_never().expect("nothing to wait for");
        (recorder, done)
    };
    // What is too large for a server is refused, and not sent.
    if let (_, Err(failure)) = with_limit(SMALL) {
        assert_eq!(failure.error.class(), FailureClass::Data);
    }
    let (recorder, done) = with_limit(1 << 20);
    if let Err(failure) = done {
        // SQLite keeps any value in any column, so that these are held to theirs here; and counted here, in a row that
        // is not there.
        if dialect == Dialect::Sqlite && failure.error.class() == FailureClass::Data {
            return;
        }
        panic!("a frame that was read is not executed: {}", failure.error);
    }
    let values = batches.iter().flat_map(|batch| {
        let width = |statement| batch.shape(statement).map_or(0, width);
        let released = |statement| {
            batch
                .shape(statement)
                .map_or(0, |shape| shape.released.len())
        };
        let values = move |statement| width(statement) - released(statement);
        batch.statements.iter().map(values)
    });
    assert_eq!(recorder.values, values.sum::<usize>(), "each value once");
}
