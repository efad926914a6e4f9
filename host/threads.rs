//! How many threads there are, and how large their stacks must be.

/// Stack of a thread beside the stack of the rule that runs on it, in bytes.
pub const THREAD_STACK_BYTES: usize = 2 << 20;

/// How many threads run at once here.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
