use std::fmt;

use super::{
    go_dsn,
    pool::PoolKind,
    query,
    redact::redact,
    short_form,
    similar::{advice, closest},
};
use crate::error::parameters::{ENCODE, has_password_in_path, unknown};

/// Where a pool connects to.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PoolUrl {
    pub(super) backend: Backend,
    /// As the backend takes it; holds the password.
    pub(super) url: String,
    pub(super) namespace: Option<String>,
}

/// Why a URL cannot be read.
#[derive(Debug)]
pub(super) struct WrongUrl {
    /// What is wrong and what to write; never the password.
    pub(super) problem: String,
    /// The kind of pool that was meant, where that can be told.
    pub(super) meant: Option<PoolKind>,
}

/// What is behind a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    Database,
    Redis,
    Embedded,
}

const SCHEMES: [(&str, Backend); 14] = [
    ("mysql", Backend::Database),
    ("mariadb", Backend::Database),
    ("sqlite", Backend::Database),
    ("redis", Backend::Redis),
    ("rediss", Backend::Redis),
    ("redis+unix", Backend::Redis),
    ("redis-sentinel", Backend::Redis),
    ("rediss-sentinel", Backend::Redis),
    ("valkey", Backend::Redis),
    ("valkeys", Backend::Redis),
    ("valkey+unix", Backend::Redis),
    ("valkey-sentinel", Backend::Redis),
    ("valkeys-sentinel", Backend::Redis),
    ("embedded", Backend::Embedded),
];

/// Databases on a host.
const MYSQL: [&str; 2] = ["mysql", "mariadb"];

const FORMS: &str = "mysql://user:password@host/database or sqlite://file for a database, redis://host:6379 or \
                     embedded://file for streams";

impl PoolUrl {
    /// Reads a URL, or one of BeeORM's short forms.
    pub(super) fn parse(text: &str) -> Result<Self, WrongUrl> {
        let text = text.trim();
        if text.is_empty() {
            return Err(WrongUrl {
                problem: format!("the URL is empty; write {FORMS}"),
                meant: None,
            });
        }
        if let Some((scheme, rest)) = split_scheme(text) {
            return Self::of_scheme(&scheme.to_ascii_lowercase(), rest);
        }
        if let Some(problem) = go_dsn::advice(text) {
            return Err(WrongUrl {
                problem,
                meant: Some(PoolKind::Database),
            });
        }
        match short_form::read(text) {
            Some(Ok((url, namespace))) => Ok(Self {
                backend: Backend::Redis,
                url,
                namespace,
            }),
            Some(Err(problem)) => Err(WrongUrl {
                problem,
                meant: Some(PoolKind::Stream),
            }),
            None => Err(WrongUrl {
                problem: format!("the URL has no scheme; write {FORMS}"),
                meant: None,
            }),
        }
    }

    fn of_scheme(scheme: &str, rest: &str) -> Result<Self, WrongUrl> {
        let known = |scheme: &str| {
            SCHEMES
                .iter()
                .find(|(known, _)| *known == scheme)
                .map(|(_, backend)| *backend)
        };
        let Some(backend) = known(scheme) else {
            let meant = closest(scheme, SCHEMES.iter().map(|(known, _)| *known));
            let advice = meant.map_or_else(
                || format!("write {FORMS}"),
                |meant| format!("did you mean {meant:?}?"),
            );
            let problem = format!("the URL's scheme {scheme:?} is not known; {advice}");
            return Err(WrongUrl {
                problem,
                meant: meant.and_then(known).map(Backend::kind),
            });
        };
        if rest.trim_start_matches('/').is_empty() {
            let problem = format!("there is nothing behind {scheme}: in the URL; write {FORMS}");
            return Err(WrongUrl {
                problem,
                meant: Some(backend.kind()),
            });
        }
        let has_host = backend == Backend::Redis || MYSQL.contains(&scheme);
        if has_host && has_password_in_path(rest.trim_start_matches("//")) {
            let problem = format!("the URL has an `@` behind a `/`; {ENCODE}");
            return Err(WrongUrl {
                problem,
                meant: Some(backend.kind()),
            });
        }
        let url = format!("{scheme}:{rest}");
        if backend == Backend::Redis {
            let (url, namespace) = query::take(&url, "namespace");
            if let Some(problem) = unknown_parameter(scheme, &url) {
                let meant = Some(PoolKind::Stream);
                return Err(WrongUrl { problem, meant });
            }
            return Ok(Self {
                backend,
                url,
                namespace: namespace.filter(|namespace| !namespace.is_empty()),
            });
        }
        Ok(Self {
            backend,
            url,
            namespace: None,
        })
    }

    pub(super) fn kind(&self) -> PoolKind {
        self.backend.kind()
    }

    /// For messages: without the password.
    pub(super) fn shown(&self) -> String {
        redact(&self.url)
    }
}

impl Backend {
    /// For messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Database => "a database",
            Self::Redis => "a Redis",
            Self::Embedded => "an embedded",
        }
    }

    fn kind(self) -> PoolKind {
        match self {
            Self::Database => PoolKind::Database,
            Self::Redis | Self::Embedded => PoolKind::Stream,
        }
    }
}

/// The first parameter that a Redis URL of the scheme does not take.
fn unknown_parameter(scheme: &str, url: &str) -> Option<String> {
    let known: &[&str] = match scheme {
        _ if scheme.ends_with("+unix") => &["namespace", "db"],
        _ if scheme.ends_with("-sentinel") => &[
            "namespace",
            "sentinelUsername",
            "sentinelPassword",
            "sentinelServiceName",
            "node",
        ],
        _ => &["namespace"],
    };
    let (_, query) = url.split_once('?')?;
    let unknown = unknown(query, known)?;
    Some(unknown.told("the URL", |name| advice(name, known), known))
}

/// The scheme, and what is behind its colon. SQLite's alone may stand without slashes.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let named = scheme
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_url = named && !scheme.is_empty() && rest.starts_with("//");
    (is_url || scheme == "sqlite").then_some((scheme, rest))
}

impl fmt::Debug for PoolUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolUrl")
            .field("url", &self.shown())
            .field("namespace", &self.namespace)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Backend, String, Option<String>) {
        let url = PoolUrl::parse(text).unwrap();
        (url.backend, url.url, url.namespace)
    }

    #[test]
    fn the_scheme_decides() {
        for (text, backend) in [
            ("mysql://root@localhost/app", Backend::Database),
            ("mariadb://root@localhost/app", Backend::Database),
            ("sqlite://app.db", Backend::Database),
            ("sqlite::memory:", Backend::Database),
            ("redis://localhost", Backend::Redis),
            ("rediss://localhost", Backend::Redis),
            ("redis+unix:///var/redis.sock", Backend::Redis),
            (
                "redis-sentinel://one:26379,two:26379/master",
                Backend::Redis,
            ),
            ("valkey://localhost", Backend::Redis),
            ("embedded://memory", Backend::Embedded),
        ] {
            assert_eq!(parsed(text), (backend, text.to_owned(), None));
        }
        assert_eq!(
            parsed(" MySQL://root@localhost/app\n").1,
            "mysql://root@localhost/app"
        );
    }

    #[test]
    fn a_url_may_name_a_namespace() {
        let redis = |url: &str| (Backend::Redis, url.to_owned(), Some("app 1".to_owned()));
        assert_eq!(
            parsed("redis://localhost?namespace=app%201"),
            redis("redis://localhost")
        );
        assert_eq!(
            parsed("redis+unix:///redis.sock?db=2&namespace=app+1"),
            redis("redis+unix:///redis.sock?db=2")
        );
        assert_eq!(parsed("redis://localhost?namespace=").2, None);
    }

    #[test]
    fn a_mistake_is_answered_with_what_to_write() {
        let refused = |text| PoolUrl::parse(text).unwrap_err().problem;
        assert_eq!(
            refused("mysq://root@localhost/app"),
            "the URL's scheme \"mysq\" is not known; did you mean \"mysql\"?"
        );
        assert!(refused("postgres://root@localhost/app").contains("write mysql://"));
        assert!(refused("user:secret@localhost:3306/app").contains("no scheme"));
        assert!(!refused("user:secret@localhost:3306/app").contains("secret"));
        assert!(
            refused("user:secret@tcp(localhost:3306)/app")
                .contains("mysql://user:***@localhost:3306/app")
        );
        assert!(refused("").contains("empty"));
        assert!(refused("redis://").contains("nothing behind redis:"));
        assert!(refused("localhost").contains("no scheme"));
    }

    #[test]
    fn a_parameter_that_is_not_known_is_answered_with_those_that_are() {
        let refused = |text| PoolUrl::parse(text).unwrap_err().problem;
        assert_eq!(
            refused("redis://localhost?namepsace=shop"),
            "the URL has a parameter \"namepsace\" that is not known; did you mean \"namespace\"?"
        );
        assert_eq!(
            refused("rediss://localhost/1?namespace=shop&timeout=1"),
            "the URL has a parameter \"timeout\" that is not known; there are: namespace"
        );
        assert!(
            refused("redis+unix:///redis.sock?database=1").ends_with("there are: namespace, db")
        );
        assert!(
            refused("redis-sentinel://one/m?sentinelPasword=secret")
                .ends_with("did you mean \"sentinelPassword\"?")
        );
        let sentinels = "redis-sentinel://one/m?sentinelPassword=x&sentinelUsername=y";
        assert_eq!(parsed(sentinels).1, sentinels);
    }

    #[test]
    fn a_password_that_is_not_encoded_is_not_shown() {
        for (url, tells) in [
            ("redis://ann:left/secret@localhost:1/0", "/ is %2F"),
            ("mysql://ann:left/secret@localhost:1/app", "/ is %2F"),
            ("redis://ann:left?secret@localhost:1/0", "? is %3F"),
            ("redis://ann:left?x=1&secret@localhost:1/0", "& is %26"),
            (
                "redis-sentinel://one/m?sentinelPassword=left&secret",
                "& is %26",
            ),
            ("localhost:6379?user=ann&password=left&secret", "& is %26"),
            ("127.0.0.1:6379:secret", "no number"),
        ] {
            let problem = PoolUrl::parse(url).unwrap_err().problem;
            assert!(
                !problem.contains("secret") && !problem.contains("left"),
                "{problem}"
            );
            assert!(problem.contains(tells), "{problem}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        let url = PoolUrl::parse("mysql://root:secret@localhost/app").unwrap();
        assert!(!format!("{url:?}").contains("secret"));
    }
}
