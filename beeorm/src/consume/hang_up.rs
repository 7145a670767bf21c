//! A frame on which the server hangs up each time, told from a server that is away.
//!
//! A lost connection is nobody's fault: a server that restarts, or fails over, breaks them all. So whatever has lost one
//! is tried again beside a witness: another connection, in a transaction, which a proxy leaves on its server. Where the
//! witness is served before and after, there was neither a restart nor a failover, and the loss counts.

use super::{Run, attempt::Outcome, bounded::Bounded};
use crate::database::{DatabaseError, Purpose, Session, horizon};

/// So many losses in a row on one statement, and it is on account of the frame.
pub(super) const ENOUGH: u32 = 10;

/// What is held against a frame that is tried alone.
#[derive(Debug, Default)]
pub(super) struct HangUps {
    /// It has lost a connection: from now on somebody watches.
    watched: bool,
    /// The statement that lost it, and how often in a row beside a witness.
    losses: Option<(usize, u32)>,
}

impl HangUps {
    /// Makes an attempt at the frame alone. When the server has hung up on it often enough, the failure says so.
    ///
    /// Only what is lost before COMMIT is sent comes here as a failure: what is lost behind it may have been done.
    pub(super) async fn watch(
        &mut self,
        run: &Run,
        pool: &str,
        attempt: impl Future<Output = Outcome>,
    ) -> Outcome {
        let mut witness = None;
        if self.watched {
            match Witness::call(run, pool).await {
                Ok(called) => witness = Some(called),
                Err(error) => {
                    self.losses = None;
                    return Outcome::Away(error);
                }
            }
        }
        match attempt.await {
            Outcome::Failed(mut failure) if failure.error.is_connection_lost() => {
                self.watched = true;
                let alone = match witness {
                    Some(witness) => witness.was_served().await,
                    None => false,
                };
                let losses = self.count(failure.statement, alone);
                if losses > 0 {
                    tracing::warn!(
                        error = %failure.error, pool, losses,
                        "hang-up: the server hung up on a frame, and on nobody else"
                    );
                }
                if losses >= ENOUGH {
                    self.losses = None;
                    failure.error = DatabaseError::hangs_up(losses, &failure.error);
                }
                Outcome::Failed(failure)
            }
            ended => {
                self.losses = None;
                ended
            }
        }
    }

    /// How often in a row it was this statement, and nobody else's connection.
    fn count(&mut self, statement: usize, alone: bool) -> u32 {
        let before = match self.losses {
            Some((same, losses)) if same == statement => losses,
            _ => 0,
        };
        self.losses = alone.then_some((statement, before + 1));
        self.losses.map_or(0, |(_, losses)| losses)
    }
}

/// A connection that would break if the server went away.
struct Witness {
    /// Not of the consumer's pool, in which all may wait for a second one.
    session: Bounded,
}

impl Witness {
    async fn call(run: &Run, pool: &str) -> Result<Self, DatabaseError> {
        let database = run.database(pool)?;
        let mut session = Bounded::open_for(run, &**database, Purpose::Caller).await?;
        session.begin().await?;
        horizon::read(&mut session).await?;
        Ok(Self { session })
    }

    /// Whether the same server still answers on the same connection.
    async fn was_served(mut self) -> bool {
        let served = horizon::read(&mut self.session).await;
        if let Err(error) = self.session.rollback().await {
            tracing::debug!(%error, "a transaction that changed nothing was left to the server to roll back");
        }
        served.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_losses_in_a_row_on_one_statement_beside_a_witness_add_up() {
        let mut hang_ups = HangUps::default();
        assert_eq!(hang_ups.count(2, false), 0);
        assert_eq!(hang_ups.count(2, true), 1);
        assert_eq!(hang_ups.count(2, true), 2);
        assert_eq!(hang_ups.count(0, true), 1);
        assert_eq!(hang_ups.count(0, true), 2);
        assert_eq!(hang_ups.count(0, false), 0);
        assert_eq!(hang_ups.count(0, true), 1);
    }
}
