use uuid::Uuid;

use super::{Column, ColumnError, ColumnSink, ColumnType, RowReader};

impl Column for Uuid {
    fn column_type() -> ColumnType {
        ColumnType::Uuid
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        sink.uuid(*self.as_bytes());
        Ok(())
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        let bytes = reader.bytes()?;
        Self::from_slice(bytes).map_err(|_| ColumnError::Mismatch {
            found: format!("{} bytes", bytes.len()),
            wanted: "a Uuid of 16 bytes",
        })
    }
}
