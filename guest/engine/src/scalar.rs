//! Reads texts as numbers, booleans, addresses and times.

use crate::json;

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole one.
    Whole(i64),
    /// Any other.
    Float(f64),
}

impl Number {
    /// Is the number as a float.
    pub fn float(self) -> f64 {
        match self {
            Self::Whole(n) => n as f64,
            Self::Float(n) => n,
        }
    }

    /// Compares two numbers; whole ones exactly.
    pub fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }
}

/// Reads a number as JSON writes it, also with a `+`.
pub fn number(text: &[u8]) -> Option<Number> {
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) {
        let n = digits.iter().fold(0, |n: i64, &b| n * 10 + i64::from(b - b'0'));
        return Some(Number::Whole(if digits.len() < text.len() { -n } else { n }));
    }
    if json::number(text) != Some(text.len()) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    match text.parse() {
        Ok(n) => Some(Number::Whole(n)),
        Err(_) => text.parse().ok().filter(|n: &f64| n.is_finite()).map(Number::Float),
    }
}

/// Reads a boolean.
pub fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// Reads an address of either version; IPv4 as `::ffff:a.b.c.d`.
pub fn address(text: &[u8]) -> Option<[u8; 16]> {
    // Most texts are none, and show it early.
    if text.len() > 45 || !text.first()?.is_ascii_hexdigit() && text.first() != Some(&b':') {
        return None;
    }
    match std::str::from_utf8(text).ok()?.parse().ok()? {
        std::net::IpAddr::V4(address) => Some(address.to_ipv6_mapped().octets()),
        std::net::IpAddr::V6(address) => Some(address.octets()),
    }
}

/// Says whether an address lies in a network.
pub fn lies_in(address: &[u8; 16], network: &[u8; 16], prefix: u32) -> bool {
    let prefix = prefix.min(128) as usize;
    let (whole, rest) = (prefix / 8, prefix % 8);
    address[..whole] == network[..whole] && (rest == 0 || (address[whole] ^ network[whole]) >> (8 - rest) == 0)
}

/// Reads a time: milliseconds since 1970 of ISO 8601 (`2026-01-31`, with `T10:00:00.123Z` or an offset), or a number.
pub fn time(text: &[u8]) -> Option<i64> {
    if let Some(Number::Whole(n)) = number(text)
        && text.len() > 4
    {
        return Some(n);
    }
    let digits = |at: usize, count: usize| -> Option<i64> {
        let digits = text.get(at..at + count)?;
        digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
    };
    let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
    if text[4] != b'-' || text[7] != b'-' || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970, counting years from March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 1 - 719_468;
    let mut millis = days * 86_400_000;
    let Some(separator) = text.get(10) else { return Some(millis) };
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    millis += digits(11, 2)? * 3_600_000;
    let mut at = 13;
    for unit in [60_000, 1_000] {
        if text.get(at) == Some(&b':') {
            millis += digits(at + 1, 2)? * unit;
            at += 3;
        }
    }
    if matches!(text.get(at), Some(b'.' | b',')) {
        at += 1;
        let mut unit = 100;
        while let Some(digit) = text.get(at).filter(|b| b.is_ascii_digit()) {
            millis += i64::from(digit - b'0') * unit;
            unit /= 10;
            at += 1;
        }
    }
    match &text[at..] {
        [] | [b'Z' | b'z'] => Some(millis),
        [sign @ (b'+' | b'-'), ..] => {
            let minutes_at = if text.get(at + 3) == Some(&b':') { at + 4 } else { at + 3 };
            let minutes = if minutes_at < text.len() { digits(minutes_at, 2)? } else { 0 };
            let offset = digits(at + 1, 2)? * 60 + minutes;
            Some(if *sign == b'+' { millis - offset * 60_000 } else { millis + offset * 60_000 })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        assert_eq!(time(b"1970-01-02"), Some(86_400_000));
        assert_eq!(time(b"2026-03-01T00:00:00.5Z"), Some(1_772_323_200_500));
        assert_eq!(time(b"2026-03-01T02:00:00+02:00"), Some(1_772_323_200_000));
        assert_eq!(time(b"1772323200500"), Some(1_772_323_200_500));
        assert_eq!(time(b"yesterday"), None);
        assert_eq!(time(b"2026-13-01"), None);
    }

    #[test]
    fn an_address_is_one_however_it_is_written() {
        assert_eq!(address(b"::1"), address(b"0:0:0:0:0:0:0:1"));
        assert_eq!(address(b"10.0.0.1"), address(b"::ffff:10.0.0.1"));
        let net = address(b"10.0.0.0").unwrap();
        assert!(lies_in(&address(b"10.200.0.1").unwrap(), &net, 96 + 8));
        assert!(!lies_in(&address(b"11.0.0.1").unwrap(), &net, 96 + 8));
        assert_eq!(address(b"example.com"), None);
    }

    #[test]
    fn whole_numbers_stay_whole() {
        assert_eq!(number(b"9007199254740993"), Some(Number::Whole(9_007_199_254_740_993)));
        assert_eq!(number(b"-5"), Some(Number::Whole(-5)));
        assert_eq!(number(b"1.0"), Some(Number::Float(1.0)));
        assert_eq!(number(b"0x10"), None);
        assert_eq!(number(b"5 "), None);
        assert_eq!(number(b""), None);
    }
}
