//! Types: as the entities ask for them and as the servers tell them, in one spelling.

use crate::column::ColumnType;

/// The type of a wanted column, as [`told`] would spell it.
pub(super) fn wanted(kind: &ColumnType, is_maria: bool) -> String {
    match kind {
        ColumnType::Bool => "tinyint".to_owned(),
        // MariaDB keeps JSON as a text with a check.
        ColumnType::Json if is_maria => "longtext".to_owned(),
        ColumnType::Enum(values) => list("enum", values),
        ColumnType::Set(values) => list("set", values),
        kind => kind.to_string(),
    }
}

fn list(name: &str, values: &[&str]) -> String {
    let values: Vec<_> = values
        .iter()
        .map(|value| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''")))
        .collect();
    format!("{name}({})", values.join(","))
}

/// A type as the server tells it. MariaDB tells how wide integers are shown, MySQL has given that up.
pub(super) fn told(kind: &str) -> String {
    let parts = Kind::of(kind);
    if parts.rank(&INTEGERS).is_some() && !parts.rest.contains("zerofill") {
        return format!("{}{}", parts.name, parts.rest);
    }
    kind.to_owned()
}

const INTEGERS: [&str; 5] = ["tinyint", "smallint", "mediumint", "int", "bigint"];
const TEXTS: [&str; 5] = ["varchar", "tinytext", "text", "mediumtext", "longtext"];
const BLOBS: [&str; 4] = ["tinyblob", "blob", "mediumblob", "longblob"];

/// Whether every value of the one type is one of the other, and stays what it is.
pub(super) fn widens(have: &str, want: &str) -> bool {
    let (have, want) = (Kind::of(have), Kind::of(want));
    if have.rest != want.rest {
        return false;
    }
    let wider = |order: &[&str]| match (have.rank(order), want.rank(order)) {
        (Some(have), Some(want)) => want > have,
        _ => false,
    };
    match (have.name, want.name) {
        ("varchar", "varchar") | ("datetime", "datetime") | ("timestamp", "timestamp") => {
            have.number(0) <= want.number(0)
        }
        ("decimal", "decimal") => {
            let whole = |kind: &Kind<'_>| kind.number(0).saturating_sub(kind.number(1));
            have.number(1) <= want.number(1) && whole(&have) <= whole(&want)
        }
        ("float", "double") => have.inner.is_empty(),
        ("enum", "enum") | ("set", "set") => want
            .inner
            .strip_prefix(have.inner)
            .is_some_and(|more| more.starts_with(',')),
        // A varchar may hold more than the small texts do.
        ("varchar", "tinytext" | "text") => false,
        _ => wider(&INTEGERS) || wider(&TEXTS) || wider(&BLOBS),
    }
}

/// A type's parts: `decimal`, `10,2`, ` unsigned`.
struct Kind<'a> {
    name: &'a str,
    inner: &'a str,
    rest: &'a str,
}

impl<'a> Kind<'a> {
    fn of(kind: &'a str) -> Self {
        let end = kind
            .find(|letter: char| !letter.is_ascii_alphanumeric())
            .unwrap_or(kind.len());
        let (name, behind) = kind.split_at(end);
        match behind
            .strip_prefix('(')
            .and_then(|inner| inner.rsplit_once(')'))
        {
            Some((inner, rest)) => Self { name, inner, rest },
            None => Self {
                name,
                inner: "",
                rest: behind,
            },
        }
    }

    /// A number between the parentheses; one that is left out is 0.
    fn number(&self, place: usize) -> u32 {
        self.inner
            .split(',')
            .nth(place)
            .and_then(|number| number.trim().parse().ok())
            .unwrap_or(0)
    }

    fn rank(&self, order: &[&str]) -> Option<usize> {
        order.iter().position(|name| *name == self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_agree_on_integers() {
        for (maria, mysql) in [
            ("tinyint(1)", "tinyint(1)"),
            ("tinyint(3) unsigned", "tinyint unsigned"),
            ("bigint(20) unsigned", "bigint unsigned"),
            ("int(11)", "int"),
            ("decimal(10,2)", "decimal(10,2)"),
            ("enum('int(1)','b')", "enum('int(1)','b')"),
        ] {
            assert_eq!(told(maria), told(mysql));
        }
        assert_eq!(
            told("int(11)"),
            wanted(
                &ColumnType::Integer {
                    bits: 32,
                    signed: true
                },
                true
            )
        );
        assert_eq!(told("tinyint(1)"), wanted(&ColumnType::Bool, false));
        assert_eq!(
            told("enum('a','b''c','d\\\\e')"),
            wanted(&ColumnType::Enum(&["a", "b'c", "d\\e"]), false)
        );
    }

    #[test]
    fn a_wider_type_holds_all_that_the_narrow_one_did() {
        for (have, want) in [
            ("varchar(10)", "varchar(20)"),
            ("varchar(10)", "mediumtext"),
            ("tinyint unsigned", "int unsigned"),
            ("int", "bigint"),
            ("blob", "longblob"),
            ("float", "double"),
            ("datetime", "datetime(6)"),
            ("timestamp(3)", "timestamp(6)"),
            ("decimal(10,2)", "decimal(12,4)"),
            ("enum('a','b')", "enum('a','b','c')"),
            ("set('a')", "set('a','b')"),
        ] {
            assert!(widens(have, want), "{have} {want}");
            assert!(!widens(want, have), "{want} {have}");
        }
        for (have, want) in [
            ("int", "bigint unsigned"),
            ("varchar(10)", "int"),
            ("varchar(3000)", "text"),
            ("decimal(10,2)", "decimal(10,4)"),
            ("enum('a','b')", "enum('b','a')"),
            ("enum('a')", "enum('ab')"),
            ("double(10,2)", "double"),
            ("char(36)", "binary(16)"),
        ] {
            assert!(!widens(have, want), "{have} {want}");
        }
    }
}
