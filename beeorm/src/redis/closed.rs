use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::RedisError;

/// Whether a client was closed; shared by all that connects for it, so that nothing connects any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Closed(Arc<AtomicBool>);

impl Closed {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Refuses what is asked of a closed client.
    pub(super) fn check(&self) -> Result<(), RedisError> {
        if self.is_set() {
            Err(RedisError::Closed)
        } else {
            Ok(())
        }
    }
}
