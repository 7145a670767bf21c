use std::sync::Arc;

use fred::types::config::Config;

use super::{
    RedisError, RedisOptions, closed::Closed, connection::Connection, generation::Generation,
};

/// What it takes to have a connection beside the client's.
pub(super) struct Own {
    pub(super) options: RedisOptions,
    pub(super) config: Config,
    pub(super) generation: Arc<Generation>,
    pub(super) closed: Closed,
}

/// A connection beside the client's.
pub(super) struct Beside {
    pub(super) connection: Connection,
    generation: u64,
}

impl Own {
    /// As `Connection::open_once`.
    pub(super) async fn open_once(&self) -> Result<Beside, RedisError> {
        let connect = Connection::open_once(&self.config, &self.options);
        self.beside(connect).await
    }

    /// As `Connection::open`.
    pub(super) async fn open(&self) -> Result<Beside, RedisError> {
        self.beside(Connection::open(&self.config, &self.options))
            .await
    }

    /// Connects, in the generation that is current before.
    async fn beside(
        &self,
        connect: impl Future<Output = Result<Connection, RedisError>>,
    ) -> Result<Beside, RedisError> {
        let generation = self.generation.current();
        let connection = connect.await?;
        Ok(Beside {
            connection,
            generation,
        })
    }

    /// Whether the client's connection is still the one that was there when this one was made.
    pub(super) fn is_current(&self, beside: &Beside) -> bool {
        beside.generation == self.generation.current()
    }
}
