use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::Parts;
use crate::{
    database::{FailureClass, SelectError, dead_letters},
    error::Error,
};

/// The lazy flushes that could not be executed: kept in the database, with all that is known of them.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    parts: Arc<Parts>,
}

/// A lazy flush that could not be executed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The frame's id, as in [`Receipt::frame_ids`](crate::Receipt::frame_ids).
    pub frame_id: Uuid,
    /// The database pool that it was for, and that it is kept in.
    pub pool: String,
    /// The stream that it came through.
    pub channel: String,
    /// When it was flushed, since 1970.
    pub created: Duration,
    /// When it was given up, since 1970.
    pub died: Duration,
    /// How often it was tried.
    pub attempts: u64,
    /// The database's error number.
    pub error_code: Option<u64>,
    /// The SQLSTATE.
    pub sqlstate: Option<String>,
    /// What the database said.
    pub error: String,
    /// The statements with their values, one a line.
    pub statements: String,
    /// The frame, as it was in the stream.
    #[serde(skip)]
    pub frame: Vec<u8>,
}

impl DeadLetters {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
    }

    /// The oldest dead letters of every database pool, at most so many of each.
    ///
    /// # Errors
    ///
    /// [`Error::Database`].
    pub async fn list(&self, limit: u64) -> Result<Vec<DeadLetter>, Error> {
        let mut letters = Vec::new();
        for (pool, _) in self.parts.databases.iter() {
            let mut session = self.parts.databases.session(pool).await?;
            let rows = match dead_letters::list(&mut *session, limit).await {
                Ok(rows) => rows,
                // The tables are made by the first consumer, or by `schema()`.
                Err(SelectError::Database(error)) if error.class() == FailureClass::Schema => {
                    continue;
                }
                Err(SelectError::Database(error)) => return Err(error.into()),
                Err(SelectError::Column(problem)) => {
                    return Err(Error::Column {
                        entity: dead_letters::TABLE,
                        column: "dead letter".to_owned(),
                        problem,
                    });
                }
            };
            letters.extend(rows.into_iter().map(|row| DeadLetter {
                frame_id: row.frame_id,
                pool: pool.to_owned(),
                channel: row.channel,
                created: Duration::from_millis(row.created_millis),
                died: Duration::from_millis(row.died_millis),
                attempts: row.attempts,
                error_code: row.error_code,
                sqlstate: row.sqlstate,
                error: row.error,
                statements: row.statements,
                frame: row.frame,
            }));
        }
        Ok(letters)
    }
}
