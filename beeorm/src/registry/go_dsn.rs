//! What BeeORM's databases are named with, `user:password@tcp(host:port)/database?parameters`, is read only to say
//! which URL it should be.

use super::{query, short_form::or_localhost};

/// What to write instead of a data source name of Go's driver; none for anything else. Without the password.
pub(super) fn advice(text: &str) -> Option<String> {
    let (place, rest) = text.rsplit_once('/')?;
    let (credentials, address) = match place.rsplit_once('@') {
        Some((credentials, address)) => (Some(credentials), address),
        None => (None, place),
    };
    let (network, address) = match address.split_once('(') {
        Some((network, address)) => (network, address.strip_suffix(')')?),
        None if credentials.is_some() && ["", "tcp", "unix"].contains(&address) => (address, ""),
        None => return None,
    };
    let credentials = credentials.map(|credentials| match credentials.split_once(':') {
        Some((user, "")) => format!("{}@", query::encode(user)),
        Some((user, _)) => format!("{}:***@", query::encode(user)),
        None => format!("{}@", query::encode(credentials)),
    });
    let credentials = credentials.unwrap_or_default();
    let (database, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let parameters = Parameters::read(parameters, (network == "unix").then_some(address));
    let host = if network == "unix" {
        "localhost"
    } else {
        or_localhost(address)
    };
    let mut advice = "this is the data source name of a Go driver; write ".to_owned();
    advice.push_str(&format!(
        "mysql://{credentials}{host}/{}{}",
        query::encode(database),
        parameters.query()
    ));
    if credentials.contains(':') {
        advice.push_str(" with the password for ***, its special characters as %XX (@ is %40)");
    }
    for note in parameters.notes {
        advice.push_str("; ");
        advice.push_str(&note);
    }
    Some(advice)
}

#[derive(Default)]
struct Parameters {
    kept: Vec<String>,
    notes: Vec<String>,
}

impl Parameters {
    fn read(text: &str, socket: Option<&str>) -> Self {
        let mut parameters = Self::default();
        if let Some(socket) = socket {
            parameters.kept.push(format!(
                "socket={}",
                query::encode(socket).replace("%2F", "/")
            ));
        }
        let mut dropped = Vec::new();
        for (name, value) in query::pairs(text) {
            match (name.as_str(), value.as_str()) {
                ("tls", "true") => parameters.kept.push("ssl-mode=verify_identity".to_owned()),
                ("tls", "skip-verify") => parameters.kept.push("ssl-mode=required".to_owned()),
                ("tls", "preferred") => parameters.kept.push("ssl-mode=preferred".to_owned()),
                ("tls", "false") => parameters.kept.push("ssl-mode=disabled".to_owned()),
                ("charset", _) => parameters.note("the tables' character set is `mysqlEncoding` in YAML, `PoolOptions::encoding` in code"),
                ("collation", _) => parameters.note("the tables' collation is `mysqlCollate` in YAML, `PoolOptions::collate` in code"),
                ("limit_connections", _) => parameters.note(
                    "the number of connections is `MaxOpenConnections` beside `uri` in YAML, \
                     `PoolOptions::max_connections` in code",
                ),
                _ => dropped.push(name),
            }
        }
        if !dropped.is_empty() {
            parameters.note(&format!(
                "there is nothing like {}: leave it out",
                dropped.join(", ")
            ));
        }
        parameters
    }

    fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    fn query(&self) -> String {
        if self.kept.is_empty() {
            String::new()
        } else {
            format!("?{}", self.kept.join("&"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<String> {
        let advice = advice(text)?;
        assert!(!advice.contains("honey"), "{advice}");
        let url = advice
            .strip_prefix("this is the data source name of a Go driver; write ")
            .unwrap();
        Some(url.split([' ', ';']).next().unwrap().to_owned())
    }

    #[test]
    fn the_url_that_it_should_be() {
        for (dsn, wanted) in [
            (
                "root:root@tcp(localhost:3308)/test",
                "mysql://root:***@localhost:3308/test",
            ),
            (
                "bee@x:h/on@ey@tcp([::1]:3306)/my_app",
                "mysql://bee%40x:***@[::1]:3306/my_app",
            ),
            ("root@/app", "mysql://root@localhost/app"),
            ("root:@tcp(db)/app", "mysql://root@db/app"),
            ("tcp(db:3306)/app", "mysql://db:3306/app"),
            (
                "bee:honey@unix(/run/mysqld.sock)/app",
                "mysql://bee:***@localhost/app?socket=/run/mysqld.sock",
            ),
            (
                "bee:honey@tcp(db)/a?tls=skip-verify&parseTime=true",
                "mysql://bee:***@db/a?ssl-mode=required",
            ),
        ] {
            assert_eq!(url(dsn).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn parameters_are_answered_too() {
        let advice = advice(
            "bee:honey@tcp(db)/app?parseTime=true&loc=Local&limit_connections=10&charset=latin1",
        )
        .unwrap();
        assert!(
            advice.ends_with("there is nothing like parseTime, loc: leave it out"),
            "{advice}"
        );
        assert!(advice.contains("MaxOpenConnections"), "{advice}");
        assert!(advice.contains("mysqlEncoding"), "{advice}");
    }

    #[test]
    fn other_texts() {
        for text in [
            "localhost:6379",
            "/var/redis.sock:1",
            "root:honey@localhost/app",
            "localhost/app",
            "",
            "/",
            "@",
        ] {
            assert_eq!(url(text), None, "{text}");
        }
    }
}
