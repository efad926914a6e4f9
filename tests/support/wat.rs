//! Makes components of component text: of whole ones, and of the hostile parts of a rule.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::root;

/// What a rule does that does no harm, each part under the export by which a file replaces it.
/// `tests/hostile/README.md` says what lies where.
const HARMLESS: [(&str, &str); 7] = [
    ("memory", r#"(memory (export "memory") 2)"#),
    ("describe", r#"(func (export "describe") (result i32) (i32.const 8))"#),
    ("configure", r#"(func (export "configure") (param i32 i32 i32) (result i32) (i32.const 400))"#),
    ("document", r#"(func (export "document") (param i32) (result i32) (i32.const 512))"#),
    ("reads", r#"(func (export "reads") (param i32 i32) (result i32) (i32.const 1))"#),
    ("evaluate", r#"(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 400))"#),
    (
        "cabi_realloc",
        r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
             (drop (memory.grow (i32.shr_u (local.get 3) (i32.const 16))))
             (i32.const 65536))"#,
    ),
];

/// What lies in the memory of a rule that does no harm.
const DATA: &str = r#"
    (data (i32.const 8) "\10\00\00\00" "\01\00\00\00")
    (data (i32.const 16) "\00\01\00\00" "\07\00\00\00" "\08\01\00\00" "\07\00\00\00" "\10\01\00\00" "\05\00\00\00")
    (data (i32.const 48) "\18\01\00\00" "\03\00\00\00")
    (data (i32.const 84) "\20\01\00\00" "\01\00\00\00" "\2c\01\00\00" "\02\00\00\00")
    (data (i32.const 256) "hostile\00Hostile\001.0.0\00\00\00MIT")
    (data (i32.const 288) "\38\01\00\00" "\01\00\00\00" "\01")
    (data (i32.const 300) "{}")
    (data (i32.const 312) "a")
    (data (i32.const 420) "\b0\01\00\00" "\01\00\00\00")
    (data (i32.const 432) "\00\00\00\00" "\e0\01\00\00" "\07\00\00\00")
    (data (i32.const 480) "{\22a\22:1}")
"#;

const INTERFACE: &str = "trommel:filter/event-filter@0.2.0";

/// Makes a binary of a whole component or module, or a component of the parts of a rule.
pub(crate) fn binary(text: &str) -> Vec<u8> {
    let code = text.lines().find(|line| !line.starts_with(";;")).unwrap_or_default();
    if code.starts_with("(component") || code.starts_with("(module") {
        return wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    }
    component(text, "", "filter")
}

/// Makes a component of the parts of a rule, in a world of more WIT.
pub(crate) fn component(parts: &str, more_wit: &str, world: &str) -> Vec<u8> {
    let mut module = String::from("(module\n");
    // Imports come first, then what they may refer to.
    let (imports, parts): (Vec<_>, Vec<_>) = parts.lines().partition(|line| line.starts_with("(import"));
    let parts = parts.join("\n");
    module += &imports.join("\n");
    for (name, harmless) in HARMLESS {
        if !parts.contains(&format!("(export \"{name}\")")) {
            module += harmless;
        }
    }
    module += DATA;
    module += &parts;
    module += ")";
    for name in ["describe", "document", "configure", "reads", "evaluate"] {
        module = module
            .replace(&format!("(export \"{name}\")"), &format!("(export \"{INTERFACE}#{name}\")"))
            .replace(&format!("(export \"post-{name}\")"), &format!("(export \"cabi_post_{INTERFACE}#{name}\")"));
    }
    let mut module = wat::parse_str(&module).unwrap_or_else(|error| panic!("{error}\n{module}"));
    let mut resolve = Resolve::default();
    let (mut package, _) = resolve.push_dir(root().join("wit")).expect("the project's WIT");
    if !more_wit.is_empty() {
        package = resolve.push_str("more.wit", more_wit).expect("the test's WIT");
    }
    let world = resolve.select_world(&[package], Some(world)).expect("the world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("the type goes in");
    let encoder = ComponentEncoder::default().module(&module).expect("a module with a type");
    encoder.validate(true).encode().unwrap_or_else(|error| panic!("{error:#}"))
}
