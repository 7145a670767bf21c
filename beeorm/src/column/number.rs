use super::{Column, ColumnError, ColumnSink, ColumnType, RowReader};

/// A column type that can be counted up and down in the database: integers, floats and decimals.
#[diagnostic::on_unimplemented(
    message = "a column of the type `{Self}` cannot be counted up and down",
    label = "no number",
    note = "`add` and `subtract` are for integers, floats and decimals that are no `Option`; `set` is for every column"
)]
pub trait Number: Column {}

impl Column for bool {
    fn column_type() -> ColumnType {
        ColumnType::Bool
    }

    fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
        sink.bool(*self);
        Ok(())
    }

    fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
        reader.bool()
    }
}

macro_rules! integer {
    ($($type:ty, $method:ident, $signed:literal;)+) => {$(
        impl Column for $type {
            fn column_type() -> ColumnType {
                ColumnType::Integer { bits: size_of::<$type>() as u8 * 8, signed: $signed }
            }

            fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
                sink.$method((*self).into());
                Ok(())
            }

            fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
                let value = reader.$method()?;
                <$type>::try_from(value).map_err(|_| ColumnError::Mismatch {
                    found: value.to_string(),
                    wanted: stringify!($type),
                })
            }
        }

        impl Number for $type {}
    )+};
}

integer! {
    i8, signed, true;
    i16, signed, true;
    i32, signed, true;
    i64, signed, true;
    u8, unsigned, false;
    u16, unsigned, false;
    u32, unsigned, false;
    u64, unsigned, false;
}

macro_rules! float {
    ($($type:ty, $method:ident, $column_type:ident;)+) => {$(
        impl Column for $type {
            fn column_type() -> ColumnType {
                ColumnType::$column_type
            }

            fn write(&self, sink: &mut ColumnSink<'_>) -> Result<(), ColumnError> {
                sink.$method(*self);
                Ok(())
            }

            fn read(reader: &mut dyn RowReader) -> Result<Self, ColumnError> {
                reader.$method()
            }
        }

        impl Number for $type {}
    )+};
}

float! {
    f32, float, Float;
    f64, double, Double;
}
