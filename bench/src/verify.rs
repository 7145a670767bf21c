//! Whether all was written that was to be written, and nothing else.

use sqlx::{AssertSqlSafe, MySqlConnection, query_as, raw_sql};
use uuid::Uuid;

use crate::{Fallible, entities::Page};

/// So many rows, and the sum of what their values hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) rows: u64,
    pub(crate) hashes: u64,
}

impl Sum {
    /// Of these pages.
    pub(crate) fn of(numbers: std::ops::Range<usize>) -> Self {
        Self {
            rows: numbers.len() as u64,
            hashes: numbers
                .map(|number| u64::from(Page::number(number).checksum()))
                .sum(),
        }
    }
}

/// Fails where the pages in a table are not these.
pub(crate) async fn pages(
    connection: &mut MySqlConnection,
    table: &str,
    awaited: Sum,
) -> Fallible<()> {
    let values = "CONCAT_WS('|', path, referrer, status, millis)";
    same(table, found(connection, table, values).await?, awaited)
}

/// Fails where the balances in a table are not these.
pub(crate) async fn balances(
    connection: &mut MySqlConnection,
    table: &str,
    awaited: impl Iterator<Item = (u64, i64)>,
) -> Fallible<()> {
    let mut sum = Sum { rows: 0, hashes: 0 };
    for (id, balance) in awaited {
        sum.rows += 1;
        sum.hashes += u64::from(crc32fast::hash(format!("{id}|{balance}").as_bytes()));
    }
    let values = "CONCAT_WS('|', id, balance)";
    same(table, found(connection, table, values).await?, sum)
}

async fn found(connection: &mut MySqlConnection, table: &str, values: &str) -> Fallible<Sum> {
    let select = format!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CRC32({values})), 0) AS UNSIGNED) FROM `{table}`"
    );
    let (rows, hashes): (i64, u64) = query_as(AssertSqlSafe(select))
        .fetch_one(connection)
        .await?;
    let rows = rows.unsigned_abs();
    Ok(Sum { rows, hashes })
}

fn same(table: &str, found: Sum, awaited: Sum) -> Fallible<()> {
    if found == awaited {
        Ok(())
    } else {
        Err(format!("{table} holds {found:?}, and was to hold {awaited:?}").into())
    }
}

/// Fails where two counts differ.
pub(crate) fn count(what: &str, found: u64, awaited: usize) -> Fallible<()> {
    if found == awaited as u64 {
        Ok(())
    } else {
        Err(format!("{what}: {found}, and not {awaited}").into())
    }
}

pub(crate) async fn empty(connection: &mut MySqlConnection, table: &str) -> Fallible<()> {
    let statement = format!("TRUNCATE TABLE `{table}`");
    raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether all rows are; counts these only once each caller's last is there, so as not to be in the way.
pub(crate) async fn there(
    look: &mut MySqlConnection,
    table: &str,
    lasts: &[Uuid],
    rows: usize,
) -> Fallible<bool> {
    let count = format!("SELECT COUNT(*) FROM `{table}`");
    let places = vec!["?"; lasts.len()].join(",");
    let mut select = query_as(AssertSqlSafe(format!("{count} WHERE `id` IN ({places})")));
    for id in lasts {
        select = select.bind(*id);
    }
    let (found,): (i64,) = select.fetch_one(&mut *look).await?;
    if found.unsigned_abs() < lasts.len() as u64 {
        return Ok(false);
    }
    let (found,): (i64,) = query_as(AssertSqlSafe(count)).fetch_one(look).await?;
    Ok(found.unsigned_abs() >= rows as u64)
}
