/// How many digits a number has before its point, once it is rounded to so many behind it.
pub(super) fn before_the_point(number: &str, scale: u32) -> i64 {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('-');
    let digits = [whole, fraction].concat();
    // Beyond all columns where it is no number that a machine holds.
    let beyond = if exponent.starts_with('-') {
        -MANY
    } else {
        MANY
    };
    let exponent = exponent.parse::<i64>().unwrap_or(beyond);
    let exponent = exponent.clamp(-MANY, MANY);
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return 0;
    }
    let zeros = length(&digits) - length(significant);
    let before = length(whole) + exponent - zeros;
    let kept = usize::try_from(before + i64::from(scale)).unwrap_or(usize::MAX);
    let rounds_up = significant
        .as_bytes()
        .get(kept)
        .is_some_and(|digit| *digit >= b'5');
    let all_nines = || significant.bytes().take(kept).all(|digit| digit == b'9');
    before + i64::from(rounds_up && all_nines())
}

/// More than a column has.
const MANY: i64 = 1_000_000;

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(MANY)
}

#[cfg(test)]
mod tests {
    use super::before_the_point;

    #[test]
    fn digits_before_the_point() {
        for (number, scale, digits) in [
            ("0", 2, 0),
            ("-0.0", 2, 0),
            ("7", 0, 1),
            ("-123.45", 2, 3),
            ("00123.45", 2, 3),
            ("99.994", 2, 2),
            ("99.995", 2, 3),
            ("9.95", 1, 2),
            ("89.995", 2, 2),
            ("0.9995", 3, 1),
            ("0.05", 1, 0),
            ("1e3", 0, 4),
            ("12.5e-1", 2, 1),
            ("0.001e4", 2, 2),
            ("1e400", 2, 401),
            ("1e99999999999999999999", 2, 1_000_001),
        ] {
            assert_eq!(before_the_point(number, scale), digits, "{number}");
        }
    }
}
