use std::collections::{BTreeMap, HashSet};

use super::foreign_key::foreign_keys;
use crate::entity::TableSchema;

/// Sorted by name, but parents before those that refer to them. Where tables refer to each other in a circle
/// one of them comes first all the same.
pub(super) fn parents_first(schemas: Vec<&'static TableSchema>) -> Vec<&'static TableSchema> {
    let by_name: BTreeMap<&str, &'static TableSchema> = schemas
        .into_iter()
        .map(|schema| (schema.table, schema))
        .collect();
    let mut begun = HashSet::new();
    let mut ordered = Vec::with_capacity(by_name.len());
    for root in by_name.values() {
        // A table is put down when it is met again, behind the parents that were laid on top of it.
        let mut open = vec![(*root, false)];
        while let Some((schema, parents_done)) = open.pop() {
            if parents_done {
                ordered.push(schema);
            } else if begun.insert(schema.table) {
                open.push((schema, true));
                let parents = foreign_keys(schema);
                let parents = parents
                    .iter()
                    .filter_map(|(_, key)| by_name.get(key.parent.as_str()));
                open.extend(parents.rev().map(|parent| (*parent, false)));
            }
        }
    }
    ordered
}
