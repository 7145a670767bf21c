//! What is wanted against what is there, for every database alike.

use super::{
    change::{Change, Danger, Step},
    definitions::Definitions,
    foreign_key::foreign_keys,
    have::{Column, ForeignKey, Index, Table},
    literal::is_default,
    parents::{OWN_ENGINE, Parents},
};
use crate::{
    column::ColumnType,
    entity::{ColumnSchema, IndexSchema, KeySource, TableSchema},
};

const NOT_ASKED_FOR: &str = "no field of the entity asks for it, but something else may";
const DATA_IS_LOST: &str = "no field of the entity asks for it: what is stored in it would be lost";
pub(super) const INSERTS_FAIL: &str = "no field of the entity asks for it: what is stored in it would be lost; but as it takes no NULL \
     and has no default, every INSERT of the entity fails until it is dropped, takes NULL or has a default";
const VALUES_CHANGE: &str = "it converts what is stored, and fails where that does not fit";
const TOO_LONG: &str = "an index of the table covers the column, and no index holds what it would hold then: drop the index, \
     or take the column out of it, first";
const NOT_HELD: &str = "no index holds what the column holds as it is: change the column first";
const LETTERS: &str = "the column's character set has not the letters of its values or its default: convert the table to \
     utf8mb4 (ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4), then run";
const NULLS: &str = "it fails where NULL is stored";
const OTHERS: &str = "other programs may rely on what the column does when they leave it out";
const DUPLICATES: &str = "it fails where two rows have the same values";
const ORPHANS: &str = "it fails where a row refers to one that is not there";
pub(super) const LEFT_OUT: &str = "programs that do not know the column yet leave it out, and their rows would be refused: do it \
     when they are gone";
const REBUILD: &str = "it builds the whole table anew";

/// What has to be done, in this order.
pub(super) fn diff<'a>(
    definitions: &dyn Definitions,
    table: &'a TableSchema,
    have: Option<&'a Table>,
    parents: &Parents<'a>,
) -> Vec<Step<'a>> {
    let foreign_keys = foreign_keys(table);
    match have {
        None => create(definitions, table, foreign_keys, parents),
        Some(have) if have.is_view => Vec::new(),
        Some(have) => {
            let mut diff = Diff {
                definitions,
                table,
                have,
                parents,
                foreign_keys,
                steps: Vec::new(),
            };
            diff.foreign_keys_to_drop();
            diff.engine();
            diff.indexes_to_drop();
            diff.columns();
            diff.key();
            diff.indexes();
            diff.foreign_keys();
            diff.steps
        }
    }
}

fn create<'a>(
    definitions: &dyn Definitions,
    table: &TableSchema,
    foreign_keys: Vec<(usize, ForeignKey)>,
    parents: &Parents<'_>,
) -> Vec<Step<'a>> {
    let (mut now, mut later, mut collations) = (Vec::new(), Vec::new(), Vec::new());
    for (position, foreign_key) in foreign_keys {
        let kind = definitions.kind(table, position);
        let obstacle = parents.obstacle(definitions, &foreign_key, (None, &kind));
        let collation = parents.collation(definitions, &foreign_key);
        let other =
            collation.filter(|collation| definitions.new_collation() != Some(collation.as_str()));
        collations.extend(other.map(|collation| (position, collation)));
        let is_there =
            definitions.refers_ahead() || !parents.is_missing(&foreign_key.parent, table.table);
        if is_there && obstacle.is_none() {
            now.push(foreign_key);
        } else {
            later.push(Step {
                change: Change::AddForeignKey {
                    foreign_key,
                    position,
                    with_column: false,
                },
                danger: obstacle.unwrap_or(Danger::None),
            });
        }
    }
    let create = Step {
        change: Change::Create {
            foreign_keys: now,
            collations,
        },
        danger: Danger::None,
    };
    std::iter::once(create).chain(later).collect()
}

struct Diff<'a, 'd> {
    definitions: &'d dyn Definitions,
    table: &'a TableSchema,
    have: &'a Table,
    parents: &'d Parents<'a>,
    /// The wanted ones.
    foreign_keys: Vec<(usize, ForeignKey)>,
    steps: Vec<Step<'a>>,
}

impl<'a> Diff<'a, '_> {
    fn push(&mut self, change: Change<'a>, danger: Danger<'a>) {
        self.steps.push(Step { change, danger });
    }

    fn foreign_keys_to_drop(&mut self) {
        for there in &self.have.foreign_keys {
            let is_it = |(_, key): &(usize, ForeignKey)| self.have.is_same_reference(key, there);
            if !self.foreign_keys.iter().any(is_it) {
                self.push(
                    Change::DropForeignKey(&there.name),
                    Danger::Always(NOT_ASKED_FOR),
                );
            }
        }
    }

    fn engine(&mut self) {
        if self.have.without_transactions {
            self.push(Change::MakeTransactional, Danger::Always(REBUILD));
        }
    }

    fn columns(&mut self) {
        for there in &self.have.columns {
            if !self
                .table
                .columns
                .iter()
                .any(|column| self.have.is_same_name(&column.name, &there.name))
            {
                self.unknown_column(there);
            }
        }
        for (position, column) in self.table.columns.iter().enumerate() {
            match self.have.column(&column.name) {
                None if position == self.table.key => {}
                None => {
                    let collation = self.collation(position);
                    let added = Change::AddColumn {
                        position,
                        collation,
                    };
                    self.push(added, Danger::None);
                }
                Some(have) => {
                    if let Some(danger) = self.difference(position, have) {
                        self.push(Change::ModifyColumn { position, have }, danger);
                    }
                }
            }
        }
    }

    /// That of a new column which cannot have the table's.
    fn collation(&self, position: usize) -> Option<String> {
        let mut foreign_keys = self.foreign_keys.iter();
        let wanted = match foreign_keys.find(|(of, _)| *of == position) {
            Some((_, key)) => self.parents.collation(self.definitions, key),
            None => {
                let letters = letters(self.table.columns.get(position)?);
                let collation = self.have.collation.as_deref()?;
                let lacks = !self.definitions.has_letters(collation, &letters);
                let new = self.definitions.new_collation().filter(|_| lacks);
                new.map(str::to_owned)
            }
        };
        wanted.filter(|wanted| self.have.collation.as_ref() != Some(wanted))
    }

    /// Those who know it go on with it; those who do not have to be able to insert rows.
    fn unknown_column(&mut self, there: &'a Column) {
        let fails =
            !there.nullable && there.default.is_none() && !there.auto_increment && !there.generated;
        let given = self
            .definitions
            .default_for(there)
            .filter(|_| fails && !self.is_constrained(there));
        let danger = if fails && given.is_none() {
            INSERTS_FAIL
        } else {
            DATA_IS_LOST
        };
        if let Some(default) = given {
            let have = there;
            self.push(Change::GiveDefault { have, default }, Danger::None);
        }
        self.push(Change::DropColumn(&there.name), Danger::Always(danger));
    }

    /// Whether not every row may have the same value in it.
    fn is_constrained(&self, column: &Column) -> bool {
        let is = |name: &String| self.have.is_same_name(name, &column.name);
        column.has_check
            || self.have.key.iter().any(is)
            || self.have.foreign_keys.iter().any(|key| is(&key.column))
            || self
                .have
                .indexes
                .iter()
                .any(|index| index.unique && index.columns.iter().any(is))
    }

    /// None where there is none; else why it is not safe to change it.
    fn difference(&self, position: usize, have: &'a Column) -> Option<Danger<'a>> {
        let column = self.table.columns.get(position)?;
        let kind = self.definitions.kind(self.table, position);
        let auto_increment =
            position == self.table.key && self.table.key_source == KeySource::AutoIncrement;
        let same_kind = self.definitions.does_for(&have.kind, &kind);
        let same_default = is_default(column, have.default.as_deref());
        let same_rest = !have.on_update && (have.auto_increment || !auto_increment);
        if same_kind && same_default && same_rest && column.nullable == have.nullable {
            return None;
        }
        // Databases refuse to change a column that others refer to, or that refers to another.
        let is_tied = position == self.table.key
            || self
                .have
                .foreign_keys
                .iter()
                .any(|key| self.have.is_same_name(&key.column, &have.name));
        let keeps_values =
            kind == have.kind || (!is_tied && self.definitions.widens(&have.kind, &kind));
        Some(if !self.has_letters(column, have, same_kind) {
            Danger::ByHand(LETTERS)
        } else if !keeps_values || (auto_increment && !have.auto_increment) {
            Danger::Always(VALUES_CHANGE)
        } else if let Some(lost) = have.loses {
            Danger::Always(lost)
        } else if have.nullable && !column.nullable {
            Danger::Always(NULLS)
        } else if have.on_update || (!same_default && column.default.is_none()) {
            Danger::Always(OTHERS)
        } else if kind != have.kind && !self.fits_indexes(have) {
            Danger::Always(TOO_LONG)
        } else {
            Danger::None
        })
    }

    /// Whether its character set, which it keeps, has those of its values and its default.
    fn has_letters(&self, column: &ColumnSchema, have: &Column, same_kind: bool) -> bool {
        let collation = have.collation.as_ref().or(self.have.collation.as_ref());
        let default = column.default.unwrap_or_default();
        collation.is_none_or(|collation| {
            let letters = if same_kind {
                default.to_owned()
            } else {
                letters(column)
            };
            self.definitions.has_letters(collation, &letters)
        })
    }

    /// The type that a column has after all that is safe.
    fn kind_for_now(&self, position: usize) -> String {
        let wanted = || self.definitions.kind(self.table, position);
        match self.there(position) {
            Some(have) => match self.difference(position, have) {
                Some(Danger::None) => wanted(),
                _ => have.kind.clone(),
            },
            None => wanted(),
        }
    }

    fn there(&self, position: usize) -> Option<&'a Column> {
        self.have.column(&self.table.columns.get(position)?.name)
    }

    /// Whether an index holds these columns after all that is safe.
    fn holds(&self, columns: &[usize]) -> bool {
        let new = Column::default();
        let mut columns = columns.iter().map(|position| {
            let column = self.there(*position).unwrap_or(&new);
            (column, self.kind_for_now(*position))
        });
        self.definitions.fits_index(&mut columns, 0)
    }

    /// Whether the indexes that there are, and that cover the column, hold what is wanted of their columns.
    fn fits_indexes(&self, column: &Column) -> bool {
        let indexes = self.have.indexes.iter();
        let mut covering = indexes
            .map(|index| (&index.whole, index.other_bytes))
            .chain([(&self.have.key, 0)])
            .filter(|(columns, _)| columns.contains(&column.name));
        covering.all(|(columns, other_bytes)| {
            let mut columns = columns.iter().filter_map(|name| self.becoming(name));
            self.definitions.fits_index(&mut columns, other_bytes)
        })
    }

    /// A column that is there, and the type that it is to have.
    fn becoming(&self, name: &str) -> Option<(&'a Column, String)> {
        let have = self.have.column(name)?;
        let wanted = self
            .table
            .columns
            .iter()
            .position(|column| self.have.is_same_name(&column.name, name));
        let kind = wanted.map_or_else(
            || have.kind.clone(),
            |position| self.definitions.kind(self.table, position),
        );
        Some((have, kind))
    }

    fn key(&mut self) {
        let key = &self.table.key_column().name;
        if !matches!(self.have.key.as_slice(), [only] if self.have.is_same_name(only, key)) {
            let (had_one, with_column) = (!self.have.key.is_empty(), self.is_new(self.table.key));
            self.push(
                Change::ReplaceKey {
                    had_one,
                    with_column,
                },
                Danger::Always(DUPLICATES),
            );
        }
    }

    fn indexes_to_drop(&mut self) {
        for there in &self.have.indexes {
            if !there.is_special
                && self.wanted(&there.name).is_none()
                && !self.serves_a_reference(there)
            {
                self.push(
                    Change::DropIndex(&there.name),
                    Danger::Always(NOT_ASKED_FOR),
                );
            }
        }
    }

    fn wanted(&self, name: &str) -> Option<&'a IndexSchema> {
        let has_name = |index: &&IndexSchema| {
            let index = self.definitions.index_name(self.table, index);
            self.have.is_same_name(&index, name)
        };
        self.table.indexes.iter().find(has_name)
    }

    /// Databases make an index for a foreign key where there is none.
    fn serves_a_reference(&self, index: &Index) -> bool {
        let only = |column: &str| matches!(index.columns.as_slice(), [only] if self.have.is_same_name(only, column));
        !index.unique
            && self
                .table
                .columns
                .iter()
                .any(|column| column.refers_to.is_some() && only(&column.name))
    }

    fn indexes(&mut self) {
        for index in &self.table.indexes {
            let name = self.definitions.index_name(self.table, index);
            let there = self
                .have
                .indexes
                .iter()
                .find(|there| self.have.is_same_name(&there.name, &name));
            if there.is_some_and(|there| self.is_same(index, there)) {
                continue;
            }
            let danger = match there {
                _ if !self.holds(&index.columns) => Danger::Always(NOT_HELD),
                _ if index.unique => self.danger(&index.columns, DUPLICATES),
                Some(_) => Danger::Always(NOT_ASKED_FOR),
                None => Danger::None,
            };
            self.push(
                Change::AddIndex {
                    index,
                    replaces: there.map(|there| there.name.as_str()),
                },
                danger,
            );
        }
    }

    fn is_same(&self, index: &IndexSchema, there: &Index) -> bool {
        let columns = index
            .columns
            .iter()
            .filter_map(|position| self.table.columns.get(*position));
        let same = |(one, other): (&crate::entity::ColumnSchema, &String)| {
            self.have.is_same_name(&one.name, other)
        };
        !there.is_special
            && there.unique == index.unique
            && there.columns.len() == index.columns.len()
            && columns.zip(&there.columns).all(same)
    }

    fn is_new(&self, position: usize) -> bool {
        self.table
            .columns
            .get(position)
            .is_some_and(|column| self.have.column(&column.name).is_none())
    }

    fn foreign_keys(&mut self) {
        for (position, foreign_key) in std::mem::take(&mut self.foreign_keys) {
            if self
                .have
                .foreign_keys
                .iter()
                .any(|there| self.have.is_same_reference(there, &foreign_key))
            {
                continue;
            }
            let with_column = self.is_new(position);
            let danger = self
                .obstacle(position, &foreign_key)
                .unwrap_or_else(|| self.danger(&[position], ORPHANS));
            self.push(
                Change::AddForeignKey {
                    foreign_key,
                    position,
                    with_column,
                },
                danger,
            );
        }
    }

    fn obstacle(&self, position: usize, key: &ForeignKey) -> Option<Danger<'a>> {
        if self.have.without_transactions {
            return Some(Danger::Always(OWN_ENGINE));
        }
        let kind = self.kind_for_now(position);
        self.parents
            .obstacle(self.definitions, key, (self.there(position), &kind))
    }

    /// Whether programs from before it leave it out of their rows, so that all of them have one value in it.
    fn is_left_out(&self, position: &usize) -> bool {
        self.table.columns.get(*position).is_some_and(|column| {
            match self.have.column(&column.name) {
                None => !column.nullable || column.default.is_some(),
                Some(there) => column.default.is_none() && there.default.is_some(),
            }
        })
    }

    /// What constrains these columns spares the rows that have NULL in one of them, as all have in a new one.
    fn danger(&self, columns: &[usize], why: &'static str) -> Danger<'a> {
        if columns.iter().all(|position| self.is_left_out(position)) {
            return Danger::Always(LEFT_OUT);
        }
        let mut filled = Vec::new();
        for column in columns
            .iter()
            .filter_map(|position| self.table.columns.get(*position))
        {
            match self.have.column(&column.name) {
                Some(there) => filled.push(there.name.as_str()),
                None if column.nullable && column.default.is_none() => return Danger::None,
                None => {}
            }
        }
        Danger::WithValues(why, filled)
    }
}

/// What its character set has to have.
fn letters(column: &ColumnSchema) -> String {
    let values = match column.column_type {
        ColumnType::Enum(values) | ColumnType::Set(values) => values,
        _ => &[],
    };
    let default = column.default.unwrap_or_default();
    values.iter().copied().chain([default]).collect()
}
