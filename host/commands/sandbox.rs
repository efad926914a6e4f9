//! The flags of the sandbox, which all commands share that run a rule, and the loading of a rule.

use std::io::IsTerminal as _;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use clap::ValueEnum;
use trommel::diagnostics::{printable, say};
use trommel::limits::{self, Limits};
use trommel::package::{Signers, Trust};
use trommel::{Component, Sandbox, THREAD_STACK_BYTES, Wasi, cores};

use super::source::{Found, Source};
use super::trust::TrustArguments;
use crate::messages::{self, Hinted};

/// What a rule may take up, and what it is given.
#[derive(clap::Args)]
#[command(next_help_heading = "Sandbox")]
pub(crate) struct SandboxArguments {
    /// What a component is given that imports WASI 0.2.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = WasiArgument::Nothing)]
    wasi: WasiArgument,
    /// Does not keep compiled rules for the next start.
    #[arg(long)]
    no_cache: bool,
    /// How large a component may be.
    #[arg(long, value_name = "BYTES", default_value_t = limits::COMPONENT_BYTES_MAX, value_parser = whole::<usize>)]
    component_bytes_max: usize,
    /// How large a function of a component may be.
    #[arg(long, value_name = "BYTES", default_value_t = limits::FUNCTION_BYTES_MAX, value_parser = whole::<usize>)]
    function_bytes_max: usize,
    /// How much of the processor's time a component may take to compile.
    #[arg(long, value_name = "SECONDS", default_value_t = limits::COMPILE_SECONDS_MAX, value_parser = whole::<u64>)]
    compile_seconds_max: u64,
    /// How much memory the compiler may take for a component.
    #[arg(long, value_name = "BYTES", default_value_t = limits::COMPILE_BYTES_MAX, value_parser = whole::<usize>)]
    compile_bytes_max: usize,
    /// How much work a component may do to start, to describe its rules and to take settings, each: about one unit an
    /// instruction.
    #[arg(long, value_name = "FUEL", default_value_t = limits::LOAD_FUEL_MAX, value_parser = whole::<u64>)]
    load_fuel_max: u64,
    /// How much work a component may do for an event, whatever its size.
    #[arg(long, value_name = "FUEL", default_value_t = limits::EVENT_FUEL_MAX, value_parser = whole::<u64>)]
    event_fuel_max: u64,
    /// How much more for each byte of the event.
    #[arg(long, value_name = "FUEL", default_value_t = limits::BYTE_FUEL_MAX, value_parser = whole::<u64>)]
    byte_fuel_max: u64,
    /// How much memory an instance may have.
    #[arg(long, value_name = "BYTES", default_value_t = limits::MEMORY_BYTES_MAX, value_parser = whole::<usize>)]
    memory_bytes_max: usize,
    /// How many table elements an instance may have.
    #[arg(long, value_name = "N", default_value_t = limits::TABLE_ELEMENTS_MAX, value_parser = whole::<usize>)]
    table_elements_max: usize,
    /// How large the call stack of an instance may be.
    #[arg(long, value_name = "BYTES", default_value_t = limits::STACK_BYTES_MAX, value_parser = whole::<usize>)]
    stack_bytes_max: usize,
    /// How large the answer to an event may be.
    #[arg(long, value_name = "BYTES", default_value_t = limits::ANSWER_BYTES_MAX, value_parser = whole::<usize>)]
    answer_bytes_max: usize,
    /// How much a component may say of its rules, or of mistakes in settings.
    #[arg(long, value_name = "BYTES", default_value_t = limits::METADATA_BYTES_MAX, value_parser = whole::<usize>)]
    metadata_bytes_max: usize,
    /// How much a component with WASI may print.
    #[arg(long, value_name = "BYTES", default_value_t = limits::PRINT_BYTES_MAX, value_parser = whole::<usize>)]
    print_bytes_max: usize,
    #[command(flatten)]
    trust: TrustArguments,
}

#[derive(Clone, Copy, ValueEnum)]
enum WasiArgument {
    /// WASI with nothing granted: no file, no network, no time; what it prints goes to stderr
    Nothing,
    /// Nothing at all: the component is refused
    Deny,
}

/// Reads a number.
pub(crate) fn whole<N: FromStr>(text: &str) -> Result<N, &'static str> {
    text.parse().map_err(|_| "not a whole number, or too large")
}

impl SandboxArguments {
    /// Loads rules, side by side, in their order. Of several errors, the first one is the answer. `isolated` is the
    /// number of threads that give every event a fresh instance.
    pub(crate) fn load(&self, rules: &[PathBuf], isolated: Option<usize>) -> anyhow::Result<Vec<Component>> {
        self.load_with(rules, isolated, |_, component| component)
    }

    /// Loads rules, and keeps of each, and of what was read, what is wanted.
    pub(crate) fn load_with<T: Send>(
        &self,
        rules: &[PathBuf],
        isolated: Option<usize>,
        keep: impl Fn(Found, Component) -> T + Sync,
    ) -> anyhow::Result<Vec<T>> {
        // Here, too, instances are made side by side.
        let sandbox = self.sandbox(isolated.map(|threads| threads.max(cores())))?;
        let trust = self.trust.trust()?;
        let rest = Mutex::new(rules.iter().enumerate());
        let rest = || rest.lock().unwrap_or_else(PoisonError::into_inner);
        let work = || {
            let mut loaded = Vec::new();
            loop {
                let mut turn = rest();
                let Some((at, rule)) = turn.next() else { return loaded };
                // One builds at a time: cargo takes all cores for itself, and what it says is in order.
                let source = Source::of(rule);
                drop(turn);
                let component = source.and_then(|source| {
                    let found = source.read(rule, self.component_bytes_max)?;
                    let component = load(&sandbox, &trust, rule, &found)?;
                    Ok(keep(found, component))
                });
                if component.is_err() {
                    // All before it are taken, and none behind it matters.
                    rest().by_ref().for_each(drop);
                }
                loaded.push((at, component));
            }
        };
        let threads = cores().min(rules.len());
        let mut loaded = std::thread::scope(|scope| {
            let stack_bytes = THREAD_STACK_BYTES.saturating_add(self.stack_bytes_max);
            let thread = || std::thread::Builder::new().stack_size(stack_bytes);
            let started: std::io::Result<Vec<_>> = (0..threads).map(|_| thread().spawn_scoped(scope, work)).collect();
            let started = started.context("no threads can be had to load the rules")?;
            let joined = started.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
            anyhow::Ok(joined.flatten().collect::<Vec<_>>())
        })?;
        loaded.sort_by_key(|(at, _)| *at);
        loaded.into_iter().map(|(_, component)| component).collect()
    }

    /// Checks a rule as [`SandboxArguments::load`] does, and answers with those who signed it. It is loaded only where
    /// the ids of its rules decide.
    pub(crate) fn verify(&self, rule: &Path) -> anyhow::Result<Vec<String>> {
        let trust = self.trust.trust()?;
        if trust.signers.is_none() {
            let hint = "--signers FILE names a file of OpenSSH's allowed_signers";
            return Err(Hinted::new("nobody is trusted", hint).into());
        }
        let trust = Trust { required: true, ..trust };
        let found = Source::of(rule)?.read(rule, self.component_bytes_max)?;
        let signers = trusted(&trust, rule, &found)?;
        if !trust.may_sign.is_empty() {
            load(&self.sandbox(None)?, &trust, rule, &found)?;
        }
        Ok(signers)
    }

    /// Checks and loads what was read, and reads no more.
    pub(crate) fn check(&self, rule: &Path, found: &Found) -> anyhow::Result<Component> {
        load(&self.sandbox(None)?, &self.trust.trust()?, rule, found)
    }

    /// Reads and loads one rule, for those who need its bytes.
    pub(crate) fn read_and_load(&self, rule: &Path) -> anyhow::Result<(Found, Component)> {
        let found = Source::of(rule)?.read(rule, self.component_bytes_max)?;
        let component = self.check(rule, &found)?;
        Ok((found, component))
    }

    /// Reads and loads one rule, a component or a core module, and gives the file's bytes as they are.
    pub(crate) fn load_with_bytes(&self, rule: &Path) -> anyhow::Result<(PathBuf, Vec<u8>, Component)> {
        let source = Source::of(rule)?;
        let file = if let Source::File(file) = &source { file.clone() } else { rule.to_owned() };
        let found = source.read(rule, self.component_bytes_max)?;
        let trust = self.trust.trust()?;
        let signers = trusted(&trust, rule, &found)?;
        let component = trommel::build::component_of(&found.bytes);
        let loaded = self.sandbox(None)?.load(&rule.to_string_lossy(), component.as_deref().unwrap_or(&found.bytes));
        let loaded = loaded.map_err(|error| messages::cannot_load(rule, &error))?;
        trust
            .check_rules(&signers, loaded.rules().iter().map(|rule| rule.id.as_str()))
            .map_err(|refusal| messages::refused(rule, &refusal))?;
        Ok((file, found.bytes, loaded))
    }

    /// Makes the sandbox.
    fn sandbox(&self, isolated: Option<usize>) -> anyhow::Result<Sandbox> {
        let mut sandbox = new(self.limits(), !self.no_cache, isolated)?;
        if std::io::stderr().is_terminal() {
            sandbox = sandbox.with_note(|name, size| say(&format!("compiling {} ({size} bytes)", printable(name))));
        }
        Ok(sandbox.with_wasi(match self.wasi {
            WasiArgument::Nothing => Wasi::Nothing,
            WasiArgument::Deny => Wasi::Deny,
        }))
    }

    /// Who is trusted.
    pub(crate) fn signers(&self) -> anyhow::Result<Option<Signers>> {
        Ok(self.trust.trust()?.signers)
    }

    /// How large a component may be.
    pub(crate) fn component_bytes_max(&self) -> usize {
        self.component_bytes_max
    }

    /// The stack that a rule may use, in bytes.
    pub(crate) fn stack_bytes(&self) -> usize {
        self.stack_bytes_max
    }

    fn limits(&self) -> Limits {
        Limits {
            component_bytes: self.component_bytes_max,
            function_bytes: self.function_bytes_max,
            compile_seconds: self.compile_seconds_max,
            compile_bytes: self.compile_bytes_max,
            load_fuel: self.load_fuel_max,
            event_fuel: self.event_fuel_max,
            byte_fuel: self.byte_fuel_max,
            memory_bytes: self.memory_bytes_max,
            table_elements: self.table_elements_max,
            stack_bytes: self.stack_bytes_max,
            answer_bytes: self.answer_bytes_max,
            metadata_bytes: self.metadata_bytes_max,
            print_bytes: self.print_bytes_max,
        }
    }
}

/// Makes a sandbox that compiles in a process of its own.
pub(crate) fn new(limits: Limits, cache: bool, isolated: Option<usize>) -> anyhow::Result<Sandbox> {
    // A link to the program that runs, also where a newer one has taken its place: code may be compiled late.
    let own = PathBuf::from("/proc/self/exe");
    let program = if own.exists() { Ok(own) } else { std::env::current_exe() };
    let program = program.context("the program cannot find itself, to compile")?;
    Ok(Sandbox::with_compiler(program, limits, cache, isolated).map_err(|error| messages::no_sandbox(&error))?)
}

/// Checks who signed a rule, and answers with those who are trusted.
fn trusted(trust: &Trust, rule: &Path, found: &Found) -> anyhow::Result<Vec<String>> {
    Ok(trust.check(&found.bytes, &found.detached).map_err(|refusal| messages::refused(rule, &refusal))?)
}

fn load(sandbox: &Sandbox, trust: &Trust, rule: &Path, found: &Found) -> anyhow::Result<Component> {
    let signers = trusted(trust, rule, found)?;
    let component = sandbox.load(&rule.to_string_lossy(), &found.bytes);
    let component = component.map_err(|error| messages::cannot_load(rule, &error))?;
    trust
        .check_rules(&signers, component.rules().iter().map(|rule| rule.id.as_str()))
        .map_err(|refusal| messages::refused(rule, &refusal))?;
    Ok(component)
}
