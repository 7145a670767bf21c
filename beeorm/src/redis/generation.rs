use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use fred::types::config::Server;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use super::connection::Connection;

/// How often a client's connection was made anew. The server may be another one since: what has a connection of its own
/// leaves it then, or one part of a stream would be looked for here, and another there.
pub(super) struct Generation(Mutex<Counted>);

struct Counted {
    number: u64,
    /// Told of by the present connection.
    connects: Receiver<Server>,
}

impl Generation {
    pub(super) fn of(connection: &Connection) -> Self {
        let connects = connection.connects();
        Self(Mutex::new(Counted {
            number: 0,
            connects,
        }))
    }

    pub(super) fn current(&self) -> u64 {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Ok(_) | Err(TryRecvError::Lagged(_)) = counted.connects.try_recv() {
            counted.number += 1;
        }
        counted.number
    }

    /// There is another connection.
    pub(super) fn replace(&self, connection: &Connection) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.number += 1;
        counted.connects = connection.connects();
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Generation").finish_non_exhaustive()
    }
}
