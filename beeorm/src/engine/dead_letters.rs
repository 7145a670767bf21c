use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use uuid::Uuid;

use super::{Parts, replay};
use crate::{
    database::{
        DatabaseError, FailureClass, SelectError, Session, dead_keys,
        dead_letters::{self, DeadLetterRow},
    },
    error::Error,
    frame,
    runtime::millis,
};

/// The lazy flushes that could not be executed: kept in the database that they were for, with all that is known of
/// them, until they are replayed or dropped.
///
/// ```no_run
/// # use beeorm::prelude::*;
/// # async fn f(engine: &Engine) -> Result<(), Error> {
/// let letters = engine.dead_letters();
/// for letter in letters.list(100).await? {
///     println!("{}: {}\n{}", letter.frame_id, letter.error, letter.statements);
/// }
/// // Once what was wrong is mended:
/// for outcome in letters.replay_all(Replay::IfSafe).await? {
///     if let Err(error) = outcome.result {
///         println!("{error}");
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct DeadLetters {
    parts: Arc<Parts>,
}

/// A lazy flush that could not be executed.
///
/// `Debug` tells of the frame how long it is, and no bytes.
#[derive(Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Its place among the letters of its pool: they are numbered as they die.
    pub number: u64,
    /// The frame's id, as in [`Receipt::frame_ids`](crate::Receipt::frame_ids).
    pub frame_id: Uuid,
    /// The database pool that it was for, and that it is kept in.
    pub pool: String,
    /// The stream that it came through.
    pub channel: String,
    /// When it was flushed, since 1970; serialized as `created_millis`.
    #[serde(rename = "created_millis", serialize_with = "millis::duration")]
    pub created: Duration,
    /// When it was given up, since 1970; serialized as `died_millis`.
    #[serde(rename = "died_millis", serialize_with = "millis::duration")]
    pub died: Duration,
    /// How often it was tried, replays among it.
    pub attempts: u64,
    /// The database's error number.
    pub error_code: Option<u64>,
    /// The SQLSTATE.
    pub sqlstate: Option<String>,
    /// What the database said.
    pub error: String,
    /// The frame whose INSERT is dead, because of which this one has no row to change or delete. A replay of that
    /// one takes this one along.
    pub follows: Option<Uuid>,
    /// It came back when the inbox had forgotten that time: it may have been executed long ago.
    pub may_have_been_applied: bool,
    /// The statements with their values, one a line. Those for tables that no registered entity of the consumer had
    /// are shown without their SQL; where a frame cannot be read at all, it says why.
    pub statements: String,
    /// The frame, as it was in the stream.
    #[serde(skip)]
    pub frame: Vec<u8>,
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Taken apart, so that no field is forgotten.
        let Self {
            number,
            frame_id,
            pool,
            channel,
            created,
            died,
            attempts,
            error_code,
            sqlstate,
            error,
            follows,
            may_have_been_applied,
            statements,
            frame,
        } = self;
        f.debug_struct("DeadLetter")
            .field("number", number)
            .field("frame_id", frame_id)
            .field("pool", pool)
            .field("channel", channel)
            .field("created", created)
            .field("died", died)
            .field("attempts", attempts)
            .field("error_code", error_code)
            .field("sqlstate", sqlstate)
            .field("error", error)
            .field("follows", follows)
            .field("may_have_been_applied", may_have_been_applied)
            .field("statements", statements)
            .field("frame", &format_args!("{} bytes", frame.len()))
            .finish()
    }
}

/// Whether a replay has to be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replay {
    /// Only what provably overwrites nothing: INSERTs of rows that no lazy flush has written since, and what follows
    /// them. A synchronous flush is not known of. Nor are the keys of a frame that its consumer could not read, as it
    /// had no entity for the table: such a letter asks for [`Force`](Self::Force).
    IfSafe,
    /// In any case: an UPDATE puts its old values over newer ones, and an INSERT brings back what was deleted since.
    Force,
}

/// What a replay executed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replayed {
    /// The frames of the letter and of those that followed it, in order. The letters are gone.
    pub frame_ids: Vec<Uuid>,
    /// How many statements took effect.
    pub statements: usize,
}

/// What became of one of several letters.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReplayOutcome {
    /// The letter's frame.
    pub frame_id: Uuid,
    /// As of [`DeadLetters::replay`].
    pub result: Result<Replayed, Error>,
}

/// Letters read at a time where all are.
const PAGE: u64 = 500;

impl DeadLetters {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
    }

    /// The first dead letters: pool by pool, in the order in which they died.
    ///
    /// # Errors
    ///
    /// [`Error::Database`].
    pub async fn list(&self, limit: u64) -> Result<Vec<DeadLetter>, Error> {
        self.page("", 0, limit).await
    }

    /// Those behind the last one of a page; it need not be there any more.
    ///
    /// # Errors
    ///
    /// [`Error::Database`].
    pub async fn list_after(
        &self,
        last: &DeadLetter,
        limit: u64,
    ) -> Result<Vec<DeadLetter>, Error> {
        self.page(&last.pool, last.number, limit).await
    }

    async fn page(&self, from: &str, above: u64, limit: u64) -> Result<Vec<DeadLetter>, Error> {
        let mut letters = Vec::new();
        for (pool, _) in self
            .parts
            .databases
            .iter()
            .filter(|(pool, _)| *pool >= from)
        {
            let left = limit.saturating_sub(letters.len() as u64);
            if left == 0 {
                break;
            }
            let above = if pool == from { above } else { 0 };
            let mut session = self.parts.databases.session(pool).await?;
            let found = without_table(dead_letters::list(&mut *session, above, left).await)?;
            letters.extend(found.into_iter().map(|letter| DeadLetter::of(pool, letter)));
        }
        Ok(letters)
    }

    /// The dead letter of this frame.
    ///
    /// # Errors
    ///
    /// [`Error::Database`].
    pub async fn get(&self, frame_id: Uuid) -> Result<Option<DeadLetter>, Error> {
        for (pool, _) in self.parts.databases.iter() {
            let mut session = self.parts.databases.session(pool).await?;
            let found = without_table(dead_letters::get(&mut *session, frame_id).await)?;
            if let Some(letter) = found {
                return Ok(Some(DeadLetter::of(pool, letter)));
            }
        }
        Ok(None)
    }

    /// How many there are.
    ///
    /// # Errors
    ///
    /// [`Error::Database`].
    pub async fn count(&self) -> Result<u64, Error> {
        let mut count = 0;
        for (pool, _) in self.parts.databases.iter() {
            let mut session = self.parts.databases.session(pool).await?;
            count += without_table(dead_letters::count(&mut *session).await)?;
        }
        Ok(count)
    }

    /// Executes a dead letter and those that follow it, in order and in one transaction, and takes them away.
    ///
    /// # Errors
    ///
    /// Nothing is done, and the letters stay: [`Error::DeadLetterNotFound`]; [`Error::DeadLetterUnreadable`];
    /// [`Error::ReplayNeedsForce`] where it is to be safe and is not; [`Error::ReplayRefused`], which the letter
    /// tells of too from then on. [`Error::Database`] is that of a database that is away: the letters are there, or
    /// if only the answer was lost, they are done and gone.
    pub async fn replay(&self, frame_id: Uuid, replay: Replay) -> Result<Replayed, Error> {
        let pool = self.pool_of(frame_id).await?;
        replay::replay(&self.parts, pool, frame_id, replay).await
    }

    /// Replays several, in the order given, each for itself. One that went with an earlier one has no outcome of its
    /// own. A database that is away ends it: then the last outcome says so.
    pub async fn replay_many(
        &self,
        frame_ids: impl IntoIterator<Item = Uuid>,
        replay: Replay,
    ) -> Vec<ReplayOutcome> {
        let (mut outcomes, mut done) = (Vec::new(), HashSet::new());
        for frame_id in frame_ids {
            if !self
                .replay_next(frame_id, replay, &mut outcomes, &mut done)
                .await
            {
                break;
            }
        }
        outcomes
    }

    /// Replays all that there are, in order: see [`replay_many`](Self::replay_many).
    ///
    /// # Errors
    ///
    /// The letters could not be listed: [`Error::Database`].
    pub async fn replay_all(&self, replay: Replay) -> Result<Vec<ReplayOutcome>, Error> {
        let (mut outcomes, mut done) = (Vec::new(), HashSet::new());
        for (pool, _) in self.parts.databases.iter() {
            let mut above = 0;
            loop {
                let mut session = self.parts.databases.session(pool).await?;
                let page = without_table(dead_letters::frames(&mut *session, above, PAGE).await)?;
                drop(session);
                let Some((last, _)) = page.last() else { break };
                above = *last;
                for (_, frame_id) in page {
                    if !self
                        .replay_next(frame_id, replay, &mut outcomes, &mut done)
                        .await
                    {
                        return Ok(outcomes);
                    }
                }
            }
        }
        Ok(outcomes)
    }

    /// Whether to go on.
    async fn replay_next(
        &self,
        frame_id: Uuid,
        replay: Replay,
        outcomes: &mut Vec<ReplayOutcome>,
        done: &mut HashSet<Uuid>,
    ) -> bool {
        if done.contains(&frame_id) {
            return true;
        }
        let result = self.replay(frame_id, replay).await;
        let away = matches!(&result, Err(Error::Database(error)) if error.class() == FailureClass::Infrastructure);
        if let Ok(replayed) = &result {
            done.extend(&replayed.frame_ids);
        }
        outcomes.push(ReplayOutcome { frame_id, result });
        !away
    }

    /// Takes a dead letter away for good. Those that follow it stay; what is done to its rows later is no more taken
    /// for a consequence of it.
    ///
    /// # Errors
    ///
    /// [`Error::DeadLetterNotFound`]; [`Error::Database`].
    pub async fn drop_letter(&self, frame_id: Uuid) -> Result<(), Error> {
        let pool = self.pool_of(frame_id).await?;
        let mut session = self.parts.databases.session(pool).await?;
        session.begin().await?;
        let gone = drop_in(&mut *session, frame_id).await;
        if !matches!(gone, Ok(true)) {
            // What cannot be rolled back is hung up on, with its session.
            let _ = session.rollback().await;
            gone?;
            return Err(Error::DeadLetterNotFound { frame_id });
        }
        session.commit().await?;
        Ok(())
    }

    /// Takes several away; tells how many of them were there.
    ///
    /// # Errors
    ///
    /// [`Error::Database`]; those before are gone.
    pub async fn drop_letters(
        &self,
        frame_ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<u64, Error> {
        let mut dropped = 0;
        for frame_id in frame_ids {
            match self.drop_letter(frame_id).await {
                Ok(()) => dropped += 1,
                Err(Error::DeadLetterNotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(dropped)
    }

    async fn pool_of(&self, frame_id: Uuid) -> Result<&str, Error> {
        for (pool, _) in self.parts.databases.iter() {
            let mut session = self.parts.databases.session(pool).await?;
            if without_table(dead_letters::exists(&mut *session, frame_id).await)? {
                return Ok(pool);
            }
        }
        Err(Error::DeadLetterNotFound { frame_id })
    }
}

async fn drop_in(session: &mut dyn Session, frame_id: Uuid) -> Result<bool, DatabaseError> {
    let gone = dead_letters::delete(session, frame_id).await?;
    dead_keys::forget_frame(session, frame_id).await?;
    Ok(gone)
}

/// The tables are made by the first consumer, or by `schema()`.
fn without_table<T: Default>(found: Result<T, SelectError>) -> Result<T, Error> {
    match found {
        Err(SelectError::Database(error)) if error.is_table_missing() => Ok(T::default()),
        found => Ok(found.map_err(DatabaseError::from)?),
    }
}

impl DeadLetter {
    fn of(pool: &str, (number, row): (u64, DeadLetterRow)) -> Self {
        Self {
            number,
            frame_id: row.frame_id,
            pool: pool.to_owned(),
            channel: row.channel,
            created: Duration::from_millis(row.created_millis),
            died: Duration::from_millis(row.died_millis),
            attempts: row.attempts,
            error_code: row.refusal.error_code,
            sqlstate: row.refusal.sqlstate,
            error: row.refusal.error,
            follows: row.refusal.follows,
            may_have_been_applied: row.refusal.may_be_applied,
            // Of another program's frame it may have been written by one that could not read it.
            statements: if row.statements.is_empty() {
                frame::describe(&row.frame)
            } else {
                row.statements
            },
            frame: row.frame,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_shown_by_its_length() {
        let letter = DeadLetter {
            number: 7,
            frame_id: Uuid::nil(),
            pool: "default".to_owned(),
            channel: "orm-lazy-channel".to_owned(),
            created: Duration::from_secs(1),
            died: Duration::from_secs(2),
            attempts: 1,
            error_code: Some(1062),
            sqlstate: None,
            error: "Duplicate entry".to_owned(),
            follows: None,
            may_have_been_applied: false,
            statements: "INSERT …".to_owned(),
            frame: vec![7; 90],
        };
        let shown = format!("{letter:#?}");
        assert!(shown.contains("\n    frame: 90 bytes,\n}"), "{shown}");
        assert!(shown.contains("\n    statements: \"INSERT …\","), "{shown}");
    }
}
