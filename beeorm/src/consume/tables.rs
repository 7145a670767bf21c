//! What a run begins with: the library's own tables, and a look at the users'.

use super::{Run, batch::LONGEST_PAUSE, bounded::Bounded};
use crate::{
    database::{DatabaseError, FailureClass, make_table, own_tables, without_transactions},
    error::Error,
};

impl Run {
    /// Waits for databases that are away; a missing right, and a table on which no promise holds, are told at once.
    pub(super) async fn begin_with_tables(&self) -> Result<(), Error> {
        let mut attempt = 0;
        loop {
            let Ok(begun) = self.stop.unless(self.look_at_tables()).await else {
                return Ok(());
            };
            let error = match begun {
                Err(Error::Database(error)) => error,
                ended => return ended,
            };
            // What a proxy says of an absent server may be called anything.
            if !error.class().is_passing() && error.class() != FailureClass::Unknown {
                return Err(error.into());
            }
            tracing::warn!(%error, "retry: the library's own tables could not be made");
            if self.pause(&mut attempt, LONGEST_PAUSE).await.is_err() {
                return Ok(());
            }
        }
    }

    /// Makes the inbox and what belongs to it in every database, where they are not.
    pub(super) async fn make_own_tables(&self) -> Result<(), DatabaseError> {
        for (_, database) in self.source.databases.iter() {
            let mut session = Bounded::open(self, &**database).await?;
            for (table, definition) in own_tables(database.dialect()) {
                make_table(&mut session, table, &definition).await?;
            }
        }
        Ok(())
    }

    async fn look_at_tables(&self) -> Result<(), Error> {
        self.make_own_tables().await?;
        for (pool, database) in self.source.databases.iter() {
            let mut session = Bounded::open(self, &**database).await?;
            let ours = |table: &str| self.source.tables.get(pool, table).is_some();
            let found = without_transactions(&mut session, database.dialect(), ours).await;
            if let Some((table, engine)) = found.map_err(DatabaseError::from)? {
                let pool = pool.to_owned();
                return Err(Error::NoTransactions {
                    pool,
                    table,
                    engine,
                });
            }
        }
        Ok(())
    }
}
