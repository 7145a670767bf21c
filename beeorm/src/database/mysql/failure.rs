use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError};

use super::{
    super::{DatabaseError, driver::driver_error, error::Kind},
    codes::{class, leaves_open},
};

/// What an error of the driver's means.
pub(super) fn failure(error: sqlx::Error) -> DatabaseError {
    let server = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    match server {
        Some(server) => of_server(server.number(), server.code(), server.message()),
        None => driver_error(&error),
    }
}

fn of_server(code: u16, sqlstate: Option<&str>, message: &str) -> DatabaseError {
    let error = DatabaseError::new(class(code, sqlstate), message)
        .with_code(Some(code.into()), sqlstate.map(str::to_owned))
        .with_kind(kind(code, message))
        .leaving_open(leaves_open(code));
    match code {
        1461 => error.retold(|said| {
            format!(
                "{said}: raise the server's max_prepared_stmt_count, or allow its clients' pools fewer connections"
            )
        }),
        1142 => error.retold(denied),
        // MariaDB's JSON columns are texts with a CHECK.
        4025 => error.retold(|said| {
            format!(
                "{said}: a CHECK refuses the row; that of a JSON column, `json_valid`, takes no more than 31 arrays and \
                 objects in each other"
            )
        }),
        _ => error,
    }
}

/// Of `CREATE command denied to user …`. An account that only reads and writes rows is common; its tables are then
/// another's to make.
fn denied(said: &str) -> String {
    let Some((right, _)) = said.split_once(" command denied") else {
        return said.to_owned();
    };
    match right {
        "SELECT" | "INSERT" | "UPDATE" | "DELETE" => {
            format!("{said}: GRANT {right} to the account")
        }
        _ => format!(
            "{said}: GRANT {right} to the account, or run `engine.schema().update()` once with an account that has it"
        ),
    }
}

fn kind(code: u16, message: &str) -> Kind {
    match code {
        1153 => Kind::TooLarge,
        1022 | 1062 | 1169 | 1586 | 1761 | 1762 | 1859 => Kind::DuplicateKey(index(message)),
        1048 => Kind::Null,
        1364 => Kind::NoDefault,
        1264 | 1690 => Kind::OutOfRange,
        1146 => Kind::TableMissing,
        1216 | 1217 | 1451 | 1452 => Kind::ForeignKey(constraint(message)),
        1054 => Kind::ColumnMissing,
        1142 => Kind::Denied,
        1176 => Kind::IndexMissing,
        1461 => Kind::TooManyPrepared,
        // As a proxy says it whose own connection to the server broke.
        2006 | 2013 => Kind::ConnectionLost,
        _ => Kind::Other,
    }
}

/// Of `Duplicate entry 'bee' for key 'users.email'` (MySQL 8) or `… 'email'` (MariaDB). The value may
/// hold any text, so the end decides.
fn index(message: &str) -> Option<String> {
    let (_, name) = message.rsplit_once("key '")?;
    let name = name.strip_suffix('\'')?;
    let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
    Some(name.to_owned())
}

/// Of ``… (`app`.`child`, CONSTRAINT `child_parent` FOREIGN KEY …``.
fn constraint(message: &str) -> Option<String> {
    let (_, name) = message.split_once(", CONSTRAINT `")?;
    name.split_once('`').map(|(name, _)| name.to_owned())
}

/// Says of a failed connection where to, and what to do about it.
pub(super) fn explain(error: DatabaseError, options: &MySqlConnectOptions) -> DatabaseError {
    let database = options.get_database().unwrap_or_default();
    let server = server(options);
    let code = error.code();
    error.retold(|said| match code {
        Some(1049) => format!(
            "there is no database {database:?} on {server}: create it with CREATE DATABASE `{database}`"
        ),
        Some(1044 | 1045 | 1698) => {
            format!(
                "{server} refuses the user {:?}: {said}; check the URL's user and password",
                options.get_username()
            )
        }
        Some(_) => format!("{server}: {said}"),
        None if said.contains("RSA") => format!(
            "{server} wants the password over TLS: add ?ssl-mode=required to the URL (feature `tls`), \
             or use beeorm's feature `mysql-rsa`"
        ),
        None => {
            format!("cannot connect to {server}: {said}; is the server running, and the URL right?")
        }
    })
}

/// Where the server is, as people know it.
pub(super) fn server(options: &MySqlConnectOptions) -> String {
    match options.get_socket() {
        Some(path) => path.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_named_without_its_table() {
        let index = |message| {
            of_server(1062, Some("23000"), message)
                .index()
                .map(str::to_owned)
        };
        assert_eq!(
            index("Duplicate entry 'a' for key 'users.email'").as_deref(),
            Some("email")
        );
        assert_eq!(
            index("Duplicate entry 'a' for key 'email'").as_deref(),
            Some("email")
        );
        assert_eq!(
            index("Duplicate entry '1' for key 'users.PRIMARY'").as_deref(),
            Some("PRIMARY")
        );
        assert_eq!(
            index("Duplicate entry 'x' for key 'y'' for key 'a.b'").as_deref(),
            Some("b")
        );
        assert_eq!(index("Doppelter Eintrag"), None);
    }

    #[test]
    fn the_constraint_is_named() {
        let error = of_server(
            1452,
            Some("23000"),
            "Cannot add or update a child row: a foreign key constraint fails (`app`.`child`, CONSTRAINT \
             `child_parent` FOREIGN KEY (`parent_id`) REFERENCES `parent` (`id`))",
        );
        assert!(error.is_foreign_key());
        assert_eq!(error.constraint(), Some("child_parent"));
    }
}
