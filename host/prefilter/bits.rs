//! A set of rules, by their numbers.

use std::ops::Range;

/// A set of rules, by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSet {
    words: Vec<u64>,
}

const BITS: usize = u64::BITS as usize;

impl RuleSet {
    /// An empty set with room for `count` rules.
    pub fn new(rules: usize) -> Self {
        Self { words: vec![0; rules.div_ceil(BITS)] }
    }

    /// Adds a rule.
    pub fn insert(&mut self, rule: usize) {
        self.words[rule / BITS] |= 1 << (rule % BITS);
    }

    /// Whether a rule is in it.
    pub fn contains(&self, rule: usize) -> bool {
        self.words.get(rule / BITS).is_some_and(|word| word >> (rule % BITS) & 1 == 1)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Adds all that is in another set.
    pub(crate) fn union(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Keeps what is in another set, too.
    pub(crate) fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// The rules of a range that are in it, ascending.
    pub(crate) fn within(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let words = range.start / BITS..range.end.div_ceil(BITS);
        words.flat_map(move |number| {
            let mut word = self.words[number];
            if number == range.start / BITS {
                word &= u64::MAX << (range.start % BITS);
            }
            if number == range.end / BITS {
                word &= !(u64::MAX << (range.end % BITS));
            }
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                word &= word.wrapping_sub(1);
                (bit < BITS).then_some(number * BITS + bit)
            })
        })
    }

    /// How many of a range are in it.
    pub(crate) fn count(&self, range: Range<usize>) -> usize {
        let words = range.start / BITS..range.end.div_ceil(BITS);
        let mask = |number: usize| {
            let from = if number == range.start / BITS { u64::MAX << (range.start % BITS) } else { u64::MAX };
            if number == range.end / BITS { from & !(u64::MAX << (range.end % BITS)) } else { from }
        };
        words.map(|number| (self.words[number] & mask(number)).count_ones() as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_set() {
        let mut set = RuleSet::new(200);
        assert!(set.is_empty());
        let rules = [0, 1, 63, 64, 65, 127, 128, 199];
        rules.iter().for_each(|rule| set.insert(*rule));
        assert!((0..200).all(|rule| set.contains(rule) == rules.contains(&rule)));
        for range in [0..200, 0..0, 1..64, 63..65, 64..128, 65..199, 199..200, 66..127] {
            let expected: Vec<_> = rules.into_iter().filter(|rule| range.contains(rule)).collect();
            assert_eq!(set.within(range.clone()).collect::<Vec<_>>(), expected, "{range:?}");
            assert_eq!(set.count(range.clone()), expected.len(), "{range:?}");
        }
        assert!(!set.contains(1000));
    }
}
