//! Makes a component of a core module, and refuses what hosts could not run.

use wit_component::{ComponentEncoder, metadata};

use super::{BuildError, BuildErrorKind};
use crate::adapt::features;

/// Wraps a core module as a component.
pub(super) fn wrap(name: &str, core: &[u8]) -> Result<Vec<u8>, BuildError> {
    let imports = imports(core);
    if !imports.is_empty() {
        return Err(BuildError::new(BuildErrorKind::Imports, name, format!("imports {}", imports.join(", ")))
            .with_hint("a rule is given nothing but the event: leave out the dependency that asks its host"));
    }
    let not_a_rule = |why: String| {
        BuildError::new(BuildErrorKind::NotARule, name, why)
            .with_hint("implement the trait Rule and name the type in trommel_rule::export!")
    };
    match metadata::decode(core) {
        Ok((Some(_), _)) if exports_a_rule(core) => {}
        Ok(_) => return Err(not_a_rule("exports no rule".to_owned())),
        Err(why) => return Err(not_a_rule(why.root_cause().to_string())),
    }
    ComponentEncoder::default()
        .validate(true)
        .module(core)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|why| not_a_rule(why.root_cause().to_string()))
}

/// Refuses a core module that the hosts of core modules could not run.
pub(super) fn check_features(name: &str, core: &[u8]) -> Result<(), BuildError> {
    match features::missing(core, false) {
        None => Ok(()),
        Some(missing) => {
            Err(BuildError::new(BuildErrorKind::Features, name, format!("uses what not every host has: {missing}"))
                .with_hint("leave out what turns such features on: target-feature in the code or a dependency"))
        }
    }
}

/// Wraps a core module that holds a rule as the component that it would have been built as. Nothing where it is none.
pub fn component_of(core: &[u8]) -> Option<Vec<u8>> {
    if wasmparser::Parser::is_core_wasm(core) { wrap("", core).ok() } else { None }
}

/// Whether a core module has a function of the contract. The component's type alone comes with the SDK.
fn exports_a_rule(core: &[u8]) -> bool {
    let exports =
        wasmparser::Parser::new(0).parse_all(core).map_while(Result::ok).filter_map(|section| match section {
            wasmparser::Payload::ExportSection(exports) => Some(exports.into_iter().map_while(Result::ok)),
            _ => None,
        });
    exports.flatten().any(|export| export.name.starts_with("trommel:filter/"))
}

/// Lists the imports of a core module as `module.field`, or nothing where it is broken.
pub(super) fn imports(core: &[u8]) -> Vec<String> {
    let sections = wasmparser::Parser::new(0).parse_all(core).map_while(Result::ok);
    let imports = sections.filter_map(|section| match section {
        wasmparser::Payload::ImportSection(imports) => Some(imports.into_imports().map_while(Result::ok)),
        _ => None,
    });
    imports.flatten().map(|import| format!("{}.{}", import.module, import.name)).collect()
}
