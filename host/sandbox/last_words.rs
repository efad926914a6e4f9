//! What a rule said as it panicked. A component gives nothing of its memory away, and is never entered again after a
//! trap; so its core module is taken out, does the same again by itself, and is then asked for its last words.
//!
//! It is bounded as the component is: the same limits, nothing imported, compiled where and as the component was. Leaving
//! words is up to the module: `wit/README.md` says how.

use wasmparser::{Parser, Payload};
use wasmtime::{Instance, Memory, Module, Store, TypedFunc};

use super::budget::Budget;
use super::{Component, Failure, FailureKind, INTERFACE};

/// The export that says where the words lie: the address in the upper half, the length in the lower one.
const EXPORT: &str = "trommel_last_words";
/// At most this much of the words is read.
const WORDS_BYTES_MAX: usize = 1 << 10;
/// The fuel for saying where they are.
const WORDS_FUEL: u64 = 100_000;

/// What was asked of the component when it trapped.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    Describe,
    Configure(u32, &'a str),
    /// To judge an event with this much fuel, after the settings were given.
    Evaluate(&'a [u8], Option<&'a [u32]>, u64),
}

impl Component {
    /// Puts a rule's last words into its failure, where it left some. Adds the fuel that it takes to `spent`.
    pub(super) fn with_last_words(&self, failure: Failure, asked: Asked<'_>, spent: &mut u64) -> Failure {
        if failure.kind != FailureKind::Trap {
            return failure;
        }
        match self.core().and_then(|core| last_words(self, core, asked, spent)) {
            Some(words) if !words.is_empty() => Failure { text: words, ..failure },
            _ => failure,
        }
    }

    /// The core module that leaves words, ready to run, if the component has one.
    fn core(&self) -> Option<&Module> {
        let module = || self.sandbox.module(module_of(&self.bytes)?).ok();
        self.core.get_or_init(module).as_ref()
    }
}

/// The bytes of the core module that has the export.
fn module_of(component: &[u8]) -> Option<&[u8]> {
    let mut module = None;
    for payload in Parser::new(0).parse_all(component) {
        match payload.ok()? {
            Payload::ModuleSection { unchecked_range, .. } => module = component.get(unchecked_range),
            Payload::ExportSection(exports)
                if exports.clone().into_iter().flatten().any(|export| export.name == EXPORT) =>
            {
                return module;
            }
            _ => {}
        }
    }
    None
}

/// Does again what trapped, and reads the words that are left. `None`: there are none, or it did not trap this time.
fn last_words(component: &Component, module: &Module, asked: Asked<'_>, spent: &mut u64) -> Option<String> {
    let limits = &component.sandbox.limits;
    let mut store = Store::new(&component.sandbox.engine, Budget::new(limits));
    store.limiter(|budget| budget);
    let mut step = Step { spent, given: 0 };
    step.begin(&mut store, limits.load_fuel)?;
    let instance = Instance::new(&mut store, module, &[]);
    step.begin(&mut store, limits.load_fuel)?;
    let instance = instance.ok()?;
    let mut core = Core { memory: instance.get_memory(&mut store, "memory")?, instance, module, store };
    let trapped = match asked {
        Asked::Describe => core.call::<()>("describe", ()),
        Asked::Configure(rule, settings) => core.configure(rule, settings)?,
        Asked::Evaluate(event, asked, fuel) => {
            for (rule, settings) in &component.settings {
                core.configure(*rule, settings)?.ok()?;
                step.begin(&mut core.store, limits.load_fuel)?;
            }
            step.begin(&mut core.store, fuel)?;
            core.evaluate(event, asked)?
        }
    };
    step.begin(&mut core.store, WORDS_FUEL)?;
    trapped.err()?;
    let told: TypedFunc<(), u64> = core.instance.get_typed_func(&mut core.store, EXPORT).ok()?;
    let told = told.call(&mut core.store, ()).ok()?;
    let (start, length) = ((told >> 32) as usize, (told as u32) as usize);
    let words = core.memory.data(&core.store).get(start..)?.get(..length.min(WORDS_BYTES_MAX))?;
    Some(String::from_utf8_lossy(words).into_owned())
}

/// Gives each step its fuel, and adds up what the steps before have taken.
struct Step<'s> {
    spent: &'s mut u64,
    given: u64,
}

impl Step<'_> {
    fn begin(&mut self, store: &mut Store<Budget>, fuel: u64) -> Option<()> {
        *self.spent += self.given.saturating_sub(store.get_fuel().unwrap_or(0));
        self.given = fuel;
        store.set_fuel(fuel).ok()
    }
}

/// A core module that runs, called as `wit/README.md` has it.
struct Core<'m> {
    store: Store<Budget>,
    module: &'m Module,
    instance: Instance,
    memory: Memory,
}

impl Core<'_> {
    /// Calls a function of the interface. Its answer does not matter.
    fn call<P: wasmtime::WasmParams>(&mut self, name: &str, parameters: P) -> wasmtime::Result<()> {
        let end = format!("#{name}");
        let is_meant = |export: &str| export.starts_with(INTERFACE) && export.ends_with(&end);
        let mut exports = self.module.exports();
        let export = exports.find(|export| is_meant(export.name())).map_or("", |export| export.name());
        let function: TypedFunc<P, u32> = self.instance.get_typed_func(&mut self.store, export)?;
        function.call(&mut self.store, parameters).map(drop)
    }

    fn configure(&mut self, rule: u32, settings: &str) -> Option<wasmtime::Result<()>> {
        let (start, length) = self.put(settings.as_bytes(), 1)?;
        Some(self.call("configure", (rule, start, length)))
    }

    fn evaluate(&mut self, event: &[u8], asked: Option<&[u32]>) -> Option<wasmtime::Result<()>> {
        let (start, length) = self.put(event, 1)?;
        let rules: Vec<u8> = asked.into_iter().flatten().flat_map(|rule| rule.to_le_bytes()).collect();
        let (rules, bytes) = self.put(&rules, 4)?;
        Some(self.call("evaluate", (start, length, u32::from(asked.is_some()), rules, bytes / 4)))
    }

    /// Puts bytes into its memory: where they lie, and how many they are.
    fn put(&mut self, bytes: &[u8], align: u32) -> Option<(u32, u32)> {
        let length = u32::try_from(bytes.len()).ok()?;
        let realloc: TypedFunc<(u32, u32, u32, u32), u32> =
            self.instance.get_typed_func(&mut self.store, "cabi_realloc").ok()?;
        let start = realloc.call(&mut self.store, (0, 0, align, length)).ok()?;
        self.memory.write(&mut self.store, start as usize, bytes).ok()?;
        Some((start, length))
    }
}
