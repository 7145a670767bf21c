//! How far back the inbox remembers: a watermark that only ever grows. A frame older than it is never applied,
//! as its row may have been pruned.
//!
//! The watermark is moved first, and rows below it are deleted only when every INSERT that may not have seen it
//! is long over; so nobody takes a row that was pruned for one that never was.

use uuid::Uuid;

use super::{DatabaseError, Dialect, SelectError, Session, own_table_options};
use crate::column::{RowReader, ValueRef};

pub(crate) const TABLE: &str = "_beeorm_horizon";

/// The watermark as an expression: NULL, which is larger than nothing, where it was never moved.
pub(super) const WATERMARK: &str =
    "(SELECT `watermark_millis` FROM `_beeorm_horizon` WHERE `id` = 1)";

/// The table's definition; it has one row at the most.
pub(crate) fn definition(dialect: Dialect) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS `{TABLE}` (`id` tinyint NOT NULL PRIMARY KEY, \
         `watermark_millis` bigint NOT NULL){}",
        own_table_options(dialect)
    )
}

/// When a frame's id was made, in milliseconds since 1970: the beginning of a UUID of version 7.
pub(crate) fn made_millis(frame: Uuid) -> u64 {
    frame.as_u64_pair().0 >> 16
}

/// What every frame id of that millisecond or later is not below.
pub(crate) fn first_of(millis: u64) -> Uuid {
    Uuid::from_u64_pair(millis << 16, 0)
}

/// The watermark, in milliseconds since 1970; 0 where it was never moved.
pub(crate) async fn read(session: &mut dyn Session) -> Result<u64, SelectError> {
    let mut watermark = 0;
    let mut each = |row: &mut dyn RowReader| {
        watermark = row.signed()?.try_into().unwrap_or(0);
        Ok(())
    };
    let sql = format!("SELECT `watermark_millis` FROM `{TABLE}` WHERE `id` = ?");
    session
        .select(&sql, &[ValueRef::Unsigned(1)], &mut each)
        .await?;
    Ok(watermark)
}

/// Moves the watermark forward, never back. To be committed before anything below it is deleted.
pub(crate) async fn raise(
    session: &mut dyn Session,
    dialect: Dialect,
    millis: u64,
) -> Result<(), DatabaseError> {
    let behind = match dialect {
        Dialect::MySql | Dialect::MariaDb => {
            "ON DUPLICATE KEY UPDATE `watermark_millis` = GREATEST(`watermark_millis`, ?)"
        }
        Dialect::Sqlite => {
            "ON CONFLICT (`id`) DO UPDATE SET `watermark_millis` = MAX(`watermark_millis`, ?)"
        }
    };
    let sql = format!("INSERT INTO `{TABLE}` (`id`, `watermark_millis`) VALUES (1, ?) {behind}");
    let millis = ValueRef::Unsigned(millis);
    session.execute(&sql, &[millis, millis]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_older_than_what_is_made_later() {
        let id = Uuid::parse_str("0199f0e4-7a31-7fff-bfff-ffffffffffff").unwrap();
        let millis = made_millis(id);
        assert_eq!(millis, 0x0199_f0e4_7a31);
        assert!(first_of(millis) <= id && id < first_of(millis + 1));
    }
}
