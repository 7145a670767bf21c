//! The bytes of a value: a tag, then what the tag calls for.
//!
//! Part of the wire format of frames: a tag's meaning never changes; new ones may be added together
//! with a new frame version.

use super::Value;

pub(super) mod tag {
    pub(crate) const NULL: u8 = 0;
    pub(crate) const FALSE: u8 = 1;
    pub(crate) const TRUE: u8 = 2;
    /// Zigzag varint.
    pub(crate) const SIGNED: u8 = 3;
    /// Varint.
    pub(crate) const UNSIGNED: u8 = 4;
    /// Four bytes, little endian.
    pub(crate) const FLOAT: u8 = 5;
    /// Eight bytes, little endian.
    pub(crate) const DOUBLE: u8 = 6;
    /// Varint length, UTF-8.
    pub(crate) const TEXT: u8 = 7;
    /// Varint length, bytes.
    pub(crate) const BYTES: u8 = 8;
    /// Zigzag varint: days since 1970-01-01.
    pub(crate) const DATE: u8 = 9;
    /// Zigzag varint: microseconds since 1970-01-01 00:00:00, no zone.
    pub(crate) const DATETIME: u8 = 10;
    /// Zigzag varint: microseconds since 1970-01-01 00:00:00 UTC.
    pub(crate) const TIMESTAMP: u8 = 11;
    /// As text: digits, point, sign.
    pub(crate) const DECIMAL: u8 = 12;
    /// Sixteen bytes.
    pub(crate) const UUID: u8 = 13;
    /// As text.
    pub(crate) const JSON: u8 = 14;
    /// A value of an ENUM, or the values of a SET with commas between, as text.
    pub(crate) const WORD: u8 = 15;
}

/// Bytes that are no value: cut off, or with an unknown tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bytes that are no value")]
pub(crate) struct Corrupt;

/// A value within encoded bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ValueRef<'a> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f32),
    Double(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Date(i32),
    DateTime(i64),
    Timestamp(i64),
    Decimal(&'a str),
    Uuid([u8; 16]),
    Json(&'a str),
    Word(&'a str),
}

pub(crate) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        // The low seven bits: the cast cuts what the shift below keeps.
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn read_varint(bytes: &mut &[u8]) -> Result<u64, Corrupt> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Corrupt)?;
        *bytes = rest;
        let low = u64::from(byte & 0x7f);
        if shift == 63 && low > 1 {
            return Err(Corrupt);
        }
        value |= low << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Corrupt)
}

pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], Corrupt> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or(Corrupt)?;
    *bytes = rest;
    Ok(taken)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Corrupt> {
    take(bytes, N)?.try_into().map_err(|_| Corrupt)
}

fn counted<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], Corrupt> {
    let length = usize::try_from(read_varint(bytes)?).map_err(|_| Corrupt)?;
    take(bytes, length)
}

fn text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, Corrupt> {
    std::str::from_utf8(counted(bytes)?).map_err(|_| Corrupt)
}

/// Takes the first value off the bytes without a look at what it is.
fn skip(bytes: &mut &[u8]) -> Result<(), Corrupt> {
    let (&first, rest) = bytes.split_first().ok_or(Corrupt)?;
    *bytes = rest;
    match first {
        tag::NULL | tag::FALSE | tag::TRUE => {}
        tag::SIGNED | tag::UNSIGNED | tag::DATE | tag::DATETIME | tag::TIMESTAMP => {
            read_varint(bytes)?;
        }
        tag::FLOAT => drop(take(bytes, size_of::<f32>())?),
        tag::DOUBLE => drop(take(bytes, size_of::<f64>())?),
        tag::UUID => drop(take(bytes, size_of::<u128>())?),
        tag::TEXT | tag::BYTES | tag::DECIMAL | tag::JSON | tag::WORD => drop(counted(bytes)?),
        _ => return Err(Corrupt),
    }
    Ok(())
}

impl<'a> ValueRef<'a> {
    /// Takes the first value off the bytes.
    pub(crate) fn take(bytes: &mut &'a [u8]) -> Result<Self, Corrupt> {
        let (&first, rest) = bytes.split_first().ok_or(Corrupt)?;
        *bytes = rest;
        Ok(match first {
            tag::NULL => Self::Null,
            tag::FALSE => Self::Bool(false),
            tag::TRUE => Self::Bool(true),
            tag::SIGNED => Self::Signed(unzigzag(read_varint(bytes)?)),
            tag::UNSIGNED => Self::Unsigned(read_varint(bytes)?),
            tag::FLOAT => Self::Float(f32::from_le_bytes(array(bytes)?)),
            tag::DOUBLE => Self::Double(f64::from_le_bytes(array(bytes)?)),
            tag::TEXT => Self::Text(text(bytes)?),
            tag::BYTES => Self::Bytes(counted(bytes)?),
            tag::DATE => Self::Date(
                unzigzag(read_varint(bytes)?)
                    .try_into()
                    .map_err(|_| Corrupt)?,
            ),
            tag::DATETIME => Self::DateTime(unzigzag(read_varint(bytes)?)),
            tag::TIMESTAMP => Self::Timestamp(unzigzag(read_varint(bytes)?)),
            tag::DECIMAL => Self::Decimal(text(bytes)?),
            tag::UUID => Self::Uuid(array(bytes)?),
            tag::JSON => Self::Json(text(bytes)?),
            tag::WORD => Self::Word(text(bytes)?),
            _ => return Err(Corrupt),
        })
    }

    /// Takes the first value's bytes off, undecoded.
    pub(crate) fn take_bytes(bytes: &mut &'a [u8]) -> Result<&'a [u8], Corrupt> {
        let whole = *bytes;
        skip(bytes)?;
        whole.get(..whole.len() - bytes.len()).ok_or(Corrupt)
    }

    pub(crate) fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Signed(value) => Value::Signed(value),
            Self::Unsigned(value) => Value::Unsigned(value),
            Self::Float(value) => Value::Double(f64::from(value)),
            Self::Double(value) => Value::Double(value),
            Self::Text(value) => Value::Text(value.to_owned()),
            Self::Bytes(value) => Value::Bytes(value.to_owned()),
            Self::Date(days) => Value::Text(super::value::date_text(days)),
            Self::DateTime(micros) => Value::Text(super::value::datetime_text(micros)),
            Self::Timestamp(micros) => Value::Text(super::value::datetime_text(micros) + "Z"),
            Self::Decimal(value) | Self::Json(value) | Self::Word(value) => {
                Value::Text(value.to_owned())
            }
            Self::Uuid(bytes) => Value::Uuid(uuid::Uuid::from_bytes(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_integer_survives() {
        for value in [
            i64::MIN,
            i64::MIN + 1,
            -65,
            -1,
            0,
            1,
            63,
            64,
            i64::MAX - 1,
            i64::MAX,
        ] {
            assert_eq!(unzigzag(zigzag(value)), value);
            let mut bytes = Vec::new();
            write_varint(&mut bytes, zigzag(value));
            assert_eq!(read_varint(&mut bytes.as_slice()), Ok(zigzag(value)));
        }
    }

    #[test]
    fn cut_off_and_overlong_bytes_are_refused() {
        assert_eq!(read_varint(&mut [0x80].as_slice()), Err(Corrupt));
        assert_eq!(read_varint(&mut [0xff; 11].as_slice()), Err(Corrupt));
        assert_eq!(
            ValueRef::take(&mut [tag::TEXT, 5, b'a'].as_slice()),
            Err(Corrupt)
        );
        assert_eq!(ValueRef::take(&mut [200].as_slice()), Err(Corrupt));
        assert_eq!(
            ValueRef::take(&mut [tag::TEXT, 1, 0xff].as_slice()),
            Err(Corrupt)
        );
    }
}
