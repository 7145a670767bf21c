//! The dead letters: frames that could not be applied, with all that is known of them. Written in the same
//! transaction as the frame's verdict.

use uuid::Uuid;

use super::{DatabaseError, Dialect, Limits, SelectError, Session, own_table_options};
use crate::column::{Column, ColumnError, RowReader, ValueRef};

pub(crate) const TABLE: &str = "_beeorm_dead_letters";
const COLUMNS: &str = "`frame_id`,`channel`,`created_millis`,`died_millis`,`attempts`,`error_code`,`sqlstate`,\
     `error`,`may_be_applied`,`follows`,`statements`,`frame`";

/// The table's definition. Letters are numbered as they die: frames that depend on each other in the order in
/// which they were to be applied.
pub(crate) fn definition(dialect: Dialect) -> String {
    let options = own_table_options(dialect);
    let (number, text, bytes, keys) = match dialect {
        Dialect::MySql | Dialect::MariaDb => (
            "bigint NOT NULL PRIMARY KEY AUTO_INCREMENT",
            "longtext",
            "longblob",
            ", KEY (`follows`)",
        ),
        Dialect::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "text", "blob", ""),
    };
    format!(
        "CREATE TABLE IF NOT EXISTS `{TABLE}` (`number` {number}, `frame_id` binary(16) NOT NULL UNIQUE, \
         `channel` varchar(255) NOT NULL, `created_millis` bigint NOT NULL, `died_millis` bigint NOT NULL, \
         `attempts` bigint NOT NULL, `error_code` bigint NULL, `sqlstate` varchar(5) NULL, `error` {text} NOT NULL, \
         `may_be_applied` tinyint NOT NULL, `follows` binary(16) NULL, \
         `statements` {text} NOT NULL, `frame` {bytes} NOT NULL{keys}){options}"
    )
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeadLetterRow {
    pub(crate) frame_id: Uuid,
    pub(crate) channel: String,
    pub(crate) created_millis: u64,
    pub(crate) died_millis: u64,
    pub(crate) attempts: u64,
    pub(crate) refusal: LetterError,
    /// The statements with their values, for people.
    pub(crate) statements: String,
    /// The frame's bytes.
    pub(crate) frame: Vec<u8>,
}

impl DeadLetterRow {
    /// About what it takes on the wire.
    fn bytes(&self) -> usize {
        const OF_THE_REST: usize = 1024;
        OF_THE_REST
            + self.channel.len()
            + self.refusal.error.len()
            + self.statements.len()
            + self.frame.len()
    }
}

/// What was said when a frame was given up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LetterError {
    pub(crate) error_code: Option<u64>,
    pub(crate) sqlstate: Option<String>,
    pub(crate) error: String,
    /// The inbox remembers no more whether the frame was applied.
    pub(crate) may_be_applied: bool,
    /// The dead frame whose INSERT this one waits for.
    pub(crate) follows: Option<Uuid>,
}

impl From<&DatabaseError> for LetterError {
    fn from(error: &DatabaseError) -> Self {
        Self {
            error_code: error.code().map(u64::from),
            sqlstate: error.sqlstate().map(str::to_owned),
            error: error.message().to_owned(),
            may_be_applied: error.may_have_been_applied(),
            follows: error.dead_insert(),
        }
    }
}

pub(crate) async fn insert(
    session: &mut dyn Session,
    limits: Limits,
    letter: &DeadLetterRow,
) -> Result<(), DatabaseError> {
    let (bytes, limit) = (letter.bytes(), limits.statement_bytes);
    if bytes > limit {
        // Sent, it would look like a lost connection, and be tried for ever.
        return Err(DatabaseError::too_large("a dead letter", bytes, limit));
    }
    let sql = format!("INSERT INTO `{TABLE}` ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)");
    let refusal = &letter.refusal;
    let binds = [
        id(letter.frame_id),
        ValueRef::Text(&letter.channel),
        ValueRef::Unsigned(letter.created_millis),
        ValueRef::Unsigned(letter.died_millis),
        ValueRef::Unsigned(letter.attempts),
        refusal
            .error_code
            .map_or(ValueRef::Null, ValueRef::Unsigned),
        text_or_null(refusal.sqlstate.as_deref()),
        ValueRef::Text(&refusal.error),
        ValueRef::Signed(refusal.may_be_applied.into()),
        refusal.follows.map_or(ValueRef::Null, id),
        ValueRef::Text(&letter.statements),
        ValueRef::Bytes(&letter.frame),
    ];
    session.execute(&sql, &binds).await.map(drop)
}

/// For LIMIT, as SQLite takes it: below 2⁶³.
fn at_most(limit: u64) -> ValueRef<'static> {
    ValueRef::Signed(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// The oldest dead letters with a number above that, with their numbers.
pub(crate) async fn list(
    session: &mut dyn Session,
    above: u64,
    limit: u64,
) -> Result<Vec<(u64, DeadLetterRow)>, SelectError> {
    let binds = [ValueRef::Unsigned(above), at_most(limit)];
    select(session, "`number` > ? ORDER BY `number` LIMIT ?", &binds).await
}

/// The letter of this frame, with its number.
pub(crate) async fn get(
    session: &mut dyn Session,
    frame: Uuid,
) -> Result<Option<(u64, DeadLetterRow)>, SelectError> {
    let found = select(session, "`frame_id` = ?", &[id(frame)]).await?;
    Ok(found.into_iter().next())
}

/// Whether there is a letter of this frame.
pub(crate) async fn exists(session: &mut dyn Session, frame: Uuid) -> Result<bool, SelectError> {
    let sql = format!("SELECT `number` FROM `{TABLE}` WHERE `frame_id` = ?");
    let mut exists = false;
    let mut each = |row: &mut dyn RowReader| {
        row.skip();
        exists = true;
        Ok(())
    };
    session.select(&sql, &[id(frame)], &mut each).await?;
    Ok(exists)
}

/// The letters of the frames that wait for this one's INSERT, the oldest first, with their numbers.
pub(crate) async fn followers(
    session: &mut dyn Session,
    frame: Uuid,
) -> Result<Vec<(u64, DeadLetterRow)>, SelectError> {
    let condition = "`follows` = ? ORDER BY `number`";
    select(session, condition, &[id(frame)]).await
}

/// The frames of the oldest letters with a number above that, with their numbers.
pub(crate) async fn frames(
    session: &mut dyn Session,
    above: u64,
    limit: u64,
) -> Result<Vec<(u64, Uuid)>, SelectError> {
    let sql = format!(
        "SELECT `number`,`frame_id` FROM `{TABLE}` WHERE `number` > ? ORDER BY `number` LIMIT ?"
    );
    let mut frames = Vec::new();
    let mut each = |row: &mut dyn RowReader| {
        frames.push((unsigned(row)?, Uuid::read(row)?));
        Ok(())
    };
    let binds = [ValueRef::Unsigned(above), at_most(limit)];
    session.select(&sql, &binds, &mut each).await?;
    Ok(frames)
}

/// How many there are.
pub(crate) async fn count(session: &mut dyn Session) -> Result<u64, SelectError> {
    let mut count = 0;
    let mut each = |row: &mut dyn RowReader| {
        count = unsigned(row)?;
        Ok(())
    };
    let sql = format!("SELECT COUNT(*) FROM `{TABLE}`");
    session.select(&sql, &[], &mut each).await?;
    Ok(count)
}

/// Takes the letter away; false where there is none (any more).
pub(crate) async fn delete(session: &mut dyn Session, frame: Uuid) -> Result<bool, DatabaseError> {
    let sql = format!("DELETE FROM `{TABLE}` WHERE `frame_id` = ?");
    let done = session.execute(&sql, &[id(frame)]).await?;
    Ok(done.rows > 0)
}

/// Notes of a letter that it was tried once more, and what was said. What it follows, and whether it may have been
/// applied, stays.
pub(crate) async fn failed_again(
    session: &mut dyn Session,
    frame: Uuid,
    error: &LetterError,
) -> Result<(), DatabaseError> {
    let sql = format!(
        "UPDATE `{TABLE}` SET `attempts` = `attempts` + ?, `error_code` = ?, `sqlstate` = ?, `error` = ? \
         WHERE `frame_id` = ?"
    );
    let binds = [
        ValueRef::Unsigned(1),
        error.error_code.map_or(ValueRef::Null, ValueRef::Unsigned),
        text_or_null(error.sqlstate.as_deref()),
        ValueRef::Text(&error.error),
        id(frame),
    ];
    session.execute(&sql, &binds).await.map(drop)
}

async fn select(
    session: &mut dyn Session,
    condition: &str,
    binds: &[ValueRef<'_>],
) -> Result<Vec<(u64, DeadLetterRow)>, SelectError> {
    let sql = format!("SELECT `number`,{COLUMNS} FROM `{TABLE}` WHERE {condition}");
    let mut letters = Vec::new();
    let mut each = |row: &mut dyn RowReader| {
        let number = unsigned(row)?;
        letters.push((number, read(row)?));
        Ok(())
    };
    session.select(&sql, binds, &mut each).await?;
    Ok(letters)
}

fn read(row: &mut dyn RowReader) -> Result<DeadLetterRow, ColumnError> {
    Ok(DeadLetterRow {
        frame_id: Uuid::read(row)?,
        channel: String::read(row)?,
        created_millis: unsigned(row)?,
        died_millis: unsigned(row)?,
        attempts: unsigned(row)?,
        refusal: LetterError {
            error_code: if row.is_null()? {
                row.skip();
                None
            } else {
                Some(unsigned(row)?)
            },
            sqlstate: Option::read(row)?,
            error: String::read(row)?,
            may_be_applied: row.signed()? != 0,
            follows: Option::read(row)?,
        },
        statements: String::read(row)?,
        frame: Vec::read(row)?,
    })
}

fn id(frame: Uuid) -> ValueRef<'static> {
    ValueRef::Uuid(*frame.as_bytes())
}

fn text_or_null(text: Option<&str>) -> ValueRef<'_> {
    text.map_or(ValueRef::Null, ValueRef::Text)
}

/// The columns are signed, as SQLite has no other kind.
fn unsigned(row: &mut dyn RowReader) -> Result<u64, ColumnError> {
    row.signed().map(i64::cast_unsigned)
}
