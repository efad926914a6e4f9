//! Points in time, as events write them.

use std::fmt;

const DAY_SECONDS: i64 = 86_400;

/// A point in time, to the millisecond.
///
/// ```
/// use trommel_rule::Timestamp;
///
/// let time = Timestamp::parse("2026-11-05T11:20:30+01:00").unwrap();
/// assert_eq!(time.to_string(), "2026-11-05T10:20:30.000Z");
/// assert!(time < Timestamp::parse("2026-11-05 10:20:31").unwrap());
/// assert_eq!(Timestamp::parse("1793874030"), Some(time));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    millis: i64,
}

impl Timestamp {
    /// Reads a time: RFC 3339; the same with a space for the `T`, with ` UTC` for the `Z`, without any zone, which is
    /// UTC, or a day alone; or a count since 1970, by its size of seconds (from 1973 on), milliseconds, microseconds or nanoseconds.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_ascii();
        if let Some((days, rest)) = day(text) {
            let (millis, zone) = if rest.is_empty() { (0, "") } else { clock(rest.strip_prefix(['T', 't', ' '])?)? };
            return Some(Self { millis: days * DAY_SECONDS * 1000 + millis - offset_minutes(zone)? * 60_000 });
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let count: i64 = whole.parse().ok().filter(|_| whole.bytes().all(|byte| byte.is_ascii_digit()))?;
        let millis = match count {
            ..100_000_000 => return None,
            100_000_000..100_000_000_000 => count * 1000 + thousandths(fraction)?,
            100_000_000_000..100_000_000_000_000 => count,
            100_000_000_000_000..100_000_000_000_000_000 => count / 1000,
            _ => count / 1_000_000,
        };
        Some(Self { millis })
    }

    /// The milliseconds since 1970 began, in UTC.
    pub fn unix_millis(self) -> i64 {
        self.millis
    }
}

/// RFC 3339, in UTC and with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.millis.div_euclid(1000), self.millis.rem_euclid(1000));
        let (year, month, day) = civil(seconds.div_euclid(DAY_SECONDS));
        let second = seconds.rem_euclid(DAY_SECONDS);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// The first two digits and what follows them, if that is what the text begins with and they are no more than `most`.
fn two_digits(text: &str, most: i64) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    (number <= most).then_some((number, rest))
}

/// The days since 1970 at the beginning of a text, and what follows.
fn day(text: &str) -> Option<(i64, &str)> {
    let (century, rest) = two_digits(text, 99)?;
    let (year, rest) = two_digits(rest, 99)?;
    let (month, rest) = two_digits(rest.strip_prefix('-')?, 12)?;
    let (day, rest) = two_digits(rest.strip_prefix('-')?, 31)?;
    let year = century * 100 + year;
    let days = days(year, month, day);
    // A day that the month does not have comes back as another.
    (civil(days) == (year, month, day)).then_some((days, rest))
}

/// The milliseconds of a day, and the zone that follows.
fn clock(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = two_digits(text, 23)?;
    let (minute, rest) = two_digits(rest.strip_prefix(':')?, 59)?;
    // A leap second is the next one.
    let (second, rest) = two_digits(rest.strip_prefix(':')?, 60)?;
    let after = rest.strip_prefix(['.', ',']).unwrap_or("");
    let digits = after.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(after.len());
    let millis = thousandths(&after[..digits])?;
    let zone = if digits == 0 { rest } else { &after[digits..] };
    Some((((hour * 60 + minute) * 60 + second) * 1000 + millis, zone))
}

/// The first three digits behind a point.
fn thousandths(fraction: &str) -> Option<i64> {
    fraction
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| fraction.bytes().chain(*b"000").take(3).fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

fn offset_minutes(zone: &str) -> Option<i64> {
    let zone = zone.trim_ascii_start();
    if matches!(zone, "" | "Z" | "z" | "UTC" | "GMT") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, rest) = two_digits(zone.strip_prefix(['+', '-'])?, 23)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = if rest.is_empty() { (0, "") } else { two_digits(rest, 59)? };
    rest.is_empty().then_some(sign * (hours * 60 + minutes))
}

/// The days from the first of January 1970. Years are counted from March, so that the odd day is their last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_events_write() {
        let expected = "2026-11-05T10:20:30.500Z";
        for text in [
            "2026-11-05T10:20:30.5Z",
            "2026-11-05t10:20:30.500000z",
            "2026-11-05 10:20:30.5004 UTC",
            "2026-11-05T10:20:30,5",
            "2026-11-05T12:20:30.5+02:00",
            "2026-11-05T04:50:30.500-0530",
            " 2026-11-05T11:20:30.5+01 ",
            "1793874030.5",
            "1793874030500",
            "1793874030500999",
            "1793874030500999888",
        ] {
            assert_eq!(Timestamp::parse(text).map(|time| time.to_string()).as_deref(), Some(expected), "{text}");
        }
        for (text, millis) in [
            ("1970-01-01", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ] {
            assert_eq!(Timestamp::parse(text).map(Timestamp::unix_millis), Some(millis), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_time() {
        for text in [
            "",
            "-1",
            "now",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-00-10",
            "2026-11-05X10:20:30Z",
            "2026-11-05T24:00:00Z",
            "2026-11-05T10:20Z",
            "2026-11-05T10:20:30.Z5",
            "2026-11-05T10:20:30 CET",
            "2026-11-05T10:20:30+1:00",
            "2026-11-05T10:20:30+01:00x",
            "1.2.3",
            "1e9",
            "99999999999999999999",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_is_itself() {
        for day in -800_000..800_000 {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }
}
