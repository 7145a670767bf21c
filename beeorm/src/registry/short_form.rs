//! BeeORM's way to name a Redis: `host:port[:db[:namespace]]` or `/path.sock[:db[:namespace]]`, each with
//! `?user=…&password=…` where it asks for them.

use super::query;
use crate::error::parameters::unknown;

const FORM: &str =
    "write host:port[:db[:namespace]], or a URL: redis://[user:password@]host:port/db";

const PARAMETERS: [&str; 2] = ["user", "password"];

/// What stands behind a host, or behind the name of a sentinels' master: `db[:namespace]`, and the parameters.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rest {
    pub(super) database: u8,
    pub(super) namespace: Option<String>,
    user: String,
    password: String,
}

impl Rest {
    pub(super) fn read(parts: &[&str], parameters: &str) -> Result<Self, String> {
        let mut rest = Self::default();
        match parts {
            [] => {}
            [database] => rest.database = number(database)?,
            [database, namespace] => {
                rest.database = number(database)?;
                rest.namespace =
                    Some((*namespace).to_owned()).filter(|namespace| !namespace.is_empty());
            }
            _ => return Err(format!("there are too many colons in it; {FORM}")),
        }
        if let Some(unknown) = unknown(parameters, &PARAMETERS) {
            let advice = |_: &str| format!("there are: {}", PARAMETERS.join(", "));
            return Err(unknown.told("it", advice, &PARAMETERS));
        }
        for (name, value) in query::pairs(parameters) {
            match name.as_str() {
                "user" => rest.user = value,
                _ => rest.password = value,
            }
        }
        Ok(rest)
    }

    /// `user:password@`, or nothing.
    pub(super) fn credentials(&self) -> String {
        let (user, password) = (query::encode(&self.user), query::encode(&self.password));
        match (user.is_empty(), password.is_empty()) {
            (true, true) => String::new(),
            (false, true) => format!("{user}@"),
            _ => format!("{user}:{password}@"),
        }
    }
}

/// What is none may be a password.
fn number(database: &str) -> Result<u8, String> {
    database
        .parse()
        .map_err(|_| format!("the database is no number from 0 to 255; {FORM}"))
}

/// The URL and the namespace; none where it is not of this form at all. What is wrong repeats nothing that might
/// be a password.
pub(super) fn read(text: &str) -> Option<Result<(String, Option<String>), String>> {
    let (place, parameters) = text.split_once('?').unwrap_or((text, ""));
    let parts: Vec<&str> = place.split(':').collect();
    match parts.as_slice() {
        [path, rest @ ..] if path.starts_with('/') => {
            Some(Rest::read(rest, parameters).map(|rest| {
                let url = format!(
                    "redis+unix://{}{path}?db={}",
                    rest.credentials(),
                    rest.database
                );
                (url, rest.namespace)
            }))
        }
        [host, port, rest @ ..] if is_host(host) && !place.contains('@') => {
            Some(server(host, port, rest, parameters))
        }
        _ => None,
    }
}

fn server(
    host: &str,
    port: &str,
    rest: &[&str],
    parameters: &str,
) -> Result<(String, Option<String>), String> {
    let port: u16 = port
        .parse()
        .map_err(|_| format!("what stands behind the first colon is no port; {FORM}"))?;
    let rest = Rest::read(rest, parameters)?;
    let url = format!(
        "redis://{}{}:{port}/{}",
        rest.credentials(),
        or_localhost(host),
        rest.database
    );
    Ok((url, rest.namespace))
}

/// As Go has it: `:6379` is the machine itself.
pub(super) fn or_localhost(host: &str) -> &str {
    if host.is_empty() { "localhost" } else { host }
}

fn is_host(host: &str) -> bool {
    host.chars()
        .all(|letter| letter.is_alphanumeric() || "-._".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> (String, Option<String>) {
        read(text).unwrap().unwrap()
    }

    #[test]
    fn hosts() {
        let without = |url: &str| (url.to_owned(), None);
        assert_eq!(url("localhost:6379"), without("redis://localhost:6379/0"));
        assert_eq!(url(":6379"), without("redis://localhost:6379/0"));
        assert_eq!(
            url("192.123.11.12:6379:3"),
            without("redis://192.123.11.12:6379/3")
        );
        assert_eq!(
            url("localhost:6379:1:app"),
            (
                "redis://localhost:6379/1".to_owned(),
                Some("app".to_owned())
            )
        );
        assert_eq!(
            url("localhost:6385:11?user=bee&password=h@n%26y"),
            without("redis://bee:h%40n%26y@localhost:6385/11")
        );
    }

    #[test]
    fn sockets() {
        assert_eq!(
            url("/var/redis.sock"),
            ("redis+unix:///var/redis.sock?db=0".to_owned(), None)
        );
        assert_eq!(
            url("/var/redis.sock:2:app?password=honey"),
            (
                "redis+unix://:honey@/var/redis.sock?db=2".to_owned(),
                Some("app".to_owned())
            )
        );
    }

    #[test]
    fn mistakes() {
        let refused = |text| read(text).unwrap().unwrap_err();
        assert!(refused("localhost:redis").contains("is no port"));
        assert!(refused("localhost:6379:app").contains("the database is no number"));
        assert!(refused("localhost:6379:0:app:more").contains("too many colons"));
        assert!(refused("localhost:6379?pass=x").contains("user, password"));
        assert_eq!(read("localhost"), None);
        assert_eq!(read("root:secret@localhost:6379"), None);
    }
}
