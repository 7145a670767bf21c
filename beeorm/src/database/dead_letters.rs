//! The dead letters: frames that could not be applied, with all that is known of them. Written in the same
//! transaction as the frame's verdict.

use uuid::Uuid;

use super::{
    DatabaseError, Dialect, FailureClass, Limits, SelectError, Session, own_table_options,
};
use crate::column::{Column, RowReader, ValueRef};

pub(crate) const TABLE: &str = "_beeorm_dead_letters";
const COLUMNS: &str = "`frame_id`,`channel`,`created_millis`,`died_millis`,`attempts`,\
     `error_code`,`sqlstate`,`error`,`statements`,`frame`";

/// The table's definition.
pub(crate) fn definition(dialect: Dialect) -> String {
    let options = own_table_options(dialect);
    let (text, bytes) = match dialect {
        Dialect::MySql | Dialect::MariaDb => ("longtext", "longblob"),
        Dialect::Sqlite => ("text", "blob"),
    };
    format!(
        "CREATE TABLE IF NOT EXISTS `{TABLE}` (`frame_id` binary(16) NOT NULL PRIMARY KEY, \
         `channel` varchar(255) NOT NULL, `created_millis` bigint NOT NULL, `died_millis` bigint NOT NULL, \
         `attempts` bigint NOT NULL, `error_code` bigint NULL, `sqlstate` varchar(5) NULL, `error` {text} NOT NULL, \
         `statements` {text} NOT NULL, `frame` {bytes} NOT NULL){options}"
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
    pub(crate) error_code: Option<u64>,
    pub(crate) sqlstate: Option<String>,
    pub(crate) error: String,
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
            + self.error.len()
            + self.statements.len()
            + self.frame.len()
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
        let message = format!(
            "a dead letter of {bytes} bytes is more than the server takes ({limit}, max_allowed_packet)"
        );
        return Err(DatabaseError::new(FailureClass::Data, message));
    }
    let sql = format!("INSERT INTO `{TABLE}` ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)");
    let binds = [
        ValueRef::Uuid(*letter.frame_id.as_bytes()),
        ValueRef::Text(&letter.channel),
        ValueRef::Unsigned(letter.created_millis),
        ValueRef::Unsigned(letter.died_millis),
        ValueRef::Unsigned(letter.attempts),
        letter.error_code.map_or(ValueRef::Null, ValueRef::Unsigned),
        letter
            .sqlstate
            .as_deref()
            .map_or(ValueRef::Null, ValueRef::Text),
        ValueRef::Text(&letter.error),
        ValueRef::Text(&letter.statements),
        ValueRef::Bytes(&letter.frame),
    ];
    session.execute(&sql, &binds).await.map(drop)
}

/// The oldest dead letters, by the time of their death.
pub(crate) async fn list(
    session: &mut dyn Session,
    limit: u64,
) -> Result<Vec<DeadLetterRow>, SelectError> {
    let sql = format!("SELECT {COLUMNS} FROM `{TABLE}` ORDER BY `died_millis`, `frame_id` LIMIT ?");
    let mut letters = Vec::new();
    let mut each = |row: &mut dyn RowReader| {
        letters.push(DeadLetterRow {
            frame_id: Uuid::read(row)?,
            channel: String::read(row)?,
            created_millis: unsigned(row)?,
            died_millis: unsigned(row)?,
            attempts: unsigned(row)?,
            error_code: if row.is_null()? {
                row.skip();
                None
            } else {
                Some(unsigned(row)?)
            },
            sqlstate: Option::read(row)?,
            error: String::read(row)?,
            statements: String::read(row)?,
            frame: Vec::read(row)?,
        });
        Ok(())
    };
    session
        .select(&sql, &[ValueRef::Unsigned(limit)], &mut each)
        .await?;
    Ok(letters)
}

/// The columns are signed, as SQLite has no other kind.
fn unsigned(row: &mut dyn RowReader) -> Result<u64, crate::column::ColumnError> {
    row.signed().map(i64::cast_unsigned)
}
