//! Whether this process may make memory executable, which compiled rules need.

use std::io;
use std::ptr::null_mut;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

/// Tries it, as the runtime does it: memory that was written is made executable, and may then not be written.
///
/// A service manager may forbid it (`MemoryDenyWriteExecute=` of systemd), and so may SELinux. It shows only where code
/// is first needed, which may be hours later: so it is tried before.
#[expect(unsafe_code, reason = "a page that nobody else knows is mapped, protected and given back")]
pub(super) fn probe() -> io::Result<()> {
    let bytes = rustix::param::page_size();
    // Safety: the page is new, nothing points into it, and nothing is run in it.
    unsafe {
        let page = mmap_anonymous(null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)?;
        let made = mprotect(page, bytes, MprotectFlags::READ | MprotectFlags::EXEC);
        munmap(page, bytes)?;
        Ok(made?)
    }
}
