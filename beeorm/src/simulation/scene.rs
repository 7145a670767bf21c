//! Servers and processes of one run.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::{
    database::{DatabaseClient, DatabaseServer},
    entities::{self, Novelty, OTHER_POOL},
    plan::Plan,
    process::Process,
    stream::{StreamClient, StreamServer},
    workload::{Ledger, Producer, produce},
    world::World,
};
use crate::{
    consume::Resolution,
    database::{Database, Databases},
    engine::{Channel, Engine, Outcomes, Parts},
    entity::{DEFAULT_POOL, Entity},
    publish::{Durability, Publisher, Settings},
    stream::{BACKGROUND_CONSUMER_GROUP, Fsync, LAZY_CHANNEL, Stream},
};

#[derive(Debug)]
pub(super) struct Scene {
    pub(super) world: Arc<World>,
    pub(super) plan: Plan,
    pub(super) stream: Arc<StreamServer>,
    pub(super) databases: [Arc<DatabaseServer>; 2],
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) consumers: Mutex<Vec<Slot>>,
    pub(super) producers: Mutex<Vec<Slot>>,
    /// Consumers are no longer replaced.
    ended: Mutex<bool>,
}

/// A place for a process, which may be killed and replaced by another.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) process: Option<Arc<Process>>,
    /// Tells a consumer to leave.
    pub(super) leave: Option<oneshot::Sender<()>>,
    started: u64,
}

impl Scene {
    pub(super) fn new(world: &Arc<World>, plan: Plan) -> Arc<Self> {
        let replicated = plan.faults.contains(&super::plan::Fault::StreamFailover);
        let slots = |count: usize| Mutex::new((0..count).map(|_| Slot::default()).collect());
        let databases =
            [DEFAULT_POOL, OTHER_POOL].map(|pool| DatabaseServer::start(world, pool, plan.work));
        for schema in entities::schemas() {
            let of_pool = databases.iter().filter(|server| server.pool == schema.pool);
            of_pool.for_each(|server| server.make_table(schema));
        }
        databases[0].refer("guests", "host", "parents");
        let scene = Self {
            world: Arc::clone(world),
            stream: StreamServer::start(world, replicated),
            databases,
            ledger: Arc::new(Mutex::new(Ledger::new(world, plan.producers.clone()))),
            consumers: slots(plan.consumers),
            producers: slots(plan.producers.len()),
            ended: Mutex::new(false),
            plan,
        };
        if scene.plan.deployed {
            scene.deploy();
        }
        Arc::new(scene)
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn consumers(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.consumers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn producers(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.producers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the table that was missing.
    pub(super) fn deploy(&self) {
        self.databases[0].make_table(Novelty::schema());
    }

    /// What a program of this process holds.
    fn engine(&self, process: &Arc<Process>, is_old: bool) -> Engine {
        let stream: Arc<dyn Stream> = Arc::new(StreamClient::new(&self.stream, process));
        let database = |server: &Arc<DatabaseServer>| {
            let client: Arc<dyn Database> = Arc::new(DatabaseClient::new(server, process));
            (server.pool.to_owned(), client)
        };
        let databases: BTreeMap<String, Arc<dyn Database>> =
            self.databases.iter().map(database).collect();
        let channel = Channel {
            pool: DEFAULT_POOL.to_owned(),
            group: BACKGROUND_CONSUMER_GROUP.to_owned(),
            stream: Arc::clone(&stream),
        };
        let (runtime, databases) = (process.runtime(), Arc::new(Databases::new(databases)));
        Engine::new(Parts {
            publisher: Publisher::new(stream, runtime.clone(), 1 << 24, self.settings()),
            outcomes: Outcomes::new(Arc::clone(&databases), runtime.clone()),
            lazy_timeout: Duration::from_secs(10),
            runtime,
            databases,
            channels: BTreeMap::from([(LAZY_CHANNEL.to_owned(), channel)]),
            tables: Arc::new(entities::tables(is_old)),
            short_ids: None,
        })
    }

    fn settings(&self) -> Settings {
        Settings {
            durability: if self.plan.fsynced {
                Durability::Fsynced
            } else {
                Durability::Appended
            },
            fsync: Fsync {
                replicas: 0,
                timeout: Duration::from_secs(1),
            },
            limit: None,
        }
    }

    pub(super) fn start_producer(self: &Arc<Self>, number: usize) {
        let mut producers = self.producers();
        let slot = &mut producers[number];
        slot.started += 1;
        let process = Process::start(&self.world, format!("producer {number}.{}", slot.started));
        let producer = Producer {
            number,
            engine: self.engine(&process, false),
            ledger: Arc::clone(&self.ledger),
            databases: self.databases.clone(),
            pause: self.plan.pause,
            process: Arc::clone(&process),
        };
        process.spawn(produce(producer));
        slot.process = Some(process);
    }

    pub(super) fn kill_producer(self: &Arc<Self>, number: usize) {
        let killed = self.producers()[number].process.take();
        let Some(killed) = killed else { return };
        self.world.note_of(killed.id, || "FAULT: killed".to_owned());
        self.world.kill(killed.id);
        self.ledger().abandon(number, killed.take_uuids());
        let (scene, after) = (Arc::clone(self), self.moment(2_000_000));
        self.world
            .after(after, move || scene.start_producer(number));
    }

    fn moment(&self, micros: u64) -> Duration {
        Duration::from_micros(self.world.draw(|random| random.below(micros)))
    }

    pub(super) fn start_consumer(self: &Arc<Self>, number: usize) {
        if *self.ended.lock().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        let plan = &self.plan;
        let mut consumers = self.consumers();
        let slot = &mut consumers[number];
        slot.started += 1;
        let name = format!("consumer {number}.{}", slot.started);
        let process = Process::start(&self.world, name);
        let is_old = plan.old_consumers && self.world.draw(|random| random.chance(700));
        let engine = self.engine(&process, is_old);
        let consumer = engine
            .background_consumer()
            .lazy_flush_workers(plan.workers)
            .batch_size(plan.batch_size)
            .rows_of_a_lane(plan.lane_rows)
            .schema_patience(Duration::from_secs(plan.schema_patience))
            .answer_timeout(Duration::from_secs(plan.answer_timeout));
        let (world, skips) = (Arc::clone(&self.world), plan.skips);
        let consumer = consumer.error_resolver(move |_| {
            let skipped = world.draw(|random| random.chance(skips));
            async move {
                if skipped {
                    Resolution::Skip
                } else {
                    Resolution::Pass
                }
            }
        });
        let (leave, told) = oneshot::channel();
        let (scene, me) = (Arc::downgrade(self), Arc::clone(&process));
        process.spawn(async move {
            let ended = consumer.run_until(told).await;
            let world = &me.world;
            world.note(|| format!("ends: {ended:?}"));
            if let Err(error) = ended {
                world.violation(format!("a consumer gave up: {error}"));
            }
            let Some(scene) = scene.upgrade() else { return };
            let mut consumers = scene.consumers();
            let slot = &mut consumers[number];
            if slot
                .process
                .as_ref()
                .is_some_and(|process| process.id == me.id)
            {
                slot.process = None;
            }
            drop(consumers);
            scene.replace_consumer(number);
        });
        slot.process = Some(process);
        slot.leave = Some(leave);
    }

    /// Another one starts a while after this one has gone.
    fn replace_consumer(self: &Arc<Self>, number: usize) {
        let (scene, after) = (Arc::clone(self), self.moment(6_000_000));
        self.world.after(after, move || {
            let gone = scene.consumers()[number].process.is_none();
            if gone {
                scene.start_consumer(number);
            }
        });
    }

    pub(super) fn kill_consumer(self: &Arc<Self>, number: usize) {
        let killed = self.consumers()[number].process.take();
        if let Some(killed) = killed {
            self.world.note_of(killed.id, || "FAULT: killed".to_owned());
            self.world.kill(killed.id);
            self.replace_consumer(number);
        }
    }

    pub(super) fn leave(&self, number: usize) {
        let leave = self.consumers()[number].leave.take();
        if let Some(leave) = leave {
            self.world
                .note(|| format!("consumer {number} is told to leave"));
            // One that was killed does not hear it.
            let _ = leave.send(());
        }
    }

    /// Tells all consumers to finish what they hold and to leave for good.
    pub(super) fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let count = self.consumers().len();
        (0..count).for_each(|number| self.leave(number));
    }

    pub(super) fn all_left(&self) -> bool {
        self.consumers().iter().all(|slot| slot.process.is_none())
    }

    /// Waits for something, for so long at most.
    pub(super) async fn until(&self, most: Duration, is_so: impl Fn() -> bool) -> bool {
        let step = Duration::from_millis(250);
        let end = self.world.now() + most;
        while !is_so() {
            if self.world.now() > end {
                return false;
            }
            self.world.sleep(step).boxed().await;
        }
        true
    }
}
