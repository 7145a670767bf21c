//! Defaults: literals of the entities and of the databases, made comparable.

use crate::{column::ColumnType, entity::ColumnSchema};

/// The value of an SQL literal as the derive prints it and as servers tell it: `1`, `1.5`, or a text in quotes.
pub(super) fn value(literal: &str) -> String {
    unquoted(literal).map_or_else(|| literal.to_owned(), unescaped)
}

/// What a text means between its quotes, where a quote is doubled and a backslash escapes.
pub(super) fn unescaped(text: &str) -> String {
    let mut letters = text.chars();
    let mut value = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        let meant = match letter {
            // The first of two.
            '\'' => letters.next(),
            '\\' => letters.next().map(|escaped| match escaped {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\x08',
                '0' => '\0',
                'Z' => '\x1a',
                itself => itself,
            }),
            letter => Some(letter),
        };
        value.extend(meant);
    }
    value
}

/// Servers tell of definitions in three bytes a letter: an emoji is told as a question mark.
pub(super) fn as_told(text: &str) -> String {
    let told = |letter| if letter > '\u{ffff}' { '?' } else { letter };
    text.chars().map(told).collect()
}

/// What stands between a literal's quotes.
pub(super) fn unquoted(literal: &str) -> Option<&str> {
    literal.strip_prefix('\'')?.strip_suffix('\'')
}

/// Whether a column that is there has the wanted default.
///
/// One that is not wanted may be there as the zero of its type: some columns cannot be added without.
pub(super) fn is_default(column: &ColumnSchema, have: Option<&str>) -> bool {
    let kind = &column.column_type;
    let canonical = |value: &str| as_told(&canonical(kind, value));
    let have = have.map(canonical);
    match column.default {
        Some(literal) => have == Some(canonical(&value(literal))),
        None => have.is_none_or(|have| !column.nullable && have == canonical(zero(kind))),
    }
}

/// The value that stands for nothing in a column that is not nullable.
pub(super) fn zero(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::Bool
        | ColumnType::Integer { .. }
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Decimal { .. } => "0",
        ColumnType::Text { .. } | ColumnType::Blob(_) | ColumnType::Set(_) => "",
        ColumnType::Date => "1970-01-01",
        ColumnType::DateTime => "1970-01-01 00:00:00.000000",
        // The first moment that MySQL can hold.
        ColumnType::Timestamp => "1970-01-01 00:00:01.000000",
        ColumnType::Uuid => "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ColumnType::Json => "null",
        ColumnType::Enum(values) => values.first().copied().unwrap_or_default(),
    }
}

/// The value as every database would spell it.
pub(super) fn canonical(kind: &ColumnType, value: &str) -> String {
    let spelled = match kind {
        ColumnType::Bool | ColumnType::Integer { .. } => {
            value.parse::<i128>().ok().map(|number| number.to_string())
        }
        // Databases show six digits of a float. They show no sign of a zero, which goes with what is added to it.
        ColumnType::Float => value
            .parse::<f32>()
            .ok()
            .map(|number| format!("{:.5e}", number + 0.0)),
        ColumnType::Double => value
            .parse::<f64>()
            .ok()
            .map(|number| format!("{:e}", number + 0.0)),
        ColumnType::Decimal { scale, .. } => {
            decimal(value).and_then(|value| rounded(value, (*scale).into()))
        }
        ColumnType::DateTime | ColumnType::Timestamp => moment(value),
        // Padded with zeros, and told by some servers as digits.
        ColumnType::Uuid => Some(bytes(value).trim_end_matches('\0').to_owned()),
        _ => None,
    };
    spelled.unwrap_or_else(|| value.to_owned())
}

/// Of `0x6162`, a letter each.
fn bytes(value: &str) -> String {
    // What ends in zeros is told without them.
    let Some(digits) = value.strip_prefix("0x") else {
        return value.to_owned();
    };
    let byte = |digits: &[u8]| {
        let digits = std::str::from_utf8(digits).ok()?;
        u8::from_str_radix(digits, 16).ok().map(char::from)
    };
    let bytes: Option<String> = digits.as_bytes().chunks(2).map(byte).collect();
    bytes.unwrap_or_else(|| value.to_owned())
}

/// Without zeros that mean nothing.
pub(super) fn decimal(value: &str) -> Option<String> {
    let plain = if value.contains(['e', 'E']) {
        value.parse::<f64>().ok()?.to_string()
    } else {
        value.to_owned()
    };
    let (sign, digits) = plain
        .strip_prefix('-')
        .map_or(("", plain.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    Some(match (whole, fraction) {
        ("", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!(
            "{sign}{}.{fraction}",
            if whole.is_empty() { "0" } else { whole }
        ),
    })
}

/// A plain decimal with so many digits behind its point, as servers round a default: halves away from zero.
fn rounded(value: String, scale: usize) -> Option<String> {
    let Some((whole, fraction)) = value.split_once('.') else {
        return Some(value);
    };
    let (kept, Some(next)) = (
        fraction.get(..scale).unwrap_or(fraction),
        fraction.as_bytes().get(scale),
    ) else {
        return Some(value);
    };
    let (sign, whole) = whole
        .strip_prefix('-')
        .map_or(("", whole), |whole| ("-", whole));
    let mut digits = format!("0{whole}{kept}").into_bytes();
    if *next >= b'5' {
        for digit in digits.iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                break;
            }
            *digit = b'0';
        }
    }
    let digits = String::from_utf8(digits).ok()?;
    let (whole, fraction) = digits.split_at_checked(digits.len().checked_sub(kept.len())?)?;
    decimal(&format!("{sign}{whole}.{fraction}"))
}

/// With six digits of a second.
fn moment(value: &str) -> Option<String> {
    let (date, time) = value.split_once([' ', 'T']).unwrap_or((value, "00:00:00"));
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let shaped =
        date.len() == 10 && time.len() == 8 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then(|| format!("{date} {time}.{fraction:0<6}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECIMAL: ColumnType = ColumnType::Decimal {
        precision: 10,
        scale: 2,
    };
    const TEXT: ColumnType = ColumnType::Text { length: Some(10) };

    #[test]
    fn spellings_of_one_value_are_equal() {
        for (kind, one, other) in [
            (ColumnType::Bool, "1", "1"),
            (ColumnType::Float, "0.123456789", "0.123457"),
            (ColumnType::Float, "1e30", "1000000000000000000000000000000"),
            (
                ColumnType::Double,
                "1.2345678901234567e-5",
                "0.000012345678901234568",
            ),
            (DECIMAL, "1.5", "1.50"),
            (DECIMAL, "1e2", "100.00"),
            (DECIMAL, "-0", "0.00"),
            (DECIMAL, "-.5", "-0.50"),
            (DECIMAL, "0.005", "0.01"),
            (DECIMAL, "-9.995", "-10.00"),
            (DECIMAL, "0.0049", "0.00"),
            (ColumnType::Double, "-0.0", "0"),
            (ColumnType::Float, "-0.0", "0"),
            (
                ColumnType::DateTime,
                "2000-01-01",
                "2000-01-01 00:00:00.000000",
            ),
            (
                ColumnType::Timestamp,
                "2000-01-01T10:00:00.5",
                "2000-01-01 10:00:00.500000",
            ),
        ] {
            assert_eq!(
                canonical(&kind, one),
                canonical(&kind, other),
                "{one} {other}"
            );
        }
        assert_ne!(canonical(&DECIMAL, "1.5"), canonical(&DECIMAL, "1.05"));
        assert_ne!(canonical(&TEXT, "1.5"), canonical(&TEXT, "1.50"));
    }

    #[test]
    fn texts_lose_their_quotes() {
        assert_eq!(value("'it''s a \\\\'"), "it's a \\");
        assert_eq!(value("-1.5"), "-1.5");
        assert_eq!(value("'\\0a\\r\\n\\\\n\\Z\t'"), "\0a\r\n\\n\x1a\t");
    }

    #[test]
    fn zeros_are_known_however_they_are_told() {
        for told in [
            "",
            "0x",
            &"\0".repeat(16),
            &format!("0x{}", "00".repeat(16)),
        ] {
            assert_eq!(canonical(&ColumnType::Uuid, told), "", "{told:?}");
        }
        assert_eq!(canonical(&ColumnType::Uuid, "0x6100"), "a");
        assert_eq!(canonical(&ColumnType::Uuid, "0"), "0");
    }
}
