//! A database in memory: the statements that the library sends, in transactions that lock, wait, deadlock, time
//! out and are rolled back, and a log of everything that was committed.

mod client;
mod datum;
mod evaluate;
mod execute;
mod locks;
mod poison;
mod refusal;
mod server;
mod session;
mod sql;
mod store;

pub(super) use self::{
    client::DatabaseClient,
    datum::{Datum, Row},
    poison::Bite,
    server::DatabaseServer,
    store::{Commit, Place, RowChange, Table, values},
};
