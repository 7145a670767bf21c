//! The keys of dead-lettered INSERTs: what is done later to such a row has no row to do it to, and is
//! dead-lettered with the INSERT instead of being taken for done. Forgotten when the letter is replayed or
//! dropped, or when another INSERT of the key succeeds.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    DatabaseError, Dialect, SelectError, Session,
    chunks::{chunks, list},
    own_table_options,
};
use crate::{
    column::{Column, RowReader, ValueRef},
    statement::{Batch, Operation},
};

pub(crate) const TABLE: &str = "_beeorm_dead_keys";

/// The longest key that is kept as it is.
const LONGEST: usize = 255;

/// The table's definition.
pub(crate) fn definition(dialect: Dialect) -> String {
    let options = own_table_options(dialect);
    // Bytes are compared as they are: names of tables may differ by their case alone.
    let (exact, by_frame) = match dialect {
        Dialect::MySql | Dialect::MariaDb => (" COLLATE utf8mb4_bin", ", KEY (`frame_id`)"),
        Dialect::Sqlite => ("", ""),
    };
    format!(
        "CREATE TABLE IF NOT EXISTS `{TABLE}` (`table_name` varchar(64){exact} NOT NULL, \
         `row_key` varbinary({LONGEST}) NOT NULL, `frame_id` binary(16) NOT NULL, \
         PRIMARY KEY (`table_name`, `row_key`, `frame_id`){by_frame}){options}"
    )
}

/// A row, by its table and its key as statements have it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    table: &'static str,
    key: Vec<u8>,
}

impl RowKey {
    /// Of the encoded key. A long one is cut, and told apart from others by a hash of the whole.
    pub(crate) fn new(table: &'static str, key: &[u8]) -> Self {
        const HASH: usize = size_of::<u128>();
        let key = match key.get(..LONGEST - HASH) {
            Some(beginning) if key.len() > LONGEST => [beginning, &fnv(key).to_be_bytes()].concat(),
            _ => key.to_vec(),
        };
        Self { table, key }
    }

    fn binds(&self) -> [ValueRef<'_>; 2] {
        [ValueRef::Text(self.table), ValueRef::Bytes(&self.key)]
    }
}

/// FNV-1a of 128 bits: the same in every program, now and later.
fn fnv(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}

/// The keys of the rows that the statements insert, as far as they are known before.
pub(crate) fn inserted(batch: &Batch) -> BTreeSet<RowKey> {
    batch
        .statements
        .iter()
        .filter_map(|statement| {
            let shape = batch.shape(statement).ok()?;
            let key = batch.key_bytes(statement).ok()??;
            (shape.operation == Operation::Insert).then(|| RowKey::new(shape.table.table, key))
        })
        .collect()
}

/// Writes down that the frame, which is dead, would have inserted these rows.
pub(crate) async fn remember(
    session: &mut dyn Session,
    frame: Uuid,
    keys: &BTreeSet<RowKey>,
) -> Result<(), DatabaseError> {
    let keys: Vec<&RowKey> = keys.iter().collect();
    for chunk in chunks(&keys) {
        let sql = format!(
            "INSERT INTO `{TABLE}` (`table_name`, `row_key`, `frame_id`) VALUES {}",
            list("(?,?,?)", chunk.len())
        );
        let mut binds = Vec::with_capacity(3 * chunk.len());
        for key in chunk {
            binds.extend(key.binds());
            binds.push(ValueRef::Uuid(*frame.as_bytes()));
        }
        session.execute(&sql, &binds).await?;
    }
    Ok(())
}

/// The first of the dead frames that would have inserted one of the rows. Frames are as old as their ids.
pub(crate) async fn find(
    session: &mut dyn Session,
    keys: &BTreeSet<RowKey>,
) -> Result<Option<Uuid>, SelectError> {
    let mut found: Option<Uuid> = None;
    let keys: Vec<&RowKey> = keys.iter().collect();
    for chunk in chunks(&keys) {
        let sql = format!(
            "SELECT `frame_id` FROM `{TABLE}` WHERE {}",
            any_of(chunk.len())
        );
        let binds: Vec<ValueRef<'_>> = chunk.iter().flat_map(|key| key.binds()).collect();
        let mut each = |row: &mut dyn RowReader| {
            let frame = Uuid::read(row)?;
            found = Some(found.map_or(frame, |first| first.min(frame)));
            Ok(())
        };
        session.select(&sql, &binds, &mut each).await?;
    }
    Ok(found)
}

/// Forgets the rows, whoever would have inserted them: they are there now.
pub(crate) async fn forget_rows(
    session: &mut dyn Session,
    keys: &BTreeSet<RowKey>,
) -> Result<(), DatabaseError> {
    let keys: Vec<&RowKey> = keys.iter().collect();
    for chunk in chunks(&keys) {
        let sql = format!("DELETE FROM `{TABLE}` WHERE {}", any_of(chunk.len()));
        let binds: Vec<ValueRef<'_>> = chunk.iter().flat_map(|key| key.binds()).collect();
        session.execute(&sql, &binds).await?;
    }
    Ok(())
}

/// Forgets what the frame would have inserted, as its letter is gone; tells how many rows that were.
pub(crate) async fn forget_frame(
    session: &mut dyn Session,
    frame: Uuid,
) -> Result<u64, DatabaseError> {
    let sql = format!("DELETE FROM `{TABLE}` WHERE `frame_id` = ?");
    let done = session
        .execute(&sql, &[ValueRef::Uuid(*frame.as_bytes())])
        .await?;
    Ok(done.rows)
}

/// Whether there are any.
pub(crate) async fn any(session: &mut dyn Session) -> Result<bool, SelectError> {
    let mut any = false;
    let mut each = |row: &mut dyn RowReader| {
        row.skip();
        any = true;
        Ok(())
    };
    let sql = format!("SELECT `frame_id` FROM `{TABLE}` LIMIT 1");
    session.select(&sql, &[], &mut each).await?;
    Ok(any)
}

fn any_of(rows: usize) -> String {
    vec!["(`table_name` = ? AND `row_key` = ?)"; rows].join(" OR ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_keys_differ_by_what_is_cut_off() {
        let long = |end: u8| [vec![b'x'; 400], vec![end]].concat();
        let (one, other) = (RowKey::new("t", &long(1)), RowKey::new("t", &long(2)));
        assert_ne!(one, other);
        assert_eq!(one.key.len(), LONGEST);
        assert_eq!(one, RowKey::new("t", &long(1)));
        assert_eq!(RowKey::new("t", &[b'x'; LONGEST]).key, [b'x'; LONGEST]);
    }

    #[test]
    fn the_hash_is_that_of_the_books() {
        assert_eq!(fnv(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }
}
