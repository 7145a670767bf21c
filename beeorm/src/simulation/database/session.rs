//! The server's end of a connection: one statement at a time, in the order in which they arrive.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{self, Either};
use tokio::sync::{mpsc, oneshot};

use super::{
    datum::{Datum, Row},
    evaluate::Scope,
    execute::Context,
    locks::Tx,
    poison::Bite,
    refusal::Refusal,
    server::DatabaseServer,
    sql::Statement,
};
use crate::{
    database::{DatabaseError, Done},
    simulation::line::Answer,
};

/// `wait_timeout` of the consumer's sessions.
const WAIT_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Clone, Debug)]
pub(super) enum Request {
    Execute(String, Vec<Datum>),
    Select(String, Vec<Datum>),
    Begin,
    Commit,
    Rollback,
}

#[derive(Debug)]
pub(super) enum Reply {
    Done(Done),
    Rows(Vec<Row>),
}

pub(super) type Replied = Result<Reply, DatabaseError>;

/// A request on its way, and what will become of the answer.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) request: Request,
    pub(super) fate: Answer,
    pub(super) reply: oneshot::Sender<Replied>,
}

/// What messages are handed to when they arrive; none once it is closed.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) era: u64,
    mailbox: Mutex<Option<mpsc::UnboundedSender<Envelope>>>,
}

impl Connection {
    pub(super) fn deliver(&self, envelope: Envelope) {
        let mailbox = self.mailbox.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mailbox) = &*mailbox {
            // A server that has hung up drops it, and with it the hope for an answer.
            let _ = mailbox.send(envelope);
        }
    }

    pub(super) fn close(&self) {
        self.mailbox
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

/// Accepts a connection.
pub(super) fn accept(
    server: &Arc<DatabaseServer>,
    client: String,
) -> Result<Arc<Connection>, Refusal> {
    if server.trouble().crowded {
        return Err(Refusal::Infrastructure("too many connections".to_owned()));
    }
    let (mailbox, inbox) = mpsc::unbounded_channel();
    let connection = Connection {
        era: server.wire.line.era(),
        mailbox: Mutex::new(Some(mailbox)),
    };
    let session = ServerSession {
        server: Arc::clone(server),
        client,
        tx: None,
        tainted: Vec::new(),
    };
    server
        .wire
        .world
        .spawn(server.process(), Box::pin(session.serve(inbox)));
    Ok(Arc::new(connection))
}

struct ServerSession {
    server: Arc<DatabaseServer>,
    client: String,
    tx: Option<Tx>,
    /// Which poisons the open transaction has met.
    tainted: Vec<bool>,
}

impl ServerSession {
    async fn serve(mut self, mut inbox: mpsc::UnboundedReceiver<Envelope>) {
        let world = Arc::clone(&self.server.wire.world);
        loop {
            let arrived = std::pin::pin!(inbox.recv());
            let late = std::pin::pin!(world.sleep(WAIT_TIMEOUT));
            let Either::Left((Some(envelope), _)) = future::select(arrived, late).await else {
                break;
            };
            let Envelope {
                request,
                fate,
                reply,
            } = envelope;
            // What the statement takes.
            let work = world.draw(|random| random.of_any_size(self.server.work));
            world.sleep(Duration::from_micros(work)).await;
            match self.bite(&request) {
                None => {}
                Some(Bite::Dies) => return self.die(),
                Some(_) => {
                    self.say(|| format!("FAULT: the server hangs up on {}", shown(&request)));
                    break;
                }
            }
            let replied = self.handle(&request).await;
            self.note(&request, &replied);
            let replied = replied.map_err(|refusal| refusal.error());
            match fate {
                Answer::Arrives { after } => {
                    let (server, era) = (Arc::clone(&self.server), self.server.wire.line.era());
                    world.after(after, move || {
                        if server.wire.line.era() == era {
                            // The client may not be waiting any more.
                            let _ = reply.send(replied);
                        }
                    });
                }
                Answer::Lost { noticed } => {
                    self.say(|| "FAULT: the answer is lost".to_owned());
                    world.after(noticed, move || drop(reply));
                }
            }
        }
        if let Some(tx) = self.tx.take() {
            self.server.store().roll_back(tx);
            self.say(|| "hung up in a transaction: rolled back".to_owned());
        }
    }

    /// What the server does instead of what it is asked for.
    fn bite(&mut self, request: &Request) -> Option<Bite> {
        let mut poisons = self.server.poisons();
        self.tainted.resize(poisons.len(), false);
        let met = poisons.iter_mut().zip(&mut self.tainted);
        met.filter_map(|(poison, tainted)| poison.bites(request, tainted).then_some(poison.bite))
            .last()
    }

    /// Takes the whole server with it, for a moment.
    fn die(&self) {
        let world = &self.server.wire.world;
        let server = Arc::clone(&self.server);
        world.after(Duration::ZERO, move || server.set_down(true));
        let (server, after) = (
            Arc::clone(&self.server),
            world.draw(|random| random.within(1_000, 400_000)),
        );
        world.after(Duration::from_micros(after), move || server.set_down(false));
    }

    fn say(&self, what: impl FnOnce() -> String) {
        self.server
            .wire
            .world
            .note(|| format!("{}: {}", self.client, what()));
    }

    fn note(&self, request: &Request, replied: &Result<Reply, Refusal>) {
        self.say(|| {
            let outcome = match replied {
                Ok(Reply::Done(done)) => format!("{} rows", done.rows),
                Ok(Reply::Rows(rows)) => format!("{} rows found", rows.len()),
                Err(refusal) => format!("{refusal:?}"),
            };
            format!("{} -> {outcome}", shown(request))
        });
    }

    async fn handle(&mut self, request: &Request) -> Result<Reply, Refusal> {
        match request {
            Request::Begin => {
                // What is open is committed, as MySQL has it.
                self.end(true);
                self.tx = Some(self.server.store().begin());
            }
            Request::Commit => {
                self.meet_trouble()?;
                self.end(true);
            }
            Request::Rollback => self.end(false),
            Request::Select(sql, binds) => {
                let statement = self.server.understand(sql)?;
                return self.select(&statement, binds).map(Reply::Rows);
            }
            Request::Execute(sql, binds) => {
                let statement = self.server.understand(sql)?;
                return self.execute(&statement, binds).await.map(Reply::Done);
            }
        }
        Ok(Reply::Done(Done::default()))
    }

    fn end(&mut self, committed: bool) {
        if let Some(tx) = self.tx.take() {
            if committed {
                self.server.store().commit(tx);
            } else {
                self.server.store().roll_back(tx);
            }
        }
    }

    /// Somebody else's transaction is in the way.
    fn meet_trouble(&mut self) -> Result<(), Refusal> {
        let contention = self.server.trouble().contention;
        let world = &self.server.wire.world;
        if contention == 0 || !world.draw(|random| random.chance(contention)) {
            return Ok(());
        }
        if world.draw(|random| random.chance(500)) {
            return Err(Refusal::LockWait);
        }
        self.end(false);
        Err(Refusal::Deadlock)
    }

    fn select(&self, statement: &Statement, binds: &[Datum]) -> Result<Vec<Row>, Refusal> {
        let Statement::Select(select) = statement else {
            return Err(Refusal::unsupported("a statement as a query"));
        };
        let store = self.server.store();
        let scope = Scope {
            store: &store,
            // A transaction that never was sees what is committed.
            tx: self.tx.unwrap_or(Tx(0)),
            binds,
            row: None,
            outer: None,
        };
        let found = scope.select(select);
        drop(store);
        found.inspect_err(|refusal| self.tell_unsupported(refusal))
    }

    async fn execute(&mut self, statement: &Statement, binds: &[Datum]) -> Result<Done, Refusal> {
        let unwritable = self.server.trouble().unwritable;
        if let Some(reason) = unwritable {
            return Err(Refusal::Infrastructure(reason.to_owned()));
        }
        self.meet_trouble()?;
        let alone = self.tx.is_none();
        let tx = *self.tx.get_or_insert_with(|| self.server.store().begin());
        let context = Context {
            server: &self.server,
            tx,
            binds,
        };
        let done = context.execute(statement).await;
        if let Err(refusal) = &done {
            self.tell_unsupported(refusal);
        }
        if alone || matches!(done, Err(Refusal::Deadlock)) {
            self.end(done.is_ok());
        }
        done
    }

    fn tell_unsupported(&self, refusal: &Refusal) {
        if let Refusal::Unsupported(what) = refusal {
            let world = &self.server.wire.world;
            world.violation(format!("SQL that is not simulated: {what}"));
        }
    }
}

fn shown(request: &Request) -> String {
    let with_binds = |sql: &String, binds: &Vec<Datum>| {
        const MOST: usize = 12;
        let values = binds.iter().take(MOST).map(Datum::to_string);
        let more = if binds.len() > MOST { " …" } else { "" };
        let head: String = sql.chars().take(90).collect();
        format!("{head} [{}{more}]", values.collect::<Vec<_>>().join(", "))
    };
    match request {
        Request::Execute(sql, binds) | Request::Select(sql, binds) => with_binds(sql, binds),
        Request::Begin => "BEGIN".to_owned(),
        Request::Commit => "COMMIT".to_owned(),
        Request::Rollback => "ROLLBACK".to_owned(),
    }
}
