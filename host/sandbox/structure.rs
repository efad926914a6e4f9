//! What of a component's shape is refused before it is compiled, because compiling or running it could not be bounded.
//!
//! Whether the component is valid is left to the compiler.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentType, DataKind, ElementItems, Encoding,
    Instance, Parser, Payload,
};

use super::LoadError;
use crate::sandbox::limits::{
    CORE_INSTANCES_MAX, INSTANCE_DATA_BYTES_MAX, INSTANCE_ITEMS_MAX, Limits, TYPE_DECLARATIONS_MAX,
};

/// Refuses a component with a function of more bytes than the limit: the compiler takes more memory and time than grow
/// with the size, and would only find its own limits.
///
/// Refuses a component that is composed of others with code of their own: they may hand texts to one another, and the
/// copying of texts takes no fuel. What tools put into a component to give its exports a shape has no code.
///
/// Refuses a component whose instances take much to make: what an instance has of globals, functions and the like takes
/// memory and time of the host, which no fuel and no limit of its own memory pay for.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(), LoadError> {
    let mut shape = Shape::default();
    for payload in Parser::new(0).parse_all(bytes) {
        // What is broken, the compiler says in better words.
        let Ok(payload) = payload else { return Ok(()) };
        if let Payload::CodeSectionEntry(body) = &payload
            && body.range().len() > limits.function_bytes
        {
            return Err(LoadError::LargeFunction(limits.function_bytes));
        }
        let Ok(refused) = shape.see(payload) else { return Ok(()) };
        if let Some(refused) = refused {
            return Err(refused);
        }
    }
    shape.verdict().map_or(Ok(()), Err)
}

/// What an instance of a core module takes.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    items: usize,
    data_bytes: usize,
    memories: usize,
    tables: usize,
}

impl Weight {
    fn max(self, other: Self) -> Self {
        Self {
            items: self.items.max(other.items),
            data_bytes: self.data_bytes.max(other.data_bytes),
            memories: self.memories.max(other.memories),
            tables: self.tables.max(other.tables),
        }
    }
}

/// What was seen of a component.
#[derive(Default)]
struct Shape {
    /// For each component or module that is open, whether it is a module.
    open: Vec<bool>,
    /// The component's own modules, in their order. `None`: one from elsewhere.
    modules: Vec<Option<Weight>>,
    /// The largest of all modules, wherever they lie.
    largest: Weight,
    /// The module that is open.
    module: Weight,
    /// The module of each instance, by its number.
    instances: Vec<u32>,
    /// Instances of components.
    component_instances: usize,
    /// What types declare.
    declarations: usize,
}

impl Shape {
    /// Takes in a part of the component. Answers with what it must be refused for.
    fn see(&mut self, payload: Payload<'_>) -> wasmparser::Result<Option<LoadError>> {
        let in_component = self.components_open() > 1;
        let module = &mut self.module;
        match payload {
            Payload::Version { encoding, .. } => {
                self.open.push(encoding == Encoding::Module);
                self.module = Weight::default();
            }
            Payload::End(_) => {
                let was_module = self.open.pop() == Some(true);
                if was_module {
                    self.largest = self.largest.max(self.module);
                    if self.components_open() == 1 {
                        self.modules.push(Some(self.module));
                    }
                }
            }
            Payload::ImportSection(imports) => module.items += imports.count() as usize,
            Payload::FunctionSection(functions) => module.items += functions.count() as usize,
            Payload::GlobalSection(globals) => module.items += globals.count() as usize,
            Payload::TagSection(tags) => module.items += tags.count() as usize,
            Payload::TableSection(tables) => module.tables += tables.count() as usize,
            Payload::MemorySection(memories) => module.memories += memories.count() as usize,
            Payload::ElementSection(segments) => {
                for segment in segments {
                    module.items += 1 + match segment?.items {
                        ElementItems::Functions(items) => items.count() as usize,
                        ElementItems::Expressions(_, items) => items.count() as usize,
                    };
                }
            }
            Payload::DataSection(segments) => {
                for segment in segments {
                    let segment = segment?;
                    module.items += 1;
                    if let DataKind::Active { .. } = segment.kind {
                        module.data_bytes += segment.data.len();
                    }
                }
            }
            Payload::InstanceSection(_) if in_component => return Ok(Some(LoadError::Composed)),
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    if let Instance::Instantiate { module_index, .. } = instance? {
                        self.instances.push(module_index);
                    }
                }
            }
            Payload::ComponentTypeSection(types) => {
                for ty in types {
                    self.declarations += 1 + match ty? {
                        ComponentType::Instance(declarations) => declarations.len(),
                        ComponentType::Component(declarations) => declarations.len(),
                        _ => 0,
                    };
                }
            }
            Payload::ComponentInstanceSection(instances) => self.component_instances += instances.count() as usize,
            Payload::ComponentAliasSection(aliases) if !in_component => {
                for alias in aliases {
                    match alias? {
                        ComponentAlias::InstanceExport { kind: ComponentExternalKind::Module, .. }
                        | ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, .. } => {
                            self.modules.push(None);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn components_open(&self) -> usize {
        self.open.iter().filter(|is_module| !**is_module).count()
    }

    /// What the whole component must be refused for.
    fn verdict(&self) -> Option<LoadError> {
        let mut all = Weight::default();
        for module in &self.instances {
            let known = self.modules.get(*module as usize).copied().flatten();
            let one = known.unwrap_or(self.largest);
            all.items = all.items.saturating_add(one.items);
            all.data_bytes = all.data_bytes.saturating_add(one.data_bytes);
            all.memories = all.memories.saturating_add(one.memories);
            all.tables = all.tables.saturating_add(one.tables);
        }
        [
            ("instances of modules", self.instances.len(), CORE_INSTANCES_MAX),
            ("instances of components", self.component_instances, CORE_INSTANCES_MAX),
            ("declarations of types", self.declarations, TYPE_DECLARATIONS_MAX),
            ("memories", all.memories, CORE_INSTANCES_MAX),
            ("tables", all.tables, CORE_INSTANCES_MAX),
            ("imports, functions, globals and elements in its instances", all.items, INSTANCE_ITEMS_MAX),
            ("bytes of data in its instances", all.data_bytes, INSTANCE_DATA_BYTES_MAX),
        ]
        .into_iter()
        .find(|(_, count, max)| count > max)
        .map(|(what, _, max)| LoadError::TooMany(what, max))
    }
}
