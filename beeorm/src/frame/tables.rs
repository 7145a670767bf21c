use std::collections::HashMap;

use crate::{entity::TableSchema, statement::Family};

/// The tables of the registered entities, by pool and name: what frames may write to.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    by_name: HashMap<(&'static str, &'static str), &'static TableSchema>,
    family: Family,
}

impl Tables {
    pub(crate) fn new(schemas: impl IntoIterator<Item = &'static TableSchema>) -> Self {
        let by_name: HashMap<_, _> = schemas
            .into_iter()
            .map(|schema| ((schema.pool, schema.table), schema))
            .collect();
        let family = Family::new(by_name.values().copied());
        Self { by_name, family }
    }

    /// Which of them refer to which.
    pub(crate) fn family(&self) -> &Family {
        &self.family
    }

    pub(crate) fn get(&self, pool: &str, table: &str) -> Option<&'static TableSchema> {
        self.by_name.get(&(pool, table)).copied()
    }

    pub(crate) fn contains(&self, schema: &'static TableSchema) -> bool {
        self.get(schema.pool, schema.table)
            .is_some_and(|known| std::ptr::eq(known, schema))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static TableSchema> + '_ {
        self.by_name.values().copied()
    }
}
