//! Takes the one core module out of a component.
//!
//! Whether that module is a rule is left to `module.rs`.

use wasmparser::{CanonicalFunction, CanonicalOption, Parser, Payload};

use super::{AdaptError, AdaptErrorKind};

/// Returns the bytes of the one core module that a component is made of.
pub(super) fn core(component: &[u8]) -> Result<&[u8], AdaptError> {
    let invalid = |why: wasmparser::BinaryReaderError| AdaptError::new(AdaptErrorKind::Invalid, why.message());
    let (mut modules, mut imports, mut depth) = (Vec::new(), Vec::new(), 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(invalid)? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ModuleSection { unchecked_range, .. } => modules.push(&component[unchecked_range]),
            // Those of a component inside are met by the one around it.
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import.map_err(invalid)?.name.name.to_owned());
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    if let CanonicalFunction::Lift { options, .. } = function.map_err(invalid)? {
                        let other = |option| matches!(option, &CanonicalOption::UTF16 | &CanonicalOption::CompactUTF16);
                        if options.iter().any(other) {
                            return Err(AdaptError::new(AdaptErrorKind::NotARule, "its texts are not UTF-8"));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    if !imports.is_empty() {
        let why = format!("imports {}", imports.join(", "));
        return Err(AdaptError::new(AdaptErrorKind::Imports, why)
            .with_hint("a host of core modules gives a rule nothing: build the rule without WASI"));
    }
    match modules[..] {
        [module] => Ok(module),
        _ => Err(AdaptError::new(AdaptErrorKind::SeveralModules, format!("is made of {} core modules", modules.len()))
            .with_hint("only a rule of one core module can be taken out of its component")),
    }
}
