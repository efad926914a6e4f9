//! Numbers of conditions, a part of [`ir`](super::ir).

/// A number: whole ones are kept whole.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// Any other.
    Float(f64),
}

/// How many bytes the digits, the fraction and the exponent of a number take with which the text begins, and whether it is
/// written as a whole one.
pub(super) fn written(text: &str) -> (usize, bool) {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(0);
    let mut whole = true;
    if text[length..].starts_with('.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
        whole = false;
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
            whole = false;
        }
    }
    (length, whole)
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
