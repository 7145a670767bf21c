use uuid::Uuid;

use super::VERSION;
use crate::{
    column::write_varint,
    entity::AssignMode,
    statement::{Batch, Operation, Shape},
};

/// Writes a frame.
///
/// Version, id (16 bytes), creation time, pool, trace context (empty for now), shapes, statements:
/// numbers as varints, texts with their length before. A shape is operation, table, key column, assigned
/// columns with their mode, released columns; a statement is its shape's number, the length of its bytes and
/// these.
pub(crate) fn encode(id: Uuid, created_millis: u64, pool: &str, batch: &Batch) -> Vec<u8> {
    let mut out = Vec::with_capacity(
        batch.data.len() + 64 * (1 + batch.shapes.len()) + 6 * batch.statements.len(),
    );
    out.push(VERSION);
    out.extend_from_slice(id.as_bytes());
    write_varint(&mut out, created_millis);
    write_text(&mut out, pool);
    write_text(&mut out, "");
    write_varint(&mut out, batch.shapes.len() as u64);
    batch
        .shapes
        .iter()
        .for_each(|shape| write_shape(&mut out, shape));
    write_varint(&mut out, batch.statements.len() as u64);
    for statement in &batch.statements {
        let bytes = batch.bytes(statement).unwrap_or_default();
        write_varint(&mut out, u64::from(statement.shape));
        write_varint(&mut out, bytes.len() as u64);
        out.extend_from_slice(bytes);
    }
    out
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn write_shape(out: &mut Vec<u8>, shape: &Shape) {
    let columns = &shape.table.columns;
    let name = |column: usize| {
        columns
            .get(column)
            .map_or("", |column| column.name.as_str())
    };
    out.push(match shape.operation {
        Operation::Insert => 0,
        Operation::Update => 1,
        Operation::Delete => 2,
    });
    write_text(out, shape.table.table);
    write_text(out, name(shape.table.key));
    write_varint(out, shape.columns.len() as u64);
    for (column, mode) in &shape.columns {
        out.push(match mode {
            AssignMode::Set => 0,
            AssignMode::Add => 1,
            AssignMode::Subtract => 2,
        });
        write_text(out, name(*column));
    }
    write_varint(out, shape.released.len() as u64);
    shape
        .released
        .iter()
        .for_each(|column| write_text(out, name(*column)));
}
