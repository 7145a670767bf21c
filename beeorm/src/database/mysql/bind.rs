use sqlx::{
    Arguments, Encode, MySql, Type,
    encode::IsNull,
    error::BoxDynError,
    mysql::{MySqlArguments, MySqlTypeInfo},
};

use super::super::{DatabaseError, FailureClass};
use crate::column::{ValueRef, date_text, datetime_text};

/// The values of a statement's placeholders; decimals have the type that the server gives to its own.
pub(super) fn arguments(
    binds: &[ValueRef<'_>],
    decimal: &MySqlTypeInfo,
) -> Result<MySqlArguments, DatabaseError> {
    let mut arguments = MySqlArguments::default();
    arguments.reserve(binds.len(), binds.iter().map(size).sum());
    for bind in binds {
        add(&mut arguments, *bind, decimal)
            .map_err(|error| DatabaseError::new(FailureClass::Unknown, error.to_string()))?;
    }
    Ok(arguments)
}

/// About as many bytes as the value takes.
fn size(bind: &ValueRef<'_>) -> usize {
    match bind {
        ValueRef::Text(text)
        | ValueRef::Decimal(text)
        | ValueRef::Json(text)
        | ValueRef::Word(text) => text.len() + 9,
        ValueRef::Bytes(bytes) => bytes.len() + 9,
        _ => 28,
    }
}

/// Dates, times and words go as text: strict servers convert it exactly or refuse it.
fn add(
    arguments: &mut MySqlArguments,
    bind: ValueRef<'_>,
    decimal: &MySqlTypeInfo,
) -> Result<(), BoxDynError> {
    match bind {
        ValueRef::Null => arguments.add(None::<&str>),
        ValueRef::Bool(value) => arguments.add(i8::from(value)),
        ValueRef::Signed(value) => arguments.add(value),
        ValueRef::Unsigned(value) => arguments.add(value),
        ValueRef::Float(value) => arguments.add(value),
        ValueRef::Double(value) => arguments.add(value),
        ValueRef::Text(text) | ValueRef::Json(text) | ValueRef::Word(text) => arguments.add(text),
        ValueRef::Decimal(text) => arguments.add(Decimal {
            text,
            type_info: decimal,
        }),
        ValueRef::Bytes(bytes) => arguments.add(bytes),
        ValueRef::Uuid(bytes) => arguments.add(bytes.as_slice()),
        ValueRef::Date(days) => arguments.add(date_text(days)),
        ValueRef::DateTime(micros) | ValueRef::Timestamp(micros) => {
            arguments.add(datetime_text(micros))
        }
    }
}

/// A decimal that the server takes for one: of a text it would make a float to count with.
struct Decimal<'a> {
    text: &'a str,
    type_info: &'a MySqlTypeInfo,
}

impl Type<MySql> for Decimal<'_> {
    /// Not asked: [`produces`](Encode::produces) knows better, but the driver keeps the constructor of
    /// the right one to itself.
    fn type_info() -> MySqlTypeInfo {
        <str as Type<MySql>>::type_info()
    }
}

impl<'q> Encode<'q, MySql> for Decimal<'_> {
    fn encode_by_ref(&self, buffer: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
        Encode::<MySql>::encode_by_ref(&self.text, buffer)
    }

    fn produces(&self) -> Option<MySqlTypeInfo> {
        Some(self.type_info.clone())
    }
}
