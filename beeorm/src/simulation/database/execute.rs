//! Statements onto a transaction: every row that is written, and every value that must stay unique, is locked
//! first, and waited for.

use std::collections::BTreeSet;

use super::{
    datum::{Datum, Row},
    evaluate::{Scope, table},
    locks::{Key, Mode, Tx},
    refusal::Refusal,
    server::DatabaseServer,
    sql::{Expression, Insert, Operator, Source, Statement},
    store::{Store, Table, values},
};
use crate::database::Done;

type Executed<T> = Result<T, Refusal>;

/// A statement's transaction and values.
#[derive(Clone, Copy)]
pub(super) struct Context<'c> {
    pub(super) server: &'c DatabaseServer,
    pub(super) tx: Tx,
    pub(super) binds: &'c [Datum],
}

impl Context<'_> {
    /// All of the statement or nothing of it.
    pub(super) async fn execute(&self, statement: &Statement) -> Executed<Done> {
        let before = self.server.store().changes(self.tx);
        let done = match statement {
            Statement::CreateTable { .. } => self.create(statement),
            Statement::Insert(insert) => self.insert(insert).await,
            Statement::Update {
                table,
                assignments,
                filter,
            } => self.update(table, assignments, filter.as_ref()).await,
            Statement::Delete { table, filter } => self.delete(table, filter.as_ref()).await,
            Statement::Select(_) => Err(Refusal::unsupported("a SELECT as a statement")),
        };
        if done.is_err() {
            self.server.store().restore(self.tx, before);
        }
        done
    }

    fn scope<'s>(&'s self, store: &'s Store) -> Scope<'s> {
        Scope {
            store,
            tx: self.tx,
            binds: self.binds,
            row: None,
            outer: None,
        }
    }

    fn create(&self, statement: &Statement) -> Executed<Done> {
        let Statement::CreateTable {
            table,
            columns,
            key,
            unique,
        } = statement
        else {
            return Ok(Done::default());
        };
        let place = |name: &String| {
            let found = columns.iter().position(|column| column.name == *name);
            found.ok_or_else(|| Refusal::NoColumn(name.clone()))
        };
        let places = |names: &Vec<String>| names.iter().map(place).collect::<Executed<Vec<_>>>();
        let unique: Executed<Vec<_>> = unique
            .iter()
            .map(|names| Ok((names.join("_"), places(names)?)))
            .collect();
        let auto = columns.iter().position(|column| column.auto_increment);
        let made = Table {
            columns: columns.iter().map(|column| column.name.clone()).collect(),
            not_null: columns.iter().map(|column| column.not_null).collect(),
            key: places(key)?,
            auto_increment: auto.map(|place| (place, 1)),
            unique: unique?,
            ..Table::default()
        };
        let mut store = self.server.store();
        store.tables.entry(table.clone()).or_insert(made);
        Ok(Done::default())
    }

    async fn insert(&self, insert: &Insert) -> Executed<Done> {
        let mut done = Done::default();
        for row in self.new_rows(insert)? {
            let (row, made) = self.complete(insert, row)?;
            let taken = row.clone();
            let inserted = self.write(&insert.table, None, row).await;
            match inserted {
                Err(Refusal::Duplicate(_)) if insert.ignore => continue,
                Err(Refusal::Duplicate(_)) if !insert.otherwise.is_empty() => {
                    self.change_instead(insert, &taken).await?;
                }
                inserted => inserted?,
            }
            done.rows += 1;
            if let (0, Some(Datum::Integer(number))) = (done.last_insert_id, made) {
                done.last_insert_id = u64::try_from(number).unwrap_or(0);
            }
        }
        Ok(done)
    }

    /// The row whose key is taken, and locked by now, is changed.
    async fn change_instead(&self, insert: &Insert, row: &Row) -> Executed<()> {
        let name = &insert.table;
        let key = table(&self.server.store().tables, name)?.key_of(row);
        let old = self.server.store().row(self.tx, name, &key).cloned();
        let old = old.ok_or_else(|| Refusal::unsupported("another conflict than the key's"))?;
        let new = self.assigned(name, &old, &insert.otherwise)?;
        self.write(name, Some(old), new).await
    }

    /// The row with its new values.
    fn assigned(
        &self,
        name: &str,
        old: &Row,
        assignments: &[(String, Expression)],
    ) -> Executed<Row> {
        let store = self.server.store();
        let of = table(&store.tables, name)?;
        let mut new = old.clone();
        for (column, value) in assignments {
            let place = of.column(column);
            let place = place.ok_or_else(|| Refusal::NoColumn(column.clone()))?;
            // As the standard has it: every expression sees the row as it was.
            new[place] = self.scope(&store).of(name, of, old).value(value)?;
        }
        if of.key_of(&new) != of.key_of(old) {
            return Err(Refusal::unsupported("an UPDATE of the key"));
        }
        Ok(new)
    }

    fn new_rows(&self, insert: &Insert) -> Executed<Vec<Row>> {
        let store = self.server.store();
        let scope = self.scope(&store);
        match &insert.source {
            Source::Select(select) => scope.select(select),
            Source::Values(rows) => {
                let row =
                    |row: &Vec<Expression>| row.iter().map(|value| scope.value(value)).collect();
                rows.iter().map(row).collect()
            }
        }
    }

    /// The whole row, and the number that was made for it.
    fn complete(&self, insert: &Insert, given: Row) -> Executed<(Row, Option<Datum>)> {
        let mut store = self.server.store();
        let of = table(&store.tables, &insert.table)?;
        let mut row = vec![Datum::Null; of.columns.len()];
        if given.len() != insert.columns.len() {
            return Err(Refusal::unsupported(
                "another number of values than columns",
            ));
        }
        for (column, value) in insert.columns.iter().zip(given) {
            let place = of.column(column);
            row[place.ok_or_else(|| Refusal::NoColumn(column.clone()))?] = value;
        }
        let mut made = None;
        if let Some((place, _)) = of.auto_increment
            && row[place].is_null()
            && let Some(number) = store.next_number(&insert.table)
        {
            row[place] = number.clone();
            made = Some(number);
        }
        Ok((row, made))
    }

    async fn update(
        &self,
        name: &str,
        assignments: &[(String, Expression)],
        filter: Option<&Expression>,
    ) -> Executed<Done> {
        let mut done = Done::default();
        for key in self.candidates(name, filter)? {
            self.lock(Key::Row(name.to_owned(), key.clone()), Mode::Exclusive)
                .await?;
            let Some(old) = self.still_there(name, &key, filter)? else {
                continue;
            };
            let new = self.assigned(name, &old, assignments)?;
            self.write(name, Some(old), new).await?;
            done.rows += 1;
        }
        Ok(done)
    }

    async fn delete(&self, name: &str, filter: Option<&Expression>) -> Executed<Done> {
        let mut done = Done::default();
        for key in self.candidates(name, filter)? {
            self.lock(Key::Row(name.to_owned(), key.clone()), Mode::Exclusive)
                .await?;
            let Some(old) = self.still_there(name, &key, filter)? else {
                continue;
            };
            for value in self.unique_values(name, &old)? {
                self.lock(value, Mode::Exclusive).await?;
            }
            let mut store = self.server.store();
            if is_referred_to(&store, self.tx, name, &key) {
                return Err(Refusal::ForeignKey);
            }
            store.put(self.tx, (name.to_owned(), key), None);
            done.rows += 1;
        }
        Ok(done)
    }

    /// Puts a new row, or the new version of one that is locked.
    async fn write(&self, name: &str, old: Option<Row>, new: Row) -> Executed<()> {
        let (key, parents) = {
            let store = self.server.store();
            let of = table(&store.tables, name)?;
            let mut columns = of.columns.iter().zip(&of.not_null).zip(&new);
            if let Some(((column, _), _)) =
                columns.find(|((_, not_null), value)| **not_null && value.is_null())
            {
                return Err(Refusal::NotNull(column.clone()));
            }
            let changed = |place: usize| old.as_ref().is_none_or(|old| old[place] != new[place]);
            let parents: Vec<(String, Row)> = of
                .foreign
                .iter()
                .filter(|(place, _)| changed(*place) && !new[*place].is_null())
                .map(|(place, parent)| (parent.clone(), vec![new[*place].clone()]))
                .collect();
            (of.key_of(&new), parents)
        };
        self.lock(Key::Row(name.to_owned(), key.clone()), Mode::Exclusive)
            .await?;
        if old.is_none() && self.server.store().row(self.tx, name, &key).is_some() {
            return Err(Refusal::Duplicate("PRIMARY".to_owned()));
        }
        let before = match &old {
            Some(old) => self.unique_values(name, old)?,
            None => Vec::new(),
        };
        let after = self.unique_values(name, &new)?;
        for value in before.iter().filter(|value| !after.contains(value)) {
            self.lock(value.clone(), Mode::Exclusive).await?;
        }
        for value in after.iter().filter(|value| !before.contains(value)) {
            self.lock(value.clone(), Mode::Exclusive).await?;
            self.refuse_taken(name, value)?;
        }
        for (parent, key) in parents {
            self.lock(Key::Row(parent.clone(), key.clone()), Mode::Shared)
                .await?;
            if self.server.store().row(self.tx, &parent, &key).is_none() {
                return Err(Refusal::ForeignKey);
            }
        }
        self.server
            .store()
            .put(self.tx, (name.to_owned(), key), Some(new));
        Ok(())
    }

    fn unique_values(&self, name: &str, row: &Row) -> Executed<Vec<Key>> {
        let store = self.server.store();
        let of = table(&store.tables, name)?;
        let values = of.unique.iter().enumerate().map(|(index, (_, places))| {
            let values = values(row, places);
            (index, values)
        });
        Ok(values
            .filter(|(_, values)| !values.iter().any(Datum::is_null))
            .map(|(index, values)| Key::Unique(name.to_owned(), index, values))
            .collect())
    }

    fn refuse_taken(&self, name: &str, value: &Key) -> Executed<()> {
        let Key::Unique(_, index, wanted) = value else {
            return Ok(());
        };
        let store = self.server.store();
        let of = table(&store.tables, name)?;
        let (index, places) = &of.unique[*index];
        let taken = store
            .rows(self.tx, name)
            .into_values()
            .any(|row| values(row, places) == *wanted);
        if taken {
            return Err(Refusal::Duplicate(index.clone()));
        }
        Ok(())
    }

    /// The row once it is locked, if it is still what was looked for.
    fn still_there(
        &self,
        name: &str,
        key: &Row,
        filter: Option<&Expression>,
    ) -> Executed<Option<Row>> {
        let store = self.server.store();
        let of = table(&store.tables, name)?;
        let Some(row) = store.row(self.tx, name, key) else {
            return Ok(None);
        };
        let holds = self.scope(&store).of(name, of, row).holds(filter)?;
        Ok(holds.then(|| row.clone()))
    }

    /// The keys of the rows that a statement has to lock and look at.
    fn candidates(&self, name: &str, filter: Option<&Expression>) -> Executed<BTreeSet<Row>> {
        let store = self.server.store();
        let of = table(&store.tables, name)?;
        let scope = self.scope(&store);
        if let ([key], Some(filter)) = (of.key.as_slice(), filter)
            && let Some(pinned) = pinned(filter, &of.columns[*key])
        {
            let value = |value: &Expression| Ok(vec![scope.value(value)?]);
            return pinned.into_iter().map(value).collect();
        }
        let mut keys = BTreeSet::new();
        for (key, row) in store.versions(self.tx, name) {
            if scope.of(name, of, &row).holds(filter)? {
                keys.insert(key);
            }
        }
        Ok(keys)
    }

    async fn lock(&self, key: Key, mode: Mode) -> Executed<()> {
        self.server.lock(self.tx, &key, mode).await
    }
}

/// The values that the filter asks of the key, where it does.
fn pinned<'e>(filter: &'e Expression, key: &str) -> Option<Vec<&'e Expression>> {
    let is_key = |side: &Expression| matches!(side, Expression::Column(_, name) if name == key);
    match filter {
        Expression::Operation(Operator::And, left, right) => {
            pinned(left, key).or_else(|| pinned(right, key))
        }
        Expression::Operation(Operator::Equal, left, right) if is_key(left) => Some(vec![right]),
        Expression::In(left, list) if is_key(left) => Some(list.iter().collect()),
        _ => None,
    }
}

fn is_referred_to(store: &Store, tx: Tx, parent: &str, key: &Row) -> bool {
    store.tables.iter().any(|(child, table)| {
        let mut referring = table.foreign.iter().filter(|(_, to)| to == parent);
        referring.any(|(place, _)| {
            let mut rows = store.rows(tx, child).into_values();
            rows.any(|row| Some(&row[*place]) == key.first())
        })
    })
}
