use sqlx::{Arguments, mysql::MySqlArguments};

use super::super::{DatabaseError, FailureClass};
use crate::column::{ValueRef, date_text, datetime_text};

/// The values of a statement's placeholders.
pub(super) fn arguments(binds: &[ValueRef<'_>]) -> Result<MySqlArguments, DatabaseError> {
    let mut arguments = MySqlArguments::default();
    arguments.reserve(binds.len(), binds.iter().map(size).sum());
    for bind in binds {
        add(&mut arguments, *bind)
            .map_err(|error| DatabaseError::new(FailureClass::Unknown, error.to_string()))?;
    }
    Ok(arguments)
}

/// About as many bytes as the value takes.
fn size(bind: &ValueRef<'_>) -> usize {
    match bind {
        ValueRef::Text(text) | ValueRef::Decimal(text) | ValueRef::Json(text) | ValueRef::Word(text) => text.len() + 9,
        ValueRef::Bytes(bytes) => bytes.len() + 9,
        _ => 28,
    }
}

/// Dates, times, decimals and words go as text: strict servers convert it exactly or refuse it.
fn add(arguments: &mut MySqlArguments, bind: ValueRef<'_>) -> Result<(), sqlx::error::BoxDynError> {
    match bind {
        ValueRef::Null => arguments.add(None::<&str>),
        ValueRef::Bool(value) => arguments.add(i8::from(value)),
        ValueRef::Signed(value) => arguments.add(value),
        ValueRef::Unsigned(value) => arguments.add(value),
        ValueRef::Float(value) => arguments.add(value),
        ValueRef::Double(value) => arguments.add(value),
        ValueRef::Text(text) | ValueRef::Decimal(text) | ValueRef::Json(text) | ValueRef::Word(text) => {
            arguments.add(text)
        }
        ValueRef::Bytes(bytes) => arguments.add(bytes),
        ValueRef::Uuid(bytes) => arguments.add(bytes.as_slice()),
        ValueRef::Date(days) => arguments.add(date_text(days)),
        ValueRef::DateTime(micros) | ValueRef::Timestamp(micros) => arguments.add(datetime_text(micros)),
    }
}
