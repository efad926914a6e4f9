//! Loading: from the bytes of a component to code that may run, and to what its rules say of themselves.
//!
//! What an earlier start has found out is not found out again: a component is then not compiled, read or asked before an
//! event concerns it.

use std::os::fd::AsRawFd as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmtime::component::{Component as Compiled, InstancePre, Linker};
use wasmtime::{Module, ModuleVersionStrategy};

use super::cache::{self, Cache, Key, Kind};
use super::{Budget, Component, Failure, LoadError, Sandbox, Wasi, bindings, structure, version, wasi};
use crate::sandbox::metadata::{self, Metadata};

/// What a component says of itself. It is always the same: nothing that `describe` could ask gives it another answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Described {
    pub(super) imports: Vec<String>,
    pub(super) rules: Vec<Metadata>,
}

impl Sandbox {
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
        let digest = cache::digest(bytes);
        let key = self.described_key(&digest);
        if let Some(described) = self.described(&key) {
            return Ok(self.component(name, bytes, OnceLock::new(), described));
        }
        structure::check(bytes, &self.limits)?;
        let compiled = self.compiled(bytes, &digest, || {
            if let Some(note) = &self.note {
                note(name, bytes.len());
            }
        })?;
        let (ready, imports) = self.link(&compiled)?;
        let described = Described { imports, rules: Vec::new() };
        let mut component = self.component(name, bytes, OnceLock::from(Ok(ready)), described);
        component.described.rules = component.describe()?;
        if let Some(cache) = &self.cache {
            let bytes = postcard::to_allocvec(&component.described).expect("there is memory");
            cache.write(&key, &bytes);
        }
        Ok(component)
    }

    fn component(
        &self,
        name: &str,
        bytes: &[u8],
        code: OnceLock<Result<bindings::FilterPre<Budget>, Failure>>,
        described: Described,
    ) -> Component {
        let has_wasi = !described.imports.is_empty();
        Component {
            sandbox: self.clone(),
            bytes: bytes.to_owned(),
            code,
            core: OnceLock::new(),
            described,
            settings: Vec::new(),
            printing: has_wasi.then(|| Arc::new(wasi::Printing::new(name, self.limits.print_bytes))),
        }
    }

    /// What is kept of what a component said, unless it is not to be taken: it was written by other rules for metadata.
    fn described(&self, key: &Key) -> Option<Described> {
        let mut described: Described = postcard::from_bytes(&self.cache.as_ref()?.read(key)?).ok()?;
        metadata::check(&mut described.rules).ok()?;
        Some(described)
    }

    /// Depends on all limits: that the component is within them is known. But how long it took to compile, a machine
    /// decides that may be busy.
    fn described_key(&self, digest: &[u8]) -> Key {
        let limits = super::limits::Limits { compile_seconds: 0, ..(*self.limits).clone() };
        let engine = self.engine.precompile_compatibility_hash();
        let sandbox = (ModuleVersionStrategy::WasmtimeVersion, engine, format!("{limits:?} {:?}", self.wasi));
        Key::new(Kind::Described, (sandbox, digest))
    }

    fn code_key(&self, digest: &[u8]) -> Key {
        let engine = self.engine.precompile_compatibility_hash();
        Key::new(Kind::Code, ((ModuleVersionStrategy::WasmtimeVersion, engine, self.limits.compile_bytes), digest))
    }

    /// Gets a component's code. `compiles` is called before it is compiled.
    fn compiled(&self, bytes: &[u8], digest: &[u8], compiles: impl FnOnce()) -> Result<Compiled, LoadError> {
        self.compiled_as(Self::map, Self::kept_code, bytes, digest, compiles)
    }

    /// Gets the code of a core module of a component, which compiles as that did, and within the same limits.
    pub(super) fn module(&self, bytes: &[u8]) -> Result<Module, LoadError> {
        let kept = |sandbox: &Self, cache: &Cache, key: &Key| sandbox.map_module(&cache.read(key)?).ok();
        self.compiled_as(Self::map_module, kept, bytes, &cache::digest(bytes), || {})
    }

    fn compiled_as<T>(
        &self,
        map: impl Fn(&Self, &[u8]) -> Result<T, LoadError>,
        kept: impl Fn(&Self, &Cache, &Key) -> Option<T>,
        bytes: &[u8],
        digest: &[u8],
        compiles: impl FnOnce(),
    ) -> Result<T, LoadError> {
        let key = self.code_key(digest);
        if let Some(compiled) = self.cache.as_ref().and_then(|cache| kept(self, cache, &key)) {
            return Ok(compiled);
        }
        compiles();
        let code = match &self.compiler {
            None => self.compile_here(bytes)?,
            Some(compiler) => compiler.compile(&self.limits, bytes)?,
        };
        if let Some(cache) = &self.cache {
            cache.write(&key, &code);
        }
        map(self, &code)
    }

    /// Maps code that is kept: from its file, so that nothing of it is read before it is needed. Where files may not be
    /// run from, it is copied.
    fn kept_code(&self, cache: &Cache, key: &Key) -> Option<Compiled> {
        let file = cache.file(key)?;
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        #[expect(unsafe_code, reason = "wasmtime cannot know where the bytes come from")]
        // Safety: as in `map`; and who replaces the file puts another one in its place, and does not write to it.
        let mapped = unsafe { Compiled::deserialize_file(&self.engine, path) };
        mapped.ok().or_else(|| self.map(&cache.read(key)?).ok())
    }

    /// Gets code that is known to compile, and links it. Where it was lost, it is compiled again, within the limits.
    pub(super) fn code_again(&self, bytes: &[u8]) -> Result<bindings::FilterPre<Budget>, LoadError> {
        let compiled = self.compiled(bytes, &cache::digest(bytes), || {})?;
        Ok(self.link(&compiled)?.0)
    }

    /// Maps code, so that it can run.
    #[expect(unsafe_code, reason = "wasmtime cannot know where the bytes come from")]
    fn map(&self, code: &[u8]) -> Result<Compiled, LoadError> {
        // Safety: the bytes are what wasmtime's compiler gave in this process or in its child, or were kept of that in
        // a file that only this user could write, and have not changed since.
        unsafe { Compiled::deserialize(&self.engine, code) }.map_err(invalid)
    }

    /// Maps the code of a core module.
    #[expect(unsafe_code, reason = "wasmtime cannot know where the bytes come from")]
    fn map_module(&self, code: &[u8]) -> Result<Module, LoadError> {
        // Safety: as in `map`.
        unsafe { Module::deserialize(&self.engine, code) }.map_err(invalid)
    }

    /// Compiles on a thread of its own, which is left behind when it takes too long.
    fn compile_here(&self, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (engine, bytes) = (self.engine.clone(), bytes.to_owned());
        std::thread::spawn(move || sender.send(super::compiler::precompile(&engine, &bytes)));
        let limit = self.limits.compile_seconds;
        match receiver.recv_timeout(Duration::from_secs(limit)) {
            Ok(code) => code.map_err(invalid),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => Err(LoadError::CompileTime(limit)),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => Err(LoadError::Compiler("it gave up".into())),
        }
    }

    /// Gives code what it imports, and says what that is.
    fn link(&self, compiled: &Compiled) -> Result<(bindings::FilterPre<Budget>, Vec<String>), LoadError> {
        let component_type = compiled.component_type();
        let imports: Vec<_> = component_type.imports(&self.engine).map(|(name, item)| (name, item.ty)).collect();
        let names = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
            imports.iter().filter(|(name, _)| wanted(name)).map(|(name, _)| (*name).to_owned()).collect()
        };
        let foreign = names(&|name| !wasi::is_known(name));
        if !foreign.is_empty() {
            return Err(LoadError::Imports(foreign));
        }
        if !imports.is_empty() && self.wasi == Wasi::Deny {
            return Err(LoadError::Wasi(names(&|_| true)));
        }
        let mut linker = Linker::new(&self.engine);
        let missing = wasi::link(&mut linker, &self.engine, &imports).map_err(invalid)?;
        if !missing.is_empty() {
            return Err(LoadError::Imports(missing));
        }
        version::check(component_type.exports(&self.engine).map(|(name, _)| name))?;
        let pre: InstancePre<Budget> = linker.instantiate_pre(compiled).map_err(invalid)?;
        Ok((bindings::FilterPre::new(pre).map_err(invalid)?, names(&|_| true)))
    }
}

fn invalid(error: wasmtime::Error) -> LoadError {
    LoadError::Invalid(format!("{error:#}"))
}
