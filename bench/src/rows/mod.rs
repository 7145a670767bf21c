//! What is measured, a row a file.

mod append_hundred;
mod append_many;
mod append_one;
mod appends;
mod drain_inserts;
mod drain_updates;
mod drains;
mod fill;

use std::pin::Pin;

use crate::{Bench, Fallible, report::Line};

/// A row of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: for<'b> fn(&'b Bench) -> Running<'b>,
}

type Running<'b> = Pin<Box<dyn Future<Output = Fallible<Vec<Line>>> + 'b>>;

pub(crate) const ALL: &[Row] = &[
    Row {
        name: "1",
        about: "one lazy flush, one caller",
        run: |bench| Box::pin(append_one::run(bench)),
    },
    Row {
        name: "2",
        about: "lazy flushes of many callers",
        run: |bench| Box::pin(append_many::run(bench)),
    },
    Row {
        name: "3",
        about: "lazy flushes of a hundred entities",
        run: |bench| Box::pin(append_hundred::run(bench)),
    },
    Row {
        name: "4",
        about: "draining inserts",
        run: |bench| Box::pin(drain_inserts::run(bench)),
    },
    Row {
        name: "5",
        about: "draining updates of one column",
        run: |bench| Box::pin(drain_updates::run(bench)),
    },
];
