use std::sync::Arc;

use super::{Engine, Parts};
use crate::{
    database::FailureClass,
    error::Error,
    schema::{self, Alter},
};

/// How often another process may be in the way, before that is an error.
const MOST_CONTENTIONS: u32 = 20;

/// The tables in the databases, against what the registered entities ask for.
#[derive(Debug)]
pub struct Schema {
    parts: Arc<Parts>,
}

impl Schema {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
    }

    /// What has to be run so that every registered entity has its table, and the library its own: in this
    /// order, and nothing where all is well. Tables that no entity asks for are left alone.
    ///
    /// # Errors
    ///
    /// [`Error::Database`].
    pub async fn alters(&self) -> Result<Vec<Alter>, Error> {
        let mut alters = Vec::new();
        for (pool, database) in self.parts.databases.iter() {
            let schemas = self
                .parts
                .tables
                .iter()
                .filter(|schema| schema.pool == pool)
                .collect();
            alters.extend(schema::alters(&**database, pool, schemas).await?);
        }
        Ok(alters)
    }

    /// Runs what is safe: makes tables, columns and indexes that are missing, and widens columns. Returns what
    /// is not safe and was left undone; it is also told as a warning.
    ///
    /// Several processes may do so at once.
    ///
    /// ```no_run
    /// # use beeorm::prelude::*;
    /// # async fn f(engine: &Engine) -> Result<(), Error> {
    /// engine.schema().update().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Database`], the first one; what was run stays, also of what stands behind it.
    pub async fn update(&self) -> Result<Vec<Alter>, Error> {
        self.run(Alter::is_safe).await
    }

    /// Runs everything that a statement does, data be lost or not: for tests and development. Returns what has
    /// to be done by hand.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update).
    pub async fn update_unsafe(&self) -> Result<Vec<Alter>, Error> {
        self.run(|alter| alter.sql().is_some()).await
    }

    async fn run(&self, chosen: impl Fn(&Alter) -> bool) -> Result<Vec<Alter>, Error> {
        let mut contentions = 0;
        loop {
            let (run, left): (Vec<_>, Vec<_>) = self.alters().await?.into_iter().partition(&chosen);
            let Err((alter, error)) = self.run_all(run).await else {
                for alter in &left {
                    tracing::warn!(
                        pool = alter.pool(),
                        danger = alter.danger(),
                        "left undone: {alter}"
                    );
                }
                return Ok(left);
            };
            contentions += 1;
            // Another process may have been faster, as all of them start after a deploy.
            let was_in_the_way = is_contention(&error) && contentions < MOST_CONTENTIONS;
            if !was_in_the_way && self.alters().await?.contains(&alter) {
                return Err(error);
            }
        }
    }

    /// What a server refuses holds up nothing else; the first refusal is told. Where it is away, the rest waits.
    async fn run_all(&self, alters: Vec<Alter>) -> Result<(), (Alter, Error)> {
        let mut first = None;
        for alter in alters {
            let Err(error) = self.parts.alter(&alter).await else {
                continue;
            };
            let goes_on = is_refusal(&error);
            if first.is_some() {
                tracing::warn!(pool = alter.pool(), %error, "not done: {alter}");
            } else {
                first = Some((alter, error));
            }
            if !goes_on {
                break;
            }
        }
        first.map_or(Ok(()), Err)
    }
}

/// Of this one statement.
fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Database(error) if !error.class().is_passing() && !error.is_denied())
}

fn is_contention(error: &Error) -> bool {
    matches!(error, Error::Database(error) if error.class() == FailureClass::Contention)
}

impl Alter {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// [`Error::Database`], also where no statement does it; [`Error::PoolNotRegistered`] of another engine.
    pub async fn exec(&self, engine: &Engine) -> Result<(), Error> {
        engine.parts.alter(self).await
    }
}

impl Parts {
    async fn alter(&self, alter: &Alter) -> Result<(), Error> {
        let mut session = self.databases.session(alter.pool()).await?;
        tracing::info!(pool = alter.pool(), "{alter}");
        session.execute(alter.statement()?, &[]).await?;
        Ok(())
    }
}
