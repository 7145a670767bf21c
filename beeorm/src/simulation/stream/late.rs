//! Requests that were given up and arrive nevertheless, as from a proxy that has let go of the client, and not yet of the
//! server.

use std::{fmt, sync::Arc};

use super::server::StreamServer;
use crate::simulation::process::Process;

pub(super) struct Late {
    name: &'static str,
    process: Arc<Process>,
    /// A server that went away meanwhile has closed its connections.
    era: u64,
    effect: Box<dyn FnOnce(&StreamServer) + Send>,
}

impl Late {
    pub(super) fn new<T: 'static>(
        name: &'static str,
        era: u64,
        process: &Arc<Process>,
        effect: impl FnOnce(&StreamServer) -> T + Send + 'static,
    ) -> Self {
        Self {
            name,
            process: Arc::clone(process),
            era,
            effect: Box::new(move |server| drop(effect(server))),
        }
    }

    /// Takes effect, also for a client that is no more.
    pub(super) fn arrive(self, server: &StreamServer) {
        let line = &server.wire.line;
        if line.is_down() || line.era() != self.era {
            return;
        }
        self.process.world.note_of(self.process.id, || {
            format!("FAULT: {} arrives, and nobody hears of it", self.name)
        });
        (self.effect)(server);
    }
}

impl fmt::Debug for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Late")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
