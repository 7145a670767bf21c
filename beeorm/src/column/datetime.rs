use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use super::{Column, ColumnError, ColumnSink, ColumnType, RowReader};

fn epoch() -> NaiveDate {
    NaiveDate::default()
}

impl Column for NaiveDate {
    fn column_type() -> ColumnType {
        ColumnType::Date
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        // A NaiveDate spans some 191 million days: within an i32.
        let days = self.signed_duration_since(epoch()).num_days();
        sink.date(i32::try_from(days).unwrap_or(i32::MAX));
        Ok(())
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        let days = reader.date()?;
        TimeDelta::try_days(i64::from(days))
            .and_then(|span| epoch().checked_add_signed(span))
            .ok_or_else(|| mismatch(i64::from(days), "days", "a NaiveDate"))
    }
}

/// Stored in microseconds: what is finer is cut off.
impl Column for NaiveDateTime {
    fn column_type() -> ColumnType {
        ColumnType::DateTime
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        sink.datetime(self.and_utc().timestamp_micros());
        Ok(())
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        moment(reader.datetime()?).map(|moment| moment.naive_utc())
    }
}

/// Stored in microseconds: what is finer is cut off.
impl Column for DateTime<Utc> {
    fn column_type() -> ColumnType {
        ColumnType::Timestamp
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        sink.timestamp(self.timestamp_micros());
        Ok(())
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        moment(reader.timestamp()?)
    }
}

fn moment(micros: i64) -> Result<DateTime<Utc>, ColumnError> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| mismatch(micros, "microseconds", "a DateTime"))
}

fn mismatch(count: i64, unit: &str, wanted: &'static str) -> ColumnError {
    ColumnError::Mismatch {
        found: format!("{count} {unit} since 1970"),
        wanted,
    }
}
