use std::{collections::BTreeMap, sync::Arc, time::Duration};

use uuid::Uuid;

use super::{Outcomes, ShortIds};
use crate::{
    database::Databases, entity::IdSource, error::Error, frame::Tables, publish::Publisher,
    runtime::Runtime, stream::Stream,
};

/// What the registry puts together, and all of an engine's calls share.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) runtime: Runtime,
    pub(crate) databases: Arc<Databases>,
    /// The registered streams, the lazy channel among them.
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) publisher: Publisher,
    pub(crate) outcomes: Outcomes,
    /// How long a synchronous flush waits for the same entities' lazy flushes.
    pub(crate) lazy_timeout: Duration,
    pub(crate) tables: Arc<Tables>,
    /// None where no entity has short 64-bit ids.
    pub(crate) short_ids: Option<ShortIds>,
}

/// A stream, where it is, and its group.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) pool: String,
    pub(crate) group: String,
    pub(crate) stream: Arc<dyn Stream>,
}

impl Parts {
    pub(crate) fn channel(&self, stream: &str) -> Result<&Channel, Error> {
        self.channels
            .get(stream)
            .ok_or_else(|| Error::StreamNotRegistered {
                name: stream.to_owned(),
                registered: self.channels.keys().cloned().collect(),
            })
    }

    pub(crate) async fn close(&self) {
        self.databases.close().await;
        for channel in self.channels.values() {
            channel.stream.close().await;
        }
    }
}

impl IdSource for Parts {
    fn uuid(&self) -> Uuid {
        self.runtime.uuid()
    }

    fn short_id(&self) -> Result<u64, Error> {
        match &self.short_ids {
            Some(ids) => ids.next(),
            None => Err(Error::NoShortIds {
                reason: "no registered entity asked for them".to_owned(),
            }),
        }
    }
}
