//! Types: as the entities ask for them and as the servers tell them, in one spelling.

use super::super::{
    have::Column,
    literal::{as_told, unescaped},
};
use super::write::text;
use crate::column::ColumnType;

/// The type of a wanted column, as [`told`] would spell it.
pub(super) fn wanted(kind: &ColumnType) -> String {
    match kind {
        ColumnType::Bool => "tinyint".to_owned(),
        ColumnType::Enum(values) => list("enum", values),
        ColumnType::Set(values) => list("set", values),
        kind => kind.to_string(),
    }
}

fn list(name: &str, values: &[&str]) -> String {
    let values: Vec<_> = values.iter().map(|value| quoted(&as_told(value))).collect();
    format!("{name}({})", values.join(","))
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

/// What is between the first quotes, and what is behind them.
fn first_value(list: &str) -> Option<(String, &str)> {
    let list = list.strip_prefix('\'')?;
    let mut letters = list.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let is_doubled = matches!(letters.peek(), Some((_, '\'')));
        match letter {
            '\'' if !is_doubled => {
                let (value, behind) = (list.get(..at)?, list.get(at + 1..)?);
                return Some((unescaped(value), behind));
            }
            // The next one belongs to it.
            '\'' | '\\' => drop(letters.next()),
            _ => {}
        }
    }
    None
}

/// The values of an ENUM or SET with one escape for each letter: servers have several.
fn told_list(kind: &Kind<'_>) -> Option<String> {
    let mut values = Vec::new();
    let mut list = kind.inner;
    loop {
        let (value, behind) = first_value(list)?;
        values.push(quoted(&as_told(&value)));
        match behind.strip_prefix(',') {
            Some(more) => list = more,
            None if behind.is_empty() => break,
            None => return None,
        }
    }
    Some(format!("{}({}){}", kind.name, values.join(","), kind.rest))
}

/// The default that means nothing, as SQL, of a type that is there; none where nobody knows one.
pub(super) fn zero(have: &Column) -> Option<String> {
    let kind = Kind::of(&have.kind);
    Some(match kind.name {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float"
        | "double" | "bit" | "year" => "0".to_owned(),
        "char" | "varchar" | "binary" | "varbinary" | "set" => "''".to_owned(),
        "date" => "'1970-01-01'".to_owned(),
        "time" => "'00:00:00'".to_owned(),
        // The first moment that a TIMESTAMP can hold.
        "datetime" | "timestamp" => "'1970-01-01 00:00:01'".to_owned(),
        // Which letter a question mark stands for is not told.
        "enum" => text(
            &first_value(kind.inner)
                .filter(|(first, _)| !first.contains('?'))?
                .0,
        ),
        "json" => "('null')".to_owned(),
        name if TEXTS.contains(&name) || BLOBS.contains(&name) => "('')".to_owned(),
        _ => return None,
    })
}

/// A type as the server tells it. MariaDB tells how wide integers are shown, MySQL has given that up.
pub(super) fn told(kind: &str) -> String {
    let parts = Kind::of(kind);
    if parts.rank(&INTEGERS).is_some() && !parts.rest.contains("zerofill") {
        return format!("{}{}", parts.name, parts.rest);
    }
    if ["enum", "set"].contains(&parts.name)
        && let Some(told) = told_list(&parts)
    {
        return told;
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

/// Whether a column of the one type may refer to a key of the other: texts of whatever length, all else as it is.
pub(super) fn may_refer(column: &str, key: &str) -> bool {
    let (column, key) = (Kind::of(column), Kind::of(key));
    let is_signed = |kind: &Kind<'_>| !kind.rest.contains("unsigned");
    let family = |kind: &Kind<'_>| match kind.name {
        "char" | "varchar" => Some("text"),
        "binary" | "varbinary" => Some("bytes"),
        _ => None,
    };
    match (family(&column), family(&key)) {
        (None, None) => {
            column.name == key.name
                && (column.inner == key.inner || column.rank(&INTEGERS).is_some())
                && is_signed(&column) == is_signed(&key)
        }
        (column, key) => column == key,
    }
}

/// Whether a text of this collation can hold all these letters; what nobody knows here the server knows.
pub(super) fn has_letters(collation: &str, letters: &str) -> bool {
    // Of the code page 1252, which is what the servers call latin1.
    const MORE: &str = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";
    let has = |letter: char| match collation.split('_').next() {
        Some("ascii") => letter.is_ascii(),
        Some("latin1") => letter <= '\u{ff}' || MORE.contains(letter),
        Some("utf8" | "utf8mb3" | "ucs2") => letter <= '\u{ffff}',
        _ => true,
    };
    letters.chars().all(has)
}

/// What a column that has this type takes of an index; none where it has no bounded length.
pub(super) fn index_bytes(column: &Column, kind: &str) -> Option<u32> {
    let kind = Kind::of(kind);
    match kind.name {
        "char" | "varchar" => Some(kind.number(0).saturating_mul(letter_bytes(column))),
        "binary" | "varbinary" => Some(kind.number(0)),
        name if TEXTS.contains(&name) || BLOBS.contains(&name) || name == "json" => None,
        _ => Some(16),
    }
}

/// What the beginning of a column takes of an index: so many letters, or bytes where it has none.
pub(super) fn prefix_bytes(column: &Column, length: i64) -> u32 {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    match column.collation {
        Some(_) => length.saturating_mul(letter_bytes(column)),
        None => length,
    }
}

fn letter_bytes(column: &Column) -> u32 {
    let collation = column.collation.as_deref().unwrap_or_default();
    match collation.split('_').next() {
        Some("latin1" | "ascii") => 1,
        Some("utf8" | "utf8mb3") => 3,
        _ => 4,
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
            wanted(&ColumnType::Integer {
                bits: 32,
                signed: true
            })
        );
        assert_eq!(told("tinyint(1)"), wanted(&ColumnType::Bool));
        assert_eq!(
            told("enum('a','b''c','d\\\\e')"),
            wanted(&ColumnType::Enum(&["a", "b'c", "d\\e"]))
        );
        assert_eq!(
            told("set('\\\\','','''','?','\\n\t\\0','x')"),
            wanted(&ColumnType::Set(&["\\", "", "'", "🐝", "\n\t\0", "x"]))
        );
    }

    #[test]
    fn columns_of_every_type_have_a_default() {
        for (kind, expected) in [
            ("int unsigned", Some("0")),
            ("varchar(3)", Some("''")),
            ("mediumtext", Some("('')")),
            ("json", Some("('null')")),
            ("enum('it''s','b')", Some("'it''s'")),
            ("enum('a\\\\')", Some("x'615c'")),
            ("enum('?','b')", None),
            ("point", None),
        ] {
            let kind = kind.to_owned();
            let column = Column {
                kind,
                ..Column::default()
            };
            assert_eq!(zero(&column).as_deref(), expected, "{}", column.kind);
        }
    }

    #[test]
    fn a_column_refers_to_a_key_of_its_own_type() {
        for (column, key, expected) in [
            ("varchar(255)", "char(20)", true),
            ("int unsigned", "int(5) unsigned zerofill", true),
            ("int unsigned", "int unsigned", true),
            ("int", "int unsigned", false),
            ("bigint", "int", false),
            ("binary(16)", "varbinary(16)", true),
            ("binary(16)", "char(16)", false),
            ("text", "varchar(255)", false),
        ] {
            assert_eq!(may_refer(column, key), expected, "{column} {key}");
        }
    }

    #[test]
    fn a_character_set_has_letters() {
        for (collation, letters, expected) in [
            ("latin1_swedish_ci", "é€", true),
            ("latin1_swedish_ci", "日", false),
            ("ascii_bin", "é", false),
            ("utf8mb3_general_ci", "日", true),
            ("utf8mb3_general_ci", "🐝", false),
            ("utf8mb4_bin", "🐝", true),
        ] {
            assert_eq!(
                has_letters(collation, letters),
                expected,
                "{collation} {letters}"
            );
        }
    }

    #[test]
    fn texts_take_their_letters_bytes_of_an_index() {
        for (kind, collation, expected) in [
            ("varchar(100)", "utf8mb4_bin", Some(400)),
            ("varchar(100)", "utf8mb3_general_ci", Some(300)),
            ("varchar(100)", "latin1_swedish_ci", Some(100)),
            ("varchar(100)", "uca1400_ai_ci", Some(400)),
            ("binary(16)", "", Some(16)),
            ("text", "utf8mb4_bin", None),
            ("longblob", "", None),
            ("datetime(6)", "", Some(16)),
        ] {
            let column = Column {
                collation: Some(collation.to_owned()),
                ..Column::default()
            };
            assert_eq!(index_bytes(&column, kind), expected, "{kind} {collation}");
        }
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
            ("varchar(10)", "json"),
            ("json", "longtext"),
        ] {
            assert!(!widens(have, want), "{have} {want}");
        }
    }
}
