//! INSERT, UPDATE and DELETE as data: no SQL, no database, no stream.
//!
//! Rows are turned into statements here, for the synchronous and the lazy path alike.

mod batch;
mod encode;
mod order;
mod parents;
mod row;
mod rows;
mod waiting;

#[cfg(feature = "simulation")]
pub(crate) use self::rows::Slot;
pub(crate) use self::{
    batch::{Batch, Operation, RowValues, Shape, Statement},
    encode::{Encoder, Path},
    order::{
        ByThing, Claims, Family, Mode, Purpose, StatementPlace, StatementRun, merged, neighbours,
        one_by_one,
    },
    row::ById,
    rows::{Conclusion, Intent, MadeKeys, Outstanding, Progress, Rows},
    waiting::waiting,
};
pub use self::{
    row::{LazyRow, Row},
    rows::{Flush, LazyFlush},
    waiting::WaitingStatement,
};
