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

/// `table.column`: a database gives a name once, and of two programs that share it neither knows the other's, which
/// `table_column` might be too. Where the database may not tell it from another, or it is too long, it has a number that
/// stands for it. What is there under another name stays: names are no part of
/// [`Table::is_same_reference`](super::have::Table::is_same_reference).
fn name(table: &str, column: &str) -> String {
    let name = format!("{table}.{column}");
    let is_told_apart = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_');
    if name.len() <= NAME
        && [table, column]
            .iter()
            .all(|part| part.chars().all(is_told_apart))
    {
        return name;
    }
    // FNV-1a: the same in every release.
    let number = format!("{table}.{}.{column}", table.len())
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    let beginning: String = name.chars().take(NAME - 9).collect();
    format!("{beginning}.{number:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = "x".repeat(60);
        let (one, other) = (name(&long, "first"), name(&long, "second"));
        assert_eq!((one.len(), other.len()), (64, 64));
        assert_ne!(one, other);
    }

    #[test]
    fn names_of_two_references_stay_apart_whoever_gives_them() {
        assert_eq!(name("users", "org"), "users.org");
        for (one, other) in [
            (("user", "team_lead"), ("user_team", "lead")),
            (("Users", "org"), ("users", "org")),
            (("café", "owner"), ("cafe", "owner")),
            (("a.b", "c"), ("a", "b.c")),
        ] {
            let [one, other] = [one, other]
                .map(|(table, column)| name(table, column).replace('é', "e").to_lowercase());
            assert_ne!(one, other);
        }
    }
}
