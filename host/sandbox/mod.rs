//! The sandbox: loads rule components, and runs them within limits. Nothing outside of this folder knows
//! wasmtime.
//!
//! What an event is, which events a component sees and what becomes of its findings is left to others.

use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::Engine;

mod budget;
mod cache;
mod columns;
mod compiler;
mod component;
mod convert;
mod engine;
mod error;
mod executable;
mod instance;
mod last_words;
mod load;
mod restarts;
mod structure;
mod version;
mod wasi;

pub mod limits;
pub mod metadata;

use budget::Budget;
use cache::Cache;
use engine::engine;
use limits::Limits;

pub use compiler::compile_alone;
pub use component::Component;
pub use error::{ConfigureError, Failure, FailureKind, LoadError, SandboxError};
pub use instance::{Instance, Spent};

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
    /// Keeps code for the next start.
    cache: Option<Arc<Cache>>,
    /// Is told what is compiled.
    note: Option<Note>,
}

/// What is told the name and the size of a component.
type Note = Arc<dyn Fn(&str, usize) + Send + Sync>;

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
    /// Makes a sandbox. With `cache`, compiled code is kept in the user's cache folder and reused; without a
    /// usable folder, rules are compiled at each start.
    ///
    /// It compiles in this process, whose memory is not bounded: see [`Sandbox::with_compiler`].
    pub fn new(limits: Limits, cache: bool) -> Result<Self, SandboxError> {
        Self::on(engine(&limits, None)?, limits, cache)
    }

    /// Makes a sandbox that has a process of its own for compiling what was not compiled before. `program` is to call
    /// [`compile_alone`] when it is started with the arguments `compile-child BYTES SECONDS`.
    ///
    /// Where every event is to have a fresh instance, `isolated` says on how many threads: their memory then comes from
    /// a pool, if there is the address space for one, which makes an instance several times as fast.
    pub fn with_compiler(
        program: PathBuf,
        limits: Limits,
        cache: bool,
        isolated: Option<usize>,
    ) -> Result<Self, SandboxError> {
        let engine = engine(&limits, isolated).or_else(|_| engine(&limits, None))?;
        let compiler = Some(Arc::new(compiler::Compiler::new(program)));
        Ok(Self { compiler, ..Self::on(engine, limits, cache)? })
    }

    fn on(engine: Engine, limits: Limits, cache: bool) -> Result<Self, SandboxError> {
        executable::probe().map_err(SandboxError::NotExecutable)?;
        let cache = if cache { Cache::of_user().map(Arc::new) } else { None };
        Ok(Self { engine, limits: Arc::new(limits), wasi: Wasi::default(), compiler: None, cache, note: None })
    }

    /// Has `note` told the name and the size in bytes of each component that must be compiled while it is loaded.
    pub fn with_note(mut self, note: impl Fn(&str, usize) + Send + Sync + 'static) -> Self {
        self.note = Some(Arc::new(note));
        self
    }

    /// Decides on components that import WASI.
    pub fn with_wasi(mut self, wasi: Wasi) -> Self {
        self.wasi = wasi;
        self
    }
}
