//! The database's server: its store, its sessions' tasks, and what can befall it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use futures_util::future::{self, Either};

use super::{
    locks::{Key, Mode, Request, Tx},
    refusal::Refusal,
    sql::{Statement, parse},
    store::{Commit, Store, Table},
};
use crate::{
    entity::TableSchema,
    simulation::{
        line::{Line, Wire},
        world::{ProcessId, World},
    },
};

/// `innodb_lock_wait_timeout` of the consumer's sessions.
const LOCK_WAIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(in crate::simulation) struct DatabaseServer {
    pub(in crate::simulation) wire: Wire,
    pub(in crate::simulation) pool: &'static str,
    /// Microseconds that a statement takes at most.
    pub(super) work: u64,
    /// That of the sessions' tasks; a restart makes another.
    process: Mutex<ProcessId>,
    store: Mutex<Store>,
    understood: Mutex<BTreeMap<String, Arc<Statement>>>,
    pub(super) trouble: Mutex<Trouble>,
}

/// What a statement may meet.
#[derive(Clone, Debug, Default)]
pub(super) struct Trouble {
    /// Per mille of the statements that lose a deadlock, or a wait for a lock, against somebody unknown.
    pub(super) contention: u64,
    /// Why nothing can be written.
    pub(super) unwritable: Option<&'static str>,
    pub(super) crowded: bool,
}

impl DatabaseServer {
    pub(in crate::simulation) fn start(
        world: &Arc<World>,
        pool: &'static str,
        work: u64,
    ) -> Arc<Self> {
        let wire = Wire {
            world: Arc::clone(world),
            line: Arc::new(Line::default()),
        };
        Arc::new(Self {
            wire,
            pool,
            work,
            process: Mutex::new(world.process(format!("database {pool}"))),
            store: Mutex::default(),
            understood: Mutex::default(),
            trouble: Mutex::default(),
        })
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn process(&self) -> ProcessId {
        *self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, what: impl FnOnce() -> String) {
        self.wire.world.note_of(self.process(), what);
    }

    pub(super) fn understand(&self, sql: &str) -> Result<Arc<Statement>, Refusal> {
        let mut understood = self
            .understood
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(statement) = understood.get(sql) {
            return Ok(Arc::clone(statement));
        }
        let statement = parse(sql).map_err(|problem| {
            let what = format!("{problem}, in: {sql}");
            self.wire
                .world
                .violation(format!("SQL that is not simulated: {what}"));
            Refusal::unsupported(what)
        })?;
        let statement = Arc::new(statement);
        understood.insert(sql.to_owned(), Arc::clone(&statement));
        Ok(statement)
    }

    /// Waits for a lock, as long as the server lets one wait.
    pub(super) async fn lock(&self, tx: Tx, key: &Key, mode: Mode) -> Result<(), Refusal> {
        let world = &self.wire.world;
        let request = self.store().locks.request(tx, key, mode);
        let waits = match request {
            Request::Granted => return Ok(()),
            Request::Waits(waits) => waits,
            Request::Deadlock(cycle, waits) => {
                let victim = world.draw(|random| cycle[random.place(cycle.len())]);
                self.note(|| format!("deadlock of {cycle:?}; the victim is {victim:?}"));
                self.store().locks.cancel(victim);
                if victim == tx {
                    return Err(Refusal::Deadlock);
                }
                waits
            }
        };
        let late = std::pin::pin!(world.sleep(LOCK_WAIT));
        match future::select(waits, late).await {
            Either::Left((Ok(()), _)) => Ok(()),
            Either::Left((Err(_), _)) => Err(Refusal::Deadlock),
            Either::Right(_) => {
                self.store().locks.cancel(tx);
                Err(Refusal::LockWait)
            }
        }
    }

    /// Makes an entity's table, where it is not.
    pub(in crate::simulation) fn make_table(&self, schema: &TableSchema) {
        let mut store = self.store();
        let table = store.tables.entry(schema.table.to_owned());
        table.or_insert_with(|| Table::of(schema));
    }

    /// A table's definition, without its rows.
    pub(in crate::simulation) fn definition(&self, table: &str) -> Option<Table> {
        let store = self.store();
        let table = store.tables.get(table)?;
        Some(Table {
            rows: BTreeMap::new(),
            ..table.clone()
        })
    }

    /// All that was committed, in order.
    pub(in crate::simulation) fn log(&self) -> Vec<Commit> {
        self.store().log.clone()
    }
}

/// What can befall it.
impl DatabaseServer {
    /// Killed, or up again: open transactions are rolled back, connections broken.
    pub(in crate::simulation) fn set_down(&self, down: bool) {
        self.note(|| {
            format!(
                "FAULT: the server is {}",
                if down { "killed" } else { "up again" }
            )
        });
        self.wire.line.down.store(down, Ordering::Relaxed);
        self.wire.line.cut();
        let world = &self.wire.world;
        let next = world.process(format!("database {}", self.pool));
        let old = {
            let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *process, next)
        };
        world.kill(old);
        self.store().roll_back_all();
    }

    /// Does nothing for a while, without breaking a connection.
    pub(in crate::simulation) fn set_frozen(&self, frozen: bool) {
        self.note(|| {
            format!(
                "FAULT: the server is {}",
                if frozen { "frozen" } else { "no longer frozen" }
            )
        });
        if frozen {
            self.wire.world.stop(self.process());
        } else {
            self.wire.world.wake(self.process());
        }
    }

    pub(in crate::simulation) fn set_unwritable(&self, why: Option<&'static str>) {
        self.note(|| format!("FAULT: unwritable: {why:?}"));
        self.trouble().unwritable = why;
    }

    pub(in crate::simulation) fn set_crowded(&self, crowded: bool) {
        self.note(|| format!("FAULT: too many connections: {crowded}"));
        self.trouble().crowded = crowded;
    }

    pub(in crate::simulation) fn set_contention(&self, per_mille: u64) {
        self.trouble().contention = per_mille;
    }

    pub(in crate::simulation) fn heal(&self) {
        self.wire.line.heal();
        *self.trouble() = Trouble::default();
        self.set_frozen(false);
    }
}
