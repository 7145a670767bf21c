//! What is measured, a row a file.

mod append_hundred;
mod append_many;
mod append_one;
mod appends;
mod child;
mod compile;
mod consumer;
mod drain_inserts;
mod drain_mix;
mod drain_updates;
mod drains;
mod fill;
mod flush;
mod lag;
mod load;
mod plots;
mod queues;
mod tracked;
mod visible;

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
    Row {
        name: "6",
        about: "draining deletes, and a mix",
        run: |bench| Box::pin(drain_mix::run(bench)),
    },
    Row {
        name: "7",
        about: "from a lazy flush to its row",
        run: |bench| Box::pin(visible::run(bench)),
    },
    Row {
        name: "8",
        about: "synchronous flushes",
        run: |bench| Box::pin(flush::run(bench)),
    },
    Row {
        name: "9",
        about: "loads by key",
        run: |bench| Box::pin(load::run(bench)),
    },
    Row {
        name: "10",
        about: "what the compiler has to do",
        run: |bench| Box::pin(compile::run(bench)),
    },
    Row {
        name: "11",
        about: "tracking",
        run: |bench| Box::pin(tracked::run(bench)),
    },
    Row {
        name: "12",
        about: "what a consumer takes",
        run: |bench| Box::pin(consumer::run(bench)),
    },
    Row {
        name: "latency",
        about: "a caller's latency by concurrency",
        run: |bench| Box::pin(plots::latency(bench)),
    },
    Row {
        name: "batch",
        about: "draining by the size of a batch",
        run: |bench| Box::pin(plots::batch(bench)),
    },
    Row {
        name: "lag",
        about: "from a lazy flush to its row, beside others",
        run: |bench| Box::pin(lag::run(bench)),
    },
    Row {
        name: "queues",
        about: "lazy flushes and other queues, until the rows are there",
        run: |bench| Box::pin(queues::run(bench)),
    },
];
