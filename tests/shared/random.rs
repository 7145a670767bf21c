//! Random numbers that a failed test can be run with again.

use std::time::{SystemTime, UNIX_EPOCH};

/// SplitMix64.
#[derive(Debug)]
pub struct Random {
    /// Where it began.
    pub seed: u64,
    state: u64,
}

impl Random {
    /// From `BEEORM_TEST_SEED`, or another seed in each run. Print it.
    #[expect(clippy::new_without_default, reason = "two of them differ")]
    pub fn new() -> Self {
        let given = std::env::var("BEEORM_TEST_SEED")
            .ok()
            .map(|seed| seed.parse().expect("BEEORM_TEST_SEED is a number"));
        let moment = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| time.as_micros())
        };
        Self::seeded(given.unwrap_or_else(|| u64::try_from(moment()).unwrap_or_default()))
    }

    /// From a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// One of the items, where there are any.
    pub fn choice<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        let last = items.len().checked_sub(1)?;
        let place = self.between(0, u64::try_from(last).ok()?);
        items.get(usize::try_from(place).ok()?)
    }

    /// Whether something happens that happens so many times in a hundred.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.between(1, 100) <= chance
    }

    /// A number of the range, its end included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (mixed ^ (mixed >> 31)) % (high - low + 1)
    }
}
