//! Frames to the stream.
//!
//! Once handed over, a frame is the publisher's: the caller's future may be dropped, and the append neither
//! stops halfway nor is forgotten. What became of it stands in the [`Delivery`].

mod outcome;

use std::sync::Arc;

use tokio::sync::oneshot;

pub use self::outcome::OutcomeUnknown;
use crate::{
    entity::{Delivery, DeliveryState, Moment},
    error::Error,
    runtime::Runtime,
    stream::{EntryId, Stream, StreamError},
};

/// A delivery in the publisher's task: when that ends without an answer, with its runtime say, nobody waits for one.
struct Handed(Arc<Delivery>);

impl Drop for Handed {
    fn drop(&mut self) {
        if self.0.state() == DeliveryState::InFlight {
            self.0.set(DeliveryState::Unknown);
        }
    }
}

/// The way to one stream.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    stream: Arc<dyn Stream>,
    runtime: Runtime,
    max_entry_bytes: usize,
}

/// The most that one entry ever has; less where a database takes less at a time.
const MAX_ENTRY_BYTES: usize = 32 << 20;

impl Publisher {
    /// `statement_bytes` is the least that one of the databases takes in a statement: whatever is in the
    /// stream has to fit into a dead letter, with room for what is said about it.
    pub(crate) fn new(stream: Arc<dyn Stream>, runtime: Runtime, statement_bytes: usize) -> Self {
        Self {
            stream,
            runtime,
            max_entry_bytes: MAX_ENTRY_BYTES.min(statement_bytes / 2),
        }
    }

    pub(crate) fn stream(&self) -> Arc<dyn Stream> {
        Arc::clone(&self.stream)
    }

    /// Whether an entry of these frames is small enough.
    pub(crate) fn check_size(&self, frames: &[Vec<u8>]) -> Result<(), Error> {
        let bytes = frames.iter().map(Vec::len).sum();
        let limit = self.max_entry_bytes;
        if bytes <= limit {
            Ok(())
        } else {
            Err(Error::FrameTooLarge { bytes, limit })
        }
    }

    /// Appends the frames as one entry, in a task of its own, and waits for the answer.
    ///
    /// The delivery is settled before this returns, and also if the caller stops waiting.
    pub(crate) async fn append(&self, delivery: Arc<Delivery>) -> Result<EntryId, Error> {
        self.send(delivery, DeliveryState::Refused).await
    }

    async fn send(
        &self,
        delivery: Arc<Delivery>,
        refused: DeliveryState,
    ) -> Result<EntryId, Error> {
        let (answer, answered) = oneshot::channel();
        let publisher = self.clone();
        let handed = Handed(Arc::clone(&delivery));
        self.runtime.spawn(async move {
            let appended = publisher.stream.append(&handed.0.frames).await;
            handed.0.set(match &appended {
                Ok(_) => DeliveryState::Appended,
                Err(StreamError::OutcomeUnknown { .. }) => DeliveryState::Unknown,
                Err(_) => refused,
            });
            // Nobody may be waiting any more: the delivery tells the entities.
            let _ = answer.send(appended);
        });
        match answered.await {
            Ok(Ok(id)) => Ok(id),
            Ok(Err(StreamError::OutcomeUnknown { reason, .. })) => {
                Err(self.unknown(delivery, reason))
            }
            Ok(Err(error)) if refused == DeliveryState::Unknown => {
                Err(self.unknown(delivery, error.to_string()))
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(self.unknown(delivery, "the publisher was stopped".to_owned())),
        }
    }

    /// Makes an unknown outcome known: sends the very bytes again, where nobody else is at it.
    ///
    /// The consumer executes a frame once, however often it is in the stream; but not after so long a time that it
    /// may have forgotten the first one.
    pub(crate) async fn settle(&self, delivery: &Arc<Delivery>) -> Result<(), Error> {
        while delivery.settled().await == DeliveryState::Unknown {
            if delivery.is_too_old(self.moment()) {
                let frames = delivery.ids.iter().map(|(_, id)| *id).collect();
                return Err(Error::TooLateToResend { frames });
            }
            if delivery.begin_resend() {
                // What was sent first may still have arrived: a refused second try decides nothing.
                return self
                    .send(Arc::clone(delivery), DeliveryState::Unknown)
                    .await
                    .map(drop);
            }
        }
        Ok(())
    }

    /// Now.
    pub(crate) fn moment(&self) -> Moment {
        Moment {
            wall_millis: self.runtime.now_millis(),
            monotonic: self.runtime.monotonic(),
        }
    }

    fn unknown(&self, delivery: Arc<Delivery>, reason: String) -> Error {
        OutcomeUnknown {
            publisher: self.clone(),
            delivery,
            reason,
        }
        .into()
    }
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::{
        entity::RESENT_WITHIN,
        stream::embedded::{EmbeddedStream, open},
    };

    /// What the inbox may have forgotten is not sent again, whoever asks for it.
    #[tokio::test]
    async fn what_is_not_known_for_a_day_is_not_sent_again() {
        let runtime = Runtime::system();
        let store = open("lazy", "embedded://memory", runtime.clone())
            .await
            .unwrap();
        let stream: Arc<dyn Stream> = Arc::new(EmbeddedStream::new(store, "channel"));
        let publisher = Publisher::new(Arc::clone(&stream), runtime, usize::MAX);
        let id = Uuid::now_v7();
        let delivery = |age| {
            let mut made = publisher.moment();
            made.wall_millis -= u64::try_from(Duration::as_millis(&age)).unwrap();
            let delivery = Delivery::new(vec![vec![1]], vec![("default", id)], made);
            delivery.set(DeliveryState::Unknown);
            Arc::new(delivery)
        };
        let hour = Duration::from_secs(60 * 60);
        let old = delivery(RESENT_WITHIN + hour);
        for _ in 0..2 {
            let refused = publisher.settle(&old).await;
            assert!(
                matches!(&refused, Err(Error::TooLateToResend { frames }) if *frames == [id]),
                "{refused:?}"
            );
        }
        assert_eq!(stream.statistics().await.unwrap().len, 0);
        let young = delivery(RESENT_WITHIN - hour);
        publisher.settle(&young).await.unwrap();
        assert_eq!(stream.statistics().await.unwrap().len, 1);
    }
}
