//! What can go wrong, for the caller: typed, with what to do next in the message.

mod debug;
pub(crate) mod parameters;

use std::time::Duration;

use uuid::Uuid;

pub(crate) use self::debug::debug_as_display;
use crate::{
    column::ColumnError,
    database::DatabaseError,
    engine::{Outcome, OutcomeUnknown, Receipt},
    entity::TableSchema,
    registry::ConfigErrors,
    stream::StreamError,
};

/// Why a call was refused or failed.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The registry does not describe something that works; every mistake is listed.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// A row was to be changed or deleted, and its key is not set.
    #[error(
        "{entity} has no id yet, so there is no row to {operation}; flush it first, or set its id"
    )]
    UnsetKey {
        /// The entity's name.
        entity: &'static str,
        /// `"change"` or `"delete"`.
        operation: &'static str,
    },
    /// A bare value with a key was to be flushed: whether it is new cannot be seen.
    #[error(
        "this {entity} has an id already, so whether to insert or to update it cannot be told: \
         wrap it with `engine.attach(value)` if it is stored, with `engine.track(value)` if it is new, \
         or use `{entity}::change(id)` to change columns without loading"
    )]
    KeyAlreadySet {
        /// The entity's name.
        entity: &'static str,
    },
    /// The key of a new entity is the user's to give, and was not given.
    #[error("{entity} needs its key set before it is flushed: nothing else makes it")]
    KeyMissing {
        /// The entity's name.
        entity: &'static str,
    },
    /// An entity whose key only the database makes was flushed lazily before.
    #[error(
        "this {entity} was flushed lazily, and its id is made by the database when the consumer gets to it, which nobody \
         tells: find its row with SQL of your own to work on with it, or give {entity} a key with `#[entity(uuid)]`, which \
         is known at once"
    )]
    KeyUnknown {
        /// The entity's name.
        entity: &'static str,
    },
    /// The key of a stored entity was changed.
    #[error(
        "the id of a stored {entity} was changed; a row keeps its id: delete it and insert another"
    )]
    KeyChanged {
        /// The entity's name.
        entity: &'static str,
    },
    /// The database made a key that the entity's type of key does not hold.
    #[error(
        "the database made the id {key} for a new {entity}, which the type of its key does not hold: give {entity} a wider \
         one; {}",
        fate_of_the_row(.inserted)
    )]
    KeyOutOfRange {
        /// The entity's name.
        entity: &'static str,
        /// What the database made.
        key: u64,
        /// Whether the row is there: one that was flushed alone is committed by its statement.
        inserted: bool,
    },
    /// A new entity that others refer to got no key from the database.
    #[error(
        "the database made no id for a new {entity}, so that what refers to it cannot be written; nothing was: make the \
         key of its table AUTO_INCREMENT"
    )]
    KeyNotMade {
        /// The entity's name.
        entity: &'static str,
    },
    /// Entities that are not saved refer to others that are not, too many in a row.
    #[error(
        "{entity} refers to an entity that refers to another, and so on, more than {limit} in a row; nothing was \
         written: flush the first of them, and let the others refer to them by their keys, `Reference::from(&parent)`"
    )]
    ReferencesTooDeep {
        /// The name of the entity at the limit.
        entity: &'static str,
        /// So many may follow each other.
        limit: usize,
    },
    /// What a changed entity was before cannot be told.
    #[error(
        "the {entity} held a value that could not be written when it was first changed, so that what was changed cannot be \
         told: use `{entity}::change(id)`, or `engine.delete_by_id`"
    )]
    StoredUnknown {
        /// The entity's name.
        entity: &'static str,
    },
    /// One change assigns a column twice.
    #[error(
        "{entity}.{column} is assigned twice in one change; the databases do not agree on what that means"
    )]
    AssignedTwice {
        /// The entity's name.
        entity: &'static str,
        /// The column's name.
        column: String,
    },
    /// The entity was deleted before.
    #[error(
        "this {entity} was deleted; to insert it again, flush `engine.track(Tracked::into_inner(value))?`"
    )]
    Deleted {
        /// The entity's name.
        entity: &'static str,
    },
    /// A reference that is not set, or to an entity whose key is not known.
    #[error(
        "{entity}.{column} is not set, or refers to an unsaved {parent}, which has no id yet: {advice}"
    )]
    UnsavedReference {
        /// The entity's name.
        entity: &'static str,
        /// The name of the column that refers.
        column: String,
        /// The name of the entity that it refers to.
        parent: &'static str,
        /// What to do about it, which depends on who makes that one's ids.
        advice: &'static str,
    },
    /// ON DUPLICATE KEY UPDATE was asked of a lazy flush.
    #[error(
        "ON DUPLICATE KEY UPDATE of {entity} cannot be flushed lazily: what it will do, and its id, are known \
         only to the database; use `engine.flush`"
    )]
    LazyOnDuplicateKey {
        /// The entity's name.
        entity: &'static str,
    },
    /// ON DUPLICATE KEY UPDATE would change a unique value.
    #[error(
        "ON DUPLICATE KEY UPDATE of {entity} would assign {column}, which a unique index covers: the row could \
         not be found again; load it and change it instead"
    )]
    DuplicateKeyAssignsUnique {
        /// The entity's name.
        entity: &'static str,
        /// The column's name.
        column: String,
    },
    /// ON DUPLICATE KEY UPDATE met one of several rows that have the entity's unique values. Nothing was written.
    #[error(
        "ON DUPLICATE KEY UPDATE of {entity} met one of several rows, of which one has this of its unique values and another \
         that; which one it changes is the server's choice, and its id is not told; nothing was written: load the row that is \
         meant and change it, or have values that only one row has"
    )]
    DuplicateKeyAmbiguous {
        /// The entity's name.
        entity: &'static str,
    },
    /// After ON DUPLICATE KEY UPDATE no row had the entity's key or its unique values. Nothing was written.
    #[error(
        "ON DUPLICATE KEY UPDATE of {entity} wrote a row that has neither its key nor its unique values, so that its id is not \
         known; nothing was written: it met a row in a unique index of something else than whole columns of {entity} (make it \
         one that `#[entity(unique = \"name\")]` can declare), or a trigger changed what it wrote"
    )]
    DuplicateKeyRowUnknown {
        /// The entity's name.
        entity: &'static str,
    },
    /// A value does not fit its column.
    #[error("{entity}.{column} {problem}")]
    Column {
        /// The entity's name.
        entity: &'static str,
        /// The column's name.
        column: String,
        /// What is wrong.
        problem: ColumnError,
    },
    /// A hand-written `Entity` or `Column` did not write one value a column.
    #[error(
        "{entity} wrote another number of values than its schema has columns; each `Column::write` has to call the sink once"
    )]
    RowWidth {
        /// The entity's name.
        entity: &'static str,
    },
    /// The flush is larger than the channel takes.
    #[error(
        "the flush takes {bytes} bytes, more than the {limit} that one entry of the stream may have; flush fewer entities at once"
    )]
    FrameTooLarge {
        /// Of the encoded flush.
        bytes: usize,
        /// Of an entry.
        limit: usize,
    },
    /// A table of an entity has a storage engine without transactions: a flush could be half done, or done twice.
    #[error(
        "the table `{table}` of the database pool {pool:?} has the engine {engine}, which knows no transactions, so that \
         nothing can be promised on it: ALTER TABLE `{table}` ENGINE=InnoDB"
    )]
    NoTransactions {
        /// The pool.
        pool: String,
        /// The table; of a view, the one behind it.
        table: String,
        /// Its engine.
        engine: String,
    },
    /// No pool of that name and kind.
    #[error("no {kind} pool is registered under {name:?}; registered: {registered:?}")]
    PoolNotRegistered {
        /// `"database"` or `"stream"`.
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// The names there are.
        registered: Vec<String>,
    },
    /// No stream of that name.
    #[error("no stream is registered under {name:?}; registered: {registered:?}")]
    StreamNotRegistered {
        /// The name asked for.
        name: String,
        /// The names there are.
        registered: Vec<String>,
    },
    /// The stream has no consumer group of that name.
    #[error("the stream {stream:?} has no group {group:?}; registered: {registered:?}")]
    GroupNotRegistered {
        /// The stream.
        stream: String,
        /// The group asked for.
        group: String,
        /// The groups there are.
        registered: Vec<String>,
    },
    /// The entity's type was not registered.
    #[error("{entity} is not registered; add `.entity::<{entity}>()` to the registry")]
    EntityNotRegistered {
        /// The entity's name.
        entity: &'static str,
    },
    /// The short 64-bit ids reserved so far are used up, and no more could be reserved.
    #[error("no short ids are left until the database can be reached again: {reason}")]
    NoShortIds {
        /// Why no more could be reserved.
        reason: String,
    },
    /// A lazy flush was not executed in time.
    #[error(
        "the lazy flush {frame_id} has no outcome after {waited:?}: nothing else was done; is a background consumer \
         running? It may wait for a table or a database that is not there; its log says what for. {advice}"
    )]
    LazyPending {
        /// As in [`Receipt::frame_ids`](crate::Receipt::frame_ids).
        frame_id: Uuid,
        /// How long it was waited for.
        waited: Duration,
        /// What to do about it, which depends on who waited.
        advice: &'static str,
    },
    /// An earlier lazy flush of the same entity never took effect, as a synchronous flush has found: the entity is not
    /// what is stored. Nothing else was done. It is told each time that the entity is flushed or deleted, lazily too, until
    /// a synchronous flush finds that the dead letter was replayed; an entity that is loaded or tracked anew knows nothing
    /// of it.
    ///
    /// How to go on with one that is dead tells [`Outcome::Dead`].
    #[error(
        "the earlier lazy flush {frame_id} of this entity was {outcome}, so it is not what is stored; nothing else was done: \
         look at `engine.dead_letters().get({frame_id})` if it is dead-lettered, replay or drop that, and load the entity \
         anew before you change it"
    )]
    LazyFailed {
        /// As in [`Receipt::frame_ids`](crate::Receipt::frame_ids).
        frame_id: Uuid,
        /// What became of it.
        outcome: Outcome,
    },
    /// The entity was flushed lazily so often, and never by `flush`, that the first ones are not remembered: one of them
    /// may have failed, and then the entity is not what is stored. Nothing was done. Lazy flushes go on.
    #[error(
        "this {entity} was flushed lazily more than {remembered} times since it was loaded or last flushed by \
         `engine.flush`, and whether all of them took effect is not remembered; nothing else was done: load it anew, and \
         go on with that"
    )]
    LazyForgotten {
        /// The entity's name.
        entity: &'static str,
        /// So many are remembered.
        remembered: usize,
    },
    /// An earlier flush, of which it was not known whether it was appended, is in the stream now; this call was not
    /// appended, as it has a counting [`Change`](crate::Change) in it.
    #[error(
        "an earlier flush whose outcome was not known is in the stream now, and nothing else was appended: whether the \
         counting change of this call was part of it cannot be told; flush the change again, alone, if it was not"
    )]
    Settled {
        /// The earlier flush's frames.
        frames: Vec<Uuid>,
    },
    /// The stream refused, or could not be reached: nothing was appended.
    #[error(transparent)]
    Stream(StreamError),
    /// The lazy channel has as many entries as [`Registry::max_len`](crate::Registry::max_len) allows: nothing was
    /// appended.
    #[error(
        "the lazy channel is full: {len} lazy flushes wait in it, and its limit is {limit}; nothing was appended; try again \
         when the background consumer has caught up, or use `engine.flush`"
    )]
    ChannelFull {
        /// Entries in the channel when it was last looked at, and those appended since.
        len: u64,
        /// The most that it takes.
        limit: u64,
    },
    /// [`Durability::Fsynced`](crate::Durability::Fsynced) was asked for and not reached. The flush **is** in the stream
    /// and will be executed; the entities count as flushed.
    #[error(
        "the flush is in the stream and will be executed, but it is not known to be on disk: {reason}; there is nothing to \
         flush again, and only a server that fails now may lose it"
    )]
    AppendedNotDurable {
        /// As if the flush had been [`Durability::Appended`](crate::Durability::Appended).
        receipt: Box<Receipt>,
        /// What is missing.
        reason: String,
    },
    /// Whether the flush was appended is not known.
    #[error(transparent)]
    OutcomeUnknown(#[from] OutcomeUnknown),
    /// Whether the flush was appended was not known for a day, after which it is not sent again: the first one may have
    /// been applied so long ago that the inbox has forgotten it. A tracked entity stays as it is and goes on
    /// answering so; load it anew to see what is stored, and go on with that.
    #[error(
        "whether the flush (frames {frames:?}) was appended was not known for a day, and sending it again is not safe \
         any more: look in the database whether it was applied; load the entity anew, and flush what is missing"
    )]
    TooLateToResend {
        /// The frames' ids, as in [`Receipt::frame_ids`](crate::Receipt::frame_ids).
        frames: Vec<Uuid>,
    },
    /// The engine, or a clone of it, was closed before.
    #[error(
        "the engine is closed, by `close()` on it or on a clone of it: nothing was done; connect another, \
         `registry.connect()`"
    )]
    Closed,
    /// There is no dead letter of that frame: it was never there, or somebody else has replayed or dropped it.
    #[error(
        "there is no dead letter of the frame {frame_id}: it may have been replayed or dropped"
    )]
    DeadLetterNotFound {
        /// The frame's id.
        frame_id: Uuid,
    },
    /// The frame of a dead letter does not go with the entities of this program.
    #[error(
        "the dead letter {frame_id} cannot be read by this program: {reason}. Replay it in a program whose entities have what \
         it names (with `Replay::Force` where its consumer could not read it either), or drop it"
    )]
    DeadLetterUnreadable {
        /// The frame's id.
        frame_id: Uuid,
        /// Why not.
        reason: String,
    },
    /// A replay might undo what was written since. Nothing was done.
    #[error(
        "the dead letter {frame_id} is not replayed, as {reason}: look at its rows, then replay it with \
         `Replay::Force`, or drop it"
    )]
    ReplayNeedsForce {
        /// The frame's id: that of the letter, or of one that follows it.
        frame_id: Uuid,
        /// What may have happened.
        reason: &'static str,
    },
    /// The database refused a dead letter once more: nothing was done, and the letter tells why.
    #[error("the dead letter {frame_id} was refused once more: {error}")]
    ReplayRefused {
        /// The frame's id: that of the letter, or of one that follows it.
        frame_id: Uuid,
        /// What the database said.
        #[source]
        error: DatabaseError,
    },
    /// The database refused, or could not be reached. Where the answer to a COMMIT was lost
    /// ([`FailureClass::Infrastructure`](crate::FailureClass)) it may have been done; else nothing was changed.
    #[error(transparent)]
    Database(DatabaseError),
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "a field of the error is given as a reference"
)]
fn fate_of_the_row(inserted: &bool) -> &'static str {
    if *inserted {
        "the row was inserted, alone, and stays"
    } else {
        "nothing was written"
    }
}

debug_as_display!(Error);

impl From<StreamError> for Error {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Closed { .. } => Self::Closed,
            error => Self::Stream(error),
        }
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        if error.is_closed() {
            Self::Closed
        } else {
            Self::Database(error)
        }
    }
}

impl Error {
    pub(crate) fn column(
        schema: &'static TableSchema,
        position: usize,
        problem: ColumnError,
    ) -> Self {
        let column = schema.columns.get(position);
        let name = column.map_or_else(
            || format!("column {position}"),
            |column| column.name.clone(),
        );
        if let ColumnError::UnsavedReference { parent, advice } = problem {
            return Self::UnsavedReference {
                entity: schema.entity,
                column: name,
                parent,
                advice,
            };
        }
        Self::Column {
            entity: schema.entity,
            column: name,
            problem,
        }
    }

    /// What the database said, if it did.
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) | Self::ReplayRefused { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Whether a unique index or the key refused the row.
    #[must_use]
    pub fn is_duplicate_key(&self) -> bool {
        self.database().is_some_and(DatabaseError::is_duplicate_key)
    }

    /// Whether a foreign key refused the row.
    #[must_use]
    pub fn is_foreign_key(&self) -> bool {
        self.database().is_some_and(DatabaseError::is_foreign_key)
    }

    /// Whether the database refused a number that its column does not hold, as that of a counter that is at its end.
    #[must_use]
    pub fn is_out_of_range(&self) -> bool {
        self.database().is_some_and(DatabaseError::is_out_of_range)
    }

    /// Whether there was no row to change.
    #[must_use]
    pub fn is_row_missing(&self) -> bool {
        self.database().is_some_and(DatabaseError::is_row_missing)
    }

    /// Whether the flush is in the stream, and not known to be on disk; there is nothing to flush again.
    #[must_use]
    pub fn is_appended_not_durable(&self) -> bool {
        matches!(self, Self::AppendedNotDurable { .. })
    }

    /// Whether it is unknown if the flush was appended; flushing again is safe.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown(_))
    }
}
