use super::have::ForeignKey;
use crate::entity::TableSchema;

/// The longest name of a constraint, in characters.
const NAME: usize = 64;

/// The foreign keys that an entity's references ask for. A reference into another pool has none: no database
/// looks into another.
pub(super) fn foreign_keys(table: &TableSchema) -> Vec<(usize, ForeignKey)> {
    let columns = table.columns.iter().enumerate();
    let foreign_key = |(position, column): (usize, &crate::entity::ColumnSchema)| {
        let parent = (column.refers_to?)();
        let foreign_key = ForeignKey {
            name: name(table.table, &column.name),
            column: column.name.clone(),
            parent: parent.table.to_owned(),
            parent_column: parent.column.to_owned(),
        };
        (parent.pool == table.pool).then_some((position, foreign_key))
    };
    columns.filter_map(foreign_key).collect()
}

/// Table and column; where that is too long its beginning, and a number that tells it from others.
fn name(table: &str, column: &str) -> String {
    let name = format!("{table}_{column}");
    if name.chars().count() <= NAME {
        return name;
    }
    // FNV-1a: the same in every release.
    let number = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let beginning: String = name.chars().take(NAME - 9).collect();
    format!("{beginning}_{number:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        assert_eq!(name("users", "org"), "users_org");
        let long = "x".repeat(60);
        let (one, other) = (name(&long, "first"), name(&long, "second"));
        assert_eq!((one.len(), other.len()), (64, 64));
        assert_ne!(one, other);
    }
}
