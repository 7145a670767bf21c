use crate::{
    database::sqlite_type,
    entity::{KeySource, TableSchema},
};

/// The words that a wanted column is declared with.
pub(super) fn declared(table: &TableSchema, position: usize) -> &'static str {
    match table.columns.get(position) {
        // SQLite counts in a column of exactly this type only.
        Some(_) if position == table.key && table.key_source == KeySource::AutoIncrement => {
            "INTEGER"
        }
        Some(column) => sqlite_type(&column.column_type),
        None => "",
    }
}

/// What the words mean to SQLite ("Determination Of Column Affinity"): all that matters of them.
pub(super) fn affinity(declared: &str) -> &'static str {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if has(&["INT"]) {
        "INTEGER"
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        "TEXT"
    } else if declared.is_empty() || has(&["BLOB"]) {
        "BLOB"
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        "REAL"
    } else {
        "NUMERIC"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_meaning() {
        for (declared, meaning) in [
            ("INTEGER", "INTEGER"),
            ("tinyint unsigned", "INTEGER"),
            ("VARCHAR", "TEXT"),
            ("DECIMAL_TEXT", "TEXT"),
            ("UNSIGNED_BLOB", "BLOB"),
            ("", "BLOB"),
            ("DOUBLE", "REAL"),
            ("DATETIME", "NUMERIC"),
        ] {
            assert_eq!(affinity(declared), meaning, "{declared}");
        }
    }
}
