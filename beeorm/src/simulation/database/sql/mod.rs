//! The SQL that the library sends, as a grammar: what is not in it fails the run.

mod parse;
mod syntax;
mod token;

pub(super) use self::{
    parse::parse,
    syntax::{Expression, Insert, Operator, Select, Source, Statement},
};
