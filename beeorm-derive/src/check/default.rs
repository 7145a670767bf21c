use quote::ToTokens;

use super::{digits, moment};
use crate::{
    attribute::{Length, Literal, SqlLiteral},
    mistakes::Mistakes,
    model::{Core, Storage},
};

/// BeeORM's and most people's length of a text column that says nothing.
const DEFAULT_LENGTH: u32 = 255;

/// Holds the literal of `default` against the column's type.
pub(crate) fn default_fits(
    default: &SqlLiteral,
    storage: &Storage,
    core: &Core,
    at: impl ToTokens,
    mistakes: &mut Mistakes,
) {
    if let Some(problem) = problem(default, storage, core) {
        mistakes.add(at, problem);
    }
}

fn problem(default: &SqlLiteral, storage: &Storage, core: &Core) -> Option<String> {
    let wanted = match (core, storage, &default.literal) {
        (_, Storage::Text(Length::Max), _) => {
            "MySQL's MEDIUMTEXT columns have no `default`; give the column a `length`"
        }
        (Core::Bytes, ..) | (_, Storage::Blob(_), _) => "MySQL's BLOB columns have no `default`",
        (Core::Json, ..) => "MySQL's JSON columns have no `default`",
        (Core::Uuid, ..) => "a column of `Uuid` has no `default`",
        (Core::Bool, _, Literal::Bool) | (Core::Float { .. }, _, Literal::Integer(_)) => {
            return None;
        }
        (Core::Float { single }, _, Literal::Float(number)) => {
            let most = if *single {
                f64::from(f32::MAX)
            } else {
                f64::MAX
            };
            if number.abs() <= most {
                return None;
            }
            "the `default` is larger than any number of this column"
        }
        (
            Core::Decimal,
            Storage::Decimal { precision, scale },
            Literal::Integer(_) | Literal::Float(_),
        ) => return too_many_digits(&default.sql, *precision, *scale),
        // How many digits the column has is still to be said.
        (Core::Decimal, _, Literal::Integer(_) | Literal::Float(_)) => return None,
        (Core::Moment(kind), _, Literal::Text(text)) if moment::is_moment(text) => {
            let (fits, range) = moment::range(*kind, text);
            return (!fits)
                .then(|| format!("the `default` is out of range: the column holds {range}"));
        }
        (Core::Moment(_), _, Literal::Text(_)) => {
            "the `default` is no date, nor one with a time: `default = \"2000-01-31\"`, `default = \"2000-01-31 23:59:59\"`"
        }
        (Core::Bool, ..) => "the `default` of a `bool` is `true` or `false`",
        (Core::Float { .. } | Core::Decimal, ..) => "the `default` of this column is a number",
        (Core::Moment(_), ..) => {
            "the `default` of a date or time is a text: `default = \"2000-01-01\"`"
        }
        (Core::Integer { bits, signed }, _, Literal::Integer(number)) => {
            return out_of_range(*bits, *signed, *number);
        }
        (Core::Integer { .. }, ..) => "the `default` of this column is a whole number",
        (Core::Text, storage, Literal::Text(text)) => return too_long(storage, text),
        (Core::Text, ..) => "the `default` of a `String` is a text",
        _ => return None,
    };
    Some(wanted.to_owned())
}

fn out_of_range(bits: u32, signed: bool, number: i128) -> Option<String> {
    let (least, most) = if signed {
        (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
    } else {
        (0, (1_i128 << bits) - 1)
    };
    let fits = (least..=most).contains(&number);
    (!fits).then(|| format!("the `default` is out of range: the column holds {least} to {most}"))
}

fn too_many_digits(number: &str, precision: u32, scale: u32) -> Option<String> {
    let most = precision.saturating_sub(scale);
    (digits::before_the_point(number, scale) > most.into()).then(|| {
        format!("the `default` is out of range: the column holds {most} digits before the point")
    })
}

fn too_long(storage: &Storage, text: &str) -> Option<String> {
    let characters = text.chars().count();
    let limit = match storage {
        Storage::Text(Length::Characters(limit)) => *limit,
        _ => DEFAULT_LENGTH,
    };
    let fits = u32::try_from(characters).is_ok_and(|characters| characters <= limit);
    (!fits)
        .then(|| format!("the `default` has {characters} characters, and the column holds {limit}"))
}
