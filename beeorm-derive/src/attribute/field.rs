use proc_macro2::Ident;
use syn::{Attribute, LitStr};

use super::{Given, Place, SqlLiteral, Word};
use crate::mistakes::Mistakes;

/// The most characters of four bytes that fit MySQL's row of 65,535 bytes.
const LONGEST_VARCHAR: u32 = 16_383;

/// The words on a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    /// Every word that was known, wrong values included, so that one mistake does not make another.
    pub(crate) words: Vec<Ident>,
    pub(crate) column: Option<Given<LitStr>>,
    pub(crate) length: Option<Given<Length>>,
    pub(crate) blob: Option<Given<BlobSize>>,
    pub(crate) precision: Option<Given<u32>>,
    pub(crate) scale: Option<Given<u32>>,
    pub(crate) prefix: Option<Given<LitStr>>,
    pub(crate) indexes: Vec<Given<IndexWord>>,
    pub(crate) default: Option<Given<SqlLiteral>>,
    flags: Vec<Ident>,
}

/// `length = 100` or `length = max`.
#[derive(Clone, Copy)]
pub(crate) enum Length {
    Characters(u32),
    Max,
}

/// `blob`, `mediumblob` or `longblob`.
#[derive(Clone, Copy)]
pub(crate) enum BlobSize {
    Blob,
    Medium,
    Long,
}

/// `unique` or `index`, of this column alone or of all that give the name.
pub(crate) struct IndexWord {
    pub(crate) unique: bool,
    pub(crate) name: Option<LitStr>,
}

impl FieldAttributes {
    pub(crate) fn read(attributes: &[Attribute], place: Place, mistakes: &mut Mistakes) -> Self {
        let mut read = Self::default();
        for word in Word::all(attributes, mistakes) {
            if place.knows(&word, mistakes) {
                read.take(&word, mistakes);
                read.words.push(word.name);
            }
        }
        read
    }

    /// The word, where it was given.
    pub(crate) fn word(&self, name: &str) -> Option<&Ident> {
        self.words.iter().find(|word| *word == name)
    }

    /// Whether the word was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.word(name).is_some()
    }

    fn take(&mut self, word: &Word, mistakes: &mut Mistakes) {
        match word.name.to_string().as_str() {
            "column" => word.fill(&mut self.column, word.text(mistakes), mistakes),
            "prefix" => word.fill(&mut self.prefix, word.text(mistakes), mistakes),
            "length" => word.fill(&mut self.length, Length::read(word, mistakes), mistakes),
            "precision" => word.fill(&mut self.precision, word.number(1, 65, mistakes), mistakes),
            "scale" => word.fill(&mut self.scale, word.number(0, 30, mistakes), mistakes),
            "default" => word.fill(
                &mut self.default,
                SqlLiteral::read(word, mistakes),
                mistakes,
            ),
            "blob" => self.blob(word, BlobSize::Blob, mistakes),
            "mediumblob" => self.blob(word, BlobSize::Medium, mistakes),
            "longblob" => self.blob(word, BlobSize::Long, mistakes),
            "unique" => self.index(word, true, mistakes),
            "index" => self.index(word, false, mistakes),
            _ => self.flag(word, mistakes),
        }
    }

    fn flag(&mut self, word: &Word, mistakes: &mut Mistakes) {
        if word.flag(mistakes).is_some() {
            if self.flags.contains(&word.name) {
                mistakes.add(&word.name, format!("`{}` is given twice", word.name));
            }
            self.flags.push(word.name.clone());
        }
    }

    fn blob(&mut self, word: &Word, size: BlobSize, mistakes: &mut Mistakes) {
        let size = word.flag(mistakes).map(|()| size);
        match &self.blob {
            Some(blob) if blob.word != word.name => {
                mistakes.add(
                    &word.name,
                    format!("a column has one size: `{}` or `{}`", blob.word, word.name),
                );
            }
            _ => word.fill(&mut self.blob, size, mistakes),
        }
    }

    /// A column may be in several indexes, each under a name of its own.
    fn index(&mut self, word: &Word, unique: bool, mistakes: &mut Mistakes) {
        let name = if word.value.is_some() {
            let Some(name) = word.text(mistakes) else {
                return;
            };
            Some(name)
        } else {
            None
        };
        let value = IndexWord { unique, name };
        let again = |given: &Given<IndexWord>| {
            given.value.unique == unique
                && given.value.name.as_ref().map(LitStr::value)
                    == value.name.as_ref().map(LitStr::value)
        };
        if self.indexes.iter().any(again) {
            mistakes.add(&word.name, format!("`{}` is given twice", word.name));
        } else {
            self.indexes.push(Given {
                word: word.name.clone(),
                value,
            });
        }
    }
}

impl Length {
    fn read(word: &Word, mistakes: &mut Mistakes) -> Option<Self> {
        if word.value_is("max") {
            return Some(Self::Max);
        }
        let characters = match word.literal() {
            Some(syn::Lit::Int(number)) => number.base10_parse().ok(),
            _ => None,
        };
        match characters {
            Some(characters @ 1..=LONGEST_VARCHAR) => Some(Self::Characters(characters)),
            _ => {
                let wanted = format!(
                    "a number of characters from 1 to {LONGEST_VARCHAR}, or `max` for more"
                );
                word.wants(&wanted, mistakes)
            }
        }
    }
}
