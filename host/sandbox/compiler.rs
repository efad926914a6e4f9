//! The compiler in a process of its own, so that no component can make the host take memory or time: that process has
//! limits, and is gone afterwards whatever became of it. The code comes to the host through wasmtime's cache.
//!
//! What the code does is left to the sandbox.

use std::fs::{self, DirBuilder};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use wasmtime::component::Component as Compiled;
use wasmtime::{Cache, CacheConfig, ModuleVersionStrategy};

use super::LoadError;
use crate::sandbox::limits::{COMPILE_THREADS_MAX, Limits};
use crate::threads::cores;

/// The version of compiled code, which is kept apart by the limits within which it was compiled: code in the cache says
/// of them that the component keeps them.
pub(super) fn code_version(limits: &Limits) -> ModuleVersionStrategy {
    let wasmtime = ModuleVersionStrategy::default();
    let Limits { compile_bytes, compile_seconds, .. } = limits;
    ModuleVersionStrategy::Custom(format!("{} {compile_bytes} {compile_seconds}", wasmtime.as_str()))
}

/// How to compile in a process of its own.
pub(super) struct Compiler {
    program: PathBuf,
    /// Where the code is kept.
    pub(super) cache: Option<Cache>,
    /// Where there is a cache to stay, the folder of what is known of components.
    pub(super) known: Option<PathBuf>,
    /// Where there is none, one for this start.
    _private: Option<PrivateFolder>,
}

impl Compiler {
    /// `program` runs [`compile_alone`] for the arguments `compile-child BYTES SECONDS [CACHE]`.
    pub(super) fn new(program: PathBuf, cache: Option<Cache>) -> Self {
        if let Some(cache) = cache {
            // Beside wasmtime's folder, because it removes what it does not know from its own.
            let known = cache.directory().with_file_name("trommel");
            return Self { program, cache: Some(cache), known: Some(known), _private: None };
        }
        let private = PrivateFolder::new().ok();
        let cache = private.as_ref().and_then(|folder| cache_in(&folder.0));
        Self { program, cache, known: None, _private: private }
    }

    /// Compiles a component in a process of its own.
    pub(super) fn compile(&self, limits: &Limits, bytes: &[u8]) -> Result<(), LoadError> {
        let failed = |error: io::Error| LoadError::Compiler(format!("it cannot be started: {error}"));
        let (mut answer, writer) = io::pipe().map_err(failed)?;
        let mut command = Command::new(&self.program);
        command.args(["compile-child", &limits.compile_bytes.to_string(), &limits.compile_seconds.to_string()]);
        command.args(self.cache.as_ref().map(Cache::directory));
        let threads = cores().min(COMPILE_THREADS_MAX);
        command.env("RAYON_NUM_THREADS", threads.to_string());
        // A thread that runs out of memory while it prints one waits for itself.
        command.env("RUST_BACKTRACE", "0");
        let (input, mut component) = io::pipe().map_err(failed)?;
        command.stdin(input).stdout(writer.try_clone().map_err(failed)?).stderr(writer);
        let mut child = command.spawn().map_err(failed)?;
        // It has the ends of the pipes that are the child's.
        drop(command);
        let (sender, receiver) = mpsc::channel();
        let answer = std::thread::scope(|scope| {
            scope.spawn(move || {
                // Where the child ends before, its exit status says why.
                let _ = component.write_all(bytes);
                drop(component);
                let mut said = Vec::new();
                let _ = answer.read_to_end(&mut said);
                let _ = sender.send(said);
            });
            let answer = receiver.recv_timeout(Duration::from_secs(limits.compile_seconds));
            if answer.is_err() {
                let _ = child.kill();
            }
            answer
        });
        let status = child.wait().map_err(failed)?;
        let said = answer.map_err(|_| LoadError::CompileTime(limits.compile_seconds))?;
        verdict(status, &String::from_utf8_lossy(&said), limits)
    }
}

/// What the child's end says of the component.
fn verdict(status: ExitStatus, said: &str, limits: &Limits) -> Result<(), LoadError> {
    match (status.success(), said.trim()) {
        (true, "") => Ok(()),
        (true, why) => Err(LoadError::Invalid(why.into())),
        (false, why) if OUT_OF_MEMORY.iter().any(|words| why.contains(words)) => {
            Err(LoadError::CompileMemory(limits.compile_bytes))
        }
        (false, why) => Err(LoadError::Compiler(format!("{status}: {why}"))),
    }
}

/// The words with which a compiler ends that has no memory left: Rust's before it aborts, and those for the errors.
const OUT_OF_MEMORY: [&str; 3] = ["memory allocation of ", "out of memory", "Cannot allocate memory"];

/// Compiles a component, in a process that is there for nothing else, with the code kept in the cache. The answer is what
/// is wrong with the component, but for white space: nothing if it is good.
///
/// The process aborts when it runs out of memory, is killed with the one that started it, and leaves no core file.
pub fn compile_alone(
    limits: &Limits,
    cache: Option<&Path>,
    mut component: impl Read,
    mut answer: impl Write,
) -> io::Result<()> {
    // It is the end of the thread that started this process that counts, which waits for it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // That one may be gone already, with the signal never sent. Then nobody reads this.
    answer.write_all(b"\n")?;
    answer.flush()?;
    // A limit for core files would not hold where the system hands them to a program.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let engine =
        super::engine(limits, cache.and_then(cache_in), code_version(limits), None).map_err(io::Error::other)?;
    // Starts the compiler's threads, which would panic where they have no memory.
    let _ = engine.precompile_component(EMPTY);
    // It counts what is private and can be written: heap and stacks, as far as they are in reach. RLIMIT_AS would count
    // the program's own code, and the address space that malloc reserves for each thread, used or not.
    limit(Resource::Data, limits.compile_bytes as u64)?;
    let mut bytes = Vec::new();
    component.read_to_end(&mut bytes)?;
    match Compiled::from_binary(&engine, &bytes) {
        Ok(_) => Ok(()),
        Err(error) if error.root_cause().downcast_ref() == Some(&Errno::NOMEM) => Err(Errno::NOMEM.into()),
        Err(error) => write!(answer, "{error:#}").and_then(|()| answer.flush()),
    }
}

/// Lowers a limit of this process, unless it is lower already.
fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let most = rustix::process::getrlimit(resource).maximum.map_or(most, |now| now.min(most));
    Ok(rustix::process::setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// A component without anything.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

fn cache_in(folder: &Path) -> Option<Cache> {
    let mut config = CacheConfig::new();
    config.with_directory(folder);
    Cache::new(config).ok()
}

/// A folder that nobody else may look into, and that goes with this value.
struct PrivateFolder(PathBuf);

impl PrivateFolder {
    fn new() -> io::Result<Self> {
        let time = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let folder = std::env::temp_dir().join(format!("trommel-{}-{time}", std::process::id()));
        // Fails if it is there already, so that it is nobody else's.
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // Under another name, because wasmtime's cache still writes into it by the one it knows.
        let last = self.0.with_extension("old");
        let _ = fs::rename(&self.0, &last).and_then(|()| fs::remove_dir_all(&last));
    }
}
