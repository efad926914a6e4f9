//! What a text of the settings looks like.

use crate::Network;

/// What a text of the settings looks like: in words for people, as a pattern for a JSON Schema, and for the rule.
///
/// ```
/// use trommel_rule::Format;
///
/// const HOST: Format = Format {
///     expected: "a host name in small letters",
///     pattern: "^[a-z0-9.-]+$",
///     fits: |text| !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-')),
/// };
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// What is expected, for people: `a 12-digit AWS account id`.
    pub expected: &'static str,
    /// A regular expression as JSON Schema has them. Empty: any text.
    pub pattern: &'static str,
    /// Whether a text fits.
    pub fits: fn(&str) -> bool,
}

impl Format {
    /// Any text.
    pub const ANY: Self = Self { expected: "a string", pattern: "", fits: |_| true };

    /// A network in CIDR notation, to be read with [`Network::new`].
    pub const NETWORK: Self = Self {
        expected: "a network, such as 10.0.0.0/8 or 2001:db8::/32",
        pattern: "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$",
        fits: |text| text.parse::<Network>().is_ok(),
    };

    pub(super) fn fits(&self, text: &str) -> bool {
        (self.fits)(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_fit() {
        assert!(
            Format::NETWORK.fits("10.0.0.0/8") && Format::NETWORK.fits("::1") && !Format::NETWORK.fits("10.0.0.0/99")
        );
        assert!(Format::ANY.fits(""));
    }
}
