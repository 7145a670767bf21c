use rust_decimal::Decimal;

use super::{Column, ColumnError, ColumnSink, ColumnType, Number, RowReader};

impl Column for Decimal {
    /// As Rails' and Entity Framework's money columns: eighteen digits, four of them after the point.
    fn column_type() -> ColumnType {
        ColumnType::Decimal {
            precision: 18,
            scale: 4,
        }
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        sink.decimal(&self.normalize().to_string());
        Ok(())
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        let text = reader.text()?;
        Self::from_str_exact(text).map_err(|error| ColumnError::Mismatch {
            found: format!("{text} ({error})"),
            wanted: "a Decimal of at most 28 digits",
        })
    }
}

impl Number for Decimal {}
