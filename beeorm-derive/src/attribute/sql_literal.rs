use syn::Lit;

use super::Word;
use crate::mistakes::Mistakes;

/// The value of `default`, as it stands in a table's definition.
pub(crate) struct SqlLiteral {
    pub(crate) sql: String,
    pub(crate) literal: Literal,
}

/// What kind of literal it is, to be held against the field's type.
pub(crate) enum Literal {
    Integer(i128),
    Float(f64),
    Bool,
    Text(String),
}

impl SqlLiteral {
    pub(crate) fn read(word: &Word, mistakes: &mut Mistakes) -> Option<Self> {
        let read = match (word.literal(), word.negated_literal()) {
            (Some(literal), _) => Self::of(literal, ""),
            (_, Some(literal @ (Lit::Int(_) | Lit::Float(_)))) => Self::of(literal, "-"),
            _ => None,
        };
        read.or_else(|| word.wants("a literal: a number, `true`, `false` or a text", mistakes))
    }

    fn of(literal: &Lit, sign: &str) -> Option<Self> {
        let (sql, literal) = match literal {
            Lit::Int(number) => {
                let number: i128 = format!("{sign}{}", number.base10_digits()).parse().ok()?;
                (number.to_string(), Literal::Integer(number))
            }
            Lit::Float(number) => {
                let sql = format!("{sign}{}", number.base10_digits());
                let number = sql.parse().ok()?;
                (sql, Literal::Float(number))
            }
            Lit::Bool(value) => (u8::from(value.value).to_string(), Literal::Bool),
            Lit::Str(text) => {
                let text = text.value();
                let quoted = text.replace('\\', "\\\\").replace('\'', "''");
                (format!("'{quoted}'"), Literal::Text(text))
            }
            _ => return None,
        };
        Some(Self { sql, literal })
    }
}
