//! JSON that can be read back: not too deep, and with no number that does not come back.

use std::{cell::Cell, io};

use serde::Serialize;
use serde_json::{
    Error,
    ser::{Formatter, Serializer},
};

use super::json_numbers::all_kept;

/// MySQL takes no more; serde_json reads 127.
pub(super) const MOST_NESTED: usize = 100;

/// The text of a value.
pub(super) fn json_text<T: Serialize>(value: &T) -> Result<String, Error> {
    let mut text = Vec::with_capacity(128);
    let is_doubtful = Cell::new(false);
    let formatter = Bounded {
        nested: 0,
        is_doubtful: &is_doubtful,
    };
    value.serialize(&mut Serializer::with_formatter(&mut text, formatter))?;
    // A number that is not finite is written as null, which no number is read from; one that is too large as a number.
    if is_doubtful.get() {
        all_kept(value)?;
    }
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

/// Writes without spaces, and stops before the stack ends.
struct Bounded<'a> {
    nested: usize,
    is_doubtful: &'a Cell<bool>,
}

impl Bounded<'_> {
    fn enter(&mut self) -> io::Result<()> {
        self.nested += 1;
        if self.nested > MOST_NESTED {
            return Err(io::Error::other(format!(
                "it is nested more than {MOST_NESTED} deep, which MySQL does not take; store it flatter, or as a text"
            )));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.nested = self.nested.saturating_sub(1);
    }
}

impl Formatter for Bounded<'_> {
    fn write_null<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.is_doubtful.set(true);
        writer.write_all(b"null")
    }

    fn write_i128<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: i128) -> io::Result<()> {
        self.is_doubtful.set(true);
        write!(writer, "{value}")
    }

    fn write_u128<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: u128) -> io::Result<()> {
        self.is_doubtful.set(true);
        write!(writer, "{value}")
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.leave();
        writer.write_all(b"]")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.leave();
        writer.write_all(b"}")
    }
}
