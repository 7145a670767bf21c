use crate::model::Moment;

/// Whether a text is a date, `2000-01-31`, or one with a time behind it, `2000-01-31 23:59:59.999999`.
pub(super) fn is_moment(text: &str) -> bool {
    match text.split_once([' ', 'T']) {
        Some((date, time)) => is_date(date) && is_time(time),
        None => is_date(text),
    }
}

/// Whether a column of the kind holds the moment, and what it holds.
pub(super) fn range(kind: Moment, text: &str) -> (bool, &'static str) {
    // Each digit has its place: they compare as texts do.
    let text = text.replace('T', " ");
    match kind {
        Moment::Timestamp => (
            ("1970-01-01 00:00:01".."2038-01-19 03:14:08").contains(&text.as_str()),
            "1970-01-01 00:00:01 to 2038-01-19 03:14:07; take a `NaiveDateTime` for more",
        ),
        Moment::Date | Moment::DateTime => (text.as_str() >= "1000", "the years 1000 to 9999"),
    }
}

fn is_date(text: &str) -> bool {
    let Some([year, month, day]) = numbers(text, '-', [4, 2, 2]) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_time(text: &str) -> bool {
    let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let has_fraction = (1..=6).contains(&fraction.len()) && is_number(fraction);
    let time = numbers(time, ':', [2, 2, 2]);
    has_fraction
        && time.is_some_and(|[hour, minute, second]| hour < 24 && minute < 60 && second < 60)
}

/// Three numbers of so many digits, with this between them.
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[u32; 3]> {
    let mut parts = text.split(between);
    let mut numbers = [0; 3];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !is_number(part) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_moment;

    #[test]
    fn moments() {
        for text in [
            "2000-01-01",
            "2024-02-29",
            "2000-02-29 23:59:59",
            "1999-12-31T00:00:00.123456",
        ] {
            assert!(is_moment(text), "{text}");
        }
        for text in [
            "",
            "2020-13-01",
            "2020-00-01",
            "2023-02-29",
            "1900-02-29",
            "2020-04-31",
            "20200101",
            "2020-1-1",
            "2020-01-01-01",
            "2020-01-01 24:00:00",
            "2020-01-01 12:00",
            "2020-01-01 12:00:00.",
            "+020-01-01",
            "CURRENT_TIMESTAMP",
        ] {
            assert!(!is_moment(text), "{text}");
        }
    }
}
