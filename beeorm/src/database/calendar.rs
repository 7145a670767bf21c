//! Dates and times as databases give them, in days and microseconds since 1970.

const DAY: i64 = 86_400_000_000;

/// The day count of a proleptic Gregorian date (Howard Hinnant's `days_from_civil`).
pub(super) fn days(year: i32, month: u8, day: u8) -> Option<i32> {
    const LENGTHS: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = LENGTHS.get(usize::from(month.checked_sub(1)?))? + u8::from(leap && month == 2);
    if day == 0 || day > length || !(0..=9999).contains(&year) {
        return None;
    }
    let (month, day) = (i32::from(month), i32::from(day));
    let year = year - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The microseconds of a day and the time in it.
pub(super) fn micros(days: i32, hour: u8, minute: u8, second: u8, micros: u32) -> Option<i64> {
    if hour > 23 || minute > 59 || second > 59 || micros > 999_999 {
        return None;
    }
    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    Some(i64::from(days) * DAY + seconds * 1_000_000 + i64::from(micros))
}

/// The day count of `2026-11-22`.
#[cfg(feature = "embedded")]
pub(super) fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.split('-');
    let (year, month, day) = (
        digits(parts.next()?, 4)?,
        digits(parts.next()?, 2)?,
        digits(parts.next()?, 2)?,
    );
    if parts.next().is_some() {
        return None;
    }
    days(
        i32::try_from(year).ok()?,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    )
}

/// The microseconds of `2026-11-22 16:07:22`, with up to six digits of a second behind a point.
#[cfg(feature = "embedded")]
pub(super) fn parse_datetime(text: &str) -> Option<i64> {
    let Some((date, time)) = text.split_once([' ', 'T']) else {
        return micros(parse_date(text)?, 0, 0, 0, 0);
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time
        .split(':')
        .map(|part| digits(part, 2).and_then(|part| u8::try_from(part).ok()));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let missing = u32::try_from(6_usize.checked_sub(fraction.len())?).ok()?;
    let fraction = digits(fraction, fraction.len())?.checked_mul(10_u32.checked_pow(missing)?)?;
    if parts.next().is_some() {
        return None;
    }
    micros(parse_date(date)?, hour, minute, second, fraction)
}

#[cfg(feature = "embedded")]
fn digits(text: &str, count: usize) -> Option<u32> {
    let fits =
        !text.is_empty() && text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{date_text, datetime_text};

    #[test]
    fn every_day_of_ten_thousand_years_has_its_count() {
        let (first, last) = (days(0, 1, 1).unwrap(), days(9999, 12, 31).unwrap());
        assert_eq!((first, last), (-719_528, 2_932_896));
        for count in first..=last {
            let text = date_text(count);
            let number = |range: std::ops::Range<usize>| text[range].parse::<u16>().unwrap();
            let (year, month, day) = (number(0..4), number(5..7), number(8..10));
            assert_eq!(
                days(year.into(), month as u8, day as u8),
                Some(count),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        assert_eq!(days(2026, 2, 29), None);
        assert_eq!(days(2026, 0, 1), None);
        assert_eq!(days(2026, 13, 1), None);
        assert_eq!(days(2026, 1, 0), None);
        assert_eq!(micros(0, 24, 0, 0, 0), None);
    }

    #[cfg(feature = "embedded")]
    #[test]
    fn texts_are_read_as_they_are_written() {
        for count in [
            -30_610_224_000_000_000,
            -1,
            0,
            1,
            951_868_799_000_001,
            253_402_300_799_999_999,
        ] {
            assert_eq!(parse_datetime(&datetime_text(count)), Some(count));
        }
        assert_eq!(parse_datetime("1970-01-01 00:00:01.5"), Some(1_500_000));
        assert_eq!(parse_datetime("1970-01-02"), Some(DAY));
        for text in [
            "",
            "1970-1-01",
            "1970-01-01 1:00:00",
            "1970-01-01 00:00:00.1234567",
            "x",
            "1970-01-01 00:00",
        ] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }
}
