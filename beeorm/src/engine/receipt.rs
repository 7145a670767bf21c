use std::{fmt, time::Duration};

use uuid::Uuid;

use super::{Outcomes, outcomes::Fate};
use crate::{
    database::inbox::Verdict,
    entity::{Delivery, Effect},
    error::Error,
    stream::EntryId,
};

/// What a lazy flush left in the stream.
///
/// ```no_run
/// # use std::time::Duration;
/// # use beeorm::prelude::*;
/// # #[derive(Entity)]
/// # struct User {
/// #     #[entity(uuid)]
/// #     id: Uuid,
/// # }
/// # async fn f(engine: &Engine, mut user: User) -> Result<(), Error> {
/// let receipt = engine.flush_lazy(&mut user).await?;
/// if receipt.applied(Duration::from_secs(5)).await? == Outcome::Dead {
///     println!("look into the dead letters for {:?}", receipt.frame_ids());
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Receipt {
    pub(super) entry: Option<EntryId>,
    frames: Vec<Uuid>,
    /// The frames' database pools.
    pools: Vec<&'static str>,
    statements: usize,
    outcomes: Outcomes,
}

/// What became of a lazy flush.
///
/// ```
/// use beeorm::Outcome;
///
/// fn is_stored(outcome: Outcome) -> Option<bool> {
///     match outcome {
///         Outcome::Applied => Some(true),
///         Outcome::Skipped | Outcome::Dead | Outcome::SetAside => Some(false),
///         _ => None, // forgotten: look at the row
///     }
/// }
/// # assert_eq!(is_stored(Outcome::Dead), Some(false));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It took effect.
    Applied,
    /// It had its outcome so long ago that the inbox has forgotten which: more than
    /// [`idempotency_horizon`](crate::BackgroundConsumer::idempotency_horizon).
    Forgotten,
    /// An error resolver gave it up.
    Skipped,
    /// No database took it, nor its dead letter: it stands where
    /// [`set_aside`](crate::EventBroker::set_aside) shows it.
    SetAside,
    /// It stands in the dead letters, and the entities of the flush are not what is stored.
    ///
    /// [`DeadLetters::get`](crate::DeadLetters::get) gives its letter, by an id of [`Receipt::frame_ids`], with values,
    /// error and attempts. Where what was wrong has been mended in the database,
    /// [`replay`](crate::DeadLetters::replay) executes it and what follows it, and the outcome is
    /// [`Applied`](Self::Applied) from then on; else [`drop_letter`](crate::DeadLetters::drop_letter) takes it away. Then
    /// go on with what [`Engine::load`](crate::Engine::load) gives: the old entity is refused. Where nothing was stored, an
    /// INSERT having been dropped, the value can be inserted again, with its id, by
    /// `engine.track(Tracked::into_inner(entity))`.
    Dead,
}

impl From<Effect> for Outcome {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Applied => Self::Applied,
            Effect::Skipped => Self::Skipped,
            Effect::Dead => Self::Dead,
            Effect::SetAside => Self::SetAside,
            Effect::Forgotten => Self::Forgotten,
        }
    }
}

/// What it means for the entities.
pub(super) fn effect(fate: Fate) -> Effect {
    match fate {
        Some(Verdict::Applied) => Effect::Applied,
        Some(Verdict::Skipped) => Effect::Skipped,
        Some(Verdict::Dead) => Effect::Dead,
        Some(Verdict::SetAside) => Effect::SetAside,
        None => Effect::Forgotten,
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Applied => "applied",
            Self::Forgotten => "done so long ago that it is forgotten how",
            Self::Skipped => "skipped by an error resolver",
            Self::SetAside => "set aside",
            Self::Dead => "dead-lettered",
        })
    }
}

impl Receipt {
    /// Its flush is in the stream; this much is missing of the fsync that was asked for.
    pub(super) fn unless_short(self, shortfall: Option<String>) -> Result<Self, Error> {
        match shortfall {
            None => Ok(self),
            Some(reason) => Err(Error::AppendedNotDurable {
                receipt: Box::new(self),
                reason,
            }),
        }
    }

    /// Of a flush that was sent again.
    pub(super) fn of(outcomes: Outcomes, delivery: &Delivery) -> Self {
        Self::new(outcomes, delivery.ids.iter().copied(), delivery.statements)
    }

    /// Of a call's own frames, and others that it stands for.
    pub(super) fn new(
        outcomes: Outcomes,
        frames: impl Iterator<Item = (&'static str, Uuid)>,
        statements: usize,
    ) -> Self {
        let (pools, frames) = frames.unzip();
        Self {
            entry: None,
            frames,
            pools,
            statements,
            outcomes,
        }
    }

    /// The entry's id in the stream; none when there was nothing to write. Flushes of the same moment share an entry.
    #[must_use]
    pub fn entry_id(&self) -> Option<EntryId> {
        self.entry
    }

    /// The ids of the frames, one a database: what the inbox and the dead letters know the flush by. Those of a flush
    /// whose outcome was unknown and that has arrived with this one are among them; where nothing was written, those that
    /// the entities were flushed by before.
    #[must_use]
    pub fn frame_ids(&self) -> &[Uuid] {
        &self.frames
    }

    /// How many statements were appended.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.statements
    }

    /// Waits until the background consumer is done with the flush, and tells what became of it. Of a flush to several
    /// databases it tells the worst: that it is dead in one of them, say.
    ///
    /// Asks the databases, all receipts of an engine together, at most every few milliseconds.
    ///
    /// # Errors
    ///
    /// [`Error::LazyPending`]: not in time; ask again whenever you like.
    pub async fn applied(&self, timeout: Duration) -> Result<Outcome, Error> {
        let frames: Vec<_> = self
            .pools
            .iter()
            .copied()
            .zip(self.frames.iter().copied())
            .collect();
        let fates = self
            .outcomes
            .of_all(&frames, timeout, "Ask again later")
            .await?;
        let outcomes = fates.into_iter().map(|fate| effect(fate).into());
        Ok(outcomes.max().unwrap_or(Outcome::Applied))
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("entry", &self.entry)
            .field("frames", &self.frames)
            .field("statements", &self.statements)
            .finish_non_exhaustive()
    }
}
