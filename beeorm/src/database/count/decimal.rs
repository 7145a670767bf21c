//! Sums of decimals with as many digits as there are: a column has up to 65 of them, and no number type does.

use std::{cmp::Ordering, fmt};

/// A decimal number, exactly.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    negative: bool,
    /// 0 to 9 each, the highest first; without zeros before them.
    digits: Vec<u8>,
    /// How many of them, and of zeros before them, stand behind the point.
    scale: usize,
}

impl Decimal {
    /// Of `-12.50`; none of anything but digits, a sign and a point.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = whole.bytes().chain(fraction.bytes());
        let digits: Vec<u8> = digits
            .map(|byte| byte.is_ascii_digit().then(|| byte - b'0'))
            .collect::<Option<_>>()?;
        (!digits.is_empty()).then(|| Self::new(negative, digits, fraction.len()))
    }

    fn new(negative: bool, mut digits: Vec<u8>, scale: usize) -> Self {
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..zeros);
        Self {
            // There is one zero.
            negative: negative && !digits.is_empty(),
            digits,
            scale,
        }
    }

    pub(super) fn negated(mut self) -> Self {
        self.negative = !self.negative && !self.digits.is_empty();
        self
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        let (one, other) = (self.widened(scale), other.widened(scale));
        if one.negative == other.negative {
            return Self::new(one.negative, added(&one.digits, &other.digits), scale);
        }
        let (larger, smaller) = match compared(&one.digits, &other.digits) {
            Ordering::Less => (other, one),
            Ordering::Equal | Ordering::Greater => (one, other),
        };
        let digits = subtracted(&larger.digits, &smaller.digits);
        Self::new(larger.negative, digits, scale)
    }

    /// With zeros behind it.
    fn widened(mut self, scale: usize) -> Self {
        let zeros = scale.saturating_sub(self.scale);
        if !self.digits.is_empty() {
            self.digits.resize(self.digits.len() + zeros, 0);
        }
        self.scale += zeros;
        self
    }

    /// With at most so many digits behind the point; a half goes away from zero, as MySQL has it.
    pub(super) fn rounded(mut self, scale: usize) -> Self {
        let cut = self.scale.saturating_sub(scale);
        if cut == 0 {
            return self;
        }
        let kept = self.digits.len().saturating_sub(cut);
        // Where there are fewer digits than are cut, those in between are zeros.
        let first_cut = if self.digits.len() >= cut {
            self.digits.get(kept).copied().unwrap_or(0)
        } else {
            0
        };
        self.digits.truncate(kept);
        if first_cut >= 5 {
            self.digits = added(&self.digits, &[1]);
        }
        Self::new(self.negative, self.digits, scale)
    }
}

/// As it is written everywhere: without zeros that say nothing.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = (self.scale + 1).saturating_sub(self.digits.len());
        let zeros = std::iter::repeat_n(&0, missing);
        let text: String = zeros
            .chain(&self.digits)
            .map(|digit| char::from(b'0' + digit))
            .collect();
        let (whole, fraction) = text
            .split_at_checked(text.len().saturating_sub(self.scale))
            .unwrap_or((&text, ""));
        let fraction = fraction.trim_end_matches('0');
        let sign = if self.negative { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

/// Both without zeros before them, or of one length.
fn compared(one: &[u8], other: &[u8]) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// The digits from the lowest on, as many as wanted.
fn from_below(digits: &[u8], count: usize) -> impl Iterator<Item = u8> {
    let zeros = std::iter::repeat(0);
    digits.iter().rev().copied().chain(zeros).take(count)
}

fn added(one: &[u8], other: &[u8]) -> Vec<u8> {
    let count = one.len().max(other.len()) + 1;
    let mut carry = 0;
    let pairs = from_below(one, count).zip(from_below(other, count));
    let mut digits: Vec<u8> = pairs
        .map(|(one, other)| {
            let sum = one + other + carry;
            carry = sum / 10;
            sum % 10
        })
        .collect();
    digits.reverse();
    digits
}

/// The first is not the smaller one.
fn subtracted(larger: &[u8], smaller: &[u8]) -> Vec<u8> {
    let count = larger.len();
    let mut borrowed = 0;
    let pairs = from_below(larger, count).zip(from_below(smaller, count));
    let mut digits: Vec<u8> = pairs
        .map(|(one, other)| {
            let difference = one + 10 - other - borrowed;
            borrowed = u8::from(difference < 10);
            difference % 10
        })
        .collect();
    digits.reverse();
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn sum(one: &str, other: &str) -> String {
        decimal(one).plus(decimal(other)).to_string()
    }

    #[test]
    fn sums_are_exact() {
        for (one, other, expected) in [
            ("0.1", "0.2", "0.3"),
            ("1", "-1", "0"),
            ("0", "-0.0001", "-0.0001"),
            ("-0", "0", "0"),
            ("99.99", "0.01", "100"),
            ("-0.05", "0.5", "0.45"),
            ("1.5", "-2", "-0.5"),
            ("100", "-0.001", "99.999"),
            (
                "99999999999999999999999999999999999.999999999999999999999999999999",
                "0.000000000000000000000000000001",
                "100000000000000000000000000000000000",
            ),
        ] {
            assert_eq!(sum(one, other), expected, "{one} + {other}");
            assert_eq!(sum(other, one), expected, "{other} + {one}");
        }
    }

    /// Against a type that has its own arithmetic.
    #[test]
    fn sums_are_those_of_numbers() {
        for one in -120_i32..120 {
            for other in -120_i32..120 {
                let hundredths = |number: i32| {
                    let sign = if number < 0 { "-" } else { "" };
                    format!("{sign}{}.{:02}", number.abs() / 100, number.abs() % 100)
                };
                let expected = decimal(&hundredths(one + other)).to_string();
                assert_eq!(sum(&hundredths(one), &hundredths(other)), expected);
                let difference =
                    decimal(&hundredths(one)).plus(decimal(&hundredths(other)).negated());
                let expected = decimal(&hundredths(one - other)).to_string();
                assert_eq!(difference.to_string(), expected);
            }
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (text, scale, expected) in [
            ("0.005", 2, "0.01"),
            ("0.0049", 2, "0"),
            ("-0.005", 2, "-0.01"),
            ("-0.004", 2, "0"),
            ("9.995", 2, "10"),
            ("0.5", 0, "1"),
            ("0.05", 0, "0"),
            ("1.50", 4, "1.5"),
        ] {
            let rounded = decimal(text).rounded(scale);
            assert_eq!(rounded.to_string(), expected, "{text} to {scale}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_none() {
        for text in ["", "-", ".", "1e3", "1.2.3", "0x1", " 1", "٣"] {
            assert!(Decimal::parse(text).is_none(), "{text:?}");
        }
    }
}
