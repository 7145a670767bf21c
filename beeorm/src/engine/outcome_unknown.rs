use std::{fmt, sync::Arc};

use super::{Outcomes, Parts, Receipt};
use crate::{
    entity::Delivery,
    error::{Error, debug_as_display},
    publish::{Publisher, Unappended},
};

/// The answer to an append was lost: the flush is in the stream, or it is not.
///
/// Sending the same bytes again is safe, as a frame is executed once. A tracked entity keeps them and sends
/// them before anything new when it is flushed again, and so does a [`Flusher`](crate::Flusher) with what it holds; of
/// anything else, keep this error and call [`resend`](Self::resend).
#[derive(Clone)]
pub struct OutcomeUnknown {
    publisher: Publisher,
    delivery: Arc<Delivery>,
    outcomes: Outcomes,
    reason: String,
}

/// What a caller is told of a failed append.
pub(super) fn told(parts: &Parts, publisher: &Publisher, failed: Unappended) -> Error {
    match failed {
        Unappended::Refused(error) => error,
        Unappended::Unknown { delivery, reason } => Error::OutcomeUnknown(OutcomeUnknown {
            publisher: publisher.clone(),
            delivery,
            outcomes: parts.outcomes.clone(),
            reason,
        }),
    }
}

impl OutcomeUnknown {
    /// Sends the flush again, byte for byte, and gives the receipt that the first call would have given:
    /// [`applied`](Receipt::applied) tells what becomes of it. Once it is known to be in the stream, and on disk where
    /// that was asked for, nothing is sent any more; the receipt then names no entry where it was another attempt that
    /// brought it there.
    ///
    /// # Errors
    ///
    /// The stream still cannot be reached, or its answer was lost once more: call it again later. After a day it is
    /// too late for that: [`Error::TooLateToResend`]. [`Error::AppendedNotDurable`] ends it as `Ok` does: the flush is
    /// in the stream; called again, this asks the disk again.
    pub async fn resend(&self) -> Result<Receipt, Error> {
        let settled = self.publisher.settle(&self.delivery).await;
        let settled = settled.map_err(|failed| match failed {
            Unappended::Refused(error) => error,
            Unappended::Unknown { reason, .. } => Error::OutcomeUnknown(Self {
                reason,
                ..self.clone()
            }),
        })?;
        let mut receipt = Receipt::of(self.outcomes.clone(), &self.delivery);
        receipt.entry = settled.id;
        receipt.unless_short(settled.shortfall)
    }
}

debug_as_display!(OutcomeUnknown);

impl fmt::Display for OutcomeUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "whether the flush was appended is unknown ({}): flush the tracked entity again, or call `resend()` \
             on this error; neither executes anything twice",
            self.reason
        )
    }
}

impl std::error::Error for OutcomeUnknown {}
