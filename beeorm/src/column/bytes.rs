use super::{BlobSize, Column, ColumnError, ColumnSink, ColumnType, RowReader};

impl Column for Vec<u8> {
    fn column_type() -> ColumnType {
        ColumnType::Blob(BlobSize::Blob)
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        sink.bytes(self);
        Ok(())
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        reader.bytes().map(<[u8]>::to_vec)
    }
}
