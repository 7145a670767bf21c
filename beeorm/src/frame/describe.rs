//! A frame for people, as far as it can be read, whatever entities this program has: dead letters of another
//! program's frames are shown so.

use super::{
    VERSION,
    decode::{byte, count, take, text},
};
use crate::column::{Corrupt, ValueRef, read_varint};

/// The most bytes of the text.
const MOST_SHOWN: usize = 64 << 10;

/// A kind of statement, by the names in the frame.
struct Shown<'f> {
    operation: &'static str,
    table: &'f str,
    key: &'f str,
    /// With the sign of those that are counted.
    columns: Vec<(&'f str, &'static str)>,
    released: usize,
}

/// The statements, one a line, with table and values; or why they cannot be shown.
pub(crate) fn describe(bytes: &[u8]) -> String {
    let version = bytes.first().copied().unwrap_or_default();
    if version != VERSION {
        return format!(
            "(a frame of format {version}, and this program reads formats up to {VERSION}: its statements cannot be shown)"
        );
    }
    let mut lines = Vec::new();
    if read(bytes, &mut lines).is_err() {
        lines.push("(what follows cannot be read: the frame is damaged)".to_owned());
    }
    let mut text = lines.join("\n");
    text.truncate(text.floor_char_boundary(MOST_SHOWN));
    text
}

fn read(mut rest: &[u8], lines: &mut Vec<String>) -> Result<(), Corrupt> {
    let rest = &mut rest;
    let _version_and_id = take(rest, 17)?;
    let _created = read_varint(rest)?;
    let _pool = text(rest)?;
    let _trace_context = text(rest)?;
    let mut shapes = Vec::new();
    for _ in 0..count(rest)? {
        shapes.push(shape(rest)?);
    }
    for _ in 0..count(rest)? {
        let shape = usize::try_from(read_varint(rest)?).map_err(|_| Corrupt)?;
        let shape = shapes.get(shape).ok_or(Corrupt)?;
        let length = count(rest)?;
        let shown = values(shape, take(rest, length)?);
        let shown = shown.unwrap_or_else(|Corrupt| {
            "its values cannot be shown: they are of a kind that this program does not know"
                .to_owned()
        });
        let Shown {
            operation, table, ..
        } = shape;
        lines.push(format!("{operation} `{table}` [{shown}]"));
        // The rest would be cut off.
        if lines.iter().map(String::len).sum::<usize>() > MOST_SHOWN {
            break;
        }
    }
    Ok(())
}

fn shape<'f>(rest: &mut &'f [u8]) -> Result<Shown<'f>, Corrupt> {
    let operation = match byte(rest)? {
        0 => "INSERT",
        1 => "UPDATE",
        2 => "DELETE",
        _ => return Err(Corrupt),
    };
    let (table, key) = (text(rest)?, text(rest)?);
    let mut columns = Vec::new();
    for _ in 0..count(rest)? {
        let sign = match byte(rest)? {
            0 => "",
            1 => "+",
            2 => "-",
            _ => return Err(Corrupt),
        };
        columns.push((text(rest)?, sign));
    }
    let released = count(rest)?;
    for _ in 0..released {
        text(rest)?;
    }
    Ok(Shown {
        operation,
        table,
        key,
        columns,
        released,
    })
}

fn values(shape: &Shown<'_>, mut bytes: &[u8]) -> Result<String, Corrupt> {
    let mut key = None;
    if shape.operation != "INSERT" {
        let value = ValueRef::take(&mut bytes)?.to_value();
        key = Some(format!("{}={value}", shape.key));
    }
    let mut shown = Vec::new();
    for (column, sign) in &shape.columns {
        let value = ValueRef::take(&mut bytes)?.to_value();
        shown.push(format!("{column}{sign}={value}"));
    }
    for _ in 0..shape.released {
        ValueRef::take(&mut bytes)?;
    }
    if !bytes.is_empty() {
        return Err(Corrupt);
    }
    shown.extend(key);
    Ok(shown.join(", "))
}
