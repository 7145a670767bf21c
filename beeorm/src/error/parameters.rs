//! The parameters of a URL that may be a wrong one: what of them a message may show. A password whose special characters
//! were not encoded ends anywhere in a URL.

/// What to say where a piece of a password may be in the wrong place.
pub(crate) const ENCODE: &str =
    "the password has to be percent-encoded (/ is %2F, ? is %3F, & is %26)";

/// A parameter that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown<'q> {
    /// By this name.
    Named(&'q str),
    /// Its name may be a piece of a password.
    Secret,
}

/// The first parameter that is none of the known.
pub(crate) fn unknown<'q>(query: &'q str, known: &[&str]) -> Option<Unknown<'q>> {
    let mut behind_password = false;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .map_or((pair, None), |(name, value)| (name, Some(value)));
        if !known.contains(&name) {
            let is_plain = value.is_some() && is_word(name) && !behind_password;
            let is_before_a_host = query.contains('@');
            return Some(if is_plain && !is_before_a_host {
                Unknown::Named(name)
            } else {
                Unknown::Secret
            });
        }
        behind_password |= name.to_ascii_lowercase().contains("password");
    }
    None
}

impl Unknown<'_> {
    /// What is wrong with the URL, and what there is instead.
    pub(crate) fn told(
        self,
        url: &str,
        advice: impl FnOnce(&str) -> String,
        known: &[&str],
    ) -> String {
        match self {
            Self::Named(name) => {
                format!(
                    "{url} has a parameter {name:?} that is not known; {}",
                    advice(name)
                )
            }
            Self::Secret => format!(
                "{url} has a parameter that is not known; there are: {}; if it is a part of the password, {ENCODE}",
                known.join(", ")
            ),
        }
    }
}

/// Whether it is as a name of a parameter or a database is.
pub(crate) fn is_word(text: &str) -> bool {
    let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.".contains(&letter);
    !text.is_empty() && text.bytes().all(is_letter)
}

/// Whether the user and the password of what is behind `://` seem to go on behind a slash: a host ends there.
pub(crate) fn has_password_in_path(rest: &str) -> bool {
    let (authority, behind) = rest.split_once('/').unwrap_or((rest, ""));
    let path = behind.split('?').next().unwrap_or_default();
    authority.contains(':') && !authority.contains(['@', '?']) && path.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_may_be_of_a_password_is_not_told() {
        let known = ["db", "password"];
        let unknown = |query| unknown(query, &known);
        assert_eq!(unknown("db=1&password=a@b"), None);
        assert_eq!(unknown("db=1&timeout=2"), Some(Unknown::Named("timeout")));
        for secret in [
            "secret",
            "secret@host",
            "secret=x@host",
            "sec/ret=1",
            "db=1&secret",
            "password=left&secret=1",
            "secret=1&password=a@b",
        ] {
            assert_eq!(unknown(secret), Some(Unknown::Secret), "{secret}");
        }
    }

    #[test]
    fn a_slash_in_a_password_is_seen() {
        assert!(has_password_in_path("ann:sec/ret@host:1/0"));
        assert!(has_password_in_path(":sec/ret@host"));
        assert!(!has_password_in_path("ann:secret@host/a@b"));
        assert!(!has_password_in_path("host:1/0?password=a@b"));
        assert!(!has_password_in_path("/run/a@b.sock"));
    }
}
