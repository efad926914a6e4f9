//! Numbers of conditions, a part of [`ir`](super::ir).

/// A number: whole ones are kept whole.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// Any other.
    Float(f64),
}

impl Number {
    fn key(self) -> (u8, u64) {
        match self {
            Self::Whole(n) => (0, n.cast_unsigned()),
            Self::Float(n) => (1, n.to_bits()),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Number {}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
