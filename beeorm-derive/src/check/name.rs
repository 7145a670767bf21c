use std::fmt;

use quote::ToTokens;

use crate::mistakes::Mistakes;

/// MySQL's limit, in characters.
const LONGEST: usize = 64;

/// What bears a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Table,
    Column,
    Index,
    Prefix,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table => "the name of a table",
            Self::Column => "the name of a column",
            Self::Index => "the name of an index",
            Self::Prefix => "the prefix of columns",
        })
    }
}

/// Refuses a name that MySQL refuses.
pub(crate) fn name(named: Named, name: &str, at: impl ToTokens, mistakes: &mut Mistakes) {
    let length = name.chars().count();
    if name.is_empty() && named != Named::Prefix {
        mistakes.add(at, format!("{named} cannot be empty"));
    } else if length > LONGEST {
        mistakes.add(
            at,
            format!("{named} has at most {LONGEST} characters, and this has {length}"),
        );
    } else if let Some(letter) = name
        .chars()
        .find(|letter| matches!(letter, '\0' | '`') || *letter > '\u{ffff}')
    {
        mistakes.add(at, format!("{named} cannot hold {letter:?}"));
    } else if name.ends_with(' ') {
        mistakes.add(at, format!("{named} cannot end with a space"));
    } else if named == Named::Index && name.eq_ignore_ascii_case("primary") {
        mistakes.add(
            at,
            "`PRIMARY` is the key's index; give this one another name",
        );
    }
}
