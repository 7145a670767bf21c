use std::fmt;

use super::{
    ColumnError,
    encoded::{ValueRef, tag, write_varint, zigzag},
};

/// Takes the values of a row, in the order of its columns.
///
/// What the derive prints writes into it; users meet it only when they implement
/// [`Column`](super::Column) for a type of their own: exactly one call a value.
pub struct ColumnSink<'a> {
    out: &'a mut Vec<u8>,
    values: usize,
    role: Role<'a>,
}

/// What else is done with the values.
enum Role<'a> {
    Nothing,
    /// They are taken although no flush could write them, and these are the problems.
    AsIs(&'a mut Vec<(usize, ColumnError)>),
    /// Each is shown, with its place, before it is written.
    Watched(&'a mut dyn FnMut(usize, ValueRef<'_>)),
}

impl<'a> ColumnSink<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            values: 0,
            role: Role::Nothing,
        }
    }

    /// Shows each value, with its place, before it is written.
    pub(crate) fn watched(
        out: &'a mut Vec<u8>,
        watch: &'a mut dyn FnMut(usize, ValueRef<'_>),
    ) -> Self {
        Self {
            out,
            values: 0,
            role: Role::Watched(watch),
        }
    }

    /// For a row as it is stored, which may hold what no flush would write.
    pub(crate) fn as_is(out: &'a mut Vec<u8>, problems: &'a mut Vec<(usize, ColumnError)>) -> Self {
        Self {
            out,
            values: 0,
            role: Role::AsIs(problems),
        }
    }

    /// The value that comes next cannot be flushed; where the row is taken as it is, it is written nevertheless.
    pub(crate) fn refuse(&mut self, problem: ColumnError) -> Result<(), ColumnError> {
        let place = self.values;
        match &mut self.role {
            Role::AsIs(problems) => {
                problems.push((place, problem));
                Ok(())
            }
            Role::Nothing | Role::Watched(_) => Err(problem),
        }
    }

    /// How many values were written.
    pub(crate) fn values(&self) -> usize {
        self.values
    }

    fn begin(&mut self, value: ValueRef<'_>, tag: u8) {
        if let Role::Watched(watch) = &mut self.role {
            watch(self.values, value);
        }
        self.values += 1;
        self.out.push(tag);
    }

    fn varint(&mut self, value: ValueRef<'_>, tag: u8, number: u64) {
        self.begin(value, tag);
        write_varint(self.out, number);
    }

    fn counted(&mut self, value: ValueRef<'_>, tag: u8, bytes: &[u8]) {
        self.varint(value, tag, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    /// NULL.
    pub fn null(&mut self) {
        self.begin(ValueRef::Null, tag::NULL);
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) {
        let tag = if value { tag::TRUE } else { tag::FALSE };
        self.begin(ValueRef::Bool(value), tag);
    }

    /// A signed integer of any width.
    pub fn signed(&mut self, value: i64) {
        self.varint(ValueRef::Signed(value), tag::SIGNED, zigzag(value));
    }

    /// An unsigned integer of any width.
    pub fn unsigned(&mut self, value: u64) {
        self.varint(ValueRef::Unsigned(value), tag::UNSIGNED, value);
    }

    /// A float.
    pub fn float(&mut self, value: f32) {
        self.begin(ValueRef::Float(value), tag::FLOAT);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    /// A double.
    pub fn double(&mut self, value: f64) {
        self.begin(ValueRef::Double(value), tag::DOUBLE);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    /// Text.
    pub fn text(&mut self, value: &str) {
        self.counted(ValueRef::Text(value), tag::TEXT, value.as_bytes());
    }

    /// Bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.counted(ValueRef::Bytes(value), tag::BYTES, value);
    }

    /// A date, in days since 1970-01-01.
    pub fn date(&mut self, days: i32) {
        self.varint(ValueRef::Date(days), tag::DATE, zigzag(i64::from(days)));
    }

    /// A date and time without a zone, in microseconds since 1970-01-01 00:00:00.
    pub fn datetime(&mut self, micros: i64) {
        self.varint(ValueRef::DateTime(micros), tag::DATETIME, zigzag(micros));
    }

    /// A moment, in microseconds since 1970-01-01 00:00:00 UTC.
    pub fn timestamp(&mut self, micros: i64) {
        self.varint(ValueRef::Timestamp(micros), tag::TIMESTAMP, zigzag(micros));
    }

    /// An exact decimal, as plain text: `-12.50`.
    pub fn decimal(&mut self, value: &str) {
        self.counted(ValueRef::Decimal(value), tag::DECIMAL, value.as_bytes());
    }

    /// A UUID's sixteen bytes.
    pub fn uuid(&mut self, value: [u8; 16]) {
        self.begin(ValueRef::Uuid(value), tag::UUID);
        self.out.extend_from_slice(&value);
    }

    /// A JSON text.
    pub fn json(&mut self, value: &str) {
        self.counted(ValueRef::Json(value), tag::JSON, value.as_bytes());
    }

    /// A value of an ENUM, or the values of a SET with commas between.
    pub fn word(&mut self, value: &str) {
        self.counted(ValueRef::Word(value), tag::WORD, value.as_bytes());
    }

    /// A value that was encoded before.
    pub(crate) fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.null(),
            ValueRef::Bool(value) => self.bool(value),
            ValueRef::Signed(value) => self.signed(value),
            ValueRef::Unsigned(value) => self.unsigned(value),
            ValueRef::Float(value) => self.float(value),
            ValueRef::Double(value) => self.double(value),
            ValueRef::Text(value) => self.text(value),
            ValueRef::Bytes(value) => self.bytes(value),
            ValueRef::Date(days) => self.date(days),
            ValueRef::DateTime(micros) => self.datetime(micros),
            ValueRef::Timestamp(micros) => self.timestamp(micros),
            ValueRef::Decimal(value) => self.decimal(value),
            ValueRef::Uuid(bytes) => self.uuid(bytes),
            ValueRef::Json(value) => self.json(value),
            ValueRef::Word(value) => self.word(value),
        }
    }
}

impl fmt::Debug for ColumnSink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColumnSink")
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}
