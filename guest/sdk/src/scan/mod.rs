//! One pass over the text of a JSON object, which finds where the members of its objects lie and builds no value.
//!
//! It has two stages. The first makes an [index](index) of where every string ends, with vectors, and holds what is inside
//! strings to the rules. The second holds everything else to the [grammar], jumps from one end of a string to the next,
//! and writes a [`Node`] for each member. What is in an array takes none; it is [walked](walk) if a rule asks for it.
//!
//! Where there are no vectors, as in a core module, the end of a string is looked for where it is asked for: [scalar] stands
//! in for the index, and the second stage is the same. It also reads again what the index refuses, to say what is wrong.
//! So a text is taken by both or by none, and for the same reason. What the values say is left to
//! [`event`](crate::event).
//!
//! The grammar is RFC 8259's, whole: what this reader takes, any other takes. Decided where the RFC leaves it open:
//! containers nest at most [`DEPTH_MAX`] deep; invalid UTF-8 is malformed; numbers may be of any size; a `\u` escape may
//! be half a surrogate pair; a name may stand twice in an object, and both members are kept.

#[cfg(any(target_feature = "simd128", test))]
mod block;
mod escape;
mod grammar;
#[cfg(any(target_feature = "simd128", test))]
mod index;
mod scalar;
#[cfg(test)]
mod tests;
pub(crate) mod walk;

pub(crate) use escape::unescape;

/// How deep objects and arrays may nest, the event itself counted.
pub const DEPTH_MAX: usize = 127;

/// The longest event, in bytes: what a place in it is counted with.
pub const TEXT_BYTES_MAX: usize = 128 << 20;

/// Why a text is not one JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// What was expected, or what is wrong.
    pub what: &'static str,
    /// The byte at which the reader stopped, from 0.
    pub at: usize,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for Malformed {}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list.
    Array,
    /// A map.
    Object,
}

/// Where a member of an object lies.
///
/// The nodes of a text stand in the order of its members: behind one come those that lie in its value, in arrays or not.
/// The first node is the text's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// Where its name begins, behind the quote.
    pub(crate) name: u32,
    /// The first four bytes from there on, the first one lowest. Even behind an empty name there are as many: `":0}`.
    pub(crate) letters: u32,
    /// The node behind this one and all that lie in its value.
    pub(crate) next: u32,
}

/// The memory of a scan, for the next one.
pub(crate) struct Memory {
    around: grammar::Around,
    #[cfg(any(target_feature = "simd128", test))]
    ends: index::Ends,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            around: [0; DEPTH_MAX],
            #[cfg(any(target_feature = "simd128", test))]
            ends: index::no_ends(),
        }
    }
}

/// Finds every member in `text`, which must be one JSON object, and leaves their places in `nodes`: as many as the first
/// of them says. Says whether there may be an escape in the text.
pub(crate) fn scan(text: &[u8], nodes: &mut Vec<Node>, memory: &mut Memory) -> Result<bool, Malformed> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Malformed { what: "longer than 128 MiB", at: TEXT_BYTES_MAX });
    }
    #[cfg(target_feature = "simd128")]
    if let Some(escapes) = vectors::<block::Vectors>(text, nodes, memory) {
        return Ok(escapes);
    }
    scalars(text, nodes, memory)
}

/// Reads by the second stage alone.
#[inline(never)]
fn scalars(text: &[u8], nodes: &mut Vec<Node>, memory: &mut Memory) -> Result<bool, Malformed> {
    grammar::read(text, nodes, &mut memory.around, scalar::Scalar::default())
}

/// Reads by the two stages, if they take the text.
#[cfg(any(target_feature = "simd128", test))]
#[inline(never)]
fn vectors<B: block::Block>(text: &[u8], nodes: &mut Vec<Node>, memory: &mut Memory) -> Option<bool> {
    grammar::read(text, nodes, &mut memory.around, index::Index::<B>::new(&memory.ends)).ok()
}
