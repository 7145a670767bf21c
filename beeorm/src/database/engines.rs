//! Tables of storage engines that know no transactions: on these no promise holds.

use super::{Dialect, SelectError, Session};
use crate::column::{Column, RowReader};

/// The tables of the database that have none, and their engines.
pub(crate) async fn without_transactions(
    session: &mut dyn Session,
    dialect: Dialect,
) -> Result<Vec<(String, String)>, SelectError> {
    let mut found = Vec::new();
    if dialect == Dialect::Sqlite {
        return Ok(found);
    }
    let sql = "SELECT CAST(t.TABLE_NAME AS CHAR), CAST(t.ENGINE AS CHAR) FROM information_schema.TABLES t \
               JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE \
               WHERE t.TABLE_SCHEMA = DATABASE() AND e.TRANSACTIONS = 'NO'";
    let mut each = |row: &mut dyn RowReader| {
        found.push((String::read(row)?, String::read(row)?));
        Ok(())
    };
    session.select(sql, &[], &mut each).await?;
    Ok(found)
}
