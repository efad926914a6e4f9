//! Goes through the lines of a file, as the programs that are compared with do.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use memchr::memchr_iter;

/// How much is read at once.
const BLOCK_BYTES: usize = 1 << 20;

/// Calls `each` with every line of the file, without its line end.
pub fn for_each_line(path: &Path, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let (mut buffer, mut end) = (vec![0; BLOCK_BYTES], 0);
    loop {
        if end == buffer.len() {
            buffer.resize(end * 2, 0);
        }
        let read = file.read(&mut buffer[end..])?;
        end += read;
        let mut start = 0;
        for line_end in memchr_iter(b'\n', &buffer[..end]) {
            each(&buffer[start..line_end])?;
            start = line_end + 1;
        }
        if read == 0 {
            return if start < end { each(&buffer[start..end]) } else { Ok(()) };
        }
        buffer.copy_within(start..end, 0);
        end -= start;
    }
}
