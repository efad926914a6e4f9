//! Writes the tables of paths: which slots a value fills, and below which paths something is asked for.

use std::collections::BTreeMap;

use trommel_engine::hash;
use trommel_engine::image::BELOW;

use super::pools::Pools;

/// Is the table for judging, and the one for what is found.
pub(super) fn write(pools: &mut Pools) -> (Vec<u32>, Vec<u32>) {
    let judged = one(pools, true);
    let reported = one(pools, false);
    (judged, reported)
}

fn one(pools: &mut Pools, judged: bool) -> Vec<u32> {
    let mut paths: BTreeMap<u64, (Vec<u32>, bool)> = BTreeMap::new();
    for (number, slot) in pools.slots.iter().enumerate().filter(|(_, slot)| slot.judged == judged) {
        for path in &slot.paths {
            paths.entry(hash::path(path)).or_default().0.extend([number as u32, slot.flags]);
            for (dot, _) in path.match_indices('.') {
                paths.entry(hash::path(&path[..dot])).or_default().1 = true;
            }
        }
    }
    let entries = paths.into_iter().map(|(path, (slots, below))| {
        let count = (slots.len() / 2) as u32 | if below { BELOW } else { 0 };
        (path, pools.list(&slots), count)
    });
    table(entries)
}

/// Is a hash table: half empty, so that a search is short.
pub(super) fn table(entries: impl Iterator<Item = (u64, u32, u32)>) -> Vec<u32> {
    let entries: Vec<_> = entries.collect();
    if entries.is_empty() {
        return Vec::new();
    }
    let places = (entries.len() * 2).next_power_of_two();
    let mut table = vec![0; places * 4];
    for (hash, list, count) in entries {
        let mut at = hash as usize & (places - 1);
        while table[at * 4] != 0 || table[at * 4 + 1] != 0 {
            at = (at + 1) & (places - 1);
        }
        table[at * 4..at * 4 + 4].copy_from_slice(&[hash as u32, (hash >> 32) as u32, list, count]);
    }
    table
}
