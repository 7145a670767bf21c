//! The rules: what cannot be, and what to do instead.
//!
//! Each rule looks at what `attribute` read and at the shape of a type, and notes mistakes; none
//! prints anything.

mod contradiction;
mod default;
mod digits;
mod generics;
mod moment;
mod name;
mod storage;
mod type_advice;

pub(crate) use self::{
    contradiction::{contradicts, needs},
    default::default_fits,
    generics::not_generic,
    name::{Named, name},
    storage::{KEY_TYPES, storage_fits, unindexable},
    type_advice::unsupported_type,
};
