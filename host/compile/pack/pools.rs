//! The pools of a pack: texts, lists, slots; each thing once.

use std::collections::HashMap;
use std::hash::Hash;

use trommel_engine::image::slot;

use crate::compile::ir::{Field, TextPattern};

/// The pools.
#[derive(Default)]
pub(super) struct Pools {
    pub(super) text: Vec<u8>,
    pub(super) words: Vec<u32>,
    pub(super) conditions: Vec<[u32; 4]>,
    pub(super) tests: Vec<[u32; 4]>,
    pub(super) expressions: Vec<[u32; 4]>,
    pub(super) regexes: Vec<[u32; 7]>,
    pub(super) names: Vec<[u32; 3]>,
    /// The slots, with the paths that fill them.
    pub(super) slots: Vec<Slot>,
    /// Says that what is added is needed to judge, and not only for what is found.
    pub(super) judging: bool,
    texts: HashMap<String, (u32, u32)>,
    lists: HashMap<Vec<u32>, u32>,
    condition_ids: HashMap<[u32; 4], u32>,
    test_ids: HashMap<[u32; 4], u32>,
    expression_ids: HashMap<[u32; 4], u32>,
    regex_ids: HashMap<[u32; 7], u32>,
    fields: HashMap<Vec<String>, u32>,
    name_ids: HashMap<TextPattern, u32>,
}

/// A slot in the making.
pub(super) struct Slot {
    pub(super) paths: Vec<String>,
    pub(super) flags: u32,
    pub(super) judged: bool,
}

fn intern<T: Copy + Eq + Hash>(pool: &mut Vec<T>, ids: &mut HashMap<T, u32>, one: T) -> u32 {
    *ids.entry(one).or_insert_with(|| {
        pool.push(one);
        pool.len() as u32 - 1
    })
}

impl Pools {
    pub(super) fn text(&mut self, text: &str) -> (u32, u32) {
        if let Some(&place) = self.texts.get(text) {
            return place;
        }
        let place = (self.text.len() as u32, text.len() as u32);
        self.text.extend_from_slice(text.as_bytes());
        self.texts.insert(text.to_owned(), place);
        place
    }

    pub(super) fn list(&mut self, words: &[u32]) -> u32 {
        if let Some(&place) = self.lists.get(words) {
            return place;
        }
        let place = self.words.len() as u32;
        self.words.extend_from_slice(words);
        self.lists.insert(words.to_vec(), place);
        place
    }

    /// Is a list with its count before it, of records of so many words.
    pub(super) fn counted(&mut self, words: &[u32], each: usize) -> u32 {
        let mut counted = vec![(words.len() / each) as u32];
        counted.extend_from_slice(words);
        self.list(&counted)
    }

    pub(super) fn add_condition(&mut self, record: [u32; 4]) -> u32 {
        intern(&mut self.conditions, &mut self.condition_ids, record)
    }

    pub(super) fn add_test(&mut self, record: [u32; 4]) -> u32 {
        intern(&mut self.tests, &mut self.test_ids, record)
    }

    pub(super) fn add_expression(&mut self, record: [u32; 4]) -> u32 {
        intern(&mut self.expressions, &mut self.expression_ids, record)
    }

    pub(super) fn add_regex(&mut self, record: [u32; 7]) -> u32 {
        intern(&mut self.regexes, &mut self.regex_ids, record)
    }

    /// Is the slot of a field.
    pub(super) fn slot(&mut self, field: &Field) -> u32 {
        let mut paths = field.paths.clone();
        paths.sort_unstable();
        paths.dedup();
        let slots = &mut self.slots;
        let number = *self.fields.entry(paths).or_insert_with_key(|paths| {
            slots.push(Slot { paths: paths.clone(), flags: 0, judged: false });
            slots.len() as u32 - 1
        });
        self.slots[number as usize].judged |= self.judging;
        number
    }

    /// Is the slot of all fields whose name fits.
    pub(super) fn named(&mut self, pattern: &TextPattern) -> u32 {
        if let Some(&number) = self.name_ids.get(pattern) {
            return number;
        }
        self.slots.push(Slot { paths: Vec::new(), flags: slot::WIDE, judged: true });
        let number = self.slots.len() as u32 - 1;
        let (at, count) = self.pattern(pattern, false);
        self.names.push([at, count, number]);
        self.name_ids.insert(pattern.clone(), number);
        number
    }

    pub(super) fn slot_flags(&self) -> Vec<u32> {
        self.slots.iter().map(|slot| slot.flags).collect()
    }
}
