//! What of a component's shape is refused before it is compiled, because compiling or running it could not be bounded.
//!
//! Whether the component is valid is left to the compiler.

use wasmparser::{Parser, Payload};

use super::LoadError;

/// Refuses a component with a function of more than `function_bytes_max` bytes: the compiler takes more memory and time
/// than grow with the size, and would only find its own limits.
///
/// Refuses a component that is composed of others with code of their own: they may hand texts to one another, and the
/// copying of texts takes no fuel. What tools put into a component to give its exports a shape has no code.
pub(super) fn check(bytes: &[u8], function_bytes_max: usize) -> Result<(), LoadError> {
    // For each component or module that is open, whether it is a module.
    let mut open: Vec<bool> = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        // What is broken, the compiler says in better words.
        let Ok(payload) = payload else { return Ok(()) };
        let in_component = open.iter().filter(|is_module| !**is_module).count() > 1;
        match payload {
            Payload::Version { encoding, .. } => open.push(encoding == wasmparser::Encoding::Module),
            Payload::End(_) => drop(open.pop()),
            Payload::InstanceSection(_) if in_component => return Err(LoadError::Composed),
            Payload::CodeSectionEntry(body) if body.range().len() > function_bytes_max => {
                return Err(LoadError::LargeFunction(function_bytes_max));
            }
            _ => {}
        }
    }
    Ok(())
}
