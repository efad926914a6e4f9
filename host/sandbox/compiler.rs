//! The compiler in a process of its own, so that no component can make the host take memory or time: that process has
//! limits, and is gone afterwards whatever became of it. The code comes back through a pipe.
//!
//! What the code does is left to the sandbox.

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use wasmtime::Engine;

use super::LoadError;
use crate::sandbox::limits::{COMPILE_THREADS_MAX, COMPILE_WAIT_FACTOR, Limits};
use crate::threads::cores;

/// How to compile in a process of its own.
pub(super) struct Compiler {
    program: PathBuf,
}

/// What the compiler says first. Where nobody can read it any more, it ends.
const READY: u8 = b'\n';
/// What stands before code.
const CODE: u8 = b'+';
/// What stands before the reason why there is none.
const REASON: u8 = b'-';

impl Compiler {
    /// `program` runs [`compile_alone`] for the arguments `compile-child BYTES SECONDS`.
    pub(super) fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Compiles a component in a process of its own.
    pub(super) fn compile(&self, limits: &Limits, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
        let seconds = limits.compile_seconds;
        if seconds == 0 {
            return Err(LoadError::CompileTime(0));
        }
        let failed = |error: io::Error| LoadError::Compiler(format!("it cannot be started: {error}"));
        let mut command = Command::new(&self.program);
        command.arg0("trommel");
        command.args(["compile-child", &limits.compile_bytes.to_string(), &seconds.to_string()]);
        let threads = cores().min(COMPILE_THREADS_MAX);
        command.env("RAYON_NUM_THREADS", threads.to_string());
        // A thread that runs out of memory while it prints one waits for itself.
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let wait = Duration::from_secs(seconds.saturating_mul(COMPILE_WAIT_FACTOR));
        let said = converse(&mut child, bytes, wait);
        let status = child.wait().map_err(failed)?;
        match said {
            Some((answer, errors)) => verdict(status, answer, &errors, limits),
            None => Err(LoadError::Compiler(format!("it did not end within {} seconds", wait.as_secs()))),
        }
    }
}

/// Hands a component to the compiler. Gives what that says on stdout and on stderr; `None`: it was killed, because it
/// took longer than `wait`.
fn converse(child: &mut Child, bytes: &[u8], wait: Duration) -> Option<(Vec<u8>, Vec<u8>)> {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // Where the child ends before, its exit status says why.
            let _ = input.map(|mut input| input.write_all(bytes));
        });
        let errors = scope.spawn(move || read_all(errors));
        scope.spawn(move || {
            let _ = sender.send(read_all(output));
        });
        let answer = receiver.recv_timeout(wait).ok();
        if answer.is_none() {
            let _ = child.kill();
        }
        Some((answer?, errors.join().unwrap_or_default()))
    })
}

fn read_all(from: Option<impl Read>) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = from.map(|mut from| from.read_to_end(&mut all));
    all
}

/// What the child's end says of the component.
fn verdict(status: ExitStatus, mut answer: Vec<u8>, errors: &[u8], limits: &Limits) -> Result<Vec<u8>, LoadError> {
    match (status.success(), answer.get(..2)) {
        (true, Some(&[READY, CODE])) => {
            answer.drain(..2);
            return Ok(answer);
        }
        (true, Some(&[READY, REASON])) => {
            return Err(LoadError::Invalid(String::from_utf8_lossy(&answer[2..]).into_owned()));
        }
        _ => {}
    }
    let errors = String::from_utf8_lossy(errors);
    if OUT_OF_MEMORY.iter().any(|words| errors.contains(words)) {
        return Err(LoadError::CompileMemory(limits.compile_bytes));
    }
    if status.signal() == Some(Signal::XCPU.as_raw()) {
        return Err(LoadError::CompileTime(limits.compile_seconds));
    }
    Err(LoadError::Compiler(format!("{status}: {}", errors.trim())))
}

/// The words with which a compiler ends that has no memory left: Rust's before it aborts, and those for the errors.
const OUT_OF_MEMORY: [&str; 3] = ["memory allocation of ", "out of memory", "Cannot allocate memory"];

/// Compiles a component, in a process that is there for nothing else. The answer is for the one that started it.
///
/// The process aborts when it runs out of memory, is killed when it takes too much of the processor's time or when the
/// one ends that started it, and leaves no core file.
pub fn compile_alone(limits: &Limits, mut component: impl Read, mut answer: impl Write) -> io::Result<()> {
    // It is the end of the thread that started this process that counts, which waits for it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // That one may be gone already, with the signal never sent. Then nobody reads this.
    answer.write_all(&[READY])?;
    answer.flush()?;
    // A limit for core files would not hold where the system hands them to a program.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let engine = super::engine(limits, None).map_err(io::Error::other)?;
    // Starts the compiler's threads, which would panic where they have no memory.
    let _ = engine.precompile_component(EMPTY);
    // It counts what is private and can be written: heap and stacks, as far as they are in reach. RLIMIT_AS would count
    // the program's own code, and the address space that malloc reserves for each thread, used or not.
    limit(Resource::Data, limits.compile_bytes as u64, 0)?;
    // At the first the process is told by a signal that nothing else sends; at the second it is just killed.
    limit(Resource::Cpu, limits.compile_seconds, 1)?;
    let mut bytes = Vec::new();
    component.read_to_end(&mut bytes)?;
    match precompile(&engine, &bytes) {
        Ok(code) => {
            answer.write_all(&[CODE])?;
            answer.write_all(&code)?;
        }
        Err(error) if error.root_cause().downcast_ref() == Some(&Errno::NOMEM) => return Err(Errno::NOMEM.into()),
        Err(error) => write!(answer, "{}{error:#}", char::from(REASON))?,
    }
    answer.flush()
}

/// Compiles a component, or a core module of one.
pub(super) fn precompile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Vec<u8>> {
    if wasmparser::Parser::is_core_wasm(bytes) {
        engine.precompile_module(bytes)
    } else {
        engine.precompile_component(bytes)
    }
}

/// Lowers a limit of this process, unless it is lower already. The hard limit lies `above` the soft one.
fn limit(resource: Resource, most: u64, above: u64) -> io::Result<()> {
    let hard = rustix::process::getrlimit(resource).maximum;
    let lower = |most: u64| hard.map_or(most, |hard| hard.min(most));
    let (current, maximum) = (Some(lower(most)), Some(lower(most.saturating_add(above))));
    Ok(rustix::process::setrlimit(resource, Rlimit { current, maximum })?)
}

/// A component without anything.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";
