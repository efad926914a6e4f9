//! Networks in CIDR notation, and whether an address lies in one.

use std::net::IpAddr;
use std::str::FromStr;

use crate::values::{Truth, Values};

/// A network of IP addresses: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: u128,
    /// How many of the bits must be the same, an IPv4 address being the last 32 of 128.
    bits: u32,
    is_v4: bool,
}

impl Network {
    /// The network that a rule names.
    ///
    /// # Panics
    ///
    /// Where the text is none. What an operator writes is read with [`str::parse`].
    pub fn new(text: &str) -> Self {
        text.parse().unwrap_or_else(|NotANetwork| panic!("`{text}` is no network, such as 10.0.0.0/8 or 2001:db8::/32"))
    }

    /// Whether the address lies in it. An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) is IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (address, is_v4) = number(address.to_canonical());
        is_v4 == self.is_v4 && self.bits_of(address) == self.address
    }

    /// Whether it is of IPv4.
    pub fn is_v4(&self) -> bool {
        self.is_v4
    }

    /// How many bits of an address it fixes: 8 in `10.0.0.0/8`. The fewer, the wider it is.
    ///
    /// ```
    /// use trommel_rule::Network;
    ///
    /// assert_eq!(Network::new("10.0.0.0/8").prefix_len(), 8);
    /// assert_eq!(Network::new("::/0").prefix_len(), 0);
    /// assert_eq!(Network::new("192.0.2.7").prefix_len(), 32);
    /// ```
    pub fn prefix_len(&self) -> u32 {
        if self.is_v4 { self.bits - 96 } else { self.bits }
    }

    /// The bits that count, the others being zero.
    fn bits_of(&self, address: u128) -> u128 {
        address & u128::MAX.checked_shl(128 - self.bits).unwrap_or(0)
    }
}

fn number(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(address) => (u32::from(address).into(), true),
        IpAddr::V6(address) => (address.into(), false),
    }
}

/// A text that names no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotANetwork;

impl std::fmt::Display for NotANetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a network in CIDR notation")
    }
}

impl std::error::Error for NotANetwork {}

impl FromStr for Network {
    type Err = NotANetwork;

    /// Bits of the address that the network does not have are left out: `10.1.2.3/8` is `10.0.0.0/8`.
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let (address, is_v4) = number(address.parse().map_err(|_| NotANetwork)?);
        let most = if is_v4 { 32 } else { 128 };
        let length = match length {
            None => most,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().unwrap_or(u32::MAX),
            Some(_) => u32::MAX,
        };
        if length > most {
            return Err(NotANetwork);
        }
        let mut network = Self { address, bits: 128 - most + length, is_v4 };
        network.address = network.bits_of(address);
        Ok(network)
    }
}

impl Values<'_> {
    /// Whether the only value is an address in one of these networks. Unknown where it is no address.
    ///
    /// ```
    /// use trommel_rule::{Event, Network};
    ///
    /// let event = Event::parse(br#"{"sourceIPAddress":"192.0.2.7"}"#.as_slice()).unwrap();
    /// let inside = event.field("sourceIPAddress").in_network(&["10.0.0.0/8", "192.0.2.0/24"].map(Network::new));
    /// assert!(inside.holds());
    /// ```
    pub fn in_network(&self, networks: &[Network]) -> Truth {
        let address = self.single().and_then(|text| text.parse().ok());
        address.map_or(Truth::Unknown, |address| networks.iter().any(|network| network.contains(address)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_lies_in_it() {
        for (network, inside, outside) in [
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"] as &[&str],
                &["11.0.0.0", "9.255.255.255", "::a00:1"] as &[&str],
            ),
            ("10.1.2.3/8", &["10.9.9.9"], &["11.1.2.3"]),
            ("192.0.2.7", &["192.0.2.7"], &["192.0.2.6", "::7"]),
            ("192.0.2.128/25", &["192.0.2.128", "192.0.2.255"], &["192.0.2.127", "192.0.3.128"]),
            ("0.0.0.0/0", &["0.0.0.0", "255.255.255.255"], &["::", "2001:db8::1"]),
            ("::/0", &["::", "ffff::"], &["1.2.3.4", "::ffff:1.2.3.4"]),
            ("2001:db8::/33", &["2001:db8::1", "2001:db8:7fff::"], &["2001:db8:8000::", "2001:db9::"]),
            ("::1", &["::1"], &["::2", "0.0.0.1"]),
        ] {
            let network = Network::new(network);
            let contains = |text: &&str| Values::from(*text).in_network(&[network]).holds();
            assert!(inside.iter().all(contains) && !outside.iter().any(contains), "{network:?}");
        }
        let none: [Values<'_>; 3] = [Values::Null, "host".into(), ["1.1.1.1", "2.2.2.2"].into_iter().collect()];
        assert!(none.iter().all(|values| values.in_network(&[Network::new("0.0.0.0/0")]) == Truth::Unknown));
        assert_eq!(Values::from("1.1.1.1").in_network(&[]), Truth::False);
    }

    #[test]
    fn other_text_is_no_network() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "/8",
            "10.0.0.0/8/8",
            "host",
            " 10.0.0.0/8",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork), "{text}");
        }
    }
}
