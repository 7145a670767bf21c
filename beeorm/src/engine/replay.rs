//! A dead letter executed after all: with what follows it, in one transaction, or not at all.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    Parts,
    dead_letters::{Replay, Replayed},
};
use crate::{
    database::{
        DatabaseError, DeadInserts, Keys, Limits, Purpose, Session, apply,
        dead_keys::{self, RowKey},
        dead_letters::{self, DeadLetterRow, LetterError},
        inbox::{self, Guard, Refusal, Verdict},
        look_at_tables,
    },
    error::Error,
    frame,
    statement::{Batch, Operation, one_by_one},
};

pub(super) async fn replay(
    parts: &Parts,
    pool: &str,
    frame_id: Uuid,
    replay: Replay,
) -> Result<Replayed, Error> {
    let database = parts.databases.get(pool)?;
    let limits = Limits {
        dialect: database.dialect(),
        statement_bytes: database.max_statement_bytes(),
    };
    // As the consumer's transactions: READ COMMITTED, and a short wait for locks.
    let mut session = database.session(Purpose::Consumer).await?;
    session.begin().await?;
    let mut replaying = Replaying {
        parts,
        pool,
        limits,
        session: &mut *session,
        replay,
        made: BTreeSet::new(),
    };
    match replaying.all(frame_id).await {
        Ok(replayed) => {
            session.commit().await?;
            tracing::info!(frame = %frame_id, pool, "replayed: {:?}", replayed.frame_ids);
            Ok(replayed)
        }
        Err(error) => {
            // What cannot be rolled back is hung up on, with its session.
            let _ = session.rollback().await;
            if let Error::ReplayRefused { frame_id, error } = &error {
                dead_letters::failed_again(&mut *session, *frame_id, &LetterError::from(error))
                    .await?;
            }
            Err(error)
        }
    }
}

/// A replay under way.
struct Replaying<'r> {
    parts: &'r Parts,
    pool: &'r str,
    limits: Limits,
    session: &'r mut dyn Session,
    replay: Replay,
    /// The rows that it has inserted so far: nobody else has written to them.
    made: BTreeSet<RowKey>,
}

impl Replaying<'_> {
    async fn all(&mut self, frame_id: Uuid) -> Result<Replayed, Error> {
        let mut replayed = Replayed::default();
        for letter in self.letters(frame_id).await? {
            replayed.statements += self.one(&letter).await?;
            replayed.frame_ids.push(letter.frame_id);
        }
        Ok(replayed)
    }

    /// The letter, and those that follow it, directly or through others, in the order in which they died.
    async fn letters(&mut self, frame_id: Uuid) -> Result<Vec<DeadLetterRow>, Error> {
        let first = dead_letters::get(self.session, frame_id).await;
        let first = first.map_err(DatabaseError::from)?;
        let mut letters = vec![first.ok_or(Error::DeadLetterNotFound { frame_id })?];
        let mut next = 0;
        while let Some((_, letter)) = letters.get(next) {
            let followers = dead_letters::followers(self.session, letter.frame_id).await;
            for follower in followers.map_err(DatabaseError::from)? {
                if letters.iter().all(|(number, _)| *number != follower.0) {
                    letters.push(follower);
                }
            }
            next += 1;
        }
        letters.sort_by_key(|(number, _)| *number);
        Ok(letters.into_iter().map(|(_, letter)| letter).collect())
    }

    /// Executes one letter and takes it away; tells of how many statements.
    async fn one(&mut self, letter: &DeadLetterRow) -> Result<usize, Error> {
        let frame_id = letter.frame_id;
        let frame = frame::decode(&letter.frame, &self.parts.tables);
        let batch = match frame {
            Ok(frame) => frame.batch,
            Err(error) => {
                let reason = error.to_string();
                return Err(Error::DeadLetterUnreadable { frame_id, reason });
            }
        };
        // First: whoever else replays or drops it waits here, and finds it gone.
        if !dead_letters::delete(self.session, frame_id).await? {
            return Err(Error::DeadLetterNotFound { frame_id });
        }
        let inserts = dead_keys::inserted(&batch);
        let first = dead_keys::find(self.session, &inserts).await;
        let first = first.map_err(DatabaseError::from)?;
        // From here on nobody else can forget them, as who inserts such a row does.
        let forgotten = dead_keys::forget_frame(self.session, frame_id).await?;
        let touched = if forgotten != inserts.len() as u64 {
            Some(
                "the keys of its INSERTs are not remembered, be it that rows with them were written since, or that the                  consumer which gave it up could not read it",
            )
        } else if first.is_some_and(|first| first != frame_id) {
            Some("a row with the key of one of its INSERTs may have been written since")
        } else {
            None
        };
        if self.replay == Replay::IfSafe
            && let Some(reason) = self.danger(letter, &batch, touched)
        {
            return Err(Error::ReplayNeedsForce { frame_id, reason });
        }
        self.write_down().await?;
        let database = self.parts.databases.get(self.pool)?;
        let looked = look_at_tables(&**database, self.session, &[&batch]).await;
        looked.map_err(|failure| failure.error)?;
        let applied = apply(
            self.session,
            self.limits,
            &[&batch],
            &one_by_one(&batch),
            Keys::Unwanted,
            DeadInserts::LookedFor,
        )
        .await;
        applied.map_err(|failure| {
            if failure.error.class().is_passing() {
                Error::Database(failure.error)
            } else {
                let error = failure.error;
                Error::ReplayRefused { frame_id, error }
            }
        })?;
        dead_keys::forget_rows(self.session, &inserts).await?;
        // Receipts and flushes ask for the frame.
        inbox::revive(self.session, frame_id).await?;
        Ok(batch.statements.len())
    }

    /// A new attempt has a key of its own in the inbox.
    async fn write_down(&mut self) -> Result<(), Error> {
        let runtime = &self.parts.runtime;
        let (id, now) = (runtime.uuid(), runtime.now_millis());
        let written = inbox::insert(self.session, &[id], Verdict::Applied, now, Guard::Off).await;
        written.map_err(|refusal| match refusal {
            Refusal::Failed(error) => error.into(),
            Refusal::Done | Refusal::TooOld => Error::DeadLetterNotFound { frame_id: id },
        })
    }

    /// Why the letter might undo something newer, if it might: all that it does has to be done to rows that it, or
    /// a letter before it in this replay, has made, and that nobody has written to since it died.
    fn danger(
        &mut self,
        letter: &DeadLetterRow,
        batch: &Batch,
        touched: Option<&'static str>,
    ) -> Option<&'static str> {
        if letter.refusal.may_be_applied {
            return Some("it may have been applied already");
        }
        if touched.is_some() {
            return touched;
        }
        for statement in &batch.statements {
            let (Ok(shape), Ok(key)) = (batch.shape(statement), batch.key_bytes(statement)) else {
                return Some("a statement of it cannot be read");
            };
            let row = key.map(|key| RowKey::new(shape.table.table, key));
            match (shape.operation, row) {
                (Operation::Insert, row) => self.made.extend(row),
                (Operation::Update | Operation::Delete, Some(row)) if self.made.contains(&row) => {}
                (Operation::Update | Operation::Delete, _) => {
                    return Some(
                        "it changes or deletes a row that may have been written to since, and that is none of \
                         those that this replay makes",
                    );
                }
            }
        }
        None
    }
}
