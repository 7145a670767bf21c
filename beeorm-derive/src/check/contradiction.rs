use crate::{attribute::FieldAttributes, mistakes::Mistakes};

const SIZES: [&str; 3] = ["blob", "mediumblob", "longblob"];

/// A word, those that cannot stand beside it (none: any), and why.
const CONTRADICTIONS: &[(&str, &[&str], &str)] = &[
    ("skip", &[], "a skipped field is no column"),
    (
        "embedded",
        &[
            "json",
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
            "unique",
            "index",
            "default",
        ],
        "an embedded struct has columns of its own; put it on their fields",
    ),
    (
        "json",
        &[
            "uuid",
            "primary_key",
            "auto_increment",
            "length",
            "blob",
            "mediumblob",
            "longblob",
            "precision",
            "scale",
            "unique",
            "index",
            "default",
        ],
        "a JSON column has none",
    ),
    (
        "uuid",
        &["auto_increment", "default"],
        "the key is made on the client",
    ),
    ("primary_key", &["default"], "a key has no default"),
    (
        "auto_increment",
        &["default"],
        "the key is made by the database",
    ),
    (
        "length",
        &["blob", "mediumblob", "longblob", "precision", "scale"],
        "`length` is for text",
    ),
    (
        "blob",
        &["precision", "scale", "default"],
        "MySQL's BLOB columns have none",
    ),
    (
        "mediumblob",
        &["precision", "scale", "default"],
        "MySQL's BLOB columns have none",
    ),
    (
        "longblob",
        &["precision", "scale", "default"],
        "MySQL's BLOB columns have none",
    ),
];

/// Whether words contradict each other; then more is not to be asked of them.
pub(crate) fn contradicts(attributes: &FieldAttributes, mistakes: &mut Mistakes) -> bool {
    for (word, others, reason) in CONTRADICTIONS {
        if !attributes.has(word) {
            continue;
        }
        let other = attributes.words.iter().find(|other| {
            *other != word && (others.is_empty() || others.iter().any(|name| *other == name))
        });
        if let Some(other) = other {
            mistakes.add(
                other,
                format!("`{other}` cannot stand beside `{word}`: {reason}"),
            );
            return true;
        }
    }
    false
}

/// Words that mean nothing without another.
pub(crate) fn needs(attributes: &FieldAttributes, mistakes: &mut Mistakes) {
    for (word, needed, how) in [
        ("prefix", "embedded", "`embedded, prefix = \"..\"`"),
        ("precision", "scale", "`precision = 10, scale = 2`"),
        ("scale", "precision", "`precision = 10, scale = 2`"),
    ] {
        if let Some(found) = attributes.word(word).filter(|_| !attributes.has(needed)) {
            mistakes.add(found, format!("`{word}` goes with `{needed}`: {how}"));
        }
    }
    if let (Some(precision), Some(scale)) = (&attributes.precision, &attributes.scale)
        && scale.value > precision.value
    {
        let message = format!(
            "`scale` counts among the {} digits of `precision`",
            precision.value
        );
        mistakes.add(&scale.word, message);
    }
}

/// Whether a blob's size is given.
pub(super) fn blob_size(attributes: &FieldAttributes) -> Option<&proc_macro2::Ident> {
    SIZES.iter().find_map(|size| attributes.word(size))
}
