//! The words of `#[entity(..)]` as the user gave them, each with its place in the source.
//!
//! Spelling and the form of values are judged here; whether the words make sense together, and with
//! the field's type, is judged by `check` and `model`.

mod container;
mod field;
mod sql_literal;
mod variant;
mod vocabulary;
mod word;

pub(crate) use self::{
    container::ContainerAttributes,
    field::{BlobSize, FieldAttributes, IndexWord, Length},
    sql_literal::{Literal, SqlLiteral},
    variant::VariantAttributes,
    vocabulary::Place,
    word::{Given, Word},
};
