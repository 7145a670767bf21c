//! The inbox: which frames are done, and how. Written first in the transaction that applies them, so that a
//! frame is done once or not at all, whoever tries.

use uuid::Uuid;

use super::{DatabaseError, Dialect, SelectError, Session, own_table_options};
use crate::column::ValueRef;

/// What became of a frame. Stored as its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    Applied = 1,
    Dead = 2,
    Skipped = 3,
}

/// Frames of one INSERT, in chunks of few sizes so that the texts stay prepared.
const CHUNKS: [usize; 4] = [500, 100, 10, 1];

pub(crate) const TABLE: &str = "_beeorm_inbox";

/// The table's definition.
pub(crate) fn definition(dialect: Dialect) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS `{TABLE}` (`frame_id` binary(16) NOT NULL PRIMARY KEY, \
         `verdict` tinyint NOT NULL, `done_millis` bigint NOT NULL){}",
        own_table_options(dialect)
    )
}

/// Writes the frames down. A duplicate key means that somebody else has done one of them: roll back.
pub(crate) async fn insert(
    session: &mut dyn Session,
    frames: &[Uuid],
    verdict: Verdict,
    now_millis: u64,
) -> Result<(), DatabaseError> {
    // In one order everywhere, so that two that try the same frames wait for and do not deadlock each other.
    let mut sorted = frames.to_vec();
    sorted.sort_unstable();
    let mut rest = sorted.as_slice();
    while !rest.is_empty() {
        let (chunk, behind) = split(rest);
        let mut sql =
            format!("INSERT INTO `{TABLE}` (`frame_id`,`verdict`,`done_millis`) VALUES (?,?,?)");
        sql.extend(std::iter::repeat_n(
            ",(?,?,?)",
            chunk.len().saturating_sub(1),
        ));
        let row = |id: &Uuid| {
            [
                ValueRef::Uuid(*id.as_bytes()),
                ValueRef::Signed(verdict as i64),
                ValueRef::Unsigned(now_millis),
            ]
        };
        let binds: Vec<ValueRef<'_>> = chunk.iter().flat_map(row).collect();
        session.execute(&sql, &binds).await?;
        rest = behind;
    }
    Ok(())
}

/// Those of the frames that are done.
pub(crate) async fn find(
    session: &mut dyn Session,
    frames: &[Uuid],
) -> Result<Vec<(Uuid, Verdict)>, SelectError> {
    let mut found = Vec::new();
    let mut rest = frames;
    while !rest.is_empty() {
        let (chunk, behind) = split(rest);
        let mut sql = format!("SELECT `frame_id`,`verdict` FROM `{TABLE}` WHERE `frame_id` IN (?");
        sql.extend(std::iter::repeat_n(",?", chunk.len().saturating_sub(1)));
        sql.push(')');
        let binds: Vec<ValueRef<'_>> = chunk
            .iter()
            .map(|id| ValueRef::Uuid(*id.as_bytes()))
            .collect();
        let mut each = |row: &mut dyn crate::column::RowReader| {
            let id = <Uuid as crate::column::Column>::read(row)?;
            let verdict = match row.signed()? {
                2 => Verdict::Dead,
                3 => Verdict::Skipped,
                _ => Verdict::Applied,
            };
            found.push((id, verdict));
            Ok(())
        };
        session.select(&sql, &binds, &mut each).await?;
        rest = behind;
    }
    Ok(found)
}

fn split(frames: &[Uuid]) -> (&[Uuid], &[Uuid]) {
    let size = CHUNKS
        .into_iter()
        .find(|size| *size <= frames.len())
        .unwrap_or(frames.len());
    frames.split_at_checked(size).unwrap_or((frames, &[]))
}
