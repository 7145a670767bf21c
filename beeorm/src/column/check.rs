//! Whether a value fits its column, asked before anything is appended or sent.

use super::{
    ColumnError, ColumnType, ValueRef,
    column_type::MEDIUM,
    value::{date_text, datetime_text},
};

/// 1000-01-01 and 9999-12-31, MySQL's supported range, in days.
const FIRST_DAY: i64 = -354_285;
const LAST_DAY: i64 = 2_932_896;
const DAY: i64 = 86_400_000_000;
/// MySQL's `TIMESTAMP` ends at 2038-01-19 03:14:07.999999 UTC and begins one second into 1970.
const FIRST_TIMESTAMP: i64 = 1_000_000;
const LAST_TIMESTAMP: i64 = 2_147_483_648_000_000 - 1;

/// Refuses what a strict MySQL would refuse, or silently change.
pub(crate) fn check(column_type: &ColumnType, value: ValueRef<'_>) -> Result<(), ColumnError> {
    match (column_type, value) {
        _ if is_small(column_type, &value) => Ok(()),
        (
            ColumnType::Text {
                length: Some(limit),
            },
            ValueRef::Text(text),
        ) => within(text.chars().count() as u64, u64::from(*limit), "characters"),
        (ColumnType::Text { length: None }, ValueRef::Text(text)) => {
            within(text.len() as u64, MEDIUM, "bytes")
        }
        (ColumnType::Blob(size), ValueRef::Bytes(bytes)) => {
            within(bytes.len() as u64, size.max_bytes(), "bytes")
        }
        (ColumnType::Integer { .. } | ColumnType::Bool, ValueRef::Signed(value)) => {
            whole(column_type, value.into())
        }
        (ColumnType::Integer { .. } | ColumnType::Bool, ValueRef::Unsigned(value)) => {
            whole(column_type, value.into())
        }
        (ColumnType::Float, ValueRef::Float(value)) => finite(column_type, f64::from(value)),
        (ColumnType::Double, ValueRef::Double(value)) => finite(column_type, value),
        (ColumnType::Date, ValueRef::Date(days)) => {
            let fits = (FIRST_DAY..=LAST_DAY).contains(&i64::from(days));
            ranged(
                fits,
                column_type,
                || date_text(days),
                "1000-01-01 to 9999-12-31",
            )
        }
        (ColumnType::DateTime, ValueRef::DateTime(micros)) => {
            let fits = (FIRST_DAY * DAY..(LAST_DAY + 1) * DAY).contains(&micros);
            ranged(
                fits,
                column_type,
                || datetime_text(micros),
                "the years 1000 to 9999",
            )
        }
        (ColumnType::Timestamp, ValueRef::Timestamp(micros)) => {
            let fits = (FIRST_TIMESTAMP..=LAST_TIMESTAMP).contains(&micros);
            let allowed =
                "1970-01-01 00:00:01 to 2038-01-19 03:14:07.999999 UTC; use a NaiveDateTime beyond";
            ranged(fits, column_type, || datetime_text(micros), allowed)
        }
        (ColumnType::Decimal { precision, scale }, ValueRef::Decimal(text)) => {
            let digits = text.trim_start_matches('-');
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            let whole = whole.trim_start_matches('0');
            let fits = whole.len() <= usize::from(precision.saturating_sub(*scale))
                && fraction.trim_end_matches('0').len() <= usize::from(*scale);
            ranged(
                fits,
                column_type,
                || text.to_owned(),
                "round it, or give the column more digits",
            )
        }
        _ => Ok(()),
    }
}

/// Whether the value fits for sure, as nearly all do, told without a look into it.
#[inline]
pub(crate) fn is_small(column_type: &ColumnType, value: &ValueRef<'_>) -> bool {
    match (column_type, value) {
        // It has at most as many characters as bytes.
        (
            ColumnType::Text {
                length: Some(limit),
            },
            ValueRef::Text(text),
        ) => u32::try_from(text.len()).is_ok_and(|length| length <= *limit),
        (ColumnType::Integer { bits, signed: true }, ValueRef::Signed(value)) => {
            is_signed(*value, *bits)
        }
        (
            ColumnType::Integer {
                bits,
                signed: false,
            },
            ValueRef::Unsigned(value),
        ) => value.checked_shr(u32::from(*bits)).unwrap_or_default() == 0,
        (ColumnType::Uuid, ValueRef::Uuid(_)) | (ColumnType::Bool, ValueRef::Bool(_)) => true,
        _ => false,
    }
}

/// Whether so many bits hold the number.
fn is_signed(value: i64, bits: u8) -> bool {
    let above = i64::BITS.saturating_sub(u32::from(bits));
    let cut = value
        .checked_shl(above)
        .and_then(|cut| cut.checked_shr(above));
    cut == Some(value)
}

fn within(actual: u64, limit: u64, unit: &'static str) -> Result<(), ColumnError> {
    if actual <= limit {
        Ok(())
    } else {
        Err(ColumnError::TooLong {
            actual,
            limit,
            unit,
        })
    }
}

/// Whether the column, one of integers, holds the number.
pub(crate) fn whole(column_type: &ColumnType, value: i128) -> Result<(), ColumnError> {
    let (least, most) = match *column_type {
        ColumnType::Integer {
            bits,
            signed: false,
        } => (0, (1_i128 << bits.min(64)) - 1),
        ColumnType::Integer { bits, signed: true } => {
            let half = 1_i128 << (bits.clamp(1, 64) - 1);
            (-half, half - 1)
        }
        // `TINYINT(1)`.
        _ => (i8::MIN.into(), i8::MAX.into()),
    };
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let allowed = format!("it holds {least} to {most}");
    ranged(false, column_type, || value.to_string(), &allowed)
}

/// Whether the column, one of floats, holds the number as a finite one.
pub(crate) fn finite(column_type: &ColumnType, value: f64) -> Result<(), ColumnError> {
    // Beyond the largest float, and not only where it would be rounded to no number.
    let most = match column_type {
        ColumnType::Float => f64::from(f32::MAX),
        _ => f64::MAX,
    };
    ranged(
        value.abs() <= most,
        column_type,
        || value.to_string(),
        "MySQL stores finite numbers only",
    )
}

fn ranged(
    fits: bool,
    column_type: &ColumnType,
    value: impl FnOnce() -> String,
    allowed: &str,
) -> Result<(), ColumnError> {
    if fits {
        return Ok(());
    }
    Err(ColumnError::OutOfRange {
        value: value(),
        column_type: column_type.to_string(),
        allowed: allowed.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(column_type: ColumnType, value: ValueRef<'_>) -> bool {
        check(&column_type, value).is_err()
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        let column_type = ColumnType::Text { length: Some(3) };
        assert!(!refused(column_type, ValueRef::Text("żółw".split_at(6).0)));
        assert!(refused(column_type, ValueRef::Text("żółw")));
    }

    #[test]
    fn decimals_that_would_be_rounded_are_refused() {
        let column_type = ColumnType::Decimal {
            precision: 5,
            scale: 2,
        };
        assert!(!refused(column_type, ValueRef::Decimal("-999.99")));
        assert!(!refused(column_type, ValueRef::Decimal("0.5000")));
        assert!(refused(column_type, ValueRef::Decimal("0.005")));
        assert!(refused(column_type, ValueRef::Decimal("1000")));
    }

    #[test]
    fn integers_have_the_range_of_their_width() {
        for bits in [8_u8, 16, 32, 64] {
            let signed = ColumnType::Integer { bits, signed: true };
            let least = i64::MIN >> (64 - bits);
            assert!(!refused(signed, ValueRef::Signed(least)));
            assert!(!refused(signed, ValueRef::Signed(!least)));
            let beyond = (u64::MAX / 2 + 1) >> (64 - bits);
            assert!(refused(signed, ValueRef::Unsigned(beyond)));
            let unsigned = ColumnType::Integer {
                bits,
                signed: false,
            };
            let most = u64::MAX >> (64 - bits);
            assert!(!refused(unsigned, ValueRef::Unsigned(most)));
            assert!(refused(unsigned, ValueRef::Signed(-1)));
            assert!(whole(&unsigned, i128::from(most) + 1).is_err());
            assert!(bits == 64 || refused(signed, ValueRef::Signed(least - 1)));
        }
    }

    #[test]
    fn what_mysql_cannot_hold_is_refused() {
        assert!(refused(ColumnType::Double, ValueRef::Double(f64::NAN)));
        assert!(refused(ColumnType::Date, ValueRef::Date(-354_286)));
        assert!(refused(ColumnType::Timestamp, ValueRef::Timestamp(0)));
        assert!(refused(
            ColumnType::Timestamp,
            ValueRef::Timestamp(2_147_483_648_000_000)
        ));
        assert!(!refused(
            ColumnType::DateTime,
            ValueRef::DateTime(2_147_483_648_000_000)
        ));
    }
}
