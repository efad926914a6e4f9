//! Following a JSON value to its end, 64 bytes a turn, also over several buffers.
//!
//! The JSON is not checked, only followed: strings, and how deep brackets nest. Whoever judges an event checks it.

/// A value that is being followed to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value {
    state: State,
    /// Whether a line end is white space, and not what the bytes at hand end before.
    lines: bool,
    /// The last byte that was no white space: what a line that begins with `{` may follow.
    last: u8,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// At the first byte.
    Start,
    /// In a number, a word, or what is neither.
    Word,
    /// In a string that is the value.
    Text { escaped: bool },
    /// In an object or an array.
    Nested { depth: usize, in_string: bool, escaped: bool, line_start: bool },
    /// In what is no value: only the line ends it.
    Endless,
}

/// Where a value ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Behind its last byte.
    At(usize),
    /// Before a line end that no value can hold: it is broken off.
    Broken(usize),
    /// Not in these bytes.
    Open,
}

impl Value {
    /// A value on a line: it is only ever given the rest of that line.
    pub(crate) const fn on_line() -> Self {
        Self { state: State::Start, lines: false, last: 0 }
    }

    /// A value that may lie on several lines.
    pub(crate) const fn over_lines() -> Self {
        Self { state: State::Start, lines: true, last: 0 }
    }

    /// Continues inside `depth` open objects, to the end of the outermost.
    pub(crate) const fn within(self, depth: usize) -> Self {
        let state = State::Nested { depth, in_string: false, escaped: false, line_start: false };
        Self { state, last: b',', ..self }
    }

    /// What is no value: only the line ends it.
    pub(crate) const fn endless(self) -> Self {
        Self { state: State::Endless, ..self }
    }

    /// Follows it through the next bytes. A number or a word ends where something else begins.
    pub(crate) fn end(&mut self, bytes: &[u8]) -> End {
        let Some(first) = bytes.first() else { return End::Open };
        let mut from = 0;
        if matches!(self.state, State::Start) {
            from = 1;
            self.last = *first;
            self.state = match first {
                b'"' => State::Text { escaped: false },
                b'{' | b'[' => State::Nested { depth: 1, in_string: false, escaped: false, line_start: false },
                _ => State::Word,
            };
        }
        match self.state {
            State::Start => End::Open,
            State::Endless => match self.line_end(bytes) {
                Some(end) => End::Broken(end),
                None => End::Open,
            },
            State::Word => {
                let ends = |byte: &u8| {
                    matches!(byte, b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'{' | b'[' | b'}' | b']')
                };
                bytes[from..].iter().position(ends).map_or(End::Open, |end| End::At(from + end))
            }
            State::Text { escaped } => self.text(bytes, from, escaped),
            State::Nested { .. } => self.nested(bytes, from),
        }
    }

    fn line_end(&self, bytes: &[u8]) -> Option<usize> {
        if self.lines { memchr::memchr(b'\n', bytes) } else { None }
    }

    fn text(&mut self, bytes: &[u8], mut at: usize, mut escaped: bool) -> End {
        loop {
            if escaped && at < bytes.len() {
                at += 1;
                escaped = false;
            }
            let found = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()).map(|found| at + found);
            if let Some(end) = self.line_end(&bytes[at.min(bytes.len())..found.unwrap_or(bytes.len())]) {
                return End::Broken(at + end);
            }
            match found {
                Some(quote) if bytes[quote] == b'"' => return End::At(quote + 1),
                Some(backslash) => (at, escaped) = (backslash + 1, true),
                None => {
                    self.state = State::Text { escaped };
                    return End::Open;
                }
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn nested(&mut self, bytes: &[u8], from: usize) -> End {
        #[target_feature(enable = "avx2,bmi1,popcnt")]
        fn with_avx2(value: &mut Value, bytes: &[u8], from: usize) -> End {
            value.nested_by(bytes, from, |chunk| Masks::by_avx2(chunk))
        }
        let has_all =
            is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("popcnt");
        if has_all {
            #[expect(unsafe_code, reason = "the processor has the instructions that the function is compiled for")]
            // SAFETY: it was looked up just now.
            return unsafe { with_avx2(self, bytes, from) };
        }
        self.nested_by(bytes, from, Masks::by_words)
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn nested(&mut self, bytes: &[u8], from: usize) -> End {
        self.nested_by(bytes, from, Masks::by_words)
    }

    #[inline(always)]
    fn nested_by(&mut self, bytes: &[u8], from: usize, masks_of: impl Fn(&[u8; 64]) -> Masks) -> End {
        let State::Nested { mut depth, mut in_string, mut escaped, mut line_start } = self.state else {
            return End::Open;
        };
        let (chunks, tail) = bytes[from..].as_chunks::<64>();
        let mut padded = [b' '; 64];
        padded[..tail.len()].copy_from_slice(tail);
        let last = (!tail.is_empty()).then_some((&padded, tail.len()));
        for (number, (chunk, len)) in chunks.iter().map(|chunk| (chunk, 64)).chain(last).enumerate() {
            let at = from + number * 64;
            let masks = masks_of(chunk);
            // Which bytes a backslash stands before.
            let mut is_escaped = u64::from(escaped);
            escaped = false;
            let mut backslashes = masks.backslashes & !is_escaped;
            while backslashes != 0 {
                let place = backslashes.trailing_zeros();
                let next = 1_u64.checked_shl(place + 1).unwrap_or(0);
                is_escaped |= next;
                escaped = place as usize + 1 == len;
                backslashes &= !(1 << place | next);
            }
            let strings = inside(masks.quotes & !is_escaped) ^ if in_string { u64::MAX } else { 0 };
            let (opened, closed) = (masks.opened & !strings, masks.closed & !strings);
            if self.lines
                && (masks.line_ends != 0 || line_start)
                && let Some(broken) = self.broken(bytes, at, &masks, strings, line_start)
            {
                let before = closed & ((1 << (broken - at)) - 1);
                if let Some(end) = close(depth, opened, before) {
                    return End::At(at + end);
                }
                return End::Broken(broken);
            }
            if opened | closed != 0 {
                if closed.count_ones() as usize >= depth
                    && let Some(end) = close(depth, opened, closed)
                {
                    return End::At(at + end);
                }
                depth += opened.count_ones() as usize;
                depth -= closed.count_ones() as usize;
            }
            in_string = strings >> (len - 1) & 1 == 1;
            line_start = masks.line_ends >> (len - 1) & 1 == 1;
        }
        if self.lines {
            let solid = bytes.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
            self.last = solid.copied().unwrap_or(self.last);
        }
        self.state = State::Nested { depth, in_string, escaped, line_start };
        End::Open
    }

    /// The first line end that shows a value to be broken off: one in a string, or one behind which a line begins with
    /// `{` where no value may begin.
    fn broken(&self, bytes: &[u8], at: usize, masks: &Masks, strings: u64, line_start: bool) -> Option<usize> {
        let mut found = masks.line_ends & strings;
        let mut begins = (masks.line_ends << 1 | u64::from(line_start)) & masks.opened & !strings;
        while begins != 0 {
            let place = begins.trailing_zeros() as usize;
            begins &= begins - 1;
            let before = bytes[..at + place].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
            let before = before.unwrap_or(&self.last);
            if bytes[at + place] == b'{' && !matches!(before, b',' | b':' | b'[') {
                found |= 1 << place;
                break;
            }
        }
        (found != 0).then(|| at + found.trailing_zeros() as usize)
    }
}

/// The place behind the bracket that closes the outermost of `depth`.
fn close(depth: usize, opened: u64, mut closed: u64) -> Option<usize> {
    let mut count = 0;
    while closed != 0 {
        let bit = closed & closed.wrapping_neg();
        count += 1;
        if depth + (opened & (bit - 1)).count_ones() as usize == count {
            return Some(bit.trailing_zeros() as usize + 1);
        }
        closed ^= bit;
    }
    None
}

/// The bytes from each odd quote up to, and without, the next.
fn inside(mut quotes: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        quotes ^= quotes << shift;
    }
    quotes
}

/// Where the bytes that matter stand in 64 bytes, a bit each.
struct Masks {
    quotes: u64,
    backslashes: u64,
    opened: u64,
    closed: u64,
    line_ends: u64,
}

#[cfg(target_arch = "x86_64")]
impl Masks {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn by_avx2(chunk: &[u8; 64]) -> Self {
        use std::arch::x86_64::{
            __m256i, _mm256_cmpeq_epi8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi8,
        };
        let (words, _) = chunk.as_chunks::<8>();
        let word = |at: usize| i64::from_le_bytes(words[at]);
        let low = _mm256_set_epi64x(word(3), word(2), word(1), word(0));
        let high = _mm256_set_epi64x(word(7), word(6), word(5), word(4));
        let half = |of: __m256i, byte: u8| {
            let equal = _mm256_cmpeq_epi8(of, _mm256_set1_epi8(byte.cast_signed()));
            u64::from(_mm256_movemask_epi8(equal).cast_unsigned())
        };
        let mask = |low: __m256i, high: __m256i, byte: u8| half(low, byte) | half(high, byte) << 32;
        // A brace and a bracket differ by this bit alone.
        let bit = _mm256_set1_epi8(0x20);
        let (low_folded, high_folded) = (_mm256_or_si256(low, bit), _mm256_or_si256(high, bit));
        Self {
            quotes: mask(low, high, b'"'),
            backslashes: mask(low, high, b'\\'),
            opened: mask(low_folded, high_folded, b'{'),
            closed: mask(low_folded, high_folded, b'}'),
            line_ends: mask(low, high, b'\n'),
        }
    }
}

impl Masks {
    /// The same for any processor, eight bytes a turn.
    fn by_words(chunk: &[u8; 64]) -> Self {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let mut masks = Self { quotes: 0, backslashes: 0, opened: 0, closed: 0, line_ends: 0 };
        let (words, _) = chunk.as_chunks::<8>();
        for (number, word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            let mask = |of: u64, byte: u8| {
                let rest = of ^ (ONES * u64::from(byte));
                // The high bit of each byte that is not zero, then a bit for each that is, gathered into one byte.
                let some = ((rest & (0x7F * ONES)) + 0x7F * ONES) | rest;
                let none = (!some >> 7) & ONES;
                (none.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * number)
            };
            let folded = word | (0x20 * ONES);
            masks.quotes |= mask(word, b'"');
            masks.backslashes |= mask(word, b'\\');
            masks.opened |= mask(folded, b'{');
            masks.closed |= mask(folded, b'}');
            masks.line_ends |= mask(word, b'\n');
        }
        masks
    }
}

#[cfg(test)]
mod tests;
