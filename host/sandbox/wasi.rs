//! WASI 0.2 with nothing granted, for components that were built against it by their compiler or their language.
//!
//! There is no file, no environment, no argument, no network and no input, and nothing that could give one: no function
//! here reaches the system, except that what a rule prints goes to stderr, up to a limit. Time stands still at its epoch,
//! and random numbers are the same in every call, so that `evaluate` stays a pure function. What would wait, traps.
//!
//! The functions are made from the component's own imports, whatever the `0.2.x`, and whatever the interface: one that is
//! not known here refuses, in its own words where its type has any.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Linker, LinkerInstance, ResourceAny, ResourceDynamic, ResourceType, Val};
use wasmtime::{Engine, StoreContextMut, Trap};

use super::Budget;
use crate::diagnostics::{printable, say};
use crate::sandbox::limits::RANDOM_BYTES_MAX;

/// Fuel of a call into the host: about what it takes in time.
const CALL_FUEL: u64 = 1_000;
/// Fuel of a byte that goes into the host or comes from it: each is a value of its own on the way.
const BYTE_FUEL: u64 = 20;
/// So much may be written at once, as WASI has it.
const WRITE_BYTES: u64 = 4096;
/// A line that a rule prints is broken here.
const LINE_BYTES: usize = 1024;

/// A handle that is ready when it is waited for, and one that never is.
const READY: u32 = 1;
const NEVER: u32 = 0;

/// Whether an import is of WASI 0.2.
pub(super) fn is_wasi(name: &str) -> bool {
    name.starts_with("wasi:") && name.split_once('@').is_some_and(|(_, version)| version.starts_with("0.2."))
}

/// What a rule asked for and cannot have: a trap.
#[derive(Debug)]
pub(super) struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

fn refused<T>(text: impl Into<String>) -> wasmtime::Result<T> {
    Err(wasmtime::Error::new(Refused(text.into())))
}

/// What the instances of a component print, all together.
#[derive(Debug)]
pub(super) struct Printing {
    name: String,
    bytes_max: usize,
    bytes: AtomicUsize,
}

impl Printing {
    pub(super) fn new(name: &str, bytes_max: usize) -> Self {
        Self { name: printable(name), bytes_max, bytes: AtomicUsize::new(0) }
    }

    /// Prints a line. What counts is what it takes on stderr.
    fn line(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let message = format!("rule {} prints: {}", self.name, printable(text.trim_end_matches(['\n', '\r'])));
        let before = self.bytes.fetch_add(message.len(), Ordering::Relaxed);
        if before + message.len() <= self.bytes_max {
            say(&message);
        } else if before <= self.bytes_max {
            let max = self.bytes_max;
            say(&format!("rule {} prints more than {max} bytes (--print-bytes-max); the rest is left out", self.name));
            // From now on everything is beyond the limit.
            self.bytes.fetch_add(max + 1, Ordering::Relaxed);
        }
    }
}

/// What an instance keeps during a call.
pub(super) struct Wasi {
    printing: Arc<Printing>,
    line: Vec<u8>,
    random: u64,
}

impl Wasi {
    pub(super) fn new(printing: Arc<Printing>) -> Self {
        Self { printing, line: Vec::new(), random: 0 }
    }

    /// Ends a call: nothing of it is left for the next.
    pub(super) fn end_call(&mut self) {
        self.random = 0;
        if !self.line.is_empty() {
            self.printing.line(&self.line);
            self.line.clear();
        }
    }

    fn print(&mut self, byte: u8) {
        self.line.push(byte);
        if byte == b'\n' || self.line.len() == LINE_BYTES {
            self.printing.line(&self.line);
            self.line.clear();
        }
    }

    /// The next number of the one sequence there is: SplitMix64.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Gives a component the WASI that it imports. Answers with the imports that cannot be given.
pub(super) fn link(
    linker: &mut Linker<Budget>,
    engine: &Engine,
    imports: &[(&str, ComponentItem)],
) -> wasmtime::Result<Vec<String>> {
    let mut resources = Vec::new();
    let mut missing = Vec::new();
    for (name, item) in imports {
        let ComponentItem::ComponentInstance(interface) = item else {
            missing.push((*name).to_owned());
            continue;
        };
        let mut instance = linker.instance(name)?;
        let plain_name = name.split('@').next().unwrap_or(name);
        for (export, item) in interface.exports(engine) {
            match item.ty {
                ComponentItem::Resource(resource) => define_resource(&mut instance, &mut resources, export, resource)?,
                ComponentItem::ComponentFunc(function) => {
                    define_function(&mut instance, &resources, plain_name, export, &function)?;
                }
                ComponentItem::Type(_) => {}
                _ => missing.push(format!("{name}#{export}")),
            }
        }
    }
    Ok(missing)
}

/// Defines a resource where it is first met: other interfaces use it by the same type.
fn define_resource(
    instance: &mut LinkerInstance<'_, Budget>,
    resources: &mut Vec<ResourceType>,
    name: &str,
    resource: ResourceType,
) -> wasmtime::Result<()> {
    if resources.contains(&resource) {
        return Ok(());
    }
    let number = resources.len() as u32;
    resources.push(resource);
    instance.resource(name, ResourceType::host_dynamic(number), |_, _| Ok(()))
}

fn define_function(
    instance: &mut LinkerInstance<'_, Budget>,
    resources: &[ResourceType],
    interface: &str,
    name: &str,
    function: &ComponentFunc,
) -> wasmtime::Result<()> {
    let made = match function.results().next() {
        Some(Type::Own(made)) => resources.iter().position(|known| *known == made).map(|number| number as u32),
        _ => None,
    };
    let asked = format!("{interface}#{name}");
    instance.func_new(name, move |mut store, ty, params, results| {
        charge(&mut store, CALL_FUEL)?;
        let handles = handles(&mut store, params)?;
        let answer = match known(&asked, &mut store, params, &handles)? {
            Some(answer) => Some(answer),
            None => match (ty.results().next(), made) {
                (None, _) => None,
                (Some(Type::Own(_)), Some(number)) => Some(handle(&mut store, number, readiness(&asked, params))?),
                (Some(result), _) => match nothing(&result) {
                    Some(answer) => Some(answer),
                    None => return refused(format!("asks for {asked}, which no rule is given")),
                },
            },
        };
        if let (Some(place), Some(answer)) = (results.first_mut(), answer) {
            *place = answer;
        }
        Ok(())
    })
}

/// Takes fuel for what the host does for a rule.
fn charge(store: &mut StoreContextMut<'_, Budget>, fuel: u64) -> wasmtime::Result<()> {
    let left = store.get_fuel()?.checked_sub(fuel).ok_or(Trap::OutOfFuel)?;
    store.set_fuel(left)
}

/// Takes the handles among the parameters out of the host's hands again, and answers with what each stands for.
fn handles(store: &mut StoreContextMut<'_, Budget>, params: &[Val]) -> wasmtime::Result<Vec<u32>> {
    let take = |store: &mut StoreContextMut<'_, Budget>, any: &ResourceAny| {
        any.try_into_resource_dynamic(store).map(|resource| resource.rep())
    };
    let mut handles = Vec::new();
    for param in params {
        match param {
            Val::Resource(any) => handles.push(take(store, any)?),
            Val::List(items) => {
                for item in items {
                    if let Val::Resource(any) = item {
                        handles.push(take(store, any)?);
                    }
                }
            }
            Val::Option(Some(inner)) => {
                if let Val::Resource(any) = &**inner {
                    handles.push(take(store, any)?);
                }
            }
            _ => {}
        }
    }
    Ok(handles)
}

fn handle(store: &mut StoreContextMut<'_, Budget>, number: u32, rep: u32) -> wasmtime::Result<Val> {
    Ok(Val::Resource(ResourceDynamic::new_own(rep, number).try_into_resource_any(store)?))
}

/// Whether a new handle is ready when it is waited for: not where it stands for a later time, which never comes.
fn readiness(asked: &str, params: &[Val]) -> u32 {
    match (asked, params) {
        (_, [Val::U64(0)]) => READY,
        ("wasi:clocks/monotonic-clock#subscribe-instant" | "wasi:clocks/monotonic-clock#subscribe-duration", _) => {
            NEVER
        }
        _ => READY,
    }
}

/// The answers that are more than nothing.
fn known(
    asked: &str,
    store: &mut StoreContextMut<'_, Budget>,
    params: &[Val],
    handles: &[u32],
) -> wasmtime::Result<Option<Val>> {
    let ok = |value: Option<Val>| Ok(Some(Val::Result(Ok(value.map(Box::new)))));
    let number = |value: u64| Ok(Some(Val::U64(value)));
    let time = |nanoseconds: u32| {
        let members = [("seconds", Val::U64(0)), ("nanoseconds", Val::U32(nanoseconds))];
        Ok(Some(Val::Record(members.map(|(name, value)| (name.to_owned(), value)).into())))
    };
    match asked {
        "wasi:cli/exit#exit" | "wasi:cli/exit#exit-with-code" => refused("exits, which no rule may"),
        "wasi:clocks/wall-clock#now" => time(0),
        "wasi:clocks/wall-clock#resolution" => time(1),
        "wasi:clocks/monotonic-clock#now" => number(0),
        "wasi:clocks/monotonic-clock#resolution" => number(1),
        "wasi:io/error#[method]error.to-debug-string" => Ok(Some(Val::String(String::new()))),
        "wasi:io/poll#[method]pollable.ready" => Ok(Some(Val::Bool(handles == [READY]))),
        "wasi:io/poll#[method]pollable.block" if handles == [READY] => Ok(None),
        "wasi:io/poll#poll" if handles.contains(&READY) => {
            let ready = handles.iter().zip(0..).filter(|(handle, _)| **handle == READY);
            Ok(Some(Val::List(ready.map(|(_, place)| Val::U32(place)).collect())))
        }
        "wasi:io/poll#[method]pollable.block" | "wasi:io/poll#poll" => refused("waits, which no rule may"),
        "wasi:io/streams#[method]output-stream.check-write" => ok(Some(Val::U64(WRITE_BYTES))),
        "wasi:io/streams#[method]output-stream.flush" | "wasi:io/streams#[method]output-stream.blocking-flush" => {
            ok(None)
        }
        "wasi:io/streams#[method]output-stream.write"
        | "wasi:io/streams#[method]output-stream.blocking-write-and-flush" => {
            if let Some(Val::List(bytes)) = params.get(1) {
                charge(store, bytes.len() as u64 * BYTE_FUEL)?;
                if let Some(wasi) = &mut store.data_mut().wasi {
                    bytes.iter().for_each(|byte| {
                        if let Val::U8(byte) = byte {
                            wasi.print(*byte)
                        }
                    });
                }
            }
            ok(None)
        }
        "wasi:random/random#get-random-bytes" | "wasi:random/insecure#get-insecure-random-bytes" => {
            let length = if let Some(Val::U64(length)) = params.first() { *length } else { 0 };
            if length > RANDOM_BYTES_MAX {
                return refused(format!("asks for {length} random bytes at once, more than {RANDOM_BYTES_MAX}"));
            }
            charge(store, length * BYTE_FUEL)?;
            let Some(wasi) = &mut store.data_mut().wasi else { return Ok(None) };
            Ok(Some(Val::List((0..length).map(|_| Val::U8(wasi.random() as u8)).collect())))
        }
        "wasi:random/random#get-random-u64" | "wasi:random/insecure#get-insecure-random-u64" => {
            number(store.data_mut().wasi.as_mut().map_or(0, |wasi| wasi.random()))
        }
        "wasi:random/insecure-seed#insecure-seed" => Ok(Some(Val::Tuple(vec![Val::U64(0), Val::U64(0)]))),
        _ => Ok(None),
    }
}

/// The value of a type that stands for having nothing: an empty list, none, or the error that refuses.
fn nothing(ty: &Type) -> Option<Val> {
    match ty {
        Type::List(_) => Some(Val::List(Vec::new())),
        Type::Option(_) => Some(Val::Option(None)),
        Type::Result(result) => {
            let error = match result.err() {
                None => None,
                Some(Type::Enum(error)) => {
                    Some(Box::new(Val::Enum(error.names().find(|name| is_refusal(name))?.to_owned())))
                }
                Some(Type::Variant(error)) => {
                    let mut cases = error.cases().filter(|case| case.ty.is_none() && is_refusal(case.name));
                    Some(Box::new(Val::Variant(cases.next()?.name.to_owned(), None)))
                }
                Some(_) => return None,
            };
            Some(Val::Result(Err(error)))
        }
        _ => None,
    }
}

/// The names by which interfaces of WASI say that something is refused, or is not there.
fn is_refusal(name: &str) -> bool {
    matches!(name, "access-denied" | "access" | "not-permitted" | "closed" | "HTTP-request-denied")
}
