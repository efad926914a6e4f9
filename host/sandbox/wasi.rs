//! WASI 0.2 with nothing granted, for components that were built against it by their compiler or their language.
//!
//! There is no file, no environment, no argument, no network and no input, and nothing that could give one: no function
//! here reaches the system, except that what a rule prints goes to stderr, up to a limit. Time stands still at its epoch,
//! and random numbers are the same in every call, so that `evaluate` stays a pure function. What would wait, traps.
//!
//! The functions are made from the component's own imports, whatever the `0.2.x`: one that has nothing to give refuses, in
//! its own words where its type has any. Interfaces that WASI 0.2 does not have are not there.

use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Linker, LinkerInstance, ResourceAny, ResourceDynamic, ResourceType, Val};
use wasmtime::{Engine, StoreContextMut, Trap};

use super::Budget;
use crate::sandbox::limits::{IMPORTED_ITEMS_MAX, IMPORTS_MAX, RANDOM_BYTES_MAX};

mod printing;
mod types;

pub(super) use printing::{Printing, Wasi};

/// Fuel of a call into the host: about what it takes in time.
const CALL_FUEL: u64 = 1_000;
/// Fuel of a part of what goes into the host or comes from it: an element, a member, a byte of a text.
const PART_FUEL: u64 = 20;
/// So much may be written at once, as WASI has it.
const WRITE_BYTES: u64 = 4096;

/// A handle that is ready when it is waited for, and one that never is.
const READY: u32 = 1;
const NEVER: u32 = 0;

/// The interfaces of WASI 0.2.
const INTERFACES: [&str; 30] = [
    "cli/environment",
    "cli/exit",
    "cli/stderr",
    "cli/stdin",
    "cli/stdout",
    "cli/terminal-input",
    "cli/terminal-output",
    "cli/terminal-stderr",
    "cli/terminal-stdin",
    "cli/terminal-stdout",
    "clocks/monotonic-clock",
    "clocks/timezone",
    "clocks/wall-clock",
    "filesystem/preopens",
    "filesystem/types",
    "http/outgoing-handler",
    "http/types",
    "io/error",
    "io/poll",
    "io/streams",
    "random/insecure",
    "random/insecure-seed",
    "random/random",
    "sockets/instance-network",
    "sockets/ip-name-lookup",
    "sockets/network",
    "sockets/tcp",
    "sockets/tcp-create-socket",
    "sockets/udp",
    "sockets/udp-create-socket",
];

/// Whether an import is an interface of WASI 0.2, in any of its versions.
pub(super) fn is_known(name: &str) -> bool {
    let Some((interface, version)) = name.strip_prefix("wasi:").and_then(|name| name.split_once('@')) else {
        return false;
    };
    let patch = version.strip_prefix("0.2.");
    patch.is_some_and(|patch| patch.parse::<u32>().is_ok()) && INTERFACES.contains(&interface)
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

/// Gives a component the WASI that it imports. Answers with the imports that cannot be given.
pub(super) fn link(
    linker: &mut Linker<Budget>,
    engine: &Engine,
    imports: &[(&str, ComponentItem)],
) -> wasmtime::Result<Vec<String>> {
    let mut resources = Vec::new();
    let mut missing = Vec::new();
    let (mut items, mut types) = (0, types::Types::new());
    if imports.len() > IMPORTS_MAX {
        return refused(format!("it imports {} interfaces, more than {IMPORTS_MAX}", imports.len()));
    }
    for (name, item) in imports {
        let ComponentItem::ComponentInstance(interface) = item else {
            missing.push((*name).to_owned());
            continue;
        };
        let mut instance = linker.instance(name)?;
        let plain_name = name.split('@').next().unwrap_or(name);
        for (export, item) in interface.exports(engine) {
            items += 1;
            if items > IMPORTED_ITEMS_MAX {
                return refused(format!("it imports more than {IMPORTED_ITEMS_MAX} functions and resources"));
            }
            match item.ty {
                ComponentItem::Resource(resource) => define_resource(&mut instance, &mut resources, export, resource)?,
                ComponentItem::ComponentFunc(function) => {
                    types.check(&function)?;
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
    let has_result = function.results().len() > 0;
    let none = function.results().next().as_ref().and_then(nothing);
    let asked = format!("{interface}#{name}");
    instance.func_new(name, move |mut store, _, params, results| {
        // What was handed over is there already, each part a value of its own.
        let handed_over = params.iter().map(parts).fold(0, u64::saturating_add);
        charge(&mut store, handed_over.saturating_mul(PART_FUEL).saturating_add(CALL_FUEL))?;
        let handles = handles(&mut store, params)?;
        let answer = match known(&asked, &mut store, params, &handles)? {
            Some(answer) => Some(answer),
            None if !has_result => None,
            None => match (made, &none) {
                (Some(number), _) => Some(handle(&mut store, number, readiness(&asked, params))?),
                (None, Some(none)) => Some(none.clone()),
                (None, None) => return refused(format!("asks for {asked}, which no rule is given")),
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

/// Of how many parts a value is made.
fn parts(value: &Val) -> u64 {
    let all = |values: &mut dyn Iterator<Item = &Val>| values.map(parts).fold(1, u64::saturating_add);
    match value {
        Val::String(text) => 1 + text.len() as u64,
        Val::List(values) | Val::Tuple(values) => all(&mut values.iter()),
        Val::Record(members) => all(&mut members.iter().map(|(_, value)| value)),
        Val::Variant(_, Some(value)) | Val::Option(Some(value)) => 1 + parts(value),
        Val::Result(Ok(Some(value)) | Err(Some(value))) => 1 + parts(value),
        Val::Flags(names) => 1 + names.len() as u64,
        _ => 1,
    }
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
            if let (Some(Val::List(bytes)), Some(wasi)) = (params.get(1), &mut store.data_mut().wasi) {
                for byte in bytes {
                    if let Val::U8(byte) = byte {
                        wasi.print(*byte);
                    }
                }
            }
            ok(None)
        }
        "wasi:random/random#get-random-bytes" | "wasi:random/insecure#get-insecure-random-bytes" => {
            let length = if let Some(Val::U64(length)) = params.first() { *length } else { 0 };
            if length > RANDOM_BYTES_MAX {
                return refused(format!("asks for {length} random bytes at once, more than {RANDOM_BYTES_MAX}"));
            }
            charge(store, length * PART_FUEL)?;
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
