//! What a flush is to do to the database, in the producer's own terms.

use std::fmt;

use uuid::Uuid;

use crate::simulation::database::Datum;

#[derive(Clone, Debug)]
pub(in crate::simulation) struct Effect {
    pub(in crate::simulation) pool: &'static str,
    pub(in crate::simulation) table: &'static str,
    /// None where the database makes it.
    pub(in crate::simulation) key: Option<Uuid>,
    pub(in crate::simulation) action: Action,
    /// What it has to be ordered by.
    pub(in crate::simulation) claims: Vec<Claim>,
}

#[derive(Clone, Debug)]
pub(in crate::simulation) enum Action {
    Insert(Vec<(&'static str, Datum)>),
    Update(Vec<(&'static str, Assign)>),
    Delete,
}

#[derive(Clone, Debug)]
pub(in crate::simulation) enum Assign {
    Set(Datum),
    Add(i128),
}

/// Something that flushes of which one is acknowledged before the other begins touch in that order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation) struct Claim {
    pub(in crate::simulation) of: String,
    /// Two that share it need no order.
    pub(in crate::simulation) shared: bool,
}

impl Claim {
    pub(super) fn row(table: &str, key: Uuid) -> Self {
        Self {
            of: format!("the row {} of {table}", key.simple()),
            shared: false,
        }
    }

    pub(super) fn reference(table: &str, key: Uuid) -> Self {
        Self {
            shared: true,
            ..Self::row(table, key)
        }
    }

    /// A row goes when nothing refers to it any more.
    pub(super) fn children(of: Uuid, shared: bool) -> Self {
        Self {
            of: format!("the children of {}", of.simple()),
            shared,
        }
    }

    pub(super) fn name(name: &str) -> Self {
        Self {
            of: format!("the name {name}"),
            shared: false,
        }
    }
}

impl Effect {
    /// What it writes, but for what it adds.
    pub(in crate::simulation) fn values(&self) -> impl Iterator<Item = &Datum> {
        let (inserted, updated): (&[_], &[_]) = match &self.action {
            Action::Insert(values) => (values, &[]),
            Action::Update(values) => (&[], values),
            Action::Delete => (&[], &[]),
        };
        let updated = updated.iter().filter_map(|(_, assign)| match assign {
            Assign::Set(value) => Some(value),
            Assign::Add(_) => None,
        });
        inserted.iter().map(|(_, value)| value).chain(updated)
    }
}

impl From<Uuid> for Datum {
    fn from(id: Uuid) -> Self {
        Self::Bytes(id.as_bytes().to_vec())
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.map_or(Datum::Null, Datum::from);
        let table = self.table;
        match &self.action {
            Action::Insert(values) => {
                write!(f, "insert {table} {key}")?;
                values
                    .iter()
                    .try_for_each(|(column, value)| write!(f, " {column}={value}"))
            }
            Action::Update(values) => {
                write!(f, "update {table} {key}")?;
                values.iter().try_for_each(|(column, value)| match value {
                    Assign::Set(value) => write!(f, " {column}={value}"),
                    Assign::Add(count) => write!(f, " {column}+={count}"),
                })
            }
            Action::Delete => write!(f, "delete {table} {key}"),
        }
    }
}
