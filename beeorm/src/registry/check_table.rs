//! What the compiler cannot see of a table, as embedded structs put their columns together at run time.

use crate::{
    column::ColumnType,
    entity::{ColumnSchema, IndexSchema, KeySource, TableSchema},
};

/// The longest name of a table, a column or an index, in characters (MySQL, "Identifier Length Limits").
const NAME: usize = 64;

/// The most values of a SET (MySQL, "The SET Type").
const SET_VALUES: usize = 64;

/// What the library's own tables begin with.
const OWN: &str = "_beeorm_";

/// Whether the client makes keys of 64 bits.
pub(super) fn has_short_ids(schema: &TableSchema) -> bool {
    let key = schema
        .columns
        .get(schema.key)
        .map(|column| column.column_type);
    schema.key_source == KeySource::Client && matches!(key, Some(ColumnType::Integer { .. }))
}

/// What is wrong with a table, and what to change.
pub(super) fn problems(schema: &TableSchema) -> Vec<String> {
    let mut problems = Vec::new();
    if schema.columns.is_empty() {
        problems.push("it has no columns; give it a key at least".to_owned());
    }
    if schema.table.starts_with(OWN) {
        problems.push(format!(
            "the table `{}` is named as the library's own are; give it another name",
            schema.table
        ));
    }
    problems.extend(name("table", schema.table));
    for (position, column) in schema.columns.iter().enumerate() {
        let same = |other: &ColumnSchema| other.name.eq_ignore_ascii_case(&column.name);
        if schema.columns.iter().take(position).any(same) {
            problems.push(format!(
                "two fields have the column `{}` (databases do not tell cases apart); give one another name with \
                 `#[entity(column = \"…\")]`, or an embedded struct another prefix",
                column.name
            ));
        }
        problems.extend(name("column", &column.name));
        if let ColumnType::Set(values) = column.column_type
            && values.len() > SET_VALUES
        {
            problems.push(format!(
                "`{}` is a SET of {} values; it holds at most {SET_VALUES}",
                column.name,
                values.len()
            ));
        }
    }
    for (position, index) in schema.indexes.iter().enumerate() {
        if index.columns.is_empty() {
            problems.push(format!(
                "the index `{}` has no columns; name some, or take it out",
                index.name
            ));
        }
        let same = |other: &IndexSchema| other.name.eq_ignore_ascii_case(&index.name);
        if schema.indexes.iter().take(position).any(same) {
            problems.push(format!(
                "two indexes have the name `{}`; give one another",
                index.name
            ));
        }
        problems.extend(name("index", &index.name));
    }
    problems
}

fn name(what: &str, name: &str) -> Option<String> {
    let length = name.chars().count();
    match length {
        0 => Some(format!("a name of a {what} is empty; give it one")),
        _ if length > NAME => Some(format!(
            "the name of the {what} `{name}` has {length} characters, and may have {NAME}; give it a shorter one"
        )),
        _ => None,
    }
}
