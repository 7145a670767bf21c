use fred::types::config::Config;

use super::RedisError;
use crate::error::parameters::{ENCODE, is_word};

const FORMS: &str = "redis://[user:password@]host[:port][/db], rediss://… (encrypted), redis+unix:///path[?db=n] or \
                     redis-sentinel://[user:password@]host[:port][,host[:port]…]/service[/db]";

/// What fred makes of the URL; messages never show it, as it may hold a password.
pub(super) fn config(url: &str) -> Result<Config, RedisError> {
    let (scheme, rest) = url
        .split_once("://")
        .ok_or_else(|| wrong("it has no scheme"))?;
    match scheme {
        "redis" | "valkey" => centralized(rest),
        "rediss" | "valkeys" => encrypted(centralized(rest)?),
        "redis+unix" | "valkey+unix" => unix(rest),
        "redis-sentinel" | "valkey-sentinel" => sentinel(rest),
        "rediss-sentinel" | "valkeys-sentinel" => encrypted(sentinel(rest)?),
        _ => Err(wrong(&format!("{scheme:?} is not known"))),
    }
}

fn wrong(what: &str) -> RedisError {
    RedisError::Url(format!(
        "{what}; write {FORMS}, with special characters of the password as %XX"
    ))
}

fn parsed(config: Result<Config, fred::error::Error>) -> Result<Config, RedisError> {
    config.map_err(|error| wrong(error.details()))
}

fn centralized(rest: &str) -> Result<Config, RedisError> {
    if rest.contains('?') {
        return Err(wrong("it has parameters, and none are known"));
    }
    database_is_a_number(rest.split_once('/').map(|(_, database)| database))?;
    parsed(Config::from_url_centralized(&format!("redis://{rest}")))
}

fn database_is_a_number(database: Option<&str>) -> Result<(), RedisError> {
    match database {
        None | Some("") => Ok(()),
        Some(database) if database.parse::<u8>().is_ok() => Ok(()),
        Some(database) if is_word(database) => Err(wrong(&format!(
            "the database {database:?} is no number from 0 to 255"
        ))),
        Some(_) => Err(wrong(&format!(
            "what stands for the database is no number from 0 to 255; {ENCODE}"
        ))),
    }
}

#[cfg(feature = "tls")]
fn encrypted(mut config: Config) -> Result<Config, RedisError> {
    config.tls = Some(super::tls::connector()?);
    Ok(config)
}

#[cfg(not(feature = "tls"))]
fn encrypted(_: Config) -> Result<Config, RedisError> {
    Err(RedisError::Url(
        "encrypted connections need the feature `tls` of beeorm".to_owned(),
    ))
}

#[cfg(unix)]
fn unix(rest: &str) -> Result<Config, RedisError> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, "db=0"));
    let database = query
        .strip_prefix("db=")
        .ok_or_else(|| wrong("the one parameter it takes is db"))?;
    database_is_a_number(Some(database))?;
    let mut config = parsed(Config::from_url_unix(&format!("redis+unix://{path}")))?;
    config.database = database.parse().ok();
    Ok(config)
}

#[cfg(not(unix))]
fn unix(_: &str) -> Result<Config, RedisError> {
    Err(RedisError::Url(
        "this system has no Unix sockets; use redis://host[:port][/db]".to_owned(),
    ))
}

/// `hosts/service/db`, as everybody writes it, to fred's `host/db?sentinelServiceName=service&node=host`.
fn sentinel(rest: &str) -> Result<Config, RedisError> {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if query.contains("sentinelServiceName=") {
        return parsed(Config::from_url_sentinel(&format!(
            "redis-sentinel://{rest}"
        )));
    }
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    let (service, database) = path.split_once('/').unwrap_or((path, ""));
    if service.is_empty() {
        return Err(wrong("the name of the sentinels' service is missing"));
    }
    database_is_a_number(Some(database))?;
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    let mut hosts = hosts.split(',');
    let first = hosts.next().unwrap_or_default();
    let nodes: String = hosts
        .map(|host| format!("&node={}", with_port(host)))
        .collect();
    let (service, more) = (
        service.replace('+', "%2B"),
        if query.is_empty() { "" } else { "&" },
    );
    parsed(Config::from_url_sentinel(&format!(
        "redis-sentinel://{user}{first}/{database}?sentinelServiceName={service}{nodes}{more}{query}"
    )))
}

fn with_port(host: &str) -> String {
    if host.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:26379")
    }
}

#[cfg(test)]
mod tests {
    use fred::types::config::ServerConfig;

    use super::*;

    #[test]
    fn one_server() {
        let config = config("redis://ann:s%40cret@example.com/3").unwrap();
        assert_eq!(
            config.server,
            ServerConfig::new_centralized("example.com", 6379)
        );
        assert_eq!(config.username.as_deref(), Some("ann"));
        assert_eq!(config.password.as_deref(), Some("s@cret"));
        assert_eq!(config.database, Some(3));
        assert!(config.tls.is_none());
    }

    #[test]
    fn a_password_alone() {
        let config = config("redis://:secret@localhost:6380").unwrap();
        assert_eq!(
            (config.username, config.password.as_deref()),
            (None, Some("secret"))
        );
    }

    #[cfg(feature = "tls")]
    #[test]
    fn an_encrypted_connection() {
        assert!(config("rediss://example.com").unwrap().tls.is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_socket() {
        let config = config("redis+unix:///run/redis.sock?db=2").unwrap();
        assert_eq!(
            config.server,
            ServerConfig::Unix {
                path: "/run/redis.sock".into()
            }
        );
        assert_eq!(config.database, Some(2));
    }

    #[test]
    fn sentinels() {
        let config = config("redis-sentinel://ann:secret@one:1,two/prime+/4").unwrap();
        assert_eq!(config.database, Some(4));
        assert_eq!(config.password.as_deref(), Some("secret"));
        let ServerConfig::Sentinel {
            hosts,
            service_name,
            password,
            ..
        } = config.server
        else {
            panic!()
        };
        let mut hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        hosts.sort();
        assert_eq!(hosts, ["one:1", "two:26379"]);
        assert_eq!(service_name, "prime+");
        assert_eq!(
            password, None,
            "the sentinels have a password of their own: `?sentinelPassword=`"
        );
    }

    #[test]
    fn what_is_wrong_is_said_and_the_password_is_not() {
        for url in [
            "localhost:6379",
            "http://:secret@localhost",
            "redis://:secret@localhost/x",
            "redis://:secret@localhost/256",
            "redis://:secret@localhost:99999",
            "redis://:secret@localhost?db=1",
            "redis://ann:left/secret@localhost:1/0",
            "redis://ann:left?secret@localhost:1/0",
            "redis+unix:///run/redis.sock?database=1",
            "redis-sentinel://:secret@one,two",
        ] {
            let error = config(url).unwrap_err().to_string();
            assert!(error.contains("redis://"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
