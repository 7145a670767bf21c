use super::super::{
    DatabaseError,
    FailureClass::{self, Contention, Data, Infrastructure, Schema, Unknown},
    driver::driver_error,
    error::Kind,
};

/// What an error of the driver's means.
pub(super) fn failure(error: sqlx::Error) -> DatabaseError {
    let Some(said) = error.as_database_error() else {
        return driver_error(&error);
    };
    let code = said.code().and_then(|code| code.parse().ok()).unwrap_or(1);
    of_sqlite(code, said.message())
}

fn of_sqlite(code: u32, message: &str) -> DatabaseError {
    let kind = match code {
        // SQLITE_CONSTRAINT_PRIMARYKEY and _ROWID.
        1555 | 2579 => Kind::DuplicateKey(Some("PRIMARY".to_owned())),
        // SQLITE_CONSTRAINT_UNIQUE.
        2067 => Kind::DuplicateKey(None),
        // SQLITE_CONSTRAINT_FOREIGNKEY, which has no name to tell.
        787 => Kind::ForeignKey(None),
        // SQLITE_CONSTRAINT_TRIGGER: RESTRICT is one of SQLite's own; others say what they were written to say.
        1811 if message.contains("FOREIGN KEY constraint failed") => Kind::ForeignKey(None),
        // SQLITE_CONSTRAINT_NOTNULL.
        1299 => Kind::Null,
        1 if message.contains("no such table") => Kind::TableMissing,
        1 if message.contains("no such") || message.contains("has no column") => {
            Kind::ColumnMissing
        }
        _ => Kind::Other,
    };
    DatabaseError::new(class(code, message), message)
        .with_code(Some(code), None)
        .with_kind(kind)
}

/// By the primary result code, which is the low byte of the extended one.
fn class(code: u32, message: &str) -> FailureClass {
    match code & 0xff {
        // BUSY, LOCKED, and SCHEMA (it changed under the statement).
        5 | 6 | 17 => Contention,
        // PERM, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB.
        3 | 7..=11 | 13..=15 | 26 => Infrastructure,
        // TOOBIG, CONSTRAINT, MISMATCH.
        18..=20 => Data,
        // AUTH.
        23 => Schema,
        // ERROR: a statement that cannot be compiled, or that failed.
        1 if [
            "no such",
            "has no column",
            "syntax error",
            "values for",
            "already exists",
            "columns but",
        ]
        .iter()
        .any(|words| message.contains(words)) =>
        {
            Schema
        }
        1 if message.contains("integer overflow") => Data,
        _ => Unknown,
    }
}

/// The columns of the unique index that refused a row.
pub(super) struct IndexColumns {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
}

/// Of `UNIQUE constraint failed: users.first, users.last`.
pub(super) fn index_columns(failure: &DatabaseError) -> Option<IndexColumns> {
    if !failure.is_duplicate_key() || failure.index().is_some() {
        return None;
    }
    let (_, list) = failure.message().split_once("UNIQUE constraint failed: ")?;
    let columns: Vec<_> = list
        .split(", ")
        .map(|column| column.split_once('.'))
        .collect::<Option<_>>()?;
    let (table, _) = columns.first()?;
    Some(IndexColumns {
        table: (*table).to_owned(),
        columns: columns
            .iter()
            .map(|(_, column)| (*column).to_owned())
            .collect(),
    })
}

pub(super) fn with_index(failure: DatabaseError, index: String) -> DatabaseError {
    failure.with_kind(Kind::DuplicateKey(Some(index)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_codes_have_their_class() {
        for (code, message, expected) in [
            (5, "database is locked", Contention),
            (517, "database is locked", Contention),
            (6, "database table is locked", Contention),
            (13, "database or disk is full", Infrastructure),
            (778, "disk I/O error", Infrastructure),
            (8, "attempt to write a readonly database", Infrastructure),
            (14, "unable to open database file", Infrastructure),
            (26, "file is not a database", Infrastructure),
            (1555, "UNIQUE constraint failed: users.id", Data),
            (2067, "UNIQUE constraint failed: users.email", Data),
            (1299, "NOT NULL constraint failed: users.email", Data),
            (275, "CHECK constraint failed: x", Data),
            (787, "FOREIGN KEY constraint failed", Data),
            (1811, "refused by a trigger", Data),
            (18, "string or blob too big", Data),
            (1, "no such table: users", Schema),
            (1, "no such column: x", Schema),
            (1, "table users has no column named x", Schema),
            (1, "near \"SELEC\": syntax error", Schema),
            (1, "1 values for 2 columns", Schema),
            (1, "something else", Unknown),
        ] {
            assert_eq!(
                of_sqlite(code, message).class(),
                expected,
                "{code} {message}"
            );
        }
    }

    #[test]
    fn the_columns_of_an_index_are_taken_apart() {
        let failure = of_sqlite(2067, "UNIQUE constraint failed: users.first, users.last");
        let columns = index_columns(&failure).unwrap();
        assert_eq!(
            (columns.table.as_str(), columns.columns),
            ("users", vec!["first".to_owned(), "last".to_owned()])
        );
        assert_eq!(
            of_sqlite(1555, "UNIQUE constraint failed: users.id").index(),
            Some("PRIMARY")
        );
        assert!(of_sqlite(787, "FOREIGN KEY constraint failed").is_foreign_key());
        assert!(of_sqlite(1811, "FOREIGN KEY constraint failed").is_foreign_key());
        assert!(!of_sqlite(1811, "refused by a trigger").is_foreign_key());
    }
}
