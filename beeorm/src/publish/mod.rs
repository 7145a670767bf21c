//! Frames to the stream.
//!
//! Once handed over, a frame is the publisher's: the caller's future may be dropped, and the append neither
//! stops halfway nor is forgotten. What became of it stands in the [`Delivery`].

mod durability;
mod full;
mod in_flight;
mod lead;
mod together;

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::oneshot::{self, error::RecvError};

pub use self::{durability::Durability, full::OnFull};
use self::{
    full::Room,
    in_flight::{InFlight, Turn},
    lead::{Lead, Leading},
    together::{Handed, Joined, Leader, Together},
};
use crate::{
    entity::{Delivery, DeliveryState, Moment},
    error::Error,
    runtime::Runtime,
    stream::{Appended, Backlog, EntryId, Fsync, Stream, StreamError},
};

/// Why frames are not in the stream, as far as is known.
#[derive(Debug)]
pub(crate) enum Unappended {
    /// They may be there: the very bytes have to be sent again before anything new.
    Unknown {
        delivery: Arc<Delivery>,
        reason: String,
    },
    /// They are not.
    Refused(Error),
}

/// What it took to know that frames are in the stream, or are not.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Where they were sent again.
    pub(crate) id: Option<EntryId>,
    /// What is missing of the fsync that was asked for.
    pub(crate) shortfall: Option<String>,
}

impl<E: Into<Error>> From<E> for Unappended {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// The way to one stream.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    channel: Arc<Channel>,
    durability: Durability,
}

impl Settled {
    fn short(reason: String) -> Self {
        Self {
            id: None,
            shortfall: Some(reason),
        }
    }
}

/// What all ways to one stream share.
#[derive(Debug)]
struct Channel {
    stream: Arc<dyn Stream>,
    runtime: Runtime,
    max_entry_bytes: usize,
    fsync: Fsync,
    room: Option<Room>,
    in_flight: InFlight,
    together: Arc<Together>,
    backlog: Arc<Backlog>,
}

/// What a publisher is told of its stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) durability: Durability,
    pub(crate) fsync: Fsync,
    /// The most entries, and what to do when there are as many.
    pub(crate) limit: Option<(u64, OnFull)>,
}

/// Why there is no answer where nobody gave one.
const STOPPED: &str = "the publisher was stopped";
/// Why what is in the stream is not sent again, to be synchronized.
const TOO_LATE: &str =
    "it was appended more than a day ago, and nobody waited until it was on disk";
const PASSED: &str =
    "nobody waited until it was on disk, and newer flushes of its rows are behind it by now";
/// The most that one entry ever has; less where a database takes less at a time.
const MAX_ENTRY_BYTES: usize = 32 << 20;

impl Publisher {
    /// `statement_bytes` is the least that one of the databases takes in a statement: whatever is in the
    /// stream has to fit into a dead letter, with room for what is said about it.
    pub(crate) fn new(
        stream: Arc<dyn Stream>,
        runtime: Runtime,
        statement_bytes: usize,
        settings: Settings,
    ) -> Self {
        let Settings {
            durability,
            fsync,
            limit,
        } = settings;
        let channel = Channel {
            stream,
            runtime,
            max_entry_bytes: MAX_ENTRY_BYTES.min(statement_bytes / 2),
            fsync,
            room: limit.map(|(limit, on_full)| Room::new(limit, on_full)),
            in_flight: InFlight::new(),
            together: Arc::default(),
            backlog: Arc::new(Backlog::new(limit.is_some())),
        };
        Self {
            channel: Arc::new(channel),
            durability,
        }
    }

    pub(crate) fn stream(&self) -> Arc<dyn Stream> {
        Arc::clone(&self.channel.stream)
    }

    /// What warns of a channel that grows and grows.
    pub(crate) fn backlog(&self) -> Arc<Backlog> {
        Arc::clone(&self.channel.backlog)
    }

    pub(crate) fn durability(&self) -> Durability {
        self.durability
    }

    /// The same way, with another durability.
    pub(crate) fn with_durability(&self, durability: Durability) -> Self {
        Self {
            channel: Arc::clone(&self.channel),
            durability,
        }
    }

    /// Whether the entry is small enough.
    pub(crate) fn check_size(&self, delivery: &Delivery) -> Result<(), Error> {
        let bytes = delivery.bytes();
        let limit = self.channel.max_entry_bytes;
        if bytes <= limit {
            Ok(())
        } else {
            Err(Error::FrameTooLarge { bytes, limit })
        }
    }

    /// Returns when the entry may be appended: there is room for it in the stream, and it is its turn.
    ///
    /// Before the hand-over: whoever stops waiting here has done nothing.
    pub(crate) async fn admit(&self, delivery: &Delivery) -> Result<Turn, Error> {
        let Channel {
            stream,
            runtime,
            room,
            in_flight,
            ..
        } = &*self.channel;
        if let Some(room) = room {
            let admitted = room.admit(&**stream, runtime).await;
            admitted.map_err(|error| match error {
                Error::Stream(error) => self.channel.explain(error).into(),
                error => error,
            })?;
        }
        let bytes = delivery.bytes();
        if let Some(turn) = in_flight.turn_now(bytes) {
            return Ok(turn);
        }
        // What is waited for may depend on a caller who is not polled.
        self.channel.lead_by_task();
        Ok(in_flight.turn(bytes).await)
    }

    /// Appends the frames, and waits for the answer.
    ///
    /// The delivery is settled before this returns, and also if the caller stops waiting.
    pub(crate) async fn append(
        &self,
        delivery: Arc<Delivery>,
        turn: Turn,
    ) -> Result<Appended, Unappended> {
        let (answer, answered) = oneshot::channel();
        let handed = Handed {
            delivery: Arc::clone(&delivery),
            before: DeliveryState::InFlight,
            turn: Some(turn),
            answer: Some(answer),
        };
        match self.send(handed, answered).await {
            Ok(Ok(appended)) => Ok(appended),
            Ok(Err(StreamError::OutcomeUnknown { reason, .. })) => {
                Err(Unappended::Unknown { delivery, reason })
            }
            Ok(Err(error)) => Err(self.channel.explain(error).into()),
            Err(_) => Err(Unappended::Unknown {
                delivery,
                reason: STOPPED.to_owned(),
            }),
        }
    }

    /// Sends what was sent before, and has arrived, or is not certain not to have.
    async fn append_again(
        &self,
        delivery: Arc<Delivery>,
        before: DeliveryState,
    ) -> Result<Settled, Unappended> {
        let (answer, answered) = oneshot::channel();
        let mut handed = Handed {
            delivery: Arc::clone(&delivery),
            before,
            turn: None,
            answer: Some(answer),
        };
        handed.turn = Some(self.channel.in_flight.turn(delivery.bytes()).await);
        let reason = match self.send(handed, answered).await {
            Ok(Ok(Appended { id, shortfall })) => {
                return Ok(Settled {
                    id: Some(id),
                    shortfall,
                });
            }
            Ok(Err(StreamError::OutcomeUnknown { reason, .. })) => reason,
            Ok(Err(error)) => error.to_string(),
            Err(_) => STOPPED.to_owned(),
        };
        if before == DeliveryState::Appended {
            return Ok(Settled::short(reason));
        }
        Err(Unappended::Unknown { delivery, reason })
    }

    async fn send(
        &self,
        handed: Handed,
        answered: oneshot::Receiver<Result<Appended, StreamError>>,
    ) -> Result<Result<Appended, StreamError>, RecvError> {
        let lead = match self.durability {
            Durability::Appended => self.channel.lead(handed),
            // These share rounds further on, of many entries each: a disk may take a second for one.
            Durability::Fsynced => {
                let channel = Arc::clone(&self.channel);
                self.channel.runtime.spawn(async move {
                    let frames = &handed.delivery.frames;
                    let appended = channel.stream.append_fsynced(frames, channel.fsync).await;
                    channel.conclude(vec![handed], &appended, Durability::Fsynced);
                });
                None
            }
        };
        let Some(lead) = lead else {
            return answered.await;
        };
        let runtime = &self.channel.runtime;
        let leading = Leading { lead, runtime };
        let mut answered = pin!(answered);
        poll_fn(|context| {
            leading.poll(context);
            answered.as_mut().poll(context)
        })
        .await
    }

    /// Makes an unknown outcome known, and asks the disks for what they are not known to have: sends the very bytes
    /// again, where nobody else is at it.
    ///
    /// The consumer executes a frame once, however often it is in the stream; but not after so long a time that it
    /// may have forgotten the first one.
    pub(crate) async fn settle(&self, delivery: &Arc<Delivery>) -> Result<Settled, Unappended> {
        if delivery.state() == DeliveryState::InFlight {
            self.channel.lead_by_task();
        }
        loop {
            let state = delivery.settled().await;
            let is_too_old = || delivery.is_too_old(self.moment());
            match state {
                DeliveryState::Unknown if is_too_old() => {
                    let frames = delivery.ids.iter().map(|(_, id)| *id).collect();
                    return Err(Error::TooLateToResend { frames }.into());
                }
                DeliveryState::Unknown => {}
                _ if !self.is_short(delivery, state) => return Ok(Settled::default()),
                _ if is_too_old() => return Ok(Settled::short(TOO_LATE.to_owned())),
                _ if delivery.is_passed() => return Ok(Settled::short(PASSED.to_owned())),
                _ => {}
            }
            if delivery.begin_resend(state) {
                return self.append_again(Arc::clone(delivery), state).await;
            }
        }
    }

    /// Whether it is in the stream, and not known to be where this way is to bring it.
    fn is_short(&self, delivery: &Delivery, state: DeliveryState) -> bool {
        self.durability == Durability::Fsynced
            && state == DeliveryState::Appended
            && !delivery.frames.is_empty()
            && !delivery.is_on_disk()
    }

    /// Now.
    pub(crate) fn moment(&self) -> Moment {
        Moment {
            wall_millis: self.channel.runtime.now_millis(),
            monotonic: self.channel.runtime.monotonic(),
        }
    }
}

impl Channel {
    /// A connection lives in the runtime that it was made in.
    fn explain(&self, error: StreamError) -> StreamError {
        match error {
            StreamError::Unavailable { pool, reason } if self.runtime.has_ended() => {
                let why = "the runtime that `connect()` was called on has ended, and its connections with it: connect on one \
                           that lives as long as the engine, or once in each";
                let reason = format!("{reason}; {why}");
                StreamError::Unavailable { pool, reason }
            }
            error => error,
        }
    }

    /// Joins the line; gives the work of its leader where that is this caller's.
    fn lead(self: &Arc<Self>, handed: Handed) -> Option<Arc<Lead>> {
        let leader = match self.together.join(handed) {
            Joined::First(leader) => leader,
            Joined::Behind(lead) => {
                if let Some(lead) = lead {
                    lead.hand_over(&self.runtime);
                }
                return None;
            }
        };
        let channel = Arc::clone(self);
        let lead = Lead::new(Box::pin(async move { channel.append_groups(leader).await }));
        if self.together.is_alone(&lead) {
            return Some(lead);
        }
        lead.hand_over(&self.runtime);
        None
    }

    /// Sees to it that nothing depends on a caller who may not be polled.
    fn lead_by_task(&self) {
        if let Some(lead) = self.together.take_from_caller() {
            lead.hand_over(&self.runtime);
        }
    }

    /// Appends group after group, several at a time where many wait, until nobody does.
    async fn append_groups(&self, mut leader: Leader) {
        let most = self.stream.appends_at_a_time();
        let mut under_way = FuturesUnordered::new();
        loop {
            let next = poll_fn(|context| {
                leader.register(context.waker());
                while under_way.len() < most
                    && let Some(group) = leader.next_group(under_way.len())
                {
                    under_way.push(self.append_group(group));
                    // Before the next one: it is sent when it is first polled.
                    if let Poll::Ready(done) = under_way.poll_next_unpin(context) {
                        return Poll::Ready(done);
                    }
                }
                under_way.poll_next_unpin(context)
            });
            let Some((group, appended)) = next.await else {
                break;
            };
            self.conclude(group, &appended, Durability::Appended);
        }
    }

    async fn append_group(
        &self,
        group: Vec<Handed>,
    ) -> (Vec<Handed>, Result<Appended, StreamError>) {
        let appended = match group.as_slice() {
            [alone] => self.stream.append(&alone.delivery.frames).await,
            several => self.stream.append(&together::entry(several)).await,
        };
        let appended = appended.map(|id| Appended {
            id,
            shortfall: None,
        });
        (group, appended)
    }

    fn conclude(
        &self,
        group: Vec<Handed>,
        appended: &Result<Appended, StreamError>,
        durability: Durability,
    ) {
        for handed in group {
            handed.conclude(appended.clone(), durability);
        }
        if appended.is_ok() {
            self.backlog.look(&self.stream, &self.runtime);
        }
    }
}

#[cfg(test)]
#[cfg(feature = "embedded")]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;
    use crate::{
        entity::RESENT_WITHIN,
        stream::embedded::{EmbeddedStream, open},
    };

    async fn publisher() -> (Publisher, Arc<dyn Stream>) {
        publisher_to("embedded://memory").await
    }

    async fn publisher_to(url: &str) -> (Publisher, Arc<dyn Stream>) {
        let runtime = Runtime::system();
        let store = open("lazy", url, runtime.clone()).await.unwrap();
        let stream: Arc<dyn Stream> = Arc::new(EmbeddedStream::new(store, "channel"));
        let settings = Settings {
            durability: Durability::Appended,
            fsync: Fsync {
                replicas: 0,
                timeout: Duration::ZERO,
            },
            limit: None,
        };
        let publisher = Publisher::new(Arc::clone(&stream), runtime, usize::MAX, settings);
        (publisher, stream)
    }

    /// The bytes that are under way are bounded: whoever waits for room depends on those who have it.
    #[tokio::test]
    async fn a_caller_who_is_not_polled_keeps_no_room() {
        let (publisher, stream) = publisher().await;
        let large = || {
            let frame = Bytes::from(vec![1; MAX_ENTRY_BYTES]);
            let moment = publisher.moment();
            let ids = vec![("default", Uuid::now_v7())];
            Arc::new(Delivery::new(vec![frame], ids, 1, moment))
        };
        let (first, second) = (large(), large());
        let turn = publisher.admit(&first).await.unwrap();
        let mut still = Box::pin(publisher.append(first, turn));
        assert!(still.as_mut().now_or_never().is_none());
        let admitted = tokio::time::timeout(Duration::from_secs(20), publisher.admit(&second));
        let turn = admitted.await.expect("there is room some time").unwrap();
        publisher.append(second, turn).await.unwrap();
        still.await.unwrap();
        assert_eq!(stream.statistics().await.unwrap().len, 2);
    }

    /// What the inbox may have forgotten is not sent again, whoever asks for it.
    #[tokio::test]
    async fn what_is_not_known_for_a_day_is_not_sent_again() {
        let (publisher, stream) = publisher().await;
        let id = Uuid::now_v7();
        let delivery = |age| {
            let mut made = publisher.moment();
            made.wall_millis -= u64::try_from(Duration::as_millis(&age)).unwrap();
            let delivery = Delivery::new(
                vec![Bytes::from_static(&[1])],
                vec![("default", id)],
                1,
                made,
            );
            delivery.set(DeliveryState::Unknown);
            Arc::new(delivery)
        };
        let hour = Duration::from_secs(60 * 60);
        let old = delivery(RESENT_WITHIN + hour);
        for _ in 0..2 {
            let refused = publisher.settle(&old).await;
            assert!(
                matches!(&refused, Err(Unappended::Refused(Error::TooLateToResend { frames })) if *frames == [id]),
                "{refused:?}"
            );
        }
        assert_eq!(stream.statistics().await.unwrap().len, 0);
        let young = delivery(RESENT_WITHIN - hour);
        publisher.settle(&young).await.unwrap();
        assert_eq!(stream.statistics().await.unwrap().len, 1);
    }

    /// As a caller leaves it who asked for no disk, or did not wait for it.
    async fn appended(publisher: &Publisher) -> Arc<Delivery> {
        let frame = Bytes::from_static(&[1]);
        let ids = vec![("default", Uuid::now_v7())];
        let delivery = Arc::new(Delivery::new(vec![frame], ids, 1, publisher.moment()));
        let turn = publisher.admit(&delivery).await.unwrap();
        publisher.append(Arc::clone(&delivery), turn).await.unwrap();
        delivery
    }

    #[tokio::test]
    async fn what_no_disk_is_known_to_have_is_sent_again_where_one_is_asked_for() {
        let file = std::env::temp_dir().join(format!("beeorm-{}.db", Uuid::now_v7()));
        let url = format!("embedded://{}", file.display());
        let (plain, stream) = publisher_to(&url).await;
        let fsynced = plain.with_durability(Durability::Fsynced);
        let delivery = appended(&plain).await;
        let settled = plain.settle(&delivery).await.unwrap();
        assert_eq!((settled.id, delivery.is_on_disk()), (None, false));
        let settled = fsynced.settle(&delivery).await.unwrap();
        assert!(settled.id.is_some() && settled.shortfall.is_none());
        let again = fsynced.settle(&delivery).await.unwrap();
        assert_eq!((again.id, again.shortfall), (None, None), "it is known");
        assert!(appended(&fsynced).await.is_on_disk());
        assert_eq!(stream.statistics().await.unwrap().len, 3);

        // Were it lost, it would come behind what is newer.
        let passed = appended(&plain).await;
        passed.set_passed();
        let settled = fsynced.settle(&passed).await.unwrap();
        assert_eq!((settled.id, settled.shortfall), (None, Some(PASSED.into())));
        assert_eq!(stream.statistics().await.unwrap().len, 4);
        stream.close().await;
        for ending in ["db", "db-wal", "db-shm"] {
            let _ = std::fs::remove_file(file.with_extension(ending));
        }
    }

    #[tokio::test]
    async fn what_no_disk_takes_stays_appended() {
        let (plain, stream) = publisher().await;
        let fsynced = plain.with_durability(Durability::Fsynced);
        let delivery = appended(&plain).await;
        for _ in 0..2 {
            let settled = fsynced.settle(&delivery).await.unwrap();
            assert!(settled.shortfall.unwrap().contains("in memory"));
            assert_eq!(delivery.state(), DeliveryState::Appended);
        }
        assert_eq!(stream.statistics().await.unwrap().len, 1);
    }
}
