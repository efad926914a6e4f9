//! How code is compiled and where instances lie: the settings of wasmtime.

use wasmtime::{Config, Enabled, Engine, OperatorCost, PoolingAllocationConfig};

use super::error::SandboxError;
use crate::sandbox::limits::{CORE_INSTANCES_MAX, Limits};

/// `isolated` is the number of threads of which each makes instance after instance.
pub(super) fn engine(limits: &Limits, isolated: Option<usize>) -> Result<Engine, SandboxError> {
    let mut config = Config::new();
    config.consume_fuel(true).operator_cost(costs()).wasm_backtrace_max_frames(None);
    // The same event gives the same answer on every processor.
    config.relaxed_simd_deterministic(true).cranelift_nan_canonicalization(true);
    // wasmtime refuses a stack of nothing, and one larger than those of fibers, of which there are none here.
    let stack_bytes = limits.stack_bytes.max(1);
    config.max_wasm_stack(stack_bytes).async_stack_size(stack_bytes);
    // Of no use to a rule, and more to attack.
    config.wasm_memory64(false);
    // Nobody looks at a rule's stack: without what tells it apart, code is a sixth smaller and loaded sooner.
    config.generate_address_map(false).native_unwind_info(false);
    if let Some(threads) = isolated {
        config.allocation_strategy(pool(limits, threads));
    }
    Engine::new(&config).map_err(|error| SandboxError::Engine(format!("{error:#}")))
}

/// What instructions cost that are calls of the runtime in disguise: as many units as they take the time of others.
/// All others cost one unit; and what copies or fills costs one more for each byte or element.
fn costs() -> OperatorCost {
    let mut costs = OperatorCost::new();
    costs.MemoryGrow = GROW_FUEL;
    costs.TableGrow = GROW_FUEL;
    costs.variable.memory_grow_per_page = PAGE_FUEL;
    for call in [
        &mut costs.MemoryCopy,
        &mut costs.MemoryFill,
        &mut costs.MemoryInit,
        &mut costs.DataDrop,
        &mut costs.TableCopy,
        &mut costs.TableFill,
        &mut costs.TableInit,
        &mut costs.ElemDrop,
        &mut costs.RefFunc,
    ] {
        *call = CALL_FUEL;
    }
    costs
}

/// Growing, by however little.
const GROW_FUEL: u8 = 200;
/// A page of memory more: the system clears it when it is first touched.
const PAGE_FUEL: u8 = 255;
/// Any other call of the runtime.
const CALL_FUEL: u8 = 50;

/// Memory that instances take over from one another, as new: the kernel tells which pages were written, and these alone
/// are written back. Nothing in it is less than any instance may have.
fn pool(limits: &Limits, threads: usize) -> PoolingAllocationConfig {
    let slots = u32::try_from(threads.saturating_mul(CORE_INSTANCES_MAX)).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots).total_core_instances(slots).total_memories(slots).total_tables(slots);
    pool.max_memories_per_module(CORE_INSTANCES_MAX as u32).max_tables_per_module(CORE_INSTANCES_MAX as u32);
    pool.max_component_instance_size(POOLED_INSTANCE_BYTES_MAX).max_core_instance_size(POOLED_INSTANCE_BYTES_MAX);
    pool.table_elements(limits.table_elements);
    pool.pagemap_scan(Enabled::Auto);
    pool.linear_memory_keep_resident(POOLED_BYTES_KEPT).table_keep_resident(POOLED_BYTES_KEPT);
    pool
}

/// What wasmtime itself may need to know of an instance. It takes no memory before there is such an instance.
const POOLED_INSTANCE_BYTES_MAX: usize = 64 << 20;
/// So much of a memory, and of a table, is kept for the next instance; what was written beyond it is given back.
const POOLED_BYTES_KEPT: usize = 1 << 20;
