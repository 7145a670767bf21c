//! A process's pool of connections to a database: the library's seam, over a line that loses and delays.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::{self, BoxFuture, Either};
use tokio::sync::oneshot;

use super::{
    datum::{Datum, Reader, Row},
    server::DatabaseServer,
    session::{Connection, Envelope, Replied, Reply, Request, accept},
};
use crate::{
    column::{RowReader, ValueRef},
    database::{
        Database, DatabaseError, Dialect, Done, EachRow, FailureClass, Kind, Purpose, SelectError,
        Session,
    },
    simulation::{line::Fate, process::Process},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(in crate::simulation) struct DatabaseClient {
    server: Arc<DatabaseServer>,
    process: Arc<Process>,
}

impl DatabaseClient {
    pub(in crate::simulation) fn new(server: &Arc<DatabaseServer>, process: &Arc<Process>) -> Self {
        Self {
            server: Arc::clone(server),
            process: Arc::clone(process),
        }
    }

    async fn connect(&self) -> Result<Arc<Connection>, DatabaseError> {
        let (world, line) = (&self.process.world, &self.server.wire.line);
        let (answer, answered) = oneshot::channel();
        match line.fate(world) {
            Fate::Refused => {
                world.sleep(line.way(world)).await;
                return Err(lost("connection refused"));
            }
            Fate::Lost { noticed } => {
                world.sleep(noticed).await;
                return Err(lost("connection lost"));
            }
            Fate::Arrives { after, .. } => {
                let (server, era) = (Arc::clone(&self.server), line.era());
                let client = self.process.name.clone();
                world.after(after, move || {
                    let line = &server.wire.line;
                    if !line.is_down() && line.era() == era {
                        // One that nobody took is closed with it.
                        let _ = answer.send(accept(&server, client));
                    }
                });
            }
        }
        let late = std::pin::pin!(world.sleep(CONNECT_TIMEOUT));
        match future::select(answered, late).await {
            Either::Left((Ok(accepted), _)) => accepted.map_err(|refusal| refusal.error()),
            Either::Left((Err(_), _)) => Err(lost("connection lost")),
            Either::Right(_) => Err(lost("no connection in time")),
        }
    }
}

fn lost(why: &str) -> DatabaseError {
    DatabaseError::new(FailureClass::Infrastructure, why).with_kind(Kind::ConnectionLost)
}

impl Database for DatabaseClient {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn version(&self) -> &'static str {
        "simulated"
    }

    fn max_statement_bytes(&self) -> usize {
        1 << 24
    }

    fn session(&self, _: Purpose) -> BoxFuture<'_, Result<Box<dyn Session>, DatabaseError>> {
        Box::pin(async move {
            let connection = self.connect().await?;
            let session = ClientSession {
                client: self.clone(),
                connection,
                arrival: Duration::ZERO,
                broken: false,
            };
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

struct ClientSession {
    client: DatabaseClient,
    connection: Arc<Connection>,
    /// When the last message arrives: the next one is not before it.
    arrival: Duration,
    broken: bool,
}

impl ClientSession {
    async fn ask(&mut self, request: Request) -> Replied {
        let world = Arc::clone(&self.client.process.world);
        let line = &self.client.server.wire.line;
        if self.broken || line.era() != self.connection.era {
            self.broken = true;
            return Err(lost("the connection is gone"));
        }
        let (after, fate) = match line.fate(&world) {
            Fate::Refused | Fate::Lost { .. } => {
                self.broken = true;
                let noticed = world.draw(|random| random.of_any_size(2_000_000));
                let name = self.client.process.id;
                world.note_of(name, || {
                    format!("FAULT: a request does not arrive: {}", verb(&request))
                });
                world.sleep(Duration::from_micros(noticed)).await;
                return Err(lost("the connection broke"));
            }
            Fate::Arrives { after, answer } => (after, answer),
        };
        let (reply, replied) = oneshot::channel();
        let envelope = Envelope {
            request,
            fate,
            reply,
        };
        self.send(after, move |connection| connection.deliver(envelope));
        replied.await.unwrap_or_else(|_| {
            self.broken = true;
            Err(lost("the connection broke"))
        })
    }

    /// Behind whatever was sent before.
    fn send(&mut self, after: Duration, message: impl FnOnce(&Connection) + Send + 'static) {
        let world = &self.client.process.world;
        self.arrival = self.arrival.max(world.now() + after);
        let (connection, server) = (
            Arc::clone(&self.connection),
            Arc::clone(&self.client.server),
        );
        world.after(self.arrival.saturating_sub(world.now()), move || {
            if server.wire.line.era() == connection.era {
                message(&connection);
            }
        });
    }

    async fn plain(&mut self, request: Request) -> Result<(), DatabaseError> {
        self.ask(request).await.map(drop)
    }
}

fn verb(request: &Request) -> String {
    match request {
        Request::Execute(sql, _) | Request::Select(sql, _) => sql.chars().take(40).collect(),
        other => format!("{other:?}"),
    }
}

fn datums(binds: &[ValueRef<'_>]) -> Vec<Datum> {
    binds.iter().map(Datum::of).collect()
}

impl Session for ClientSession {
    fn execute<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
    ) -> BoxFuture<'s, Result<Done, DatabaseError>> {
        Box::pin(async move {
            match self
                .ask(Request::Execute(sql.to_owned(), datums(binds)))
                .await?
            {
                Reply::Done(done) => Ok(done),
                Reply::Rows(_) => Ok(Done::default()),
            }
        })
    }

    fn select<'s>(
        &'s mut self,
        sql: &'s str,
        binds: &'s [ValueRef<'s>],
        each: EachRow<'s>,
    ) -> BoxFuture<'s, Result<(), SelectError>> {
        Box::pin(async move {
            let reply = self
                .ask(Request::Select(sql.to_owned(), datums(binds)))
                .await?;
            let rows: Vec<Row> = match reply {
                Reply::Rows(rows) => rows,
                Reply::Done(_) => Vec::new(),
            };
            for row in &rows {
                each(&mut Reader::new(row) as &mut dyn RowReader)?;
            }
            Ok(())
        })
    }

    fn begin(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(self.plain(Request::Begin))
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(self.plain(Request::Commit))
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), DatabaseError>> {
        Box::pin(self.plain(Request::Rollback))
    }
}

/// Dropped, or its process killed: the server hears that the connection is closed, behind what was sent
/// before, or overtaking it (a reset), or not at all (a cable pulled out).
impl Drop for ClientSession {
    fn drop(&mut self) {
        let world = &self.client.process.world;
        let (way, overtakes, unheard) = world.draw(|random| {
            (
                Duration::from_micros(random.within(20, 400)),
                random.chance(300),
                random.chance(150),
            )
        });
        if self.broken && unheard {
            return;
        }
        if overtakes {
            self.connection.close();
        } else {
            self.send(way, Connection::close);
        }
    }
}

impl fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSession")
    }
}
