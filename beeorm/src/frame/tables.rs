use std::collections::HashMap;

use crate::entity::TableSchema;

/// The tables of the registered entities, by pool and name: what frames may write to.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    by_name: HashMap<(&'static str, &'static str), &'static TableSchema>,
    /// The tables that refer to a table, directly or through others.
    children: HashMap<&'static str, Vec<&'static str>>,
}

impl Tables {
    pub(crate) fn new(schemas: impl IntoIterator<Item = &'static TableSchema>) -> Self {
        let by_name: HashMap<_, _> = schemas
            .into_iter()
            .map(|schema| ((schema.pool, schema.table), schema))
            .collect();
        let mut children: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
        for schema in by_name.values() {
            for parent in schema.columns.iter().filter_map(|column| column.refers_to) {
                children
                    .entry(parent().table)
                    .or_default()
                    .push(schema.table);
            }
        }
        let direct = children.clone();
        for descendants in children.values_mut() {
            let mut next = 0;
            while let Some(child) = descendants.get(next).copied() {
                for grandchild in direct.get(child).into_iter().flatten() {
                    if !descendants.contains(grandchild) {
                        descendants.push(grandchild);
                    }
                }
                next += 1;
            }
        }
        Self { by_name, children }
    }

    /// The tables that refer to this one, directly or through others: what a DELETE may cascade to.
    pub(crate) fn children(&self, table: &str) -> &[&'static str] {
        self.children.get(table).map_or(&[], Vec::as_slice)
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
