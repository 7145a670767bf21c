use super::{Column, ColumnError, ColumnSink, ColumnType, RefersTo, RowReader};

impl<T: Column> Column for Option<T> {
    const NULLABLE: bool = true;

    fn column_type() -> ColumnType {
        T::column_type()
    }

    fn refers_to() -> Option<fn() -> RefersTo> {
        T::refers_to()
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        match self {
            Some(value) => value.write(sink),
            None => {
                sink.null();
                Ok(())
            }
        }
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        if reader.is_null()? {
            reader.skip();
            Ok(None)
        } else {
            T::read(reader).map(Some)
        }
    }
}
