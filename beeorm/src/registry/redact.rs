/// The URL with `***` for its passwords.
///
/// It may be a wrong one: what stands before the last `@` is taken for the user and the password, also where a slash
/// in it should have been written `%2F`.
pub(super) fn redact(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = match rest.rsplit_once('@') {
        Some((user, place)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{place}"),
            None => format!("{user}@{place}"),
        },
        None => rest.to_owned(),
    };
    let rest = match rest.split_once('?') {
        Some((place, query)) => {
            let query: Vec<_> = query.split('&').map(parameter).collect();
            format!("{place}?{}", query.join("&"))
        }
        None => rest,
    };
    if scheme.is_empty() {
        rest
    } else {
        format!("{scheme}://{rest}")
    }
}

fn parameter(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}=***"),
        Some(_) => pair.to_owned(),
        // No parameter is without a value: it may be what is behind an `&` in a password.
        None => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden() {
        for (url, shown) in [
            ("mysql://root@localhost/app", "mysql://root@localhost/app"),
            (
                "mysql://root:secret@localhost/app",
                "mysql://root:***@localhost/app",
            ),
            (
                "mysql://root:se/c@ret@localhost/app",
                "mysql://root:***@localhost/app",
            ),
            (
                "mysql://root:se?c:ret@localhost/app?socket=/x",
                "mysql://root:***@localhost/app?socket=/x",
            ),
            ("redis://:secret@localhost", "redis://:***@localhost"),
            ("redis://localhost:6379/0", "redis://localhost:6379/0"),
            (
                "redis-sentinel://one/m?sentinelPassword=secret&x=1",
                "redis-sentinel://one/m?sentinelPassword=***&x=1",
            ),
            (
                "redis-sentinel://one/m?sentinelPassword=sec&ret",
                "redis-sentinel://one/m?sentinelPassword=***&***",
            ),
            ("sqlite::memory:", "sqlite::memory:"),
        ] {
            assert_eq!(redact(url), shown);
        }
    }
}
