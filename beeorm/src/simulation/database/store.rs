//! Tables, open transactions, and the log of all that was committed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    datum::{Datum, Row},
    locks::{Locks, Tx},
};
use crate::entity::{KeySource, TableSchema};

#[derive(Clone, Debug, Default)]
pub(in crate::simulation) struct Table {
    pub(in crate::simulation) columns: Vec<String>,
    pub(super) not_null: Vec<bool>,
    pub(in crate::simulation) key: Vec<usize>,
    /// The column whose number the database makes, and the next one.
    pub(super) auto_increment: Option<(usize, i128)>,
    pub(in crate::simulation) unique: Vec<(String, Vec<usize>)>,
    /// Columns that refer to the key of another table.
    pub(in crate::simulation) foreign: Vec<(usize, String)>,
    pub(super) rows: BTreeMap<Row, Row>,
}

impl Table {
    /// The table of an entity.
    pub(in crate::simulation) fn of(schema: &TableSchema) -> Self {
        let foreign = schema.columns.iter().enumerate();
        let foreign = foreign
            .filter_map(|(place, column)| Some((place, (column.refers_to?)().table.to_owned())));
        let unique = schema.indexes.iter().filter(|index| index.unique);
        Self {
            columns: schema
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect(),
            not_null: schema
                .columns
                .iter()
                .map(|column| !column.nullable)
                .collect(),
            key: vec![schema.key],
            auto_increment: (schema.key_source == KeySource::AutoIncrement)
                .then_some((schema.key, 1)),
            unique: unique
                .map(|index| (index.name.clone(), index.columns.clone()))
                .collect(),
            foreign: foreign.collect(),
            rows: BTreeMap::new(),
        }
    }

    pub(in crate::simulation) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    pub(in crate::simulation) fn key_of(&self, row: &Row) -> Row {
        values(row, &self.key)
    }
}

/// The values at these places.
pub(in crate::simulation) fn values(row: &Row, places: &[usize]) -> Row {
    places.iter().map(|place| row[*place].clone()).collect()
}

/// A row's place in the database.
pub(in crate::simulation) type Place = (String, Row);

/// What a transaction did to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulation) struct RowChange {
    pub(in crate::simulation) before: Option<Row>,
    pub(in crate::simulation) after: Option<Row>,
}

/// One transaction that took effect: what every row was before, and is now.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct Commit {
    pub(in crate::simulation) changes: BTreeMap<Place, RowChange>,
}

pub(super) type Changes = BTreeMap<Place, Option<Row>>;

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) tables: BTreeMap<String, Table>,
    pub(super) locks: Locks,
    open: BTreeMap<Tx, Changes>,
    transactions: u64,
    pub(super) log: Vec<Commit>,
}

impl Store {
    pub(super) fn begin(&mut self) -> Tx {
        self.transactions += 1;
        let tx = Tx(self.transactions);
        self.open.insert(tx, Changes::new());
        tx
    }

    /// All that the transaction has changed so far.
    pub(super) fn changes(&self, tx: Tx) -> Changes {
        self.open.get(&tx).cloned().unwrap_or_default()
    }

    /// Back to what it had changed at that point.
    pub(super) fn restore(&mut self, tx: Tx, changes: Changes) {
        if let Some(open) = self.open.get_mut(&tx) {
            *open = changes;
        }
    }

    pub(super) fn put(&mut self, tx: Tx, place: Place, row: Option<Row>) {
        if let Some(open) = self.open.get_mut(&tx) {
            open.insert(place, row);
        }
    }

    pub(super) fn commit(&mut self, tx: Tx) {
        let mut changes = BTreeMap::new();
        for (place, after) in self.open.remove(&tx).unwrap_or_default() {
            let Some(table) = self.tables.get_mut(&place.0) else {
                continue;
            };
            let before = match &after {
                Some(row) => table.rows.insert(place.1.clone(), row.clone()),
                None => table.rows.remove(&place.1),
            };
            if before != after {
                changes.insert(place, RowChange { before, after });
            }
        }
        if !changes.is_empty() {
            self.log.push(Commit { changes });
        }
        self.locks.release(tx);
    }

    pub(super) fn roll_back(&mut self, tx: Tx) {
        self.open.remove(&tx);
        self.locks.cancel(tx);
        self.locks.release(tx);
    }

    /// As a restart does: what was not committed is gone.
    pub(super) fn roll_back_all(&mut self) {
        self.open.clear();
        self.locks = Locks::default();
    }

    /// A row as the transaction sees it: what is committed, and what it did itself.
    pub(super) fn row(&self, tx: Tx, table: &str, key: &Row) -> Option<&Row> {
        let place = (table.to_owned(), key.clone());
        if let Some(own) = self.open.get(&tx).and_then(|open| open.get(&place)) {
            return own.as_ref();
        }
        self.tables.get(table)?.rows.get(key)
    }

    /// All rows that it sees.
    pub(super) fn rows(&self, tx: Tx, table: &str) -> BTreeMap<&Row, &Row> {
        let committed = self.tables.get(table).into_iter();
        let mut rows: BTreeMap<&Row, &Row> = committed.flat_map(|table| &table.rows).collect();
        for ((of, key), row) in self.open.get(&tx).into_iter().flatten() {
            if of != table {
                continue;
            }
            match row {
                Some(row) => rows.insert(key, row),
                None => rows.remove(key),
            };
        }
        rows
    }

    /// Every version of every row that is there or may be: what it sees, and what others are about to write.
    pub(super) fn versions(&self, tx: Tx, table: &str) -> Vec<(Row, Row)> {
        let seen = self.rows(tx, table).into_iter();
        let mut versions: BTreeSet<(Row, Row)> =
            seen.map(|(key, row)| (key.clone(), row.clone())).collect();
        for ((of, key), row) in self.open.values().flatten() {
            if let (true, Some(row)) = (of == table, row) {
                versions.insert((key.clone(), row.clone()));
            }
        }
        versions.into_iter().collect()
    }

    /// The next number of a table's AUTO_INCREMENT; one that was handed out never comes again.
    pub(super) fn next_number(&mut self, table: &str) -> Option<Datum> {
        let (_, next) = self.tables.get_mut(table)?.auto_increment.as_mut()?;
        *next += 1;
        Some(Datum::Integer(*next - 1))
    }
}
