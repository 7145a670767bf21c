use std::collections::HashMap;

use super::{
    change::Danger,
    definitions::Definitions,
    have::{Column, ForeignKey, Table},
};
use crate::entity::TableSchema;

const VIEW: &str = "its parent cannot be referred to as it is: it is a view";
const ENGINE: &str =
    "its parent cannot be referred to as it is: its storage engine knows no foreign keys";
pub(super) const OWN_ENGINE: &str =
    "its parent cannot be referred to from here: the table's storage engine knows no foreign keys";
const KEY: &str =
    "its parent cannot be referred to as it is: the column is neither its key nor unique";
const KIND: &str =
    "its parent cannot be referred to as it is: the two columns have not the same type";
const COLLATION: &str = "its parent cannot be referred to as it is: the two columns have not the same collation; \
     give one of them the other's, then run";

/// The tables that others refer to.
pub(super) struct Parents<'a> {
    by_name: HashMap<&'static str, Parent<'a>>,
}

struct Parent<'a> {
    schema: &'static TableSchema,
    have: Option<&'a Table>,
    /// Tables are made in this order.
    place: usize,
}

impl<'a> Parents<'a> {
    pub(super) fn new(schemas: &[&'static TableSchema], there: &'a [Option<Table>]) -> Self {
        let parents = schemas.iter().zip(there).enumerate();
        let parent =
            |(place, (schema, have)): (usize, (&&'static TableSchema, &'a Option<Table>))| {
                let have = have.as_ref();
                let parent = Parent {
                    schema,
                    have,
                    place,
                };
                (schema.table, parent)
            };
        Self {
            by_name: parents.map(parent).collect(),
        }
    }

    /// Whether the parent is not there yet when the table is made.
    pub(super) fn is_missing(&self, parent: &str, table: &str) -> bool {
        match (self.by_name.get(parent), self.by_name.get(table)) {
            (Some(parent), Some(table)) => parent.have.is_none() && parent.place > table.place,
            _ => false,
        }
    }

    /// What keeps a column from referring to its parent: one that is there, with the type that it is to have, or a new one,
    /// which has the parent's collation. SQLite asks for it only where rows are written.
    pub(super) fn obstacle(
        &self,
        definitions: &dyn Definitions,
        key: &ForeignKey,
        (have, kind): (Option<&Column>, &str),
    ) -> Option<Danger<'static>> {
        let Parent {
            schema,
            have: parent,
            ..
        } = self.by_name.get(key.parent.as_str())?;
        if definitions.refers_ahead() {
            return None;
        }
        let column = match parent {
            None => None,
            Some(parent) if parent.is_view => return Some(Danger::ByHand(VIEW)),
            Some(parent) if parent.without_transactions => return Some(Danger::Always(ENGINE)),
            Some(parent) => match parent.column(&key.parent_column) {
                Some(column) if is_unique(parent, column) => Some(column),
                _ => return Some(Danger::Always(KEY)),
            },
        };
        let parents_kind = column.map_or_else(
            || definitions.kind(schema, schema.key),
            |column| column.kind.clone(),
        );
        if !definitions.may_refer(kind, &parents_kind) {
            return Some(Danger::Always(KIND));
        }
        let own = have?.collation.as_deref()?;
        let collation = match column {
            Some(column) => column.collation.as_deref(),
            None => definitions.new_collation(),
        };
        (collation? != own).then_some(Danger::ByHand(COLLATION))
    }

    /// The collation that a new column has to have, so that it can refer to this parent.
    pub(super) fn collation(
        &self,
        definitions: &dyn Definitions,
        key: &ForeignKey,
    ) -> Option<String> {
        let collation = match self.by_name.get(key.parent.as_str())?.have {
            Some(parent) => parent.column(&key.parent_column)?.collation.as_deref(),
            None => definitions.new_collation(),
        };
        collation.map(str::to_owned)
    }
}

fn is_unique(table: &Table, column: &Column) -> bool {
    let is_all =
        |columns: &[String]| matches!(columns, [only] if table.is_same_name(only, &column.name));
    let mut unique = table
        .indexes
        .iter()
        .filter(|index| index.unique && !index.is_special);
    is_all(&table.key) || unique.any(|index| is_all(&index.columns))
}
