//! What a core module may use so that the hosts of core modules run it.

use wasmparser::{Validator, WasmFeatures};

/// Says what in a core module its host may not have.
///
/// Fluent Bit's runtime, the narrowest of those that matter, has the first version of WebAssembly, bulk memory, sign
/// extension, saturating conversion, several results, reference types and mutable globals. With `vectors`, for all
/// others, 128-bit SIMD may be used too.
pub(crate) fn missing(core: &[u8], vectors: bool) -> Option<String> {
    let mut features = WasmFeatures::WASM1
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MUTABLE_GLOBAL;
    features.set(WasmFeatures::SIMD, vectors);
    Validator::new_with_features(features).validate_all(core).err().map(|error| error.message().to_owned())
}

/// Whether what is missing is SIMD alone.
pub(crate) fn wants_vectors(core: &[u8]) -> bool {
    missing(core, false).is_some() && missing(core, true).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("a module")
    }

    #[test]
    fn what_core_hosts_lack_is_named() {
        for (text, why) in [
            ("(module (func (drop (i32x4.splat (i32.const 0)))))", "SIMD support is not enabled"),
            ("(module (func $f (return_call $f)))", "tail calls support is not enabled"),
            ("(module (tag))", "exceptions proposal not enabled"),
            ("(module (memory i64 1))", "memory64 must be enabled for 64-bit memories"),
            ("(module (global i32 (i32.add (i32.const 1) (i32.const 1))))", "constant expression required"),
        ] {
            let missing = missing(&module(text), false).expect(text);
            assert!(missing.contains(why), "{missing}");
        }
        let vectors = module("(module (func (drop (i32x4.splat (i32.const 0)))))");
        assert!(wants_vectors(&vectors));
        let plain = "(module (memory 1) (data \"\") (func (result i32 i32) (memory.fill (i32.const 0) (i32.const 0)
            (i32.const 1)) (i32.extend8_s (i32.const 1)) (i32.trunc_sat_f32_s (f32.const 1))))";
        assert_eq!(missing(&module(plain), false), None);
    }
}
