//! What an instance may take up, and what is made of its running out.

use wasmtime::{ResourceLimiter, Trap};

use super::wasi;
use super::{Failure, FailureKind};
use crate::sandbox::limits::{CORE_INSTANCES_MAX, Limits};

/// What an instance has taken up, and what it may.
pub(super) struct Budget {
    /// Linear memory, in bytes.
    memory: Share,
    /// Elements of tables.
    elements: Share,
    /// Whether growth was refused in the call that runs.
    refused: bool,
    /// What a component with WASI has. Others do without.
    pub(super) wasi: Option<Box<wasi::Wasi>>,
}

struct Share {
    taken: usize,
    max: usize,
}

impl Share {
    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let total = self.taken - current + desired;
        let fits = total <= self.max;
        if fits {
            self.taken = total;
        }
        fits
    }
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        let share = |max| Share { taken: 0, max };
        let (memory, elements) = (share(limits.memory_bytes), share(limits.table_elements));
        Self { memory, elements, refused: false, wasi: None }
    }

    /// Begins a call: what was refused in those before does not explain how it ends.
    pub(super) fn begin_call(&mut self) {
        self.refused = false;
    }

    /// All linear memory, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.memory.taken
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let fits = self.memory.grow(current, desired);
        self.refused |= !fits;
        Ok(fits)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let fits = self.elements.grow(current, desired);
        self.refused |= !fits;
        Ok(fits)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        CORE_INSTANCES_MAX
    }

    fn memories(&self) -> usize {
        CORE_INSTANCES_MAX
    }
}

/// Tells from wasmtime's error and from what was refused why a call failed.
pub(super) fn failure(error: &wasmtime::Error, budget: &Budget) -> Failure {
    let kind = match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => FailureKind::Fuel,
        Some(Trap::StackOverflow) => FailureKind::Stack,
        _ if budget.refused => FailureKind::Memory,
        Some(_) => FailureKind::Trap,
        None if error.is::<wasi::Refused>() => FailureKind::Trap,
        // What is no trap happened on the way in or out: memory that is not there, text that is no UTF-8.
        None => FailureKind::Answer,
    };
    let text = match kind {
        FailureKind::Fuel => "did more work than its limit".into(),
        FailureKind::Memory => format!("wanted more than {} bytes of memory, or too large a table", budget.memory.max),
        FailureKind::Stack => "overflowed its stack".into(),
        _ => match format!("{:#}", error.root_cause()) {
            // wasmtime counts what an answer copies, and has no type for this error.
            text if text.contains("fuel allocated for hostcalls") => "is larger than its limit".into(),
            text => text,
        },
    };
    Failure::new(kind, text, None)
}
