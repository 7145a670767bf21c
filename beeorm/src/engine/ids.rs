use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    column::ValueRef,
    database::{Database, DatabaseError, FailureClass, Purpose, SelectError},
    error::Error,
    runtime::Runtime,
};

/// Short 64-bit ids, in BeeORM's layout: server id (8 bits), seconds (32), counter (24).
///
/// A second is reserved as a block in the database before an id of it is given, later than every one
/// reserved before: whatever the clock does, and however many processes share a server id, no id comes twice.
/// The next block is reserved when half of one is used, in the background.
#[derive(Debug)]
pub(crate) struct ShortIds {
    server_id: u8,
    database: Arc<dyn Database>,
    runtime: Runtime,
    state: Arc<Mutex<State>>,
    reserving: Arc<AtomicBool>,
}

#[derive(Debug)]
struct State {
    second: u32,
    used: u32,
    next: Option<u32>,
    problem: Option<String>,
}

/// Lets the next one try, however the reservation ends: also with its runtime.
struct Reserving(Arc<AtomicBool>);

impl Drop for Reserving {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

const BLOCK: u32 = 1 << 24;

pub(crate) const DEFINITION: &str = "CREATE TABLE IF NOT EXISTS `_beeorm_short_ids` (\
     `server_id` bigint NOT NULL PRIMARY KEY, `reserved_second` bigint NOT NULL)";

impl ShortIds {
    /// Reserves the first block. The table must be there.
    pub(crate) async fn open(
        server_id: u8,
        database: Arc<dyn Database>,
        runtime: Runtime,
    ) -> Result<Self, Error> {
        let second = reserve(&*database, server_id, &runtime).await?;
        let state = State {
            second,
            used: 0,
            next: None,
            problem: None,
        };
        let (state, reserving) = (
            Arc::new(Mutex::new(state)),
            Arc::new(AtomicBool::new(false)),
        );
        Ok(Self {
            server_id,
            database,
            runtime,
            state,
            reserving,
        })
    }

    pub(crate) fn next(&self) -> Result<u64, Error> {
        // Nothing in the critical section can leave the state half changed.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.used >= BLOCK {
            match state.next.take() {
                Some(second) => (state.second, state.used) = (second, 0),
                None => {
                    self.reserve_next();
                    let reason = state
                        .problem
                        .clone()
                        .unwrap_or_else(|| "being reserved".to_owned());
                    return Err(Error::NoShortIds { reason });
                }
            }
        }
        let id =
            u64::from(self.server_id) << 56 | u64::from(state.second) << 24 | u64::from(state.used);
        state.used += 1;
        if state.used > BLOCK / 2 && state.next.is_none() {
            self.reserve_next();
        }
        Ok(id)
    }

    fn reserve_next(&self) {
        if self.reserving.swap(true, Ordering::AcqRel) {
            return;
        }
        let reserving = Reserving(Arc::clone(&self.reserving));
        let (server_id, database) = (self.server_id, Arc::clone(&self.database));
        let (state, runtime) = (Arc::clone(&self.state), self.runtime.clone());
        self.runtime.spawn(async move {
            let _reserving = reserving;
            let reserved = reserve(&*database, server_id, &runtime).await;
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            match reserved {
                Ok(second) => (state.next, state.problem) = (Some(second), None),
                Err(error) => state.problem = Some(error.to_string()),
            }
        });
    }
}

/// The first reservation of a server id can meet another process's: the second try finds its row.
async fn reserve(
    database: &dyn Database,
    server_id: u8,
    runtime: &Runtime,
) -> Result<u32, DatabaseError> {
    match try_reserve(database, server_id, runtime).await {
        Err(error) if error.is_duplicate_key() || error.class() == FailureClass::Contention => {
            try_reserve(database, server_id, runtime).await
        }
        reserved => reserved,
    }
}

async fn try_reserve(
    database: &dyn Database,
    server_id: u8,
    runtime: &Runtime,
) -> Result<u32, DatabaseError> {
    let mut session = database.session(Purpose::Caller).await?;
    let server = ValueRef::Unsigned(u64::from(server_id));
    // Seconds since 2020, so that 32 bits last until 2156.
    const EPOCH: u64 = 1_577_836_800;
    let now = (runtime.now_millis() / 1000).saturating_sub(EPOCH);
    session.begin().await?;
    let update = "UPDATE `_beeorm_short_ids` SET `reserved_second` = CASE WHEN `reserved_second` < ? THEN ? \
         ELSE `reserved_second` + 1 END WHERE `server_id` = ?";
    let binds = [ValueRef::Unsigned(now), ValueRef::Unsigned(now), server];
    if session.execute(update, &binds).await?.rows == 0 {
        let insert =
            "INSERT INTO `_beeorm_short_ids` (`server_id`, `reserved_second`) VALUES (?, ?)";
        session
            .execute(insert, &[server, ValueRef::Unsigned(now)])
            .await?;
    }
    let mut second = 0;
    let mut each = |row: &mut dyn crate::column::RowReader| {
        second = row.signed()?;
        Ok(())
    };
    let select = "SELECT `reserved_second` FROM `_beeorm_short_ids` WHERE `server_id` = ?";
    session
        .select(select, &[server], &mut each)
        .await
        .map_err(|error| match error {
            SelectError::Database(error) => error,
            SelectError::Column(problem) => {
                DatabaseError::new(FailureClass::Schema, format!("_beeorm_short_ids {problem}"))
            }
        })?;
    session.commit().await?;
    u32::try_from(second).map_err(|_| {
        DatabaseError::new(
            FailureClass::Data,
            "the short ids of this server id are used up",
        )
    })
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use std::{sync::atomic::AtomicU64, time::Duration};

    use futures_util::future::BoxFuture;
    use uuid::Uuid;

    use super::*;
    use crate::{
        database::{OpenOptions, open},
        runtime::Host,
    };

    /// The machine's, with a clock that the test sets.
    struct Clock(Runtime, AtomicU64);

    impl Host for Clock {
        fn now_millis(&self) -> u64 {
            self.1.load(Ordering::Relaxed)
        }

        fn monotonic(&self) -> Duration {
            self.0.monotonic()
        }

        fn uuid(&self) -> Uuid {
            self.0.uuid()
        }

        fn random(&self) -> u64 {
            self.0.random_below(u64::MAX)
        }

        fn spawn(&self, task: BoxFuture<'static, ()>) {
            self.0.spawn(task);
        }

        fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
            self.0.sleep(duration)
        }
    }

    /// Neither in a process that runs on, nor in one that is started anew.
    #[tokio::test]
    async fn a_clock_that_is_stepped_back_brings_no_id_again() {
        const HOUR: u64 = 3_600_000;
        let clock = Arc::new(Clock(Runtime::system(), AtomicU64::new(500_000 * HOUR)));
        let runtime = Runtime::simulated(Arc::clone(&clock) as Arc<dyn Host>);
        let options = OpenOptions::in_memory(runtime.clone());
        let database = open(&options).await.unwrap();
        let mut session = database.session(Purpose::Caller).await.unwrap();
        session.execute(DEFINITION, &[]).await.unwrap();
        drop(session);
        let open = async || {
            ShortIds::open(7, Arc::clone(&database), runtime.clone())
                .await
                .unwrap()
        };
        let running = open().await;
        let mut last = running.next().unwrap();
        clock.1.fetch_sub(HOUR, Ordering::Relaxed);
        let anew = open().await.next().unwrap();
        assert!(anew > last, "{anew:x} after {last:x}");
        // As if all of its block were used: the next is reserved by the clock as it is now.
        running.state.lock().unwrap().used = BLOCK;
        for step in [0, HOUR, 2 * HOUR] {
            clock.1.fetch_sub(step, Ordering::Relaxed);
            let next = loop {
                match running.next() {
                    Ok(id) => break id,
                    Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
                }
            };
            assert!(next > last && next > anew, "{next:x} after {anew:x}");
            last = next;
            running.state.lock().unwrap().used = BLOCK;
        }
    }
}
