//! Where the pack lies in the module's memory.
//!
//! `trommel compile` puts it behind the last page that the module was linked with, where no allocator goes, and writes
//! its address and length over [`PACK`], which it finds by its name.

use std::sync::atomic::{AtomicU32, Ordering};

/// The pack's address and length; of the engine without a pack, both are 0.
///
/// They are atomic, so that nobody takes what they are linked with for what they are.
#[expect(unsafe_code, reason = "the compiler of packs finds it by its name")]
#[unsafe(no_mangle)]
pub(crate) static PACK: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

/// Is the pack.
pub(crate) fn bytes() -> &'static [u8] {
    let [address, length] = [&PACK[0], &PACK[1]].map(|word| word.load(Ordering::Relaxed) as usize);
    if length == 0 {
        return &[];
    }
    // SAFETY: `trommel compile` wrote the pack there, as part of the module's own memory, and nothing else ever lies
    // there or changes it. Memory that is not there traps.
    #[expect(unsafe_code, reason = "the pack is data of the module that its code knows only by address")]
    unsafe {
        std::slice::from_raw_parts(address as *const u8, length)
    }
}
