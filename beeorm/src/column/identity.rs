use super::{ColumnType, ValueRef};

/// What makes two values of a column one and the same to the database, whoever encoded them and how.
///
/// Two values with different identities are never equal in a key or unique index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity<'a> {
    Number(i128),
    Bytes(&'a [u8]),
    Uuid([u8; 16]),
    Days(i32),
    Micros(i64),
    Decimal {
        negative: bool,
        whole: &'a str,
        fraction: &'a str,
    },
}

/// A value's identity; none for NULL, for what a collation or rounding compares, and for a value of
/// another kind than the column's, which the database would convert.
pub(crate) fn identity<'a>(column_type: &ColumnType, value: &ValueRef<'a>) -> Option<Identity<'a>> {
    Some(match (column_type, *value) {
        (ColumnType::Integer { .. }, ValueRef::Signed(value)) => Identity::Number(value.into()),
        (ColumnType::Integer { .. }, ValueRef::Unsigned(value)) => Identity::Number(value.into()),
        (ColumnType::Bool, ValueRef::Bool(value)) => Identity::Number(value.into()),
        (ColumnType::Uuid, ValueRef::Uuid(bytes)) => Identity::Uuid(bytes),
        (ColumnType::Blob(_), ValueRef::Bytes(bytes)) => Identity::Bytes(bytes),
        (ColumnType::Date, ValueRef::Date(days)) => Identity::Days(days),
        (ColumnType::DateTime, ValueRef::DateTime(micros))
        | (ColumnType::Timestamp, ValueRef::Timestamp(micros)) => Identity::Micros(micros),
        (ColumnType::Decimal { .. }, ValueRef::Decimal(text)) => decimal(text),
        _ => return None,
    })
}

/// `-01.50` is `-1.5`, and `-0` is `0`.
fn decimal(text: &str) -> Identity<'_> {
    let digits = text.trim_start_matches(['-', '+']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    Identity::Decimal {
        negative: text.starts_with('-') && !(whole.is_empty() && fraction.is_empty()),
        whole,
        fraction,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_identity_however_it_is_written() {
        let int = ColumnType::Integer {
            bits: 64,
            signed: true,
        };
        let of = |value| identity(&int, &value);
        assert_eq!(of(ValueRef::Signed(7)), of(ValueRef::Unsigned(7)));
        assert_ne!(of(ValueRef::Signed(-1)), of(ValueRef::Unsigned(u64::MAX)));
        let decimals = ColumnType::Decimal {
            precision: 10,
            scale: 4,
        };
        let of = |text| identity(&decimals, &ValueRef::Decimal(text));
        for (one, other) in [
            ("1.5", "01.500"),
            ("-0.0", "0"),
            ("10", "10.0"),
            (".5", "0.5"),
        ] {
            assert_eq!(of(one), of(other));
        }
        assert_ne!(of("-1.5"), of("1.5"));
        assert_ne!(of("1"), of("10"));
        assert_ne!(of("0.1"), of("0.01"));
    }

    #[test]
    fn what_a_collation_or_the_database_decides_has_none() {
        let text = ColumnType::Text { length: Some(10) };
        assert_eq!(identity(&text, &ValueRef::Text("bee")), None);
        let int = ColumnType::Integer {
            bits: 8,
            signed: true,
        };
        assert_eq!(identity(&int, &ValueRef::Text("7")), None);
        assert_eq!(identity(&int, &ValueRef::Null), None);
        assert_eq!(
            identity(&ColumnType::Double, &ValueRef::Double(0.0)),
            None,
            "0 is -0"
        );
    }
}
