use sqlx::{ConnectOptions, mysql::MySqlConnectOptions};

use super::super::{DatabaseError, OpenOptions, open::refused};
use crate::error::parameters::unknown;

/// Statements kept prepared on each connection. Closing one costs 40 ms (the driver leaves Nagle's
/// algorithm on), so there is room for every shape that an application has.
pub(super) const STATEMENTS: usize = 1000;

const PARAMETERS: [&str; 5] = ["ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", "socket"];

/// Reads the URL; what is missing or unknown in it is refused.
pub(super) fn connect_options(options: &OpenOptions) -> Result<MySqlConnectOptions, DatabaseError> {
    let (address, parameters) = options.url.split_once('?').unwrap_or((&options.url, ""));
    if let Some(unknown) = unknown(parameters, &PARAMETERS) {
        let advice = |_: &str| format!("there are: {}", PARAMETERS.join(", "));
        return Err(refused(unknown.told(
            "the database URL",
            advice,
            &PARAMETERS,
        )));
    }
    let parsed: MySqlConnectOptions = options.url.parse().map_err(|error: sqlx::Error| {
        refused(format!(
            "the database URL cannot be read ({error}); it looks like mysql://user:password@host:3306/database, \
             with special characters in the password percent-encoded"
        ))
    })?;
    if parsed.get_database().is_none() {
        return Err(refused(format!(
            "the database URL names no database: put its name behind the host, as in {}://…/app",
            address.split(':').next().unwrap_or("mysql")
        )));
    }
    // The driver looks up `[::1]` with its brackets, in vain.
    let host = parsed.get_host().trim_matches(['[', ']']).to_owned();
    let mut connect = parsed
        .host(&host)
        .charset("utf8mb4")
        .timezone(Some("+00:00".to_owned()))
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .disable_statement_logging();
    let encoding = checked("mysqlEncoding", options.encoding.as_deref())?.unwrap_or("utf8mb4");
    if let Some(collate) = checked("mysqlCollate", options.collate.as_deref())?
        && encoding.eq_ignore_ascii_case("utf8mb4")
    {
        connect = connect.collation(&full_collation(encoding, collate));
    }
    Ok(connect)
}

/// What new tables say of their character set and collation; nothing where nothing is said of them here.
pub(super) fn table_charset(options: &OpenOptions) -> Result<String, DatabaseError> {
    let encoding = checked("mysqlEncoding", options.encoding.as_deref())?;
    let collate = checked("mysqlCollate", options.collate.as_deref())?;
    if encoding.is_none() && collate.is_none() {
        return Ok(String::new());
    }
    let encoding = encoding.unwrap_or("utf8mb4");
    let collate = collate.map(|collate| format!(" COLLATE {}", full_collation(encoding, collate)));
    Ok(format!(
        " CHARACTER SET {encoding}{}",
        collate.unwrap_or_default()
    ))
}

/// BeeORM gives collations without their character set: `0900_ai_ci`.
fn full_collation(encoding: &str, collate: &str) -> String {
    let prefixed = collate
        .to_ascii_lowercase()
        .starts_with(&encoding.to_ascii_lowercase());
    if prefixed {
        collate.to_owned()
    } else {
        format!("{encoding}_{collate}")
    }
}

/// These two become part of a statement's text.
fn checked<'a>(name: &str, value: Option<&'a str>) -> Result<Option<&'a str>, DatabaseError> {
    match value {
        Some(value)
            if value.is_empty()
                || !value
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
        {
            Err(refused(format!(
                "{name} is {value:?}, which is no name of the server's, as utf8mb4 or 0900_ai_ci are"
            )))
        }
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(url: &str, collate: Option<&str>) -> Result<MySqlConnectOptions, String> {
        let options = OpenOptions {
            url: url.to_owned(),
            max_connections: 1,
            connect_timeout: Duration::from_secs(1),
            encoding: None,
            collate: collate.map(str::to_owned),
            runtime: crate::runtime::Runtime::system(),
        };
        connect_options(&options).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_url_is_read() {
        let options = read(
            "mariadb://bee:h%40ney@db:3307/app?ssl-mode=required",
            Some("0900_ai_ci"),
        )
        .unwrap();
        assert_eq!(options.get_host(), "db");
        assert_eq!(options.get_port(), 3307);
        assert_eq!(read("mysql://[::1]/app", None).unwrap().get_host(), "::1");
        assert_eq!(options.get_username(), "bee");
        assert_eq!(options.get_database(), Some("app"));
        assert_eq!(options.get_collation(), Some("utf8mb4_0900_ai_ci"));
    }

    #[test]
    fn a_mistake_is_named_and_no_password_shown() {
        let refused = |url| read(url, None).unwrap_err();
        assert!(refused("mysql://bee:honey@db").contains("names no database"));
        assert!(refused("mysql://bee:honey@db/app?sslmod=required").contains("\"sslmod\""));
        assert!(refused("mysql://bee:honey@db:port/app").contains("cannot be read"));
        assert!(!refused("mysql://bee:honey@db:port/app").contains("honey"));
        let secret = refused("mysql://bee:left?honey@db/app");
        assert!(
            !secret.contains("honey") && secret.contains("? is %3F"),
            "{secret}"
        );
        assert!(
            read("mysql://db/app", Some("a; DROP TABLE b"))
                .unwrap_err()
                .contains("mysqlCollate")
        );
    }
}
