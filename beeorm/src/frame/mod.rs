//! The wire format: one flush for one database, as bytes.
//!
//! A frame carries its statements as data and not as SQL: the consumer renders them, and refuses tables and
//! columns that no registered entity has. The format is versioned, and a newer consumer reads every older
//! frame.

mod decode;
mod describe;
mod encode;
mod tables;
#[cfg(test)]
mod tests;

use uuid::Uuid;

pub(crate) use self::{
    decode::{DecodeError, Decoder, decode},
    describe::describe,
    encode::encode,
    tables::Tables,
};
use crate::statement::Batch;

/// The format written today.
const VERSION: u8 = 1;

/// One flush for one database, decoded.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The idempotency key, kept across retries.
    pub(crate) id: Uuid,
    /// The database pool.
    pub(crate) pool: &'static str,
    /// When it was flushed, in milliseconds since 1970.
    pub(crate) created_millis: u64,
    pub(crate) batch: Batch,
}
