use std::{fmt, sync::Arc};

use super::Publisher;
use crate::{entity::Delivery, error::Error};

/// The answer to an append was lost: the flush is in the stream, or it is not.
///
/// Sending the same bytes again is safe, as a frame is executed once. A tracked entity keeps them and sends
/// them before anything new when it is flushed again; for a bare one, keep this error and call
/// [`resend`](Self::resend).
#[derive(Clone)]
pub struct OutcomeUnknown {
    pub(super) publisher: Publisher,
    pub(super) delivery: Arc<Delivery>,
    pub(super) reason: String,
}

impl OutcomeUnknown {
    /// Sends the flush again, byte for byte.
    ///
    /// # Errors
    ///
    /// The stream still cannot be reached, or its answer was lost once more: call it again later. After a day it is
    /// too late for that: [`Error::TooLateToResend`]. [`Error::AppendedNotDurable`] ends it as `Ok` does: the flush is
    /// in the stream.
    pub async fn resend(&self) -> Result<(), Error> {
        let appended = self.publisher.settle(&self.delivery).await?;
        match appended.and_then(|appended| appended.shortfall) {
            None => Ok(()),
            Some(reason) => Err(Error::AppendedNotDurable {
                receipt: None,
                reason,
            }),
        }
    }
}

impl fmt::Debug for OutcomeUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeUnknown")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

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
