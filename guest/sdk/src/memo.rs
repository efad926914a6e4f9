//! Remembers what was found in an event, by name: so that many rules that read the same field search it once.
//!
//! A table of few places, each name in one of the [`TRIED`] behind its own. It is never emptied: each event has a number
//! of its own, and what another event left there is no more than room.

use std::cell::{Cell, OnceCell};

/// How many names the table holds at most.
const PLACES: usize = 64;

/// How many places are looked at for a name.
const TRIED: usize = 4;

/// The names that were asked for in one event, and what they were found to be.
pub(crate) struct Memo<W> {
    event: u64,
    /// Made when something is first kept: many events that are texts in another are asked for nothing.
    table: OnceCell<Box<Table<W>>>,
}

type Table<W> = [Cell<Entry<W>>; PLACES];

#[derive(Clone, Copy)]
struct Entry<W> {
    event: u64,
    object: u32,
    name: &'static str,
    what: W,
}

impl<W> Entry<W> {
    #[inline(always)]
    fn is(&self, object: u32, name: &'static str) -> bool {
        std::ptr::eq(self.name, name) && self.object == object
    }
}

impl<W: Copy + Default> Default for Memo<W> {
    fn default() -> Self {
        Self { event: 1, table: OnceCell::new() }
    }
}

impl<W: Copy + Default> Memo<W> {
    /// The table for the next event.
    pub(crate) fn emptied(mut self) -> Self {
        self.event += 1;
        self
    }

    /// What this very name, in the same place of memory, was found to be.
    #[inline(always)]
    pub(crate) fn get(&self, object: u32, name: &'static str) -> Option<W> {
        let first = self.table.get()?[place(object, name)].get();
        if first.event != self.event {
            None
        } else if first.is(object, name) {
            Some(first.what)
        } else {
            self.get_elsewhere(object, name)
        }
    }

    #[inline(never)]
    fn get_elsewhere(&self, object: u32, name: &'static str) -> Option<W> {
        let mut others = places(self.table.get()?, object, name).map(Cell::get).skip(1);
        others.find(|entry| entry.event == self.event && entry.is(object, name)).map(|entry| entry.what)
    }

    /// Keeps what a name was found to be, and forgets another where there is no room.
    pub(crate) fn set(&self, object: u32, name: &'static str, what: W) {
        let empty = || Cell::new(Entry { event: 0, object: 0, name: "", what: W::default() });
        let table = self.table.get_or_init(|| Box::new(std::array::from_fn(|_| empty())));
        let first = &table[place(object, name)];
        let place = places(table, object, name).find(|place| place.get().event != self.event).unwrap_or(first);
        place.set(Entry { event: self.event, object, name, what });
    }
}

fn places<'t, W>(table: &'t Table<W>, object: u32, name: &'static str) -> impl Iterator<Item = &'t Cell<Entry<W>>> {
    let first = place(object, name);
    (first..first + TRIED).map(|at| &table[at % PLACES])
}

/// The first place for a name: its address spreads them, for names in memory follow one another.
#[inline(always)]
fn place(object: u32, name: &'static str) -> usize {
    let address = name.as_ptr().addr();
    (address ^ address >> 6 ^ object as usize) % PLACES
}
