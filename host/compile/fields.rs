//! Fields of Elastic's rules: their paths and types, and leaves made of them.

use std::net::IpAddr;

use super::ir::{Analyzer, Condition, Field, Fields, Fold, Network, Piece, Test, TextPattern};
use super::types::{Type, parent};

/// A field of Elastic's schemas.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    /// Where its values are: a sub-field's are its parent's.
    pub(super) field: Field,
    /// How they are compared.
    pub(super) of: Type,
    /// Whether the field itself is one without case.
    pub(super) fold: Fold,
}

impl Typed {
    /// Is the field of a name.
    pub(super) fn new(name: &str) -> Self {
        let (path, of) = match parent(name) {
            Some((path, of)) => (path, of),
            None => (name, Type::of(name)),
        };
        let fold = if name.ends_with(".caseless") { Fold::Simple } else { Fold::Exact };
        Self { field: Field { paths: vec![path.to_owned()] }, of, fold }
    }

    /// Is the leaf of a test of the field.
    pub(super) fn any(&self, test: Test) -> Condition {
        Condition::Any(Fields::One(self.field.clone()), test)
    }

    /// Says whether its values are cut into tokens, and how.
    pub(super) fn analyzer(&self) -> Option<Analyzer> {
        match self.of {
            Type::Text(analyzer) => Some(analyzer),
            _ => None,
        }
    }
}

/// Reads an address, or a network: `10.0.0.0/8`.
pub(super) fn network(text: &str) -> Option<Network> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) if prefix.bytes().all(|b| b.is_ascii_digit()) => {
            (address, Some(prefix.parse::<u8>().ok()?))
        }
        Some(_) => return None,
        None => (text, None),
    };
    let (address, bits) = match address.parse().ok()? {
        IpAddr::V4(address) => (address.to_ipv6_mapped().octets(), 32),
        IpAddr::V6(address) => (address.octets(), 128),
    };
    let prefix = prefix.unwrap_or(bits);
    (prefix <= bits).then(|| Network { address, prefix: prefix + (128 - bits) })
}

/// Is a pattern of Lucene's wildcard query: `*` and `?` act unless a backslash stands before them.
pub(super) fn lucene_wildcard(text: &str) -> TextPattern {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let piece = match c {
            '*' => Piece::Many,
            '?' => Piece::One,
            '\\' => {
                literal.push(chars.next().unwrap_or('\\'));
                continue;
            }
            c => {
                literal.push(c);
                continue;
            }
        };
        pieces.push(Piece::Text(std::mem::take(&mut literal)));
        pieces.push(piece);
    }
    pieces.push(Piece::Text(literal));
    TextPattern(pieces)
}
