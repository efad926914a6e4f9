//! The sandbox: loads rule components, and runs them within limits. With its parts in `rule/` the only file that knows
//! wasmtime.
//!
//! What an event is, which events a component sees and what becomes of its findings is left to others.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::component::{Component as Compiled, InstancePre, Linker};
use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, ModuleVersionStrategy, PoolingAllocationConfig, ResourceLimiter,
    Store, Trap,
};

use crate::columns;
use crate::limits::{CORE_INSTANCES_MAX, HANDLES_MAX, Limits};
use crate::metadata::{self, AttackEntry, Finding, Metadata, SettingError, Severity, Threat};
use crate::needles;

mod compiler;
mod shape;
mod wasi;

pub use compiler::compile_alone;

mod bindings {
    wasmtime::component::bindgen!({ path: "wit", world: "filter" });
}

use bindings::exports::trommel::filter::event_filter as contract;

/// The interface that a component must export, without its version.
const INTERFACE: &str = "trommel:filter/event-filter";
/// The version of the interface that this host speaks. It runs components of any `0.1.x`.
pub const INTERFACE_VERSION: &str = "0.1.0";

/// Compiles components and runs them, all within the same limits.
#[derive(Clone)]
pub struct Sandbox {
    engine: Engine,
    limits: Arc<Limits>,
    wasi: Wasi,
    /// Compiles, unless that is done here.
    compiler: Option<Arc<compiler::Compiler>>,
}

/// What a component finds that imports WASI 0.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wasi {
    /// WASI with nothing granted.
    #[default]
    Nothing,
    /// No WASI: the component is refused.
    Deny,
}

/// A component that was loaded: its rules are known, and may be configured.
pub struct Component {
    sandbox: Sandbox,
    pre: bindings::FilterPre<Budget>,
    rules: Arc<[Metadata]>,
    settings: Vec<(u32, String)>,
    size: usize,
    imports: Vec<String>,
    /// What it prints, if it has WASI.
    printing: Option<Arc<wasi::Printing>>,
}

/// A component's place to run, for one thread. It is made when the first event comes, and made anew after a failure.
pub struct Instance {
    component: Arc<Component>,
    live: Option<Live>,
    isolate: bool,
}

struct Live {
    store: Store<Budget>,
    filter: bindings::Filter,
}

/// A component that cannot be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// More bytes than the limit, given here.
    TooLarge(usize),
    /// These bytes are not WebAssembly.
    NotWasm,
    /// These bytes are a core module.
    CoreModule,
    /// A broken component, or one that needs what the host does not have: why.
    Invalid(String),
    /// A function is larger than the limit, given here: compiling it could take any time.
    LargeFunction(usize),
    /// It is composed of components that have code of their own.
    Composed,
    /// Compiling took more seconds than the limit, given here.
    CompileTime(u64),
    /// Compiling took more bytes of memory than the limit, given here.
    CompileMemory(usize),
    /// The compiler itself failed: how.
    Compiler(String),
    /// The component imports these, which nothing provides.
    Imports(Vec<String>),
    /// The component imports these, which are of WASI, and [`Wasi::Deny`] says to refuse it.
    Wasi(Vec<String>),
    /// The interface is not among the exports.
    NoInterface,
    /// The component speaks another version of the interface: which.
    OtherVersion(String),
    /// `describe` failed.
    Describe(Failure),
    /// The rules contradict themselves: how.
    Metadata(String),
}

/// A component that refuses its settings.
#[derive(Debug)]
pub enum ConfigureError {
    /// These are the mistakes.
    Refused(Vec<SettingError>),
    /// The call failed.
    Failed(Failure),
}

/// Why a component gave no answer that the host can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// The details, for people.
    pub text: String,
}

/// The kinds of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The event is not one JSON object: the event's own fault, as the rule sees it.
    Malformed,
    /// The rule said that it could not judge the event.
    Internal,
    /// The rule trapped: a crash.
    Trap,
    /// The rule ran longer than its limit.
    Fuel,
    /// The rule wanted more memory, or more table elements, than its limit.
    Memory,
    /// The rule overflowed its stack.
    Stack,
    /// The answer is not what the contract demands, or over its limit.
    Answer,
    /// A finding in an event that holds no needle of its rule.
    Needle,
}

impl FailureKind {
    /// The kind's name in dead letters and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Internal => "internal",
            Self::Trap => "trap",
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Answer => "answer",
            Self::Needle => "needle",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.text)
    }
}

impl Sandbox {
    /// Makes a sandbox. With `cache`, compiled code is kept in the user's cache folder and found there again; a cache
    /// that cannot be had is done without.
    ///
    /// It compiles in this process, whose memory is not bounded: see [`Sandbox::with_compiler`].
    pub fn new(limits: Limits, cache: bool) -> Result<Self, String> {
        let engine = engine(&limits, user_cache(cache), ModuleVersionStrategy::default(), None)?;
        Ok(Self { engine, limits: Arc::new(limits), wasi: Wasi::default(), compiler: None })
    }

    /// Makes a sandbox that has a process of its own for compiling what was not compiled before. `program` is to call
    /// [`compile_alone`] when it is started with the arguments `compile BYTES SECONDS [CACHE]`.
    ///
    /// Where every event is to have a fresh instance, `isolated` says on how many threads: their memory then comes from
    /// a pool, if there is the address space for one, which makes an instance several times as fast.
    pub fn with_compiler(
        program: PathBuf,
        limits: Limits,
        cache: bool,
        isolated: Option<usize>,
    ) -> Result<Self, String> {
        let compiler = compiler::Compiler::new(program, user_cache(cache));
        let engine = |isolated| engine(&limits, compiler.cache.clone(), compiler::code_version(&limits), isolated);
        let engine = engine(isolated).or_else(|_| engine(None))?;
        Ok(Self { engine, limits: Arc::new(limits), wasi: Wasi::default(), compiler: Some(Arc::new(compiler)) })
    }

    /// Decides on components that import WASI.
    pub fn with_wasi(mut self, wasi: Wasi) -> Self {
        self.wasi = wasi;
        self
    }

    /// Loads a component from its bytes. What it prints, if it can, is told under `name`.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<Component, LoadError> {
        if bytes.len() > self.limits.component_bytes {
            return Err(LoadError::TooLarge(self.limits.component_bytes));
        }
        match bytes.get(..8) {
            Some(b"\0asm\x0d\0\x01\0") => {}
            Some(b"\0asm\x01\0\0\0") => return Err(LoadError::CoreModule),
            Some([0, b'a', b's', b'm', ..]) => {
                return Err(LoadError::Invalid("an unknown version of the format".into()));
            }
            _ => return Err(LoadError::NotWasm),
        }
        shape::check(bytes, self.limits.function_bytes)?;
        let compiled = self.compile(bytes)?;
        let component_type = compiled.component_type();
        let imports: Vec<_> = component_type.imports(&self.engine).map(|(name, item)| (name, item.ty)).collect();
        let names = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
            imports.iter().filter(|(name, _)| wanted(name)).map(|(name, _)| (*name).to_owned()).collect()
        };
        let foreign = names(&|name| !wasi::is_wasi(name));
        if !foreign.is_empty() {
            return Err(LoadError::Imports(foreign));
        }
        if !imports.is_empty() && self.wasi == Wasi::Deny {
            return Err(LoadError::Wasi(names(&|_| true)));
        }
        let versions = component_type.exports(&self.engine).filter_map(|(name, _)| name.strip_prefix(INTERFACE));
        match versions.map(|version| version.trim_start_matches('@').to_owned()).next() {
            None => return Err(LoadError::NoInterface),
            Some(version) if !version.starts_with("0.1.") => return Err(LoadError::OtherVersion(version)),
            Some(_) => {}
        }
        let mut linker = Linker::new(&self.engine);
        let invalid = |error: wasmtime::Error| LoadError::Invalid(format!("{error:#}"));
        let missing = wasi::link(&mut linker, &self.engine, &imports).map_err(invalid)?;
        if !missing.is_empty() {
            return Err(LoadError::Imports(missing));
        }
        let pre: InstancePre<Budget> = linker.instantiate_pre(&compiled).map_err(invalid)?;
        let pre = bindings::FilterPre::new(pre).map_err(invalid)?;
        let has_wasi = !imports.is_empty();
        let mut component = Component {
            // The compiler goes when all is loaded.
            sandbox: Sandbox { compiler: None, ..self.clone() },
            pre,
            rules: Arc::new([]),
            settings: Vec::new(),
            size: bytes.len(),
            imports: names(&|_| true),
            printing: has_wasi.then(|| Arc::new(wasi::Printing::new(name, self.limits.print_bytes))),
        };
        let mut live = component.start().map_err(LoadError::Describe)?;
        live.store.set_hostcall_fuel(self.limits.metadata_bytes);
        let rules = live.call(|filter, store| filter.call_describe(store)).map_err(LoadError::Describe)?;
        let rules: Vec<Metadata> = rules.into_iter().map(Metadata::from).collect();
        metadata::check(&rules).map_err(LoadError::Metadata)?;
        component.rules = rules.into();
        Ok(component)
    }

    fn compile(&self, bytes: &[u8]) -> Result<Compiled, LoadError> {
        match &self.compiler {
            None => self.compile_here(bytes),
            Some(compiler) => {
                compiler.compile(&self.engine, &self.limits, bytes)?;
                Compiled::from_binary(&self.engine, bytes).map_err(|error| LoadError::Invalid(format!("{error:#}")))
            }
        }
    }

    /// Compiles on a thread of its own, which is left behind when it takes too long.
    fn compile_here(&self, bytes: &[u8]) -> Result<Compiled, LoadError> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (engine, bytes) = (self.engine.clone(), bytes.to_owned());
        std::thread::spawn(move || sender.send(Compiled::from_binary(&engine, &bytes)));
        let limit = self.limits.compile_seconds;
        match receiver.recv_timeout(std::time::Duration::from_secs(limit)) {
            Ok(compiled) => compiled.map_err(|error| LoadError::Invalid(format!("{error:#}"))),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => Err(LoadError::CompileTime(limit)),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => Err(LoadError::Compiler("it gave up".into())),
        }
    }
}

/// `isolated` is the number of threads of which each makes instance after instance.
fn engine(
    limits: &Limits,
    cache: Option<Cache>,
    version: ModuleVersionStrategy,
    isolated: Option<usize>,
) -> Result<Engine, String> {
    let text = |error: wasmtime::Error| format!("{error:#}");
    let mut config = Config::new();
    config.consume_fuel(true).max_wasm_stack(limits.stack_bytes).wasm_backtrace_max_frames(None);
    // Of no use to a rule, and more to attack.
    config.wasm_memory64(false);
    // Nobody looks at a rule's stack: without what tells it apart, code is a sixth smaller and loaded sooner.
    config.generate_address_map(false).native_unwind_info(false);
    config.cache(cache).module_version(version).map_err(text)?;
    if let Some(threads) = isolated {
        config.allocation_strategy(pool(limits, threads));
    }
    Engine::new(&config).map_err(text)
}

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

fn user_cache(wanted: bool) -> Option<Cache> {
    if wanted { Cache::new(CacheConfig::new()).ok() } else { None }
}

impl Component {
    /// What the component's rules say of themselves, in their order.
    pub fn rules(&self) -> &[Metadata] {
        &self.rules
    }

    /// The component's own size, in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The interfaces of WASI that the component imports, all with nothing granted.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// Gives one rule its settings, for every instance that is made from now on.
    pub fn configure(&mut self, rule: usize, settings: &str) -> Result<(), ConfigureError> {
        let mut live = self.start().map_err(ConfigureError::Failed)?;
        live.store.set_hostcall_fuel(self.sandbox.limits.metadata_bytes);
        let number = rule as u32;
        let answer = live.call(|filter, store| filter.call_configure(store, number, settings));
        let refused = |errors: Vec<contract::SettingError>| {
            let plain = |e: contract::SettingError| SettingError { pointer: e.pointer, expected: e.expected };
            ConfigureError::Refused(errors.into_iter().map(plain).collect())
        };
        answer.map_err(ConfigureError::Failed)?.map_err(refused)?;
        self.settings.retain(|(rule, _)| *rule != number);
        self.settings.push((number, settings.to_owned()));
        Ok(())
    }

    /// A place to run, for one thread. With `isolate`, every event has a fresh one.
    pub fn instance(self: &Arc<Self>, isolate: bool) -> Instance {
        Instance { component: self.clone(), live: None, isolate }
    }

    /// Makes a fresh instance, not yet configured.
    fn start(&self) -> Result<Live, Failure> {
        let limits = &self.sandbox.limits;
        let mut budget = Budget::new(limits);
        budget.wasi = self.printing.as_ref().map(|printing| Box::new(wasi::Wasi::new(printing.clone())));
        let mut store = Store::new(&self.sandbox.engine, budget);
        store.limiter(|budget| budget);
        store.set_max_component_handles(HANDLES_MAX);
        // Until the caller knows what it asks for.
        store.set_hostcall_fuel(limits.answer_bytes);
        store.set_fuel(limits.load_fuel).map_err(|error| failure(&error, &Budget::new(limits)))?;
        match self.pre.instantiate(&mut store) {
            Ok(filter) => {
                if let Some(wasi) = &mut store.data_mut().wasi {
                    wasi.end_call();
                }
                store.set_fuel(limits.load_fuel).map_err(|error| failure(&error, store.data()))?;
                Ok(Live { store, filter })
            }
            Err(error) => Err(failure(&error, store.data())),
        }
    }

    fn start_configured(&self) -> Result<Live, Failure> {
        let mut live = self.start()?;
        let limits = &self.sandbox.limits;
        live.store.set_hostcall_fuel(limits.metadata_bytes);
        for (rule, settings) in &self.settings {
            live.store.set_fuel(limits.load_fuel).map_err(|error| failure(&error, live.store.data()))?;
            if live.call(|filter, store| filter.call_configure(store, *rule, settings))?.is_err() {
                let text = "refuses the settings that it took before".into();
                return Err(Failure { kind: FailureKind::Answer, text });
            }
        }
        live.store.set_hostcall_fuel(limits.answer_bytes);
        Ok(live)
    }

    /// Makes plain, checked findings of an answer.
    fn findings(&self, answer: Vec<contract::Finding>, event: &[u8]) -> Result<Vec<Finding>, Failure> {
        let mut findings = Vec::with_capacity(answer.len());
        for found in answer {
            let wrong = |kind, text| Err(Failure { kind, text });
            let Some(rule) = self.rules.get(found.rule as usize) else {
                let text = format!("a finding of rule {}, where there are {}", found.rule, self.rules.len());
                return wrong(FailureKind::Answer, text);
            };
            if found.risk_score.is_some_and(|score| score > metadata::RISK_SCORE_MAX) {
                return wrong(FailureKind::Answer, format!("a risk score above {}", metadata::RISK_SCORE_MAX));
            }
            let columns = match columns::check(&found.columns, &rule.columns) {
                Ok(columns) => columns,
                Err(what) => return wrong(FailureKind::Answer, format!("the columns of `{}`: {what}", rule.id)),
            };
            if !needles::concerns(event, &rule.needles) {
                let text = format!("`{}` has a finding in an event that holds none of its needles", rule.id);
                return wrong(FailureKind::Needle, text);
            }
            findings.push(Finding {
                rule: found.rule as usize,
                columns,
                severity: found.severity.map_or(rule.severity, |raised| Severity::from(raised).max(rule.severity)),
                risk_score: found.risk_score.map_or(rule.risk_score, |raised| raised.max(rule.risk_score)),
            });
        }
        findings.sort_by_key(|finding| finding.rule);
        Ok(findings)
    }
}

impl Instance {
    /// The component that runs here.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// Judges one event. After a failure the next event finds a fresh instance.
    pub fn evaluate(&mut self, event: &[u8]) -> Result<Vec<Finding>, Failure> {
        let mut live = match self.live.take() {
            Some(live) => live,
            None => self.component.start_configured()?,
        };
        let limits = &self.component.sandbox.limits;
        let fuel = limits.event_fuel.saturating_add(limits.byte_fuel.saturating_mul(event.len() as u64));
        live.store.set_fuel(fuel).map_err(|error| failure(&error, live.store.data()))?;
        let contract_answer = live.call(|filter, store| filter.call_evaluate(store, event))?;
        let findings = match contract_answer {
            Ok(answer) if answer.is_empty() => Vec::new(),
            Ok(answer) => self.component.findings(answer, event)?,
            Err(contract::Fault::Malformed(text)) => return Err(Failure { kind: FailureKind::Malformed, text }),
            Err(contract::Fault::Internal(text)) => return Err(Failure { kind: FailureKind::Internal, text }),
        };
        if !self.isolate && live.store.data().memory_bytes <= MEMORY_KEPT_BYTES_MAX {
            self.live = Some(live);
        }
        Ok(findings)
    }
}

/// An instance that has grown beyond this is given back after the event: one large event must not hold memory for ever.
const MEMORY_KEPT_BYTES_MAX: usize = 8 << 20;

impl Live {
    fn call<T>(
        &mut self,
        call: impl FnOnce(&contract::Guest, &mut Store<Budget>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let answer = call(self.filter.trommel_filter_event_filter(), &mut self.store);
        if let Some(wasi) = &mut self.store.data_mut().wasi {
            wasi.end_call();
        }
        answer.map_err(|error| failure(&error, self.store.data()))
    }
}

/// Tells from wasmtime's error and from what was refused why a call failed.
fn failure(error: &wasmtime::Error, budget: &Budget) -> Failure {
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
        FailureKind::Memory => format!("wanted more than {} bytes of memory, or too large a table", budget.memory_max),
        FailureKind::Stack => "overflowed its stack".into(),
        _ => match format!("{:#}", error.root_cause()) {
            // wasmtime counts what an answer copies, and has no type for this error.
            text if text.contains("fuel allocated for hostcalls") => "is larger than its limit".into(),
            text => text,
        },
    };
    Failure { kind, text }
}

/// What an instance has taken up, and what it may.
struct Budget {
    memory_bytes: usize,
    memory_max: usize,
    elements: usize,
    elements_max: usize,
    /// Whether growth was refused.
    refused: bool,
    /// What a component with WASI has. Others do without.
    wasi: Option<Box<wasi::Wasi>>,
}

impl Budget {
    fn new(limits: &Limits) -> Self {
        let (memory_max, elements_max) = (limits.memory_bytes, limits.table_elements);
        Self { memory_bytes: 0, memory_max, elements: 0, elements_max, refused: false, wasi: None }
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory_bytes - current + desired;
        let fits = total <= self.memory_max;
        if fits {
            self.memory_bytes = total;
        }
        self.refused |= !fits;
        Ok(fits)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.elements - current + desired;
        let fits = total <= self.elements_max;
        if fits {
            self.elements = total;
        }
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

impl From<contract::Severity> for Severity {
    fn from(severity: contract::Severity) -> Self {
        match severity {
            contract::Severity::Informational => Self::Informational,
            contract::Severity::Low => Self::Low,
            contract::Severity::Medium => Self::Medium,
            contract::Severity::High => Self::High,
            contract::Severity::Critical => Self::Critical,
        }
    }
}

impl From<contract::Rule> for Metadata {
    fn from(rule: contract::Rule) -> Self {
        let entry = |entry: contract::AttackEntry| AttackEntry { id: entry.id, name: entry.name };
        let threat = |threat: contract::Threat| Threat {
            tactic: entry(threat.tactic),
            techniques: threat.techniques.into_iter().map(entry).collect(),
        };
        Self {
            id: rule.id,
            name: rule.name,
            version: rule.version,
            description: rule.description,
            triage: rule.triage,
            authors: rule.authors,
            license: rule.license,
            severity: rule.severity.into(),
            risk_score: rule.risk_score,
            tags: rule.tags,
            references: rule.references,
            threats: rule.threats.into_iter().map(threat).collect(),
            columns: rule.columns,
            settings_schema: rule.settings_schema,
            needles: rule.needles,
        }
    }
}
