//! The sandbox: loads rule components, and runs them within limits. Nothing outside of this folder knows
//! wasmtime.
//!
//! What an event is, which events a component sees and what becomes of its findings is left to others.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wasmtime::component::{Component as Compiled, InstancePre, Linker};
use wasmtime::{Engine, ModuleVersionStrategy, Store};

use crate::prefilter;

mod budget;
mod columns;
mod compiler;
mod convert;
mod described;
mod engine;
mod error;
mod structure;
mod wasi;

pub mod limits;
pub mod metadata;

use budget::{Budget, failure};
use described::{Described, Known};
use engine::{engine, user_cache};
use limits::{HANDLES_MAX, Limits};
use metadata::{Finding, Metadata, SettingError, Severity};

pub use compiler::compile_alone;
pub use error::{ConfigureError, Failure, FailureKind, LoadError};

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
    code: Code,
    size: usize,
    described: Described,
    settings: Vec<(u32, String)>,
    /// What it prints, if it has WASI.
    printing: Option<Arc<wasi::Printing>>,
}

/// A component's code. Where its rules are known from an earlier start it is got when it is first needed, which for most
/// rules is never: no event concerns them.
struct Code {
    /// The component itself, until its code is there.
    bytes: Mutex<Vec<u8>>,
    ready: OnceLock<Result<bindings::FilterPre<Budget>, Failure>>,
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
    /// Its memory before the first event, in bytes: that of an interpreter is large from the start.
    start_bytes: usize,
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
    /// [`compile_alone`] when it is started with the arguments `compile-child BYTES SECONDS [CACHE]`.
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
    ///
    /// What an earlier start has found out of it is not found out again: then its code is got when it is first needed.
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
        let folder = self.compiler.as_ref().and_then(|compiler| compiler.known.as_ref());
        let known = folder.map(|folder| Known::of(folder, self, bytes));
        if let Some(described) = known.as_ref().and_then(Known::read) {
            let code = Code { bytes: Mutex::new(bytes.to_owned()), ready: OnceLock::new() };
            return Ok(self.component(name, code, bytes.len(), described));
        }
        structure::check(bytes, self.limits.function_bytes)?;
        let (ready, imports) = self.link(&self.compile(bytes)?)?;
        let code = Code { bytes: Mutex::default(), ready: OnceLock::from(Ok(ready)) };
        let mut component = self.component(name, code, bytes.len(), Described { imports, rules: Vec::new() });
        component.described.rules = component.describe()?;
        if let Some(known) = known {
            known.write(&component.described);
        }
        Ok(component)
    }

    fn component(&self, name: &str, code: Code, size: usize, described: Described) -> Component {
        let has_wasi = !described.imports.is_empty();
        Component {
            // The compiler goes when all is loaded.
            sandbox: Sandbox { compiler: None, ..self.clone() },
            code,
            size,
            described,
            settings: Vec::new(),
            printing: has_wasi.then(|| Arc::new(wasi::Printing::new(name, self.limits.print_bytes))),
        }
    }

    /// Gives code what it imports, and says what that is.
    fn link(&self, compiled: &Compiled) -> Result<(bindings::FilterPre<Budget>, Vec<String>), LoadError> {
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
        let missing = wasi::link(&mut linker, &self.engine, &imports).map_err(invalid)?;
        if !missing.is_empty() {
            return Err(LoadError::Imports(missing));
        }
        let pre: InstancePre<Budget> = linker.instantiate_pre(compiled).map_err(invalid)?;
        Ok((bindings::FilterPre::new(pre).map_err(invalid)?, names(&|_| true)))
    }

    fn compile(&self, bytes: &[u8]) -> Result<Compiled, LoadError> {
        match &self.compiler {
            None => self.compile_here(bytes),
            Some(compiler) => {
                compiler.compile(&self.limits, bytes)?;
                self.cached(bytes)
            }
        }
    }

    /// Gets code that is known to compile. Where the cache has lost it, it is compiled again.
    fn cached(&self, bytes: &[u8]) -> Result<Compiled, LoadError> {
        Compiled::from_binary(&self.engine, bytes).map_err(invalid)
    }

    /// Compiles on a thread of its own, which is left behind when it takes too long.
    fn compile_here(&self, bytes: &[u8]) -> Result<Compiled, LoadError> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (engine, bytes) = (self.engine.clone(), bytes.to_owned());
        std::thread::spawn(move || sender.send(Compiled::from_binary(&engine, &bytes)));
        let limit = self.limits.compile_seconds;
        match receiver.recv_timeout(std::time::Duration::from_secs(limit)) {
            Ok(compiled) => compiled.map_err(invalid),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => Err(LoadError::CompileTime(limit)),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => Err(LoadError::Compiler("it gave up".into())),
        }
    }
}

fn invalid(error: wasmtime::Error) -> LoadError {
    LoadError::Invalid(format!("{error:#}"))
}

impl Component {
    /// What the component's rules say of themselves, in their order.
    pub fn rules(&self) -> &[Metadata] {
        &self.described.rules
    }

    /// The component's own size, in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The interfaces of WASI that the component imports, all with nothing granted.
    pub fn imports(&self) -> &[String] {
        &self.described.imports
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

    /// Asks the rules what they are.
    fn describe(&self) -> Result<Vec<Metadata>, LoadError> {
        let mut live = self.start().map_err(LoadError::Describe)?;
        live.store.set_hostcall_fuel(self.sandbox.limits.metadata_bytes);
        let rules = live.call(|filter, store| filter.call_describe(store)).map_err(LoadError::Describe)?;
        let rules: Vec<Metadata> = rules.into_iter().map(Metadata::from).collect();
        metadata::check(&rules).map_err(LoadError::Metadata)?;
        Ok(rules)
    }

    /// The code, ready to run.
    fn code(&self) -> Result<&bindings::FilterPre<Budget>, Failure> {
        let ready = self.code.ready.get_or_init(|| {
            let bytes = std::mem::take(&mut *self.code.bytes.lock().unwrap_or_else(PoisonError::into_inner));
            let linked = self.sandbox.cached(&bytes).and_then(|compiled| self.sandbox.link(&compiled));
            linked.map(|(ready, _)| ready).map_err(|error| Failure {
                kind: FailureKind::Internal,
                text: format!("its code cannot be had a second time: {error:?}"),
            })
        });
        ready.as_ref().map_err(Failure::clone)
    }

    /// Makes a fresh instance, not yet configured.
    fn start(&self) -> Result<Live, Failure> {
        let code = self.code()?;
        let limits = &self.sandbox.limits;
        let mut budget = Budget::new(limits);
        budget.wasi = self.printing.as_ref().map(|printing| Box::new(wasi::Wasi::new(printing.clone())));
        let mut store = Store::new(&self.sandbox.engine, budget);
        store.limiter(|budget| budget);
        store.set_max_component_handles(HANDLES_MAX);
        // Until the caller knows what it asks for.
        store.set_hostcall_fuel(limits.answer_bytes);
        store.set_fuel(limits.load_fuel).map_err(|error| failure(&error, &Budget::new(limits)))?;
        match code.instantiate(&mut store) {
            Ok(filter) => {
                if let Some(wasi) = &mut store.data_mut().wasi {
                    wasi.end_call();
                }
                store.set_fuel(limits.load_fuel).map_err(|error| failure(&error, store.data()))?;
                Ok(Live { store, filter, start_bytes: 0 })
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
        live.start_bytes = live.store.data().memory_bytes();
        Ok(live)
    }

    /// Makes plain, checked findings of an answer.
    fn findings(&self, answer: Vec<contract::Finding>, event: &[u8]) -> Result<Vec<Finding>, Failure> {
        let mut findings = Vec::with_capacity(answer.len());
        for found in answer {
            let wrong = |kind, text| Err(Failure { kind, text });
            let Some(rule) = self.rules().get(found.rule as usize) else {
                let text = format!("a finding of rule {}, where there are {}", found.rule, self.rules().len());
                return wrong(FailureKind::Answer, text);
            };
            if found.risk_score.is_some_and(|score| score > metadata::RISK_SCORE_MAX) {
                return wrong(FailureKind::Answer, format!("a risk score above {}", metadata::RISK_SCORE_MAX));
            }
            let columns = match columns::check(&found.columns, &rule.columns) {
                Ok(columns) => columns,
                Err(what) => return wrong(FailureKind::Answer, format!("the columns of `{}`: {what}", rule.id)),
            };
            if !prefilter::concerns(event, &rule.needles) {
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
        if !self.isolate && live.store.data().memory_bytes() <= live.start_bytes + MEMORY_GROWN_BYTES_MAX {
            self.live = Some(live);
        }
        Ok(findings)
    }
}

/// An instance that has grown by more is given back after the event: one large event must not hold memory for ever.
const MEMORY_GROWN_BYTES_MAX: usize = 8 << 20;

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
