//! A channel in this process, and one task that groups what comes out of it. What is in memory goes with the process.

use std::time::Duration;

use sqlx::MySqlConnection;
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use uuid::Uuid;

use crate::{Fallible, by_hand::inserts::Inserts, entities::Page};

/// The most rows of a statement.
const ROWS: usize = 1000;

/// How long a row waits for others.
const WAIT: Duration = Duration::from_millis(1);

/// For more rows than a round has: nobody waits for room.
const ROOM: usize = 32_768;

#[derive(Clone, Debug)]
pub(crate) struct Queue(Sender<Page>);

impl Queue {
    /// Beside it, the task that writes until nobody can push any more.
    pub(crate) fn open(connection: MySqlConnection) -> (Self, JoinHandle<Fallible<()>>) {
        let (pushed, rows) = mpsc::channel(ROOM);
        (Self(pushed), tokio::spawn(write(rows, connection)))
    }

    /// Gives the row's id.
    pub(crate) async fn push(&self, mut page: Page) -> Fallible<Uuid> {
        let id = Uuid::now_v7();
        page.id = id;
        self.0.send(page).await?;
        Ok(id)
    }
}

async fn write(mut rows: Receiver<Page>, mut connection: MySqlConnection) -> Fallible<()> {
    let mut inserts = Inserts::default();
    let mut batch: Vec<Page> = Vec::with_capacity(ROWS);
    while rows.recv_many(&mut batch, ROWS).await > 0 {
        let enough = Instant::now() + WAIT;
        while batch.len() < ROWS {
            let room = ROWS - batch.len();
            match timeout_at(enough, rows.recv_many(&mut batch, room)).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
        }
        let values = batch.iter().map(|page| {
            let Page { id, path, .. } = page;
            (
                *id,
                path.as_str(),
                page.referrer.as_str(),
                page.status,
                page.millis,
            )
        });
        inserts.run(&mut connection, values).await?;
        batch.clear();
    }
    Ok(())
}
