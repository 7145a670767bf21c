//! The way between a client and a server: messages take their time, and some do not arrive.
//!
//! Request and answer have a fate of their own: what was sent takes effect whether or not anybody is left to
//! hear of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{random::Random, world::World};

/// How bad the line is, per mille of the requests; chaos sets it.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) lost: AtomicU64,
    pub(super) slow: AtomicU64,
    /// Nobody listens: connections are refused.
    pub(super) down: AtomicBool,
    /// Goes up when connections break: what is under way from before does not arrive.
    pub(super) era: AtomicU64,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// Was never sent.
    Refused,
    /// Does not arrive; the client learns that the connection is gone.
    Lost {
        noticed: Duration,
    },
    Arrives {
        after: Duration,
        answer: Answer,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    Arrives { after: Duration },
    Lost { noticed: Duration },
}

impl Line {
    pub(super) fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }

    pub(super) fn era(&self) -> u64 {
        self.era.load(Ordering::Relaxed)
    }

    /// Breaks all connections.
    pub(super) fn cut(&self) {
        self.era.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn heal(&self) {
        self.lost.store(0, Ordering::Relaxed);
        self.slow.store(0, Ordering::Relaxed);
        self.down.store(false, Ordering::Relaxed);
    }

    pub(super) fn fate(&self, world: &World) -> Fate {
        let (lost, slow) = (
            self.lost.load(Ordering::Relaxed),
            self.slow.load(Ordering::Relaxed),
        );
        let down = self.is_down();
        world.draw(|random| {
            if down || (lost > 0 && random.chance(lost / 2)) {
                return Fate::Refused;
            }
            let noticed = Duration::from_micros(random.of_any_size(2_000_000));
            if random.chance(lost) {
                return Fate::Lost { noticed };
            }
            let after = way(random, slow);
            let answer = if random.chance(lost) {
                Answer::Lost { noticed }
            } else {
                Answer::Arrives {
                    after: way(random, slow),
                }
            };
            Fate::Arrives { after, answer }
        })
    }

    /// Of a message that is not asked about.
    pub(super) fn way(&self, world: &World) -> Duration {
        let slow = self.slow.load(Ordering::Relaxed);
        world.draw(|random| way(random, slow))
    }
}

fn way(random: &mut Random, slow: u64) -> Duration {
    Duration::from_micros(if random.chance(slow) {
        random.of_any_size(8_000_000)
    } else {
        random.within(50, 400)
    })
}

/// A line and the world that it is in.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub(super) world: Arc<World>,
    pub(super) line: Arc<Line>,
}
