use std::collections::HashSet;

use super::have::ForeignKey;
use crate::entity::TableSchema;

/// The longest name of a constraint, in characters.
const NAME: usize = 64;

/// The names that references of two entities would have alike, as `a_b`.`c` and `a`.`b_c`: in a database a name is given
/// once.
#[derive(Debug, Default)]
pub(super) struct Ambiguous(HashSet<String>);

impl Ambiguous {
    pub(super) fn of(tables: &[&'static TableSchema]) -> Self {
        let mut seen = HashSet::new();
        let names = tables
            .iter()
            .flat_map(|table| foreign_keys(table, &Self::default()));
        let names = names.map(|(_, key)| key.name.to_lowercase());
        Self(names.filter(|name| !seen.insert(name.clone())).collect())
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(&name.to_lowercase())
    }
}

/// The foreign keys that an entity's references ask for. A reference into another pool has none: no database
/// looks into another.
pub(super) fn foreign_keys(table: &TableSchema, ambiguous: &Ambiguous) -> Vec<(usize, ForeignKey)> {
    let columns = table.columns.iter().enumerate();
    let foreign_key = |(position, column): (usize, &crate::entity::ColumnSchema)| {
        let parent = (column.refers_to?)();
        let foreign_key = ForeignKey {
            name: name(table.table, &column.name, ambiguous),
            column: column.name.clone(),
            parent: parent.table.to_owned(),
            parent_column: parent.column.to_owned(),
        };
        (parent.pool == table.pool).then_some((position, foreign_key))
    };
    columns.filter_map(foreign_key).collect()
}

/// Table and column; where that is too long its beginning, and a number that tells it from others.
fn name(table: &str, column: &str, ambiguous: &Ambiguous) -> String {
    let name = format!("{table}_{column}");
    let name = if name.chars().count() <= NAME {
        name
    } else {
        numbered(&name, &name)
    };
    if ambiguous.has(&name) {
        numbered(&name, &format!("{table}.{column}"))
    } else {
        name
    }
}

/// The name with a number behind it, which stands for what it is of.
fn numbered(name: &str, of: &str) -> String {
    // FNV-1a: the same in every release.
    let number = of.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
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
        let name = |table, column| name(table, column, &Ambiguous::default());
        assert_eq!(name("users", "org"), "users_org");
        let long = "x".repeat(60);
        let (one, other) = (name(&long, "first"), name(&long, "second"));
        assert_eq!((one.len(), other.len()), (64, 64));
        assert_ne!(one, other);
    }

    #[test]
    fn names_of_two_references_stay_apart() {
        let ambiguous = Ambiguous(HashSet::from(["user_team_lead".to_owned()]));
        let one = name("User", "team_lead", &ambiguous);
        let other = name("user_team", "lead", &ambiguous);
        assert!(one.starts_with("User_team_lead_") && other.starts_with("user_team_lead_"));
        assert_ne!(one.to_lowercase(), other.to_lowercase());
        assert_eq!(name("user", "team", &ambiguous), "user_team");
    }
}
