//! Looks at the numbers of a value, as serde shows them: whether a database's JSON keeps them.

use std::fmt;

use serde::{Serialize, Serializer, ser};
use serde_json::Error;

/// Refuses a value with a number in it that JSON does not have, or that comes back as another.
pub(super) fn all_kept<T: Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    value.serialize(Numbers)
}

/// Writes nothing.
#[derive(Clone, Copy)]
struct Numbers;

impl Numbers {
    fn number(number: f64) -> Result<(), Error> {
        if number.is_finite() {
            return Ok(());
        }
        Err(ser::Error::custom(format_args!(
            "it holds the number {number}, which JSON does not have; store it as an `Option`'s `None`"
        )))
    }
}

/// MySQL keeps one of more than 64 bits as a floating-point number, of which the field's type cannot be made again.
fn too_large(number: impl fmt::Display) -> Error {
    ser::Error::custom(format_args!(
        "it holds the integer {number}, which is beyond the 64 bits that a database's JSON has; store it as a text"
    ))
}

macro_rules! nothing_to_look_at {
    ($($method:ident($($type:ty),*);)+) => {$(
        fn $method(self, $(_: $type),*) -> Result<(), Error> {
            Ok(())
        }
    )+};
}

impl Serializer for Numbers {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    nothing_to_look_at! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_i128(self, number: i128) -> Result<(), Error> {
        let fits = i64::try_from(number).is_ok() || u64::try_from(number).is_ok();
        fits.then_some(()).ok_or_else(|| too_large(number))
    }

    fn serialize_u128(self, number: u128) -> Result<(), Error> {
        u64::try_from(number)
            .map(drop)
            .map_err(|_| too_large(number))
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        Self::number(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        Self::number(number)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        all_kept(value)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        all_kept(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        all_kept(value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        Ok(self)
    }
}

/// Those whose parts have no names.
macro_rules! sequences {
    ($($trait:ident::$method:ident;)+) => {$(
        impl ser::$trait for Numbers {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                all_kept(value)
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        }
    )+};
}

/// Those whose parts have.
macro_rules! structs {
    ($($trait:ident;)+) => {$(
        impl ser::$trait for Numbers {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Error> {
                all_kept(value)
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        }
    )+};
}

sequences! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

structs! {
    SerializeStruct;
    SerializeStructVariant;
}

impl ser::SerializeMap for Numbers {
    type Ok = ();
    type Error = Error;

    /// Keys are texts.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        all_kept(value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}
