//! The loop that a consumer is without beeorm: read, write in groups, acknowledge.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use sqlx::MySqlConnection;

use super::{
    inserts::Inserts,
    payload::{self, PageRow},
    stream::{Entry, Reader},
    updates::Updates,
};
use crate::{
    Fallible,
    measure::on_worker,
    stage::{Network, Stage},
    verify,
};

/// How the entries of one reading are written.
#[derive(Debug)]
pub(crate) enum Write {
    Inserts(Inserts),
    Updates(Updates),
}

impl Write {
    async fn run(&mut self, connection: &mut MySqlConnection, entries: &[Entry]) -> Fallible<()> {
        let bodies = entries.iter().map(|entry| entry.body.clone());
        match self {
            Self::Inserts(inserts) => {
                let rows: Fallible<Vec<_>> = bodies.map(payload::read_page).collect();
                let rows = rows?;
                let values: Fallible<Vec<_>> = rows.iter().map(PageRow::values).collect();
                inserts.run(connection, values?.into_iter()).await
            }
            Self::Updates(updates) => {
                let rows: Fallible<Vec<_>> = bodies.map(payload::read_balance).collect();
                updates.run(connection, &rows?).await
            }
        }
    }
}

/// A reader with a connection of its own.
#[derive(Debug)]
pub(crate) struct Worker {
    reader: Reader,
    connection: MySqlConnection,
    write: Write,
}

impl Worker {
    pub(crate) async fn all(
        stage: &Stage,
        network: Network,
        workers: usize,
        at_a_time: u64,
        write: impl Fn() -> Write,
    ) -> Fallible<Vec<Self>> {
        let mut all = Vec::new();
        for number in 0..workers {
            all.push(Self {
                reader: Reader::new(stage.redis(network).await?, number, at_a_time),
                connection: stage.sql(network).await?,
                write: write(),
            });
        }
        Ok(all)
    }

    async fn drain(&mut self) -> Fallible<()> {
        let mut entries = self.reader.next().await?;
        while !entries.is_empty() {
            self.write.run(&mut self.connection, &entries).await?;
            entries = self.reader.done_and_next(entries).await?;
        }
        Ok(())
    }
}

/// Reads the stream to its end with all workers at a time; tells how long that took.
pub(crate) async fn drain(workers: &mut Vec<Worker>) -> Fallible<Duration> {
    let begun = Instant::now();
    let working = workers.drain(..).map(|mut worker| {
        on_worker(async move {
            worker.drain().await?;
            Ok(worker)
        })
    });
    let done = try_join_all(working).await?;
    let took = begun.elapsed();
    for worker in done {
        verify::count("entries left", worker.reader.left().await?, 0)?;
        workers.push(worker);
    }
    Ok(took)
}
