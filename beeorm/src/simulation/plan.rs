//! What a run is like, drawn from its seed: how many of everything, and which faults there are.

use super::random::Random;

/// Each seed has some of them, so that each is seen alone and with any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    KillConsumer,
    StopConsumer,
    LeaveConsumer,
    KillProducer,
    StopProducer,
    StepClock,
    StreamDown,
    StreamFailover,
    StreamClock,
    StreamLossy,
    StreamSlow,
    OutOfMemory,
    DeleteGroup,
    DeleteStream,
    DeleteEntry,
    AppendAgain,
    Garbage,
    DatabaseDown,
    DatabaseFrozen,
    DatabaseLossy,
    DatabaseSlow,
    Unwritable,
    Crowded,
    Contention,
    Poison,
    Deploy,
    DaysPass,
}

const ALL: [Fault; 27] = [
    Fault::KillConsumer,
    Fault::StopConsumer,
    Fault::LeaveConsumer,
    Fault::KillProducer,
    Fault::StopProducer,
    Fault::StepClock,
    Fault::StreamDown,
    Fault::StreamFailover,
    Fault::StreamClock,
    Fault::StreamLossy,
    Fault::StreamSlow,
    Fault::OutOfMemory,
    Fault::DeleteGroup,
    Fault::DeleteStream,
    Fault::DeleteEntry,
    Fault::AppendAgain,
    Fault::Garbage,
    Fault::DatabaseDown,
    Fault::DatabaseFrozen,
    Fault::DatabaseLossy,
    Fault::DatabaseSlow,
    Fault::Unwritable,
    Fault::Crowded,
    Fault::Contention,
    Fault::Poison,
    Fault::Deploy,
    Fault::DaysPass,
];

#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Flushes of each producer.
    pub(super) producers: Vec<u64>,
    /// Microseconds between two flushes of one producer, at most.
    pub(super) pause: u64,
    pub(super) consumers: usize,
    /// Microseconds before the first consumer starts.
    pub(super) head_start: u64,
    pub(super) workers: usize,
    pub(super) batch_size: usize,
    pub(super) lane_rows: usize,
    /// Seconds.
    pub(super) schema_patience: u64,
    /// Seconds.
    pub(super) answer_timeout: u64,
    /// Per mille of the refused flushes that a resolver skips.
    pub(super) skips: u64,
    /// Some consumers are of an older program.
    pub(super) old_consumers: bool,
    /// Microseconds that a statement takes the database, at most.
    pub(super) work: u64,
    /// Producers wait for the stream's disk.
    pub(super) fsynced: bool,
    pub(super) faults: Vec<Fault>,
    /// Microseconds between two faults, about.
    pub(super) calm: u64,
    /// The new table is there from the beginning.
    pub(super) deployed: bool,
}

impl Plan {
    pub(super) fn draw(random: &mut Random) -> Self {
        let flushes = random.of_any_size(150) + 8;
        let producers = random.within(1, 3);
        let share = flushes.div_ceil(producers);
        let burst = random.chance(400);
        let often = random.within(80, 400);
        let quiet = random.chance(80);
        let faults = ALL.into_iter().filter(|_| !quiet && random.chance(often));
        let faults: Vec<Fault> = faults.collect();
        Self {
            producers: (0..producers).map(|_| share).collect(),
            pause: random.of_any_size(1_000_000) + 500,
            consumers: random.within(1, 3).try_into().unwrap_or(1),
            head_start: if burst { random.below(8_000_000) } else { 0 },
            workers: random.within(1, 8).try_into().unwrap_or(1),
            batch_size: match random.below(4) {
                0 => random.within(1, 5).try_into().unwrap_or(1),
                1 => random.within(5, 50).try_into().unwrap_or(5),
                _ => 1000,
            },
            lane_rows: [1, 8, 64, 256][random.place(4)],
            schema_patience: random.within(0, 30),
            answer_timeout: random.within(4, 60),
            skips: if random.chance(300) { 500 } else { 0 },
            old_consumers: random.chance(300),
            work: [3000, 30_000, 300_000][random.place(3)],
            fsynced: random.chance(200),
            faults,
            calm: random.of_any_size(3_000_000) + 2_000,
            deployed: random.chance(400),
        }
    }
}
