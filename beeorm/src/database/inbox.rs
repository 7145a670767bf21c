//! The inbox: which frames are done, and how. Written first in the transaction that applies them, so that a
//! frame is done once or not at all, whoever tries.

use uuid::Uuid;

use super::{
    DatabaseError, Dialect, SelectError, Session,
    chunks::{chunks, list},
    horizon::{self, WATERMARK},
    own_table_options,
};
use crate::column::{Column, RowReader, ValueRef};

/// What became of a frame. Stored as its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    Applied = 1,
    Dead = 2,
    Skipped = 3,
    /// Neither it nor its dead letter was taken.
    SetAside = 4,
}

/// Whether frames that are older than the watermark are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    Watermark,
    Off,
}

/// Why nothing was written down.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Somebody else has done one of the frames.
    Done,
    /// One of the frames is older than the watermark: whether it was applied is not known any more.
    TooOld,
    Failed(DatabaseError),
}

pub(crate) const TABLE: &str = "_beeorm_inbox";

/// The table's definition.
pub(crate) fn definition(dialect: Dialect) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS `{TABLE}` (`frame_id` binary(16) NOT NULL PRIMARY KEY, \
         `verdict` tinyint NOT NULL, `done_millis` bigint NOT NULL){}",
        own_table_options(dialect)
    )
}

/// Writes the frames down; after a refusal, roll back.
pub(crate) async fn insert(
    session: &mut dyn Session,
    frames: &[Uuid],
    verdict: Verdict,
    now_millis: u64,
    guard: Guard,
) -> Result<(), Refusal> {
    // In one order everywhere, so that two that try the same frames wait for and do not deadlock each other.
    let mut sorted = frames.to_vec();
    sorted.sort_unstable();
    for chunk in chunks(&sorted) {
        let mut sql = format!("INSERT INTO `{TABLE}` (`frame_id`,`verdict`,`done_millis`) VALUES ");
        match guard {
            Guard::Off => sql.push_str(ROW),
            // NULL is refused: the guard costs no round trip of its own.
            Guard::Watermark => {
                let verdict = format!("CASE WHEN {WATERMARK} > ? THEN NULL ELSE ? END");
                sql.push_str(&format!("(?,{verdict},?)"));
            }
        }
        sql.extend(chunk.iter().skip(1).flat_map(|_| [",", ROW]));
        let mut binds = Vec::with_capacity(3 * chunk.len() + 1);
        for (place, id) in chunk.iter().enumerate() {
            binds.push(ValueRef::Uuid(*id.as_bytes()));
            if place == 0 && guard == Guard::Watermark {
                // Ids sort by their time: the first is the oldest.
                binds.push(ValueRef::Unsigned(horizon::made_millis(*id)));
            }
            binds.push(ValueRef::Signed(verdict as i64));
            binds.push(ValueRef::Unsigned(now_millis));
        }
        session.execute(&sql, &binds).await.map_err(refusal)?;
    }
    Ok(())
}

/// The dead frame was executed after all. It stays done, and is not executed again.
pub(crate) async fn revive(session: &mut dyn Session, frame: Uuid) -> Result<(), DatabaseError> {
    let sql = format!("UPDATE `{TABLE}` SET `verdict` = ? WHERE `frame_id` = ?");
    let binds = [
        ValueRef::Signed(Verdict::Applied as i64),
        ValueRef::Uuid(*frame.as_bytes()),
    ];
    // The row may be pruned.
    session.execute(&sql, &binds).await.map(drop)
}

/// Those of the frames that are done.
pub(crate) async fn find(
    session: &mut dyn Session,
    frames: &[Uuid],
) -> Result<Vec<(Uuid, Verdict)>, SelectError> {
    let mut found = Vec::new();
    for chunk in chunks(frames) {
        let sql = format!(
            "SELECT `frame_id`,`verdict` FROM `{TABLE}` WHERE `frame_id` IN ({})",
            list("?", chunk.len())
        );
        let binds: Vec<ValueRef<'_>> = chunk
            .iter()
            .map(|id| ValueRef::Uuid(*id.as_bytes()))
            .collect();
        let mut each = |row: &mut dyn RowReader| {
            let id = Uuid::read(row)?;
            let verdict = match row.signed()? {
                2 => Verdict::Dead,
                3 => Verdict::Skipped,
                4 => Verdict::SetAside,
                _ => Verdict::Applied,
            };
            found.push((id, verdict));
            Ok(())
        };
        session.select(&sql, &binds, &mut each).await?;
    }
    Ok(found)
}

/// Whether there is a row of a frame older than that.
pub(crate) async fn has_older(
    session: &mut dyn Session,
    than_millis: u64,
) -> Result<bool, SelectError> {
    let sql = format!("SELECT `frame_id` FROM `{TABLE}` WHERE `frame_id` < ? LIMIT 1");
    let oldest = first_id(session, &sql, than_millis).await?;
    Ok(oldest.is_some())
}

/// Deletes the oldest rows of frames older than that, at most so many; tells whether there may be more.
///
/// Only for times that the watermark passed so long ago that every INSERT has seen it.
pub(crate) async fn prune(
    session: &mut dyn Session,
    below_millis: u64,
    most: u64,
) -> Result<Pruned, SelectError> {
    // As DELETE … LIMIT is not every database's.
    let sql = format!(
        "SELECT `frame_id` FROM `{TABLE}` WHERE `frame_id` < ? ORDER BY `frame_id` LIMIT 1 OFFSET {most}"
    );
    let next = first_id(session, &sql, below_millis).await?;
    let end = next.unwrap_or_else(|| horizon::first_of(below_millis));
    let sql = format!("DELETE FROM `{TABLE}` WHERE `frame_id` < ?");
    let done = session
        .execute(&sql, &[ValueRef::Uuid(*end.as_bytes())])
        .await?;
    Ok(Pruned {
        rows: done.rows,
        more: next.is_some(),
    })
}

/// What a part of the pruning did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pruned {
    pub(crate) rows: u64,
    pub(crate) more: bool,
}

async fn first_id(
    session: &mut dyn Session,
    sql: &str,
    below_millis: u64,
) -> Result<Option<Uuid>, SelectError> {
    let mut first = None;
    let mut each = |row: &mut dyn RowReader| {
        first = Some(Uuid::read(row)?);
        Ok(())
    };
    let below = horizon::first_of(below_millis);
    session
        .select(sql, &[ValueRef::Uuid(*below.as_bytes())], &mut each)
        .await?;
    Ok(first)
}

const ROW: &str = "(?,?,?)";

fn refusal(error: DatabaseError) -> Refusal {
    if error.is_duplicate_key() {
        Refusal::Done
    } else if error.is_null_refused() {
        Refusal::TooOld
    } else {
        Refusal::Failed(error)
    }
}
