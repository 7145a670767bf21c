//! The database's server: its store, its sessions' tasks, and what can befall it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use futures_util::future::{self, Either};

use super::{
    datum::Datum,
    locks::{Key, Mode, Request, Tx},
    poison::{self, Bite, Poison},
    refusal::Refusal,
    sql::{Statement, parse},
    store::{Commit, Store, Table},
};
use uuid::Uuid;

use crate::{
    database::inbox,
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
    /// What it cannot bear; healing does not help.
    poisons: Mutex<Vec<Poison>>,
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
            poisons: Mutex::default(),
        })
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn poisons(&self) -> MutexGuard<'_, Vec<Poison>> {
        self.poisons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it hangs up, each time, on statements with that number in them.
    pub(in crate::simulation) fn hangs_up_on(&self, value: &Datum) -> bool {
        let hangs_up = |poison: &Poison| {
            matches!(poison.bite, Bite::HangsUp { .. }) && *value == Datum::Integer(poison.number)
        };
        self.poisons().iter().any(hangs_up)
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

    /// The number of the verdict on a frame, where there is one.
    pub(in crate::simulation) fn verdict(&self, frame: Uuid) -> Option<Datum> {
        let store = self.store();
        let row = store
            .tables
            .get(inbox::TABLE)?
            .rows
            .get(&vec![Datum::from(frame)])?;
        row.get(1).cloned()
    }

    /// A foreign key made by hand, of which the entity says nothing.
    pub(in crate::simulation) fn refer(&self, table: &str, column: &str, parent: &str) {
        if let Some(table) = self.store().tables.get_mut(table)
            && let Some(place) = table.column(column)
        {
            table.foreign.push((place, parent.to_owned()));
        }
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

    /// From now on it does not bear statements with this number in them.
    pub(in crate::simulation) fn poison(&self, number: i64, bite: Bite) {
        let mut poisons = self.poisons();
        if poisons.len() < poison::MOST {
            self.note(|| format!("FAULT: of the number {number} the server {bite:?}"));
            poisons.push(Poison {
                number: number.into(),
                bite,
                // What does not last is nobody's fault, however often it happens.
                left: if matches!(bite, Bite::HangsUp { .. }) {
                    u64::MAX
                } else {
                    30
                },
            });
        }
    }

    pub(in crate::simulation) fn heal(&self) {
        self.wire.line.heal();
        *self.trouble() = Trouble::default();
        self.set_frozen(false);
    }
}
