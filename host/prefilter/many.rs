//! Finds thousands of needles in one pass that skips most of the text, by the algorithm of Wu and Manber.
//!
//! A window as long as the shortest needle slides over the text. What its last bytes tell is how far it can slide without
//! passing the beginning of a needle: mostly by nearly its whole length, because most of a text is in no needle.

/// How many bytes at the window's end are looked up.
const LOOK_BYTES: usize = 4;
/// Shorter needles would let the window slide too little.
const NEEDLE_BYTES_MIN: usize = 6;
/// Bits of the number under which bytes are looked up.
const SLOT_BITS: u32 = 16;

/// Finds any of many needles.
#[derive(Debug)]
pub(super) struct Many {
    /// The length of the window.
    window: usize,
    /// For each slot how far the window can slide: 0 where a needle may begin with it.
    slides: Vec<u8>,
    /// The needles whose beginnings, as long as the window, end in each slot: where they begin in `needles`.
    starts: Vec<u32>,
    needles: Vec<Box<[u8]>>,
}

impl Many {
    /// `None` if one of them is too short.
    pub(super) fn new(needles: &[&str]) -> Option<Self> {
        let window = needles.iter().map(|needle| needle.len()).min()?.min(usize::from(u8::MAX));
        if window < NEEDLE_BYTES_MIN {
            return None;
        }
        let furthest = window - LOOK_BYTES + 1;
        let mut slides = vec![furthest as u8; 1 << SLOT_BITS];
        let mut ends = Vec::new();
        for needle in needles {
            let head = &needle.as_bytes()[..window];
            for (at, bytes) in head.windows(LOOK_BYTES).enumerate() {
                let slide = &mut slides[slot(bytes)];
                *slide = (*slide).min((furthest - 1 - at) as u8);
            }
            ends.push((slot(&head[window - LOOK_BYTES..]), needle.as_bytes()));
        }
        ends.sort_by_key(|(slot, _)| *slot);
        let mut starts = Vec::with_capacity((1 << SLOT_BITS) + 1);
        for slot in 0..=1 << SLOT_BITS {
            starts.push(ends.partition_point(|(end, _)| *end < slot) as u32);
        }
        Some(Self { window, slides, starts, needles: ends.into_iter().map(|(_, needle)| needle.into()).collect() })
    }

    /// Where the first needle begins.
    pub(super) fn find(&self, text: &[u8]) -> Option<usize> {
        let mut end = self.window;
        while end <= text.len() {
            let slot = slot(&text[end - LOOK_BYTES..end]);
            let slide = self.slides[slot];
            if slide > 0 {
                end += usize::from(slide);
                continue;
            }
            let start = end - self.window;
            let here = self.starts[slot] as usize..self.starts[slot + 1] as usize;
            if self.needles[here].iter().any(|needle| text[start..].starts_with(needle)) {
                return Some(start);
            }
            end += 1;
        }
        None
    }
}

/// The slot of a window's last bytes.
fn slot(bytes: &[u8]) -> usize {
    let bytes: [u8; LOOK_BYTES] = bytes.try_into().expect("so many bytes");
    (u32::from_le_bytes(bytes).wrapping_mul(0x9E37_79B1) >> (u32::BITS - SLOT_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn finds_the_first(needles in vec("[ab]{6,9}", 1..40), text in "[ab]{0,60}") {
            let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
            let expected = needles.iter().filter_map(|needle| text.find(needle)).min();
            prop_assert_eq!(Many::new(&needles).unwrap().find(text.as_bytes()), expected);
        }
    }

    #[test]
    fn leaves_short_needles_to_others() {
        assert!(Many::new(&["long enough", "short"]).is_none());
        assert!(Many::new(&[]).is_none());
    }
}
