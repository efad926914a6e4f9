//! A rule's core module, read as far as adapting it needs.

use std::collections::BTreeMap;

use wasmparser::{
    Data, Element, ExternalKind, FunctionBody, Global, MemoryType, Parser, Payload, Table, TypeSectionReader,
};

use super::{AdaptError, AdaptErrorKind};

/// The sections of a core module.
#[derive(Default)]
pub(super) struct Module<'m> {
    pub(super) types: Option<TypeSectionReader<'m>>,
    pub(super) types_len: u32,
    pub(super) imports: Vec<wasmparser::Import<'m>>,
    /// The types of the functions.
    pub(super) functions: Vec<u32>,
    pub(super) tables: Vec<Table<'m>>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<Global<'m>>,
    pub(super) exports: Vec<(&'m str, ExternalKind, u32)>,
    pub(super) start: Option<u32>,
    pub(super) elements: Vec<Element<'m>>,
    pub(super) bodies: Vec<FunctionBody<'m>>,
    pub(super) data: Vec<Data<'m>>,
}

impl<'m> Module<'m> {
    pub(super) fn read(bytes: &'m [u8]) -> wasmparser::Result<Self> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(section) => {
                    // A group of types that refer to each other counts as many.
                    for group in section.clone() {
                        module.types_len += group?.types().len() as u32;
                    }
                    module.types = Some(section);
                }
                Payload::ImportSection(section) => {
                    module.imports = section.into_imports().collect::<wasmparser::Result<_>>()?;
                }
                Payload::FunctionSection(section) => module.functions = all(section)?,
                Payload::TableSection(section) => module.tables = all(section)?,
                Payload::MemorySection(section) => module.memories = all(section)?,
                Payload::GlobalSection(section) => module.globals = all(section)?,
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        module.exports.push((export.name, export.kind, export.index));
                    }
                }
                Payload::StartSection { func, .. } => module.start = Some(func),
                Payload::ElementSection(section) => module.elements = all(section)?,
                Payload::CodeSectionEntry(body) => module.bodies.push(body),
                Payload::DataSection(section) => module.data = all(section)?,
                _ => {}
            }
        }
        Ok(module)
    }
}

fn all<'m, T: wasmparser::FromReader<'m>>(section: wasmparser::SectionLimited<'m, T>) -> wasmparser::Result<Vec<T>> {
    section.into_iter().collect()
}

/// What a rule exports that adapters call, by the name that they call it.
pub(super) struct Exports {
    functions: BTreeMap<&'static str, u32>,
}

/// The functions of the contract, and what frees the answer of each.
const FUNCTIONS: [(&str, &str); 5] = [
    ("describe", "describe_post"),
    ("document", "document_post"),
    ("configure", "configure_post"),
    ("reads", "reads_post"),
    ("evaluate", "evaluate_post"),
];

impl Exports {
    /// Finds the exports, whichever of the two ways in use names them.
    pub(super) fn of(module: &Module<'_>) -> Result<Self, AdaptError> {
        let named = |wanted: &dyn Fn(&str) -> bool| {
            let functions = module.exports.iter().filter(|(_, kind, _)| *kind == ExternalKind::Func);
            functions.clone().find(|(name, ..)| wanted(name)).map(|(.., index)| *index)
        };
        let mut functions = BTreeMap::new();
        let mut take = |name, index: Option<u32>| index.map(|index| functions.insert(name, index));
        take("realloc", named(&|name| matches!(name, "cabi_realloc" | "cm32p2_realloc")));
        take("initialize", named(&|name| matches!(name, "_initialize" | "cm32p2_initialize")));
        for (function, post) in FUNCTIONS {
            take(function, named(&|name| names(name, "", "", function)));
            take(post, named(&|name| names(name, "cabi_post_", "_post", function)));
        }
        let mut wanted = FUNCTIONS.map(|(function, _)| function).into_iter().chain(["realloc"]);
        if let Some(name) = wanted.find(|name| !functions.contains_key(name)) {
            let why = format!("its module does not export `{name}` of the contract under a known name");
            return Err(AdaptError::new(AdaptErrorKind::NotARule, why));
        }
        let memory = module.exports.iter().any(|(_, kind, index)| *kind == ExternalKind::Memory && *index == 0);
        if module.memories.len() != 1 || !memory {
            return Err(AdaptError::new(AdaptErrorKind::NotARule, "its module does not export one memory"));
        }
        Ok(Self { functions })
    }

    /// Returns the function's index.
    pub(super) fn get(&self, name: &str) -> Option<u32> {
        self.functions.get(name).copied()
    }
}

/// Whether an export's name is that of a function of the contract.
fn names(name: &str, before: &str, behind: &str, function: &str) -> bool {
    let legacy = || {
        let (interface, rest) = name.strip_prefix(before)?.split_once('#')?;
        Some(interface.starts_with("trommel:filter/event-filter@0.2.") && rest == function)
    };
    let standard = || {
        let rest = name.strip_prefix("cm32p2|trommel:filter/event-filter@0.2|")?;
        Some(rest.strip_suffix(behind)? == function)
    };
    legacy().or_else(standard).unwrap_or(false)
}
