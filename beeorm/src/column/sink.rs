use super::{
    ColumnError,
    encoded::{ValueRef, tag, write_varint, zigzag},
};

/// Takes the values of a row, in the order of its columns.
///
/// What the derive prints writes into it; users meet it only when they implement
/// [`Column`](super::Column) for a type of their own: exactly one call a value.
#[derive(Debug)]
pub struct ColumnSink<'a> {
    out: &'a mut Vec<u8>,
    values: usize,
    /// What is written although no flush could write it, where that is asked for.
    problems: Option<&'a mut Vec<(usize, ColumnError)>>,
}

impl<'a> ColumnSink<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            values: 0,
            problems: None,
        }
    }

    /// For a row as it is stored, which may hold what no flush would write.
    pub(crate) fn as_is(out: &'a mut Vec<u8>, problems: &'a mut Vec<(usize, ColumnError)>) -> Self {
        Self {
            out,
            values: 0,
            problems: Some(problems),
        }
    }

    /// The value that comes next cannot be flushed; where the row is taken as it is, it is written nevertheless.
    pub(crate) fn refuse(&mut self, problem: ColumnError) -> Result<(), ColumnError> {
        let place = self.values;
        match &mut self.problems {
            Some(problems) => {
                problems.push((place, problem));
                Ok(())
            }
            None => Err(problem),
        }
    }

    /// How many values were written.
    pub(crate) fn values(&self) -> usize {
        self.values
    }

    fn begin(&mut self, tag: u8) {
        self.values += 1;
        self.out.push(tag);
    }

    fn varint(&mut self, tag: u8, value: u64) {
        self.begin(tag);
        write_varint(self.out, value);
    }

    fn counted(&mut self, tag: u8, bytes: &[u8]) {
        self.varint(tag, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    /// NULL.
    pub fn null(&mut self) {
        self.begin(tag::NULL);
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) {
        self.begin(if value { tag::TRUE } else { tag::FALSE });
    }

    /// A signed integer of any width.
    pub fn signed(&mut self, value: i64) {
        self.varint(tag::SIGNED, zigzag(value));
    }

    /// An unsigned integer of any width.
    pub fn unsigned(&mut self, value: u64) {
        self.varint(tag::UNSIGNED, value);
    }

    /// A float.
    pub fn float(&mut self, value: f32) {
        self.begin(tag::FLOAT);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    /// A double.
    pub fn double(&mut self, value: f64) {
        self.begin(tag::DOUBLE);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    /// Text.
    pub fn text(&mut self, value: &str) {
        self.counted(tag::TEXT, value.as_bytes());
    }

    /// Bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.counted(tag::BYTES, value);
    }

    /// A date, in days since 1970-01-01.
    pub fn date(&mut self, days: i32) {
        self.varint(tag::DATE, zigzag(i64::from(days)));
    }

    /// A date and time without a zone, in microseconds since 1970-01-01 00:00:00.
    pub fn datetime(&mut self, micros: i64) {
        self.varint(tag::DATETIME, zigzag(micros));
    }

    /// A moment, in microseconds since 1970-01-01 00:00:00 UTC.
    pub fn timestamp(&mut self, micros: i64) {
        self.varint(tag::TIMESTAMP, zigzag(micros));
    }

    /// An exact decimal, as plain text: `-12.50`.
    pub fn decimal(&mut self, value: &str) {
        self.counted(tag::DECIMAL, value.as_bytes());
    }

    /// A UUID's sixteen bytes.
    pub fn uuid(&mut self, value: [u8; 16]) {
        self.begin(tag::UUID);
        self.out.extend_from_slice(&value);
    }

    /// A JSON text.
    pub fn json(&mut self, value: &str) {
        self.counted(tag::JSON, value.as_bytes());
    }

    /// A value of an ENUM, or the values of a SET with commas between.
    pub fn word(&mut self, value: &str) {
        self.counted(tag::WORD, value.as_bytes());
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
