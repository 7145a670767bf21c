use std::sync::atomic::{AtomicU64, Ordering};

/// What a run of a consumer did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Lazy flushes (frames) that took effect.
    pub applied: u64,
    /// Statements in these.
    pub statements: u64,
    /// Flushes that a resolver skipped.
    pub skipped: u64,
    /// Flushes that were dead-lettered.
    pub dead: u64,
    /// Flushes that were found to be done already: delivered again after a takeover, or appended twice.
    pub duplicates: u64,
    /// Entries that could not be read and were set aside.
    pub set_aside: u64,
    /// Transactions that were tried again.
    pub retries: u64,
    /// Rows of done flushes that were pruned from the inboxes.
    pub pruned: u64,
    /// How often the channel was taken over from another consumer.
    pub takeovers: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) applied: Counter,
    pub(super) statements: Counter,
    pub(super) skipped: Counter,
    pub(super) dead: Counter,
    pub(super) duplicates: Counter,
    pub(super) set_aside: Counter,
    pub(super) retries: Counter,
    pub(super) pruned: Counter,
    pub(super) takeovers: Counter,
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(super) fn report(&self) -> Report {
        Report {
            applied: self.applied.get(),
            statements: self.statements.get(),
            skipped: self.skipped.get(),
            dead: self.dead.get(),
            duplicates: self.duplicates.get(),
            set_aside: self.set_aside.get(),
            retries: self.retries.get(),
            pruned: self.pruned.get(),
            takeovers: self.takeovers.get(),
        }
    }
}
