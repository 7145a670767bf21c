use super::Word;
use crate::{mistakes::Mistakes, spelling::nearest};

/// Where an `#[entity(..)]` stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Entity,
    Field,
    Embedded,
    EmbeddedField,
    Enum,
    Variant,
}

/// Words whose behaviour is to come: never to be taken for a slip, and never ignored.
const LATER: &[&str] = &[
    "cache",
    "cached",
    "cascade",
    "check",
    "created_at",
    "dirty",
    "foreign_key",
    "fulltext",
    "generated",
    "local_cache",
    "log",
    "on_delete",
    "on_update",
    "redis",
    "redis_cache",
    "rename_all",
    "search",
    "soft_delete",
    "updated_at",
    "version",
];

/// What other ORMs call it, and what it is called here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("autoincrement", "auto_increment"),
    ("column_name", "column"),
    ("crate_path", "crate"),
    ("db_column", "column"),
    ("default_value", "default"),
    ("embed", "embedded"),
    ("fake_delete", "soft_delete"),
    ("flatten", "embedded"),
    ("ignore", "skip"),
    ("key", "primary_key"),
    ("max_length", "length"),
    ("name", "column"),
    ("pk", "primary_key"),
    ("pool", "mysql"),
    ("rename", "column"),
    ("size", "length"),
    ("table_name", "table"),
    ("text", "length = max"),
    ("transient", "skip"),
];

/// Words for what the field's type says here.
const NULL: &[&str] = &["not_null", "null", "nullable", "optional", "required"];

impl Place {
    const ALL: [Self; 6] = [
        Self::Entity,
        Self::Field,
        Self::Embedded,
        Self::EmbeddedField,
        Self::Enum,
        Self::Variant,
    ];

    /// The words that may stand there.
    pub(crate) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Entity => &["table", "mysql", "crate"],
            Self::Embedded | Self::Enum => &["crate"],
            Self::Variant => &["rename"],
            Self::Field => &[
                "column",
                "uuid",
                "primary_key",
                "auto_increment",
                "length",
                "blob",
                "mediumblob",
                "longblob",
                "precision",
                "scale",
                "json",
                "embedded",
                "prefix",
                "unique",
                "index",
                "default",
                "skip",
            ],
            Self::EmbeddedField => &[
                "column",
                "length",
                "blob",
                "mediumblob",
                "longblob",
                "precision",
                "scale",
                "json",
                "embedded",
                "prefix",
                "unique",
                "index",
                "default",
                "skip",
            ],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Entity => "an entity",
            Self::Field => "a field of an entity",
            Self::Embedded => "an embedded struct",
            Self::EmbeddedField => "a field of an embedded struct",
            Self::Enum => "an enum",
            Self::Variant => "a variant of an enum",
        }
    }

    /// Whether the word may stand there; notes a mistake if not.
    pub(crate) fn knows(self, word: &Word, mistakes: &mut Mistakes) -> bool {
        let name = word.name.to_string();
        let known = self.words().contains(&name.as_str());
        if !known {
            mistakes.add(&word.name, self.unknown(&name));
        }
        known
    }

    fn unknown(self, name: &str) -> String {
        if LATER.contains(&name) {
            return format!("`{name}` is not supported yet");
        }
        if NULL.contains(&name) {
            return format!(
                "unknown attribute `{name}`: a field of type `Option` may be NULL, any other may not"
            );
        }
        let elsewhere = ELSEWHERE
            .iter()
            .find(|(word, _)| *word == name)
            .map(|(_, ours)| *ours);
        // `rename` is a word of its own on variants, so this comes before the look at other places.
        if let Some(ours) = elsewhere.filter(|ours| self.has(ours)) {
            return format!("unknown attribute `{name}`; did you mean `{ours}`?");
        }
        if let Some(place) = Self::ALL.into_iter().find(|place| place.has(name)) {
            return format!(
                "`{name}` belongs on {}, not on {}",
                place.name(),
                self.name()
            );
        }
        if let Some(ours) = nearest(name, self.words()) {
            return format!("unknown attribute `{name}`; did you mean `{ours}`?");
        }
        if let Some(later) = nearest(name, LATER) {
            return format!("unknown attribute `{name}`; `{later}` is not supported yet");
        }
        let words: Vec<String> = self
            .words()
            .iter()
            .map(|word| format!("`{word}`"))
            .collect();
        format!(
            "unknown attribute `{name}`; {} takes {}",
            self.name(),
            words.join(", ")
        )
    }

    /// Whether the word, or the word before its `=`, may stand there.
    fn has(self, word: &str) -> bool {
        let word = word.split(' ').next().unwrap_or(word);
        self.words().contains(&word)
    }
}
