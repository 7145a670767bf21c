//! The checked model: what there is to print, with every question answered.

mod embedded;
mod entity;
mod enumeration;
mod field;
mod index;
mod key;
pub(crate) mod shape;

pub(crate) use self::{
    embedded::{EmbeddedModel, embedded},
    entity::{EntityModel, entity},
    enumeration::{EnumModel, enumeration},
    field::{ColumnModel, Field, Kind, Storage},
    index::IndexModel,
    key::{KeyModel, KeySource},
    shape::{Core, Moment, Shape},
};

use syn::{Data, DeriveInput};

/// Whether the type or a part of it is deprecated.
fn is_deprecated(input: &DeriveInput) -> bool {
    let of_parts: Vec<_> = match &input.data {
        Data::Struct(data) => data.fields.iter().flat_map(|field| &field.attrs).collect(),
        Data::Enum(data) => data
            .variants
            .iter()
            .flat_map(|variant| &variant.attrs)
            .collect(),
        Data::Union(_) => Vec::new(),
    };
    input
        .attrs
        .iter()
        .chain(of_parts)
        .any(|attribute| attribute.path().is_ident("deprecated"))
}
