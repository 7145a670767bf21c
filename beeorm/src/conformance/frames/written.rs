//! Frames that choices make: every operation, every kind of value, every set of columns.

use super::choices::Choices;
use crate::{
    column::ColumnSink,
    entity::{AssignMode, TableSchema},
    frame::Frame,
    statement::{Batch, Operation, Shape},
};

pub(super) fn frame(choices: &[u8], schemas: &[&'static TableSchema]) -> Frame {
    let choices = &mut Choices(choices);
    let id = choices.frame_id();
    // A frame's tables are all of one pool.
    let pool = schemas
        .get(choices.below(schemas.len()))
        .map_or("", |schema| schema.pool);
    let schemas: Vec<_> = schemas
        .iter()
        .copied()
        .filter(|schema| schema.pool == pool)
        .collect();
    let mut batch = Batch::default();
    for _ in 0..=choices.below(12) {
        let start = batch.data.len();
        let table = schemas[choices.below(schemas.len())];
        let shape = shape(choices, table);
        let width = super::width(&shape);
        let mut sink = ColumnSink::new(&mut batch.data);
        (0..width).for_each(|_| value(choices, &mut sink));
        batch.push(shape, start).expect("it is small");
    }
    Frame {
        id,
        pool,
        created_millis: choices.number() >> 1,
        batch,
    }
}

fn shape(choices: &mut Choices<'_>, table: &'static TableSchema) -> Shape {
    let some_columns = |choices: &mut Choices<'_>| -> Vec<usize> {
        (0..table.columns.len()).filter(|_| choices.yes()).collect()
    };
    let (operation, columns) = match choices.below(3) {
        0 => {
            let set = |column| (column, AssignMode::Set);
            let columns = some_columns(choices).into_iter().map(set).collect();
            (Operation::Insert, columns)
        }
        1 => {
            let mut columns = some_columns(choices);
            columns.retain(|column| *column != table.key);
            if columns.is_empty() {
                columns.push(usize::from(table.key == 0));
            }
            const MODES: [AssignMode; 3] = [AssignMode::Set, AssignMode::Add, AssignMode::Subtract];
            let assigned = columns
                .into_iter()
                .map(|column| (column, MODES[choices.below(3)]));
            (Operation::Update, assigned.collect())
        }
        _ => (Operation::Delete, Vec::new()),
    };
    let mut shape = Shape::new(table, operation, columns);
    if operation != Operation::Insert {
        shape.released = some_columns(choices);
    }
    shape
}

/// Of any kind, whatever the column: the format does not mind, and the database has the last word.
fn value(choices: &mut Choices<'_>, sink: &mut ColumnSink<'_>) {
    match choices.below(15) {
        0 => sink.null(),
        1 => sink.bool(choices.yes()),
        2 => sink.signed(choices.number().cast_signed()),
        3 => sink.unsigned(choices.number()),
        4 => sink.float(f32::from_bits(
            u32::try_from(choices.number() >> 32).unwrap_or_default(),
        )),
        5 => sink.double(f64::from_bits(choices.number())),
        6 => sink.text(&choices.text()),
        7 => sink.bytes(&choices.bytes()),
        8 => sink.date(i32::try_from(choices.number().cast_signed() >> 32).unwrap_or_default()),
        9 => sink.datetime(choices.number().cast_signed()),
        10 => sink.timestamp(choices.number().cast_signed()),
        11 => sink.decimal(&choices.text()),
        12 => sink.uuid(std::array::from_fn(|_| choices.byte())),
        13 => sink.json(&choices.text()),
        _ => sink.word(&choices.text()),
    }
}
