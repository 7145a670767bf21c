use proc_macro2::Ident;

use super::{Core, Field, Kind};
use crate::{check, mistakes::Mistakes};

/// The key of an entity.
pub(crate) struct KeyModel {
    /// The place of its field.
    pub(crate) field: usize,
    pub(crate) source: KeySource,
}

/// Who makes the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySource {
    Client,
    AutoIncrement,
    User,
}

const NO_KEY: &str = "an entity has a key: name a field `id`, or put `#[entity(uuid)]` or \
                      `#[entity(primary_key)]` on the field that is the key";
const WHOSE_KEY: &str = "say who makes the key: put `#[entity(uuid)]` (made on the client) or \
                         `#[entity(primary_key)]` (yours to set) on it";

impl KeyModel {
    /// The field under `uuid` or `primary_key`, or else the one named `id`.
    pub(super) fn of(
        entity: &Ident,
        fields: &[Field<'_>],
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let Some((position, field)) = find(fields, mistakes) else {
            mistakes.add(entity, NO_KEY);
            return None;
        };
        for (other, field) in fields.iter().enumerate() {
            if let Some(word) = field
                .attributes
                .word("auto_increment")
                .filter(|_| other != position)
            {
                mistakes.add(word, "`auto_increment` is for the key");
            }
        }
        // Contradictory words were told of already.
        let source = match field.kind {
            Kind::Skipped => KeySource::User,
            _ => source(field, mistakes),
        };
        Some(Self {
            field: position,
            source,
        })
    }
}

fn find<'a>(fields: &'a [Field<'a>], mistakes: &mut Mistakes) -> Option<(usize, &'a Field<'a>)> {
    let mut said = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| key_word(field).is_some());
    if let Some(first) = said.next() {
        for word in said.filter_map(|(_, field)| key_word(field)) {
            mistakes.add(word, "composite keys are not supported: one key column");
        }
        return Some(first);
    }
    let mut fields = fields.iter().enumerate();
    let named = fields
        .clone()
        .find(|(_, field)| field.ident == "id" && !field.attributes.has("skip"));
    named.or_else(|| {
        let (position, field) = fields.find(|(_, field)| field.attributes.has("auto_increment"))?;
        let word = field.attributes.word("auto_increment")?;
        mistakes.add(
            word,
            "`auto_increment` goes with `primary_key`: `primary_key, auto_increment`",
        );
        Some((position, field))
    })
}

fn key_word<'a>(field: &'a Field<'_>) -> Option<&'a Ident> {
    field
        .attributes
        .word("uuid")
        .or_else(|| field.attributes.word("primary_key"))
}

/// Who makes the key, by its words and its type.
fn source(field: &Field<'_>, mistakes: &mut Mistakes) -> KeySource {
    check_column(field, mistakes);
    if !matches!(field.kind, Kind::Column(_)) {
        return KeySource::User;
    }
    let (ty, core) = (field.ty, &field.shape.core);
    if field.attributes.has("uuid") {
        if !matches!(
            core,
            Core::Uuid
                | Core::Integer {
                    bits: 64,
                    signed: false
                }
                | Core::Unknown
                | Core::Refused(_)
        ) {
            mistakes.add(ty, "`uuid` makes keys of type `Uuid` or `u64`");
        }
        return KeySource::Client;
    }
    if field.attributes.has("auto_increment") {
        if !matches!(
            core,
            Core::Integer { .. } | Core::Unknown | Core::Refused(_)
        ) {
            mistakes.add(ty, "AUTO_INCREMENT makes integers");
        }
        return KeySource::AutoIncrement;
    }
    match core {
        Core::Bool
        | Core::Float { .. }
        | Core::Bytes
        | Core::Decimal
        | Core::Moment(_)
        | Core::Json
        | Core::Reference => {
            mistakes.add(ty, check::KEY_TYPES);
            KeySource::User
        }
        _ if field.attributes.has("primary_key") => KeySource::User,
        Core::Integer { .. } => KeySource::AutoIncrement,
        Core::Uuid | Core::Unknown => {
            mistakes.add(field.ident, WHOSE_KEY);
            KeySource::User
        }
        Core::Text | Core::Refused(_) => KeySource::User,
    }
}

/// What a key's column cannot be.
fn check_column(field: &Field<'_>, mistakes: &mut Mistakes) {
    let attributes = &field.attributes;
    if field.shape.optional {
        mistakes.add(
            field.ty,
            "the key cannot be an `Option`: one that is not set is nil, zero or empty",
        );
    }
    let form = attributes
        .word("json")
        .or_else(|| attributes.word("embedded"));
    if let Some(word) = form.or_else(|| attributes.word("default")) {
        mistakes.add(
            word,
            format!("`{word}` is not for the key, which is `{}`", field.ident),
        );
    }
    for index in attributes
        .indexes
        .iter()
        .filter(|index| index.value.name.is_none())
    {
        mistakes.add(
            &index.word,
            "the key has an index, a unique one, without saying so",
        );
    }
    if let (Kind::Column(column), Some(length)) = (&field.kind, attributes.word("length"))
        && let Some(problem) = check::unindexable(&column.storage, &field.shape.core)
    {
        mistakes.add(length, problem);
    }
}
