//! Sessions that wait for an answer, but not for ever.

use std::time::Duration;

use futures_util::future::{self, BoxFuture, Either};

use super::Run;
use crate::{
    column::ValueRef,
    database::{
        Database, DatabaseError, Done, EachRow, FailureClass, Purpose, SelectError, Session,
    },
    runtime::Runtime,
};

/// A server that is frozen, or behind a connection that is half open, answers nothing, while the owner's heart goes on
/// beating. So each answer is waited for so long; not each transaction, as one of a thousand statements may take long
/// on a slow line, and would be tried again for ever.
pub(super) struct Bounded {
    /// None once an answer did not come: a dropped session hangs up.
    session: Option<Box<dyn Session>>,
    runtime: Runtime,
    patience: Duration,
}

impl Bounded {
    /// A session of the consumer's.
    pub(super) async fn open(run: &Run, database: &dyn Database) -> Result<Self, DatabaseError> {
        Self::open_for(run, database, Purpose::Consumer).await
    }

    /// A session of any pool.
    pub(super) async fn open_for(
        run: &Run,
        database: &dyn Database,
        purpose: Purpose,
    ) -> Result<Self, DatabaseError> {
        let session = Some(database.session(purpose).await?);
        Ok(Self {
            session,
            runtime: run.source.runtime.clone(),
            patience: run.options.answer_timeout,
        })
    }

    /// The session, and the moment until which it is listened to.
    fn ask(&mut self) -> Result<(&mut dyn Session, BoxFuture<'static, ()>), DatabaseError> {
        let late = self.runtime.sleep(self.patience);
        match &mut self.session {
            Some(session) => Ok((&mut **session, late)),
            None => Err(silent("the connection was given up".to_owned())),
        }
    }

    /// What was heard; none where the moment came first.
    fn heard<T, E: From<DatabaseError>>(&mut self, answer: Option<Result<T, E>>) -> Result<T, E> {
        answer.unwrap_or_else(|| {
            self.session = None;
            let patience = self.patience;
            Err(E::from(silent(format!(
                "no answer within {patience:?}; if statements take longer, raise `BackgroundConsumer::answer_timeout`"
            ))))
        })
    }
}

fn silent(message: String) -> DatabaseError {
    DatabaseError::new(FailureClass::Infrastructure, message)
}

async fn until<T>(late: BoxFuture<'_, ()>, answer: BoxFuture<'_, T>) -> Option<T> {
    match future::select(answer, late).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(_) => None,
    }
}

impl Session for Bounded {
    fn execute<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
    ) -> BoxFuture<'s, Result<Done, DatabaseError>> {
        Box::pin(async move {
            let (session, late) = self.ask()?;
            let answer = until(late, session.execute(sql, binds)).await;
            self.heard(answer)
        })
    }

    fn select<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
        each: EachRow<'s>,
    ) -> BoxFuture<'s, Result<(), SelectError>> {
        Box::pin(async move {
            let (session, late) = self.ask()?;
            let answer = until(late, session.select(sql, binds, each)).await;
            self.heard(answer)
        })
    }

    fn begin(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(async move {
            let (session, late) = self.ask()?;
            let answer = until(late, session.begin()).await;
            self.heard(answer)
        })
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(async move {
            let (session, late) = self.ask()?;
            let answer = until(late, session.commit()).await;
            self.heard(answer)
        })
    }

    fn statement_bytes(&self, database: &dyn Database) -> usize {
        self.session.as_ref().map_or_else(
            || database.max_statement_bytes(),
            |session| session.statement_bytes(database),
        )
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(async move {
            // One that was given up has nothing to roll back.
            let Ok((session, late)) = self.ask() else {
                return Ok(());
            };
            let answer = until(late, session.rollback()).await;
            self.heard(answer)
        })
    }
}
