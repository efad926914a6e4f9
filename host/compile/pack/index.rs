//! Chooses by what each rule is found: its *witness*, a set of keys of which the event holds one wherever the rule fires.
//!
//! A key is a slot with a text: the whole of it, what follows its last slash, its first or last bytes, or its being there.
//! Of the parts of a rule that give a witness, the one is taken that the fewest events will hold: what many rules ask for
//! (`host.os.type`), many events have.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use trommel_engine::fold;
use trommel_engine::hash::witness;
use trommel_engine::image::{ENDS_BYTES, slot};

use super::paths::table;
use super::pools::Pools;
use super::tests_of_values::{pieces, whole};
use crate::compile::ir::{Condition, Expression, Field, Fields, Fold, Function, Piece, Test, TextPattern};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    slot: u32,
    how: u32,
    text: Vec<u8>,
}

/// The index in the making.
pub(super) struct Index {
    keys: BTreeMap<Key, Vec<u32>>,
    always: Vec<u32>,
}

impl Index {
    /// Chooses a witness for each rule, by their conditions in normal form.
    pub(super) fn choose(rules: &[Condition], pools: &mut Pools) -> Self {
        pools.judging = true;
        let mut popular = Popularity { keys: HashMap::new(), slots: HashMap::new(), rules: rules.len() };
        for rule in rules {
            let mut keys = BTreeSet::new();
            all_keys(rule, pools, &mut keys);
            let slots: BTreeSet<u32> = keys.iter().map(|key| key.slot).collect();
            for slot in slots {
                *popular.slots.entry(slot).or_default() += 1;
            }
            for key in keys {
                *popular.keys.entry(key).or_default() += 1;
            }
        }
        let mut index = Self { keys: BTreeMap::new(), always: Vec::new() };
        for (number, rule) in rules.iter().enumerate() {
            match best(rule, pools, &popular) {
                Some(keys) => {
                    for key in keys {
                        index.keys.entry(key).or_default().push(number as u32);
                    }
                }
                None => index.always.push(number as u32),
            }
        }
        for key in index.keys.keys() {
            pools.slots[key.slot as usize].flags |= key.how;
        }
        index
    }

    /// Is the table of keys, and the rules without any.
    pub(super) fn write(self, pools: &mut Pools) -> (Vec<u32>, Vec<u32>) {
        let entries: Vec<_> = self
            .keys
            .into_iter()
            .map(|(key, rules)| (witness(key.slot, key.how, &key.text), pools.list(&rules), rules.len() as u32))
            .collect();
        (table(entries.into_iter()), self.always)
    }
}

struct Popularity {
    keys: HashMap<Key, usize>,
    slots: HashMap<u32, usize>,
    rules: usize,
}

impl Popularity {
    /// Is how likely an event is to hold the key, roughly: what many rules of many ask for is common.
    fn of(&self, key: &Key) -> f64 {
        let share = |count: Option<&usize>| (*count.unwrap_or(&0) as f64 - 1.0).max(0.0) / self.rules.max(20) as f64;
        let own = share(self.keys.get(key));
        match key.how {
            slot::WHOLE => 0.0005 + own / 2.0,
            slot::TAIL => 0.001 + own / 2.0,
            slot::STARTS | slot::ENDS => 0.02 + own / 2.0,
            _ => 0.06 + share(self.slots.get(&key.slot)),
        }
    }
}

/// Is the least likely witness of a condition.
fn best(condition: &Condition, pools: &mut Pools, popular: &Popularity) -> Option<BTreeSet<Key>> {
    let weight = |keys: &BTreeSet<Key>| keys.iter().map(|key| popular.of(key)).sum::<f64>();
    match condition {
        Condition::Constant(false) => Some(BTreeSet::new()),
        Condition::Constant(true) | Condition::Not(_) => None,
        Condition::Any(Fields::One(field), test) => Some(of_test(pools.slot(field), test)),
        Condition::Any(..) => None,
        Condition::And(parts) => {
            let mut best_yet: Option<BTreeSet<Key>> = None;
            for part in parts {
                let Some(keys) = best(part, pools, popular) else { continue };
                if best_yet.as_ref().is_none_or(|yet| weight(&keys) < weight(yet)) {
                    best_yet = Some(keys);
                }
            }
            best_yet
        }
        Condition::Or(parts) => {
            let mut all = BTreeSet::new();
            for part in parts {
                all.extend(best(part, pools, popular)?);
            }
            Some(all)
        }
        Condition::Script(expression) | Condition::Single(expression) => of_expression(expression, pools, popular),
    }
}

/// Is the witness of an expression that comes to true.
fn of_expression(expression: &Expression, pools: &mut Pools, popular: &Popularity) -> Option<BTreeSet<Key>> {
    match expression {
        Expression::Boolean(false) | Expression::Null => Some(BTreeSet::new()),
        Expression::Condition(condition) => best(&super::normal::condition(condition), pools, popular),
        Expression::Test(inner, test) => match &**inner {
            Expression::Field(field, _) => Some(of_test(pools.slot(field), test)),
            inner => needed(inner, pools),
        },
        Expression::Call(Function::And, parts) => {
            let parts: Vec<_> = parts.iter().map(|part| Condition::Single(part.clone())).collect();
            best(&Condition::And(parts), pools, popular)
        }
        Expression::Call(Function::Or, parts) => {
            let parts: Vec<_> = parts.iter().map(|part| Condition::Single(part.clone())).collect();
            best(&Condition::Or(parts), pools, popular)
        }
        Expression::Call(Function::Equal, parts) => match parts.as_slice() {
            [Expression::Field(field, _), Expression::Text(text)]
            | [Expression::Text(text), Expression::Field(field, _)] => {
                let test = Test::Text(vec![TextPattern::literal(text.clone())], Fold::Exact);
                Some(of_test(pools.slot(field), &test))
            }
            _ => needed(expression, pools),
        },
        expression => needed(expression, pools),
    }
}

/// Is the witness of an expression that is not null: some field without which it is.
fn needed(expression: &Expression, pools: &mut Pools) -> Option<BTreeSet<Key>> {
    let field = field_needed(expression)?;
    Some(BTreeSet::from([Key { slot: pools.slot(field), how: slot::PRESENT, text: Vec::new() }]))
}

fn field_needed(expression: &Expression) -> Option<&Field> {
    match expression {
        Expression::Field(field, _) => Some(field),
        Expression::Test(inner, _) | Expression::Capture(inner, ..) | Expression::Replace(inner, ..) => {
            field_needed(inner)
        }
        Expression::Call(
            Function::And
            | Function::Or
            | Function::IsNull
            | Function::Coalesce
            | Function::Case
            | Function::MvContains,
            _,
        ) => None,
        Expression::Call(_, arguments) => arguments.iter().find_map(field_needed),
        _ => None,
    }
}

/// Is the witness of a test.
fn of_test(slot: u32, test: &Test) -> BTreeSet<Key> {
    let key = |how, text: &[u8]| Key { slot, how, text: text.to_vec() };
    match test {
        Test::Text(patterns, _) => patterns
            .iter()
            .map(|pattern| {
                if let Some(text) = whole(pattern) {
                    return key(slot::WHOLE, fold::text(&text).as_bytes());
                }
                let pieces = pieces(pattern);
                if let Some(Piece::Text(end)) = pieces.last() {
                    let end = fold::text(end);
                    if let Some(at) = end.rfind(['/', '\\'])
                        && at + 1 < end.len()
                    {
                        return key(slot::TAIL, &end.as_bytes()[at + 1..]);
                    }
                    if end.len() >= ENDS_BYTES {
                        return key(slot::ENDS, &end.as_bytes()[end.len() - ENDS_BYTES..]);
                    }
                }
                if let Some(Piece::Text(start)) = pieces.first() {
                    let start = fold::text(start);
                    if start.len() >= ENDS_BYTES {
                        return key(slot::STARTS, &start.as_bytes()[..ENDS_BYTES]);
                    }
                }
                key(slot::PRESENT, b"")
            })
            .collect(),
        Test::Boolean(truth) => BTreeSet::from([key(slot::WHOLE, if *truth { b"true" } else { b"false" })]),
        _ => BTreeSet::from([key(slot::PRESENT, b"")]),
    }
}

/// Collects every key that a condition mentions.
fn all_keys(condition: &Condition, pools: &mut Pools, keys: &mut BTreeSet<Key>) {
    match condition {
        Condition::Any(Fields::One(field), test) => keys.extend(of_test(pools.slot(field), test)),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| all_keys(part, pools, keys)),
        _ => {}
    }
}
