use sqlx::{Arguments, sqlite::SqliteArguments};

use super::super::{DatabaseError, FailureClass};
use crate::column::{ValueRef, date_text, datetime_text};

/// The values of a statement's placeholders.
pub(super) fn arguments(binds: &[ValueRef<'_>]) -> Result<SqliteArguments, DatabaseError> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(binds.len(), 0);
    for bind in binds {
        add(&mut arguments, *bind)
            .map_err(|error| DatabaseError::new(FailureClass::Unknown, error.to_string()))?;
    }
    Ok(arguments)
}

fn add(
    arguments: &mut SqliteArguments,
    bind: ValueRef<'_>,
) -> Result<(), sqlx::error::BoxDynError> {
    match bind {
        ValueRef::Null => arguments.add(None::<i64>),
        ValueRef::Bool(value) => arguments.add(i64::from(value)),
        ValueRef::Signed(value) => arguments.add(value),
        // Twenty digits sort as their numbers do, and behind every number that is kept as one.
        ValueRef::Unsigned(value) => match i64::try_from(value) {
            Ok(value) => arguments.add(value),
            Err(_) => arguments.add(format!("{value:020}")),
        },
        ValueRef::Float(value) => arguments.add(f64::from(value)),
        ValueRef::Double(value) => arguments.add(value),
        ValueRef::Text(text)
        | ValueRef::Decimal(text)
        | ValueRef::Json(text)
        | ValueRef::Word(text) => arguments.add(text),
        ValueRef::Bytes(bytes) => arguments.add(bytes),
        ValueRef::Uuid(bytes) => arguments.add(bytes.as_slice()),
        ValueRef::Date(days) => arguments.add(date_text(days)),
        ValueRef::DateTime(micros) | ValueRef::Timestamp(micros) => {
            arguments.add(datetime_text(micros))
        }
    }
}
