//! INSERT, UPDATE and DELETE as data: no SQL, no database, no stream.
//!
//! Rows are turned into statements here, for the synchronous and the lazy path alike.

mod batch;
mod claims;
mod encode;
mod family;
mod order;
mod row;
mod rows;
mod waiting;

pub(crate) use self::{
    batch::{Batch, Operation, RowValues, Shape, Statement},
    claims::{ByThing, Claim, Claims, Mode, Purpose},
    encode::{Encoder, Path},
    family::Family,
    order::{StatementPlace, StatementRun, merged, neighbours, one_by_one},
    row::ById,
    rows::{Conclusion, Intent, MadeKeys, Progress, Rows},
    waiting::waiting,
};
pub use self::{
    row::{LazyRow, Row},
    rows::{Flush, LazyFlush},
    waiting::WaitingStatement,
};
