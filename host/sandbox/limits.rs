//! The bounds within which a rule from a stranger runs. Each is a constant, a flag of `trommel run`, and a test.

/// What a component may take up. The defaults are the constants of this module.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The component's own size, in bytes.
    pub component_bytes: usize,
    /// The size of one function, in bytes.
    pub function_bytes: usize,
    /// How much of the processor's time compiling the component may take, in seconds.
    pub compile_seconds: u64,
    /// The memory that compiling the component may take, in bytes.
    pub compile_bytes: usize,
    /// Work in instantiation, `describe` and `configure`, each, in units of fuel: about one an instruction.
    pub load_fuel: u64,
    /// Work in one event, in units of fuel, whatever its size.
    pub event_fuel: u64,
    /// More work for each byte of the event, in units of fuel.
    pub byte_fuel: u64,
    /// All linear memory of one instance, in bytes.
    pub memory_bytes: usize,
    /// Elements in all tables of one instance.
    pub table_elements: usize,
    /// The call stack, in bytes.
    pub stack_bytes: usize,
    /// The answer to one event, in bytes.
    pub answer_bytes: usize,
    /// The answer of `describe`, or the mistakes in settings, in bytes.
    pub metadata_bytes: usize,
    /// What all instances of a component together may print, in bytes.
    pub print_bytes: usize,
}

/// Default of [`Limits::component_bytes`]: an interpreter compiled to wasm has some 12 MB.
pub const COMPONENT_BYTES_MAX: usize = 32 << 20;
/// Default of [`Limits::function_bytes`]: those of large interpreters have some 100 KB.
pub const FUNCTION_BYTES_MAX: usize = 512 << 10;
/// Default of [`Limits::compile_seconds`].
pub const COMPILE_SECONDS_MAX: u64 = 60;
/// Default of [`Limits::compile_bytes`]: the interpreter of Python, compiled to wasm, takes less than half of it.
pub const COMPILE_BYTES_MAX: usize = 1 << 30;
/// Default of [`Limits::load_fuel`]: about a second.
pub const LOAD_FUEL_MAX: u64 = 2_000_000_000;
/// Default of [`Limits::event_fuel`]: some milliseconds.
pub const EVENT_FUEL_MAX: u64 = 20_000_000;
/// Default of [`Limits::byte_fuel`]: a rule of the SDK takes about ten.
pub const BYTE_FUEL_MAX: u64 = 1_000;
/// Default of [`Limits::memory_bytes`].
pub const MEMORY_BYTES_MAX: usize = 128 << 20;
/// Default of [`Limits::table_elements`].
pub const TABLE_ELEMENTS_MAX: usize = 100_000;
/// Default of [`Limits::stack_bytes`].
pub const STACK_BYTES_MAX: usize = 1 << 20;
/// Default of [`Limits::answer_bytes`].
pub const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Default of [`Limits::metadata_bytes`].
pub const METADATA_BYTES_MAX: usize = 4 << 20;
/// Default of [`Limits::print_bytes`].
pub const PRINT_BYTES_MAX: usize = 64 << 10;
/// The documents of all rules of a component together, in bytes. Not to be changed.
pub const DOCUMENTS_BYTES_MAX: usize = 64 << 20;
/// Threads that compile one component, so that it takes the same memory on any machine. Not to be changed.
pub const COMPILE_THREADS_MAX: usize = 4;
/// A compiler that waits for a busy processor is given up after this many times its seconds. Not configurable.
pub const COMPILE_WAIT_FACTOR: u64 = 10;
/// What a start costs beside the work that it does, where starts are counted: about a tenth of a millisecond. Not to be
/// changed.
pub const START_FUEL: u64 = 200_000;
/// Interfaces that a component may import. Not to be changed.
pub const IMPORTS_MAX: usize = 64;
/// Functions and resources in all that a component imports. Not to be changed.
pub const IMPORTED_ITEMS_MAX: usize = 1_000;
/// Parts of the types in all that a component imports. Not to be changed.
pub const IMPORTED_TYPE_PARTS_MAX: usize = 100_000;
/// The longest name in a type that a component imports. Not to be changed.
pub const IMPORTED_NAME_BYTES_MAX: usize = 64;
/// Handles of resources that an instance may hold. Not to be changed.
pub const HANDLES_MAX: usize = 10_000;
/// Random bytes that an instance may ask for at once. Not to be changed.
pub const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// Instances of core modules, and as many memories and tables, in one instance of a component. Not to be changed.
pub const CORE_INSTANCES_MAX: usize = 256;
/// Imports, functions, globals, elements and segments in all instances of core modules, together: each takes the host
/// memory and time at every start. Not to be changed.
pub const INSTANCE_ITEMS_MAX: usize = 1_000_000;
/// Types that a component declares, also those within types. Not to be changed.
pub const TYPE_DECLARATIONS_MAX: usize = 100_000;
/// Bytes of data that all instances of core modules together are filled with at every start. Not to be changed.
pub const INSTANCE_DATA_BYTES_MAX: usize = 128 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: COMPONENT_BYTES_MAX,
            function_bytes: FUNCTION_BYTES_MAX,
            compile_seconds: COMPILE_SECONDS_MAX,
            compile_bytes: COMPILE_BYTES_MAX,
            load_fuel: LOAD_FUEL_MAX,
            event_fuel: EVENT_FUEL_MAX,
            byte_fuel: BYTE_FUEL_MAX,
            memory_bytes: MEMORY_BYTES_MAX,
            table_elements: TABLE_ELEMENTS_MAX,
            stack_bytes: STACK_BYTES_MAX,
            answer_bytes: ANSWER_BYTES_MAX,
            metadata_bytes: METADATA_BYTES_MAX,
            print_bytes: PRINT_BYTES_MAX,
        }
    }
}
