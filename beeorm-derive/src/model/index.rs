use proc_macro2::Span;
use syn::LitStr;

use super::{ColumnModel, Core, Field, KeyModel, Kind, Storage};
use crate::{
    attribute::{Given, IndexWord, Length},
    check::{self, Named},
    mistakes::Mistakes,
};

/// MySQL's limits of an index.
const MOST_COLUMNS: usize = 16;
const MOST_BYTES: u32 = 3072;
/// Of a character of `utf8mb4`.
const CHARACTER_BYTES: u32 = 4;
/// Of a text column that says no length.
const DEFAULT_LENGTH: u32 = 255;

/// An index over one column or several.
pub(crate) struct IndexModel {
    pub(crate) name: String,
    pub(crate) unique: bool,
    pub(crate) columns: Vec<String>,
    /// The word of the last column, for mistakes to point at.
    word: Span,
    /// Of the columns of text; of others it is not known, and small.
    bytes: u32,
    /// Whether it was given a name, so that other columns can join.
    named: bool,
}

impl IndexModel {
    /// What `unique` and `index` say on all of the fields; those of one name are one index.
    pub(super) fn all(
        fields: &[Field<'_>],
        key: Option<&KeyModel>,
        mistakes: &mut Mistakes,
    ) -> Vec<Self> {
        let mut indexes: Vec<Self> = Vec::new();
        for (position, field) in fields.iter().enumerate() {
            let Kind::Column(column) = &field.kind else {
                continue;
            };
            let is_key = key.is_some_and(|key| key.field == position);
            // On the key, a word without a name was told of already.
            for word in field
                .attributes
                .indexes
                .iter()
                .filter(|word| !is_key || word.value.name.is_some())
            {
                if let Some(problem) = check::unindexable(&column.storage, &field.shape.core) {
                    mistakes.add(&word.word, problem);
                } else {
                    join(
                        &mut indexes,
                        Self::of(column, &field.shape.core, word, mistakes),
                        mistakes,
                    );
                }
            }
        }
        for index in &indexes {
            index.check_size(mistakes);
        }
        indexes
    }

    fn of(
        column: &ColumnModel,
        core: &Core,
        word: &Given<IndexWord>,
        mistakes: &mut Mistakes,
    ) -> Self {
        let name = word.value.name.as_ref();
        if let Some(name) = name {
            check::name(Named::Index, &name.value(), name, mistakes);
        }
        let characters = match (column.storage, core) {
            (Storage::Text(Length::Characters(characters)), _) => characters,
            (_, Core::Text) => DEFAULT_LENGTH,
            _ => 0,
        };
        Self {
            name: name.map_or_else(|| column.name.clone(), LitStr::value),
            unique: word.value.unique,
            columns: vec![column.name.clone()],
            word: name.map_or_else(|| word.word.span(), LitStr::span),
            bytes: characters * CHARACTER_BYTES,
            named: name.is_some(),
        }
    }

    fn check_size(&self, mistakes: &mut Mistakes) {
        if self.columns.len() > MOST_COLUMNS {
            mistakes.add_at(
                self.word,
                format!("an index has at most {MOST_COLUMNS} columns"),
            );
        } else if self.bytes > MOST_BYTES {
            let message = format!(
                "an index holds at most {MOST_BYTES} bytes, and this takes {} ({CHARACTER_BYTES} a character); \
                 shorten the `length` of its columns",
                self.bytes
            );
            mistakes.add_at(self.word, message);
        }
    }
}

/// Adds the column to the index of that name, or makes the index.
fn join(indexes: &mut Vec<IndexModel>, index: IndexModel, mistakes: &mut Mistakes) {
    let same_name =
        |other: &&mut IndexModel| other.name.to_lowercase() == index.name.to_lowercase();
    let Some(earlier) = indexes.iter_mut().find(same_name) else {
        indexes.push(index);
        return;
    };
    let (name, column) = (&index.name, earlier.columns.join("`, `"));
    if !earlier.named || !index.named {
        let message = if earlier.columns == index.columns && earlier.named == index.named {
            format!(
                "`{column}` has an index already, which is named as it is; take one of the words out (`unique` is an index \
                 too), or give this one a name: `{} = \"..\"`",
                if index.unique { "unique" } else { "index" }
            )
        } else {
            format!("the index name `{name}` is taken by `{column}`; give one of them another name")
        };
        mistakes.add_at(index.word, message);
    } else if earlier.unique != index.unique {
        let message = format!(
            "`{name}` is `unique` on one field and `index` on another; one index is one or the other"
        );
        mistakes.add_at(index.word, message);
    } else if earlier.name != index.name {
        let message = format!(
            "`{name}` and `{}` differ in case only, which MySQL does not tell apart",
            earlier.name
        );
        mistakes.add_at(index.word, message);
    } else {
        earlier.columns.extend(index.columns);
        earlier.bytes += index.bytes;
        earlier.word = index.word;
    }
}
