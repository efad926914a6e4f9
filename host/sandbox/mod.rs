//! The sandbox: loads rule components, and runs them within limits. Nothing outside of this folder knows
//! wasmtime.
//!
//! What an event is, which events a component sees and what becomes of its findings is left to others.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use wasmtime::component::{Component as Compiled, InstancePre, Linker};
use wasmtime::{Engine, ModuleVersionStrategy};

mod budget;
mod columns;
mod compiler;
mod component;
mod convert;
mod described;
mod engine;
mod error;
mod instance;
mod structure;
mod wasi;

pub mod limits;
pub mod metadata;

use budget::Budget;
use component::Code;
use described::{Described, Known};
use engine::{engine, user_cache};
use limits::Limits;

pub use compiler::compile_alone;
pub use component::Component;
pub use error::{ConfigureError, Failure, FailureKind, LoadError};
pub use instance::Instance;

mod bindings {
    wasmtime::component::bindgen!({ path: "wit", world: "filter" });
}

use bindings::exports::trommel::filter::event_filter as contract;

/// The interface that a component must export, without its version.
const INTERFACE: &str = "trommel:filter/event-filter";
/// The version of the interface that this host speaks. It runs components of any `0.2.x`.
pub const INTERFACE_VERSION: &str = "0.2.0";

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
        let exports = component_type.exports(&self.engine).filter_map(|(name, _)| name.strip_prefix(INTERFACE));
        let versions: Vec<_> = exports.map(|version| version.trim_start_matches('@').to_owned()).collect();
        if !versions.iter().any(|version| version.starts_with("0.2.")) {
            return Err(versions.into_iter().next().map_or(LoadError::NoInterface, LoadError::OtherVersion));
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
