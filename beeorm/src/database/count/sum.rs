//! What a column holds after it was counted: the sum, exactly, or why it cannot be.

use super::decimal::Decimal;
use crate::{
    column::{self, ColumnError, ColumnSink, ColumnType, RowReader, ValueRef},
    entity::AssignMode,
};

/// Whether it holds numbers.
pub(super) fn is_counted(column_type: &ColumnType) -> bool {
    matches!(
        column_type,
        ColumnType::Bool
            | ColumnType::Integer { .. }
            | ColumnType::Float
            | ColumnType::Double
            | ColumnType::Decimal { .. }
    )
}

/// Copies a stored number.
pub(super) fn stored(
    column_type: &ColumnType,
    row: &mut dyn RowReader,
    sink: &mut ColumnSink<'_>,
) -> Result<(), ColumnError> {
    if row.is_null()? {
        row.skip();
        sink.null();
        return Ok(());
    }
    match column_type {
        ColumnType::Integer { signed: false, .. } => sink.unsigned(row.unsigned()?),
        ColumnType::Float | ColumnType::Double => sink.double(row.double()?),
        ColumnType::Decimal { .. } => sink.decimal(row.text()?),
        _ => sink.signed(row.signed()?),
    }
    Ok(())
}

/// Writes the sum of what is stored and the step, or the difference, if the column holds it.
pub(super) fn sum(
    column_type: &ColumnType,
    stored: ValueRef<'_>,
    mode: AssignMode,
    step: ValueRef<'_>,
    sink: &mut ColumnSink<'_>,
) -> Result<(), ColumnError> {
    if stored == ValueRef::Null || step == ValueRef::Null {
        sink.null();
        return Ok(());
    }
    let subtracts = mode == AssignMode::Subtract;
    let other_kind = || ColumnError::Mismatch {
        found: format!(
            "{} and is counted by {}",
            stored.to_value(),
            step.to_value()
        ),
        wanted: "numbers of its own kind",
    };
    match column_type {
        ColumnType::Bool | ColumnType::Integer { .. } => {
            let (stored, step) = whole(stored).zip(whole(step)).ok_or_else(other_kind)?;
            let sum = stored + if subtracts { -step } else { step };
            integer(column_type, sum, sink)
        }
        ColumnType::Float | ColumnType::Double => {
            let (stored, step) = real(stored).zip(real(step)).ok_or_else(other_kind)?;
            let sum = stored + if subtracts { -step } else { step };
            float(column_type, sum, sink)
        }
        ColumnType::Decimal { scale, .. } => {
            let (stored, step) = decimal(stored).zip(decimal(step)).ok_or_else(other_kind)?;
            let step = if subtracts { step.negated() } else { step };
            let sum = stored.plus(step).rounded((*scale).into()).to_string();
            column::check(column_type, ValueRef::Decimal(&sum))?;
            sink.decimal(&sum);
            Ok(())
        }
        _ => Err(other_kind()),
    }
}

fn integer(
    column_type: &ColumnType,
    sum: i128,
    sink: &mut ColumnSink<'_>,
) -> Result<(), ColumnError> {
    column::whole(column_type, sum)?;
    match i64::try_from(sum) {
        Ok(sum) => sink.signed(sum),
        // No column holds more than one of these.
        Err(_) => sink.unsigned(u64::try_from(sum).unwrap_or(u64::MAX)),
    }
    Ok(())
}

fn float(column_type: &ColumnType, sum: f64, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
    column::finite(column_type, sum)?;
    match column_type {
        // As it is kept.
        ColumnType::Float => sink.float(sum as f32),
        _ => sink.double(sum),
    }
    Ok(())
}

fn whole(value: ValueRef<'_>) -> Option<i128> {
    match value {
        ValueRef::Bool(value) => Some(value.into()),
        ValueRef::Signed(value) => Some(value.into()),
        ValueRef::Unsigned(value) => Some(value.into()),
        _ => None,
    }
}

fn real(value: ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Float(value) => Some(value.into()),
        ValueRef::Double(value) => Some(value),
        _ => None,
    }
}

fn decimal(value: ValueRef<'_>) -> Option<Decimal> {
    match value {
        ValueRef::Decimal(text) => Decimal::parse(text),
        _ => None,
    }
}
