//! Fills the slots that take every field, or every field whose name fits a pattern. Rare, and so a walk of its own.

use crate::Stop;
use crate::hash;
use crate::image::{Corrupt, Image, Section};
use crate::json::{self, Shape, Visitor};
use crate::text::fits;
use crate::values::Values;

/// Fills them.
pub(crate) fn fill(image: Image<'_>, event: &[u8], values: &mut Values) -> Result<(), Stop> {
    let mut names = Names { image, values, name: Vec::new(), lengths: Vec::new(), broken: None };
    json::walk(event, &mut names)?;
    names.broken.map_or(Ok(()), |why| Err(why.into()))
}

struct Names<'a, 'i> {
    image: Image<'i>,
    values: &'a mut Values,
    /// The dotted path of where the walk is.
    name: Vec<u8>,
    /// Its lengths further up.
    lengths: Vec<usize>,
    broken: Option<Corrupt>,
}

impl Names<'_, '_> {
    fn add(&mut self, shape: Shape, start: u32, end: u32) -> Result<(), Corrupt> {
        for nth in 0..self.image.count(Section::Names, 3) {
            let [at, count, slot] = self.image.record::<3>(Section::Names, nth as u32)?;
            if fits(&self.image, (at, count), &self.name)? {
                self.values.push(slot, shape, start, end);
            }
        }
        Ok(())
    }
}

impl Visitor for Names<'_, '_> {
    fn enter(&mut self, path: u64, key: &[u8]) -> Option<u64> {
        self.lengths.push(self.name.len());
        if !self.name.is_empty() {
            self.name.push(b'.');
        }
        self.name.extend_from_slice(key);
        Some(hash::key(path, key))
    }

    fn leave(&mut self) {
        self.name.truncate(self.lengths.pop().unwrap_or(0));
    }

    fn value(&mut self, _: u64, shape: Shape, start: u32, end: u32) {
        if let Err(why) = self.add(shape, start, end) {
            self.broken = Some(why);
        }
    }

    fn wants_object(&self, _: u64) -> bool {
        false
    }
}
