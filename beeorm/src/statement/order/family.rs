use std::collections::HashMap;

use crate::entity::TableSchema;

/// Which tables refer to which.
#[derive(Debug, Default)]
pub(crate) struct Family {
    children: HashMap<&'static str, Vec<&'static str>>,
}

impl Family {
    pub(crate) fn new(schemas: impl IntoIterator<Item = &'static TableSchema>) -> Self {
        let mut children: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
        for schema in schemas {
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
        Self { children }
    }

    /// The tables that refer to this one, directly or through others: what a DELETE may cascade to.
    pub(crate) fn children(&self, table: &str) -> &[&'static str] {
        self.children.get(table).map_or(&[], Vec::as_slice)
    }
}
