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
        // A server tells every digit of the scale, and those may be more than there is room for.
        let text = without_zeros(reader.text()?);
        Self::from_str_exact(text).map_err(|error| ColumnError::Mismatch {
            found: format!("{text} ({error})"),
            wanted: "a Decimal of at most 28 digits",
        })
    }
}

impl Number for Decimal {}

/// Without the zeros behind the point.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::EncodedReader;

    #[test]
    fn zeros_behind_the_point_take_no_room() {
        for (told, expected) in [
            ("12345678901234567890.0000000000", "12345678901234567890"),
            (
                "79228162514264337593543950335.0000000000",
                "79228162514264337593543950335",
            ),
            ("-0.5000000000", "-0.5"),
            ("0.0000000000", "0"),
            ("1200", "1200"),
        ] {
            let mut row = Vec::new();
            ColumnSink::new(&mut row).decimal(told);
            let read = Decimal::read(&mut EncodedReader::new(&row)).unwrap();
            assert_eq!(read.to_string(), expected);
        }
    }
}
