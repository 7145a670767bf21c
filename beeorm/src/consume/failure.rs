use std::{fmt, ops::Deref, panic::AssertUnwindSafe, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use uuid::Uuid;

use crate::{column::Value, database::DatabaseError};

/// What to do with a lazy flush that the database refuses for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolution {
    /// Ask the next resolver; after the last one, dead-letter.
    Pass,
    /// Give it up, and write down that it was skipped.
    Skip,
    /// Try it again, after a pause that grows with the attempts.
    Retry,
    /// Put it into the dead letters.
    DeadLetter,
}

/// A lazy flush that the database refuses, as error resolvers see it. It stands alone: its neighbours
/// are not touched by what is decided. Derefs to the database's error.
///
/// ```no_run
/// # use beeorm::prelude::*;
/// # async fn f(engine: &Engine) -> Result<(), Error> {
/// let consumer = engine.background_consumer().error_resolver(|failure: Failure| async move {
///     match failure.statement() {
///         // Somebody was faster with this page view.
///         Some(refused) if refused.table == "views" && failure.is_duplicate_key() => Resolution::Skip,
///         _ => Resolution::Pass,
///     }
/// });
/// consumer.run_until(tokio::signal::ctrl_c()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The frame's id, as in [`Receipt::frame_ids`](crate::Receipt::frame_ids).
    pub frame_id: Uuid,
    /// The database pool.
    pub pool: String,
    /// How long ago it was flushed.
    pub age: Duration,
    /// All its statements, in order: they take effect together or not at all.
    pub statements: Vec<FailedStatement>,
    /// The place of the one that was refused.
    pub failed: usize,
    /// What the database said.
    pub error: DatabaseError,
    /// How often it was tried alone.
    pub attempts: u32,
}

/// A statement of a flush that was refused.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedStatement {
    /// `"INSERT"`, `"UPDATE"` or `"DELETE"`.
    pub operation: &'static str,
    /// The table.
    pub table: &'static str,
    /// The row's key; none for an INSERT whose key the database makes.
    pub key: Option<Value>,
    /// The columns that get a value, and the values.
    pub values: Vec<(String, Value)>,
    /// The SQL, with `?` for the values.
    pub sql: String,
}

impl Failure {
    /// The statement that was refused.
    #[must_use]
    pub fn statement(&self) -> Option<&FailedStatement> {
        self.statements.get(self.failed)
    }
}

impl Deref for Failure {
    type Target = DatabaseError;

    fn deref(&self) -> &DatabaseError {
        &self.error
    }
}

impl fmt::Display for FailedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sql)?;
        let mut values = self
            .values
            .iter()
            // The name of a counter ends in the sign.
            .map(|(name, value)| match name.strip_suffix('=') {
                Some(counted) => format!("{counted}={value}"),
                None => format!("{name}={value}"),
            })
            .collect::<Vec<_>>();
        values.extend(
            self.key
                .iter()
                .filter(|_| self.operation != "INSERT")
                .map(|key| format!("key={key}")),
        );
        write!(f, " [{}]", values.join(", "))
    }
}

type Resolver = Box<dyn Fn(Failure) -> BoxFuture<'static, Resolution> + Send + Sync>;

/// The user's resolvers, in the order in which they were given.
#[derive(Default)]
pub(super) struct Resolvers(Vec<Resolver>);

impl Resolvers {
    pub(super) fn push<F, R>(&mut self, resolver: F)
    where
        F: Fn(Failure) -> R + Send + Sync + 'static,
        R: Future<Output = Resolution> + Send + 'static,
    {
        self.0
            .push(Box::new(move |failure| Box::pin(resolver(failure))));
    }

    /// The first answer that is not to pass; one that panics has passed.
    pub(super) async fn ask(&self, failure: &Failure) -> Resolution {
        for resolver in &self.0 {
            let asked = async { resolver(failure.clone()).await };
            match AssertUnwindSafe(asked).catch_unwind().await {
                Ok(Resolution::Pass) => {}
                Ok(resolution) => return resolution,
                // It would take the consumer down, and the next one that meets the flush.
                Err(_) => {
                    tracing::error!(frame = %failure.frame_id, "an error resolver panicked: taken for a pass");
                }
            }
        }
        Resolution::DeadLetter
    }
}

impl fmt::Debug for Resolvers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} resolvers", self.0.len())
    }
}
