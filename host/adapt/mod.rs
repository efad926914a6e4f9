//! Adapts a rule to another host, without the rule's source or a toolchain.
//!
//! The rule's core module is taken out of its component, and the functions that the other host calls are added to it as
//! WebAssembly: they are written in the `.wat` files of this folder. Settings are baked in: they are data that are
//! handed to `configure` before the first event. Whoever calls has had them taken by the rule in the sandbox, so a
//! refusal is found while adapting, and not in the pipeline.
//!
//! A host that knows core modules alone mostly goes on with the same instance after a trap. So an adapted rule makes
//! itself anew after each: its memory, its globals and its settings are again what they were before the first event.
//!
//! Left to others: loading the rule, and the words on stderr.

use crate::metadata::Metadata;

mod bake;
mod component;
mod error;
mod extract;
pub(crate) mod features;
mod merge;
mod module;

pub use error::{AdaptError, AdaptErrorKind};

use bake::Baked;
use module::{Exports, Module};

/// The most pages of 64 KiB that an adapted rule may grow to, where it says nothing itself: 1 GiB.
pub const MEMORY_PAGES_MAX: u64 = 1 << 14;

/// The host for which a rule is adapted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Fluent Bit's filter `wasm`.
    FluentBit,
    /// Envoy, and other proxies that speak proxy-wasm 0.2.1.
    ProxyWasm,
    /// An operator of Azure IoT Operations, which is a component.
    AzureIotOperations {
        /// Whether it is a `map`, which passes every message with what is found in it, and not a `filter`.
        tag: bool,
    },
    /// Any host of core modules, as `wit/README.md` tells how to write one.
    Core,
}

impl Target {
    /// Whether the host runs 128-bit SIMD.
    fn has_vectors(self) -> bool {
        match self {
            Self::FluentBit => false,
            Self::ProxyWasm | Self::AzureIotOperations { .. } | Self::Core => true,
        }
    }

    /// The adapter's text.
    fn text(self) -> String {
        let parts: &[&str] = match self {
            Self::FluentBit => &[ALERTS, JSON, TAG, include_str!("fluent_bit.wat")],
            Self::ProxyWasm => &[ALERTS, JSON, CONFIGURE, include_str!("proxy_wasm.wat")],
            Self::AzureIotOperations { tag: false } => {
                &[ALERTS, JSON, CONFIGURE, include_str!("azure.wat"), include_str!("azure_filter.wat")]
            }
            Self::AzureIotOperations { tag: true } => {
                &[ALERTS, JSON, TAG, CONFIGURE, include_str!("azure.wat"), include_str!("azure_map.wat")]
            }
            Self::Core => &[include_str!("core.wat")],
        };
        // Imports come first.
        let (mut imports, mut rest) = (String::new(), String::new());
        for part in [include_str!("rule.wat")].iter().chain(parts) {
            for line in part.lines() {
                let place = if line.starts_with("(import ") { &mut imports } else { &mut rest };
                place.push_str(line);
                place.push('\n');
            }
        }
        format!("(module\n{imports}{rest})")
    }
}

const ALERTS: &str = include_str!("alerts.wat");
const JSON: &str = include_str!("json.wat");
const TAG: &str = include_str!("tag.wat");
const CONFIGURE: &str = include_str!("configure.wat");

/// What is adapted.
#[derive(Clone, Copy, Debug)]
pub struct Adapting<'a> {
    /// The rule: a component, or its core module.
    pub rule: &'a [u8],
    /// What its rules say of themselves.
    pub rules: &'a [Metadata],
    /// Settings that the rules have taken, by the rule's number.
    pub settings: &'a [(u32, String)],
}

/// Makes the file that the other host loads.
///
/// # Errors
///
/// The error says what of the rule, or of its form, the other host cannot have.
pub fn adapt(adapting: Adapting<'_>, target: Target) -> Result<Vec<u8>, AdaptError> {
    let core = core(adapting.rule)?;
    if let Some(missing) = features::missing(core, target.has_vectors()) {
        let error = AdaptError::new(AdaptErrorKind::Feature, format!("uses what this host does not have: {missing}"));
        return Err(if features::wants_vectors(core) {
            error.with_hint("`trommel build` writes NAME.core.wasm without SIMD: adapt that file")
        } else {
            error
        });
    }
    let invalid = |why: wasmparser::BinaryReaderError| AdaptError::new(AdaptErrorKind::Invalid, why.message());
    let rule = Module::read(core).map_err(invalid)?;
    if !rule.imports.is_empty() {
        let names: Vec<_> = rule.imports.iter().map(|import| format!("{}.{}", import.module, import.name)).collect();
        return Err(AdaptError::new(AdaptErrorKind::Imports, format!("imports {}", names.join(", ")))
            .with_hint("a host of core modules gives a rule nothing: build the rule without WASI"));
    }
    let exports = Exports::of(&rule)?;
    if target == Target::Core && adapting.settings.is_empty() {
        return Ok(core.to_owned());
    }
    let baked = Baked::of(adapting.rules, adapting.settings, rule.memories[0].initial, target);
    let adapter = wat::parse_str(target.text()).expect("the adapters are valid");
    let adapter = Module::read(&adapter).expect("the adapters are valid");
    let adapted = merge::merge(&rule, &exports, &adapter, &baked.bytes, &baked.numbers)?;
    debug_assert_eq!(features::missing(&adapted, target.has_vectors()), None, "an adapted rule is valid");
    match target {
        Target::AzureIotOperations { tag } => component::operator(adapted, tag),
        _ => Ok(adapted),
    }
}

/// The core module of a component; a core module is its own.
pub fn core(rule: &[u8]) -> Result<&[u8], AdaptError> {
    if wasmparser::Parser::is_core_wasm(rule) { Ok(rule) } else { extract::core(rule) }
}
