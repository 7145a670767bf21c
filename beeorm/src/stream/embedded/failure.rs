use crate::{
    database::{DatabaseError, FailureClass, SelectError},
    stream::StreamError,
};

/// Makes a stream's errors of the database's.
pub(super) struct Failures<'a> {
    pub(super) pool: &'a str,
}

impl Failures<'_> {
    /// Of anything that may be asked again.
    pub(super) fn failed(&self, error: &DatabaseError) -> StreamError {
        let (pool, reason) = (self.pool.to_owned(), error.to_string());
        match error.class() {
            _ if error.is_closed() => StreamError::Closed { pool },
            FailureClass::Infrastructure | FailureClass::Contention => {
                StreamError::Unavailable { pool, reason }
            }
            _ => StreamError::Refused { pool, reason },
        }
    }

    pub(super) fn select_failed(&self, error: SelectError) -> StreamError {
        match error {
            SelectError::Database(error) => self.failed(&error),
            SelectError::Column(error) => {
                let reason = format!(
                    "the embedded stream's file holds something else than it wrote: {error}"
                );
                StreamError::Refused {
                    pool: self.pool.to_owned(),
                    reason,
                }
            }
        }
    }

    /// Of an append's one statement: SQLite takes back what it reports as failed, unless the disk failed.
    pub(super) fn append_failed(&self, error: &DatabaseError) -> StreamError {
        const IOERR: u32 = 10;
        let is_known = error.is_closed() || error.code().is_some_and(|code| code & 0xff != IOERR);
        if is_known {
            return self.failed(error);
        }
        StreamError::OutcomeUnknown {
            pool: self.pool.to_owned(),
            reason: error.to_string(),
        }
    }
}
