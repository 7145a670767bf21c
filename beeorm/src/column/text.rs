use super::{Column, ColumnError, ColumnSink, ColumnType, RowReader};

/// BeeORM's and most people's length of a text column that says nothing, in characters.
const DEFAULT_LENGTH: u32 = 255;

impl Column for String {
    fn column_type() -> ColumnType {
        ColumnType::Text {
            length: Some(DEFAULT_LENGTH),
        }
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        sink.text(self);
        Ok(())
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        reader.text().map(str::to_owned)
    }
}
