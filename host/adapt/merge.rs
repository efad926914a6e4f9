//! Puts an adapter and a rule together into one core module.
//!
//! The adapter imports the rule's functions by the names of `module.rs`, numbers that are known while adapting, and what
//! its own host gives. Its exports are those of the module that comes out, whose functions are the rule's own, in their
//! order, and then the adapter's.
//!
//! So that the rule can start afresh after a trap, its data lie where they can be copied into its memory again, its
//! globals are set back, and it asks the adapter for memory.

use std::collections::BTreeMap;
use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ElementSection, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, ImportSection, Instruction, MemorySection, MemoryType, TableSection, TypeSection,
};
use wasmparser::{ConstExpr, DataKind, ExternalKind, Operator, TypeRef};

use super::module::{Exports, Module};
use super::{AdaptError, AdaptErrorKind, MEMORY_PAGES_MAX};

/// Rewrites the rule's part: its functions are behind those that the other host gives.
struct OfRule {
    imported: u32,
    grow: u32,
    size: u32,
    /// What it does that cannot be undone.
    lasting: Option<&'static str>,
}

impl Reencode for OfRule {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error> {
        Ok(self.imported + index)
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Error> {
        Ok(match operator {
            Operator::MemoryGrow { .. } => Instruction::Call(self.grow),
            Operator::MemorySize { .. } => Instruction::Call(self.size),
            // Data are needed again.
            Operator::DataDrop { .. } => Instruction::Nop,
            Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. } => {
                self.lasting = Some("changes its tables while it runs, which cannot be undone after a trap");
                utils::instruction(self, operator)?
            }
            _ => utils::instruction(self, operator)?,
        })
    }
}

/// Rewrites the adapter's part: what it imports is put in place, and the rest is behind the rule's.
struct OfAdapter<'b> {
    types: u32,
    /// Where each of its functions is, the imported ones first.
    functions: Vec<u32>,
    /// What each imported global is.
    numbers: Vec<u32>,
    globals: u32,
    data: u32,
    baked: &'b [u8],
}

impl Reencode for OfAdapter<'_> {
    type Error = Infallible;

    fn type_index(&mut self, index: u32) -> Result<u32, Error> {
        Ok(self.types + index)
    }

    fn function_index(&mut self, index: u32) -> Result<u32, Error> {
        Ok(self.functions[index as usize])
    }

    fn global_index(&mut self, index: u32) -> Result<u32, Error> {
        Ok(self.globals + index - self.numbers.len() as u32)
    }

    fn data_index(&mut self, index: u32) -> Result<u32, Error> {
        Ok(self.data + index)
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Error> {
        match operator {
            Operator::GlobalGet { global_index } if (global_index as usize) < self.numbers.len() => {
                Ok(Instruction::I32Const(self.numbers[global_index as usize] as i32))
            }
            _ => utils::instruction(self, operator),
        }
    }
}

/// Merges. `baked` becomes the adapter's first data, and `numbers` the globals that it imports.
pub(super) fn merge(
    rule: &Module<'_>,
    exports: &Exports,
    adapter: &Module<'_>,
    baked: &[u8],
    numbers: &BTreeMap<&str, u32>,
) -> Result<Vec<u8>, AdaptError> {
    let invalid = |why: Error| AdaptError::new(AdaptErrorKind::Invalid, why.to_string());
    let hosts: Vec<_> = adapter.imports.iter().filter(|import| !matches!(import.module, "rule" | "baked")).collect();
    let imported = hosts.len() as u32;
    let own = imported + rule.functions.len() as u32;
    let start = own + adapter.functions.len() as u32;
    let nothing = start + 1;

    let (mut functions, mut values, mut next_host) = (Vec::new(), Vec::new(), 0);
    for import in &adapter.imports {
        match (import.module, import.ty) {
            ("rule", TypeRef::Func(_)) if import.name == "start" => functions.push(start),
            ("rule", TypeRef::Func(_)) => {
                functions.push(exports.get(import.name).map_or(nothing, |index| imported + index));
            }
            ("baked", TypeRef::Global(_)) => {
                values.push(*numbers.get(import.name).expect("an adapter imports what is baked"));
            }
            (_, TypeRef::Func(_)) => {
                functions.push(next_host);
                next_host += 1;
            }
            _ => {}
        }
    }
    functions.extend(own..start);
    let of_name = |name: &str| {
        let export = adapter.exports.iter().find(|(own, ..)| *own == name).expect("every adapter has it");
        functions[export.2 as usize]
    };
    let mut of_rule = OfRule { imported, grow: of_name("rule:grow"), size: of_name("rule:size"), lasting: None };
    let mut of_adapter = OfAdapter {
        types: rule.types_len,
        functions: functions.clone(),
        numbers: values,
        globals: rule.globals.len() as u32,
        data: rule.data.len() as u32,
        baked,
    };

    let mut module = wasm_encoder::Module::new();
    let types = rule.types_len + adapter.types_len;
    module.section(&type_section(rule, adapter, &mut of_rule, &mut of_adapter).map_err(invalid)?);
    if !hosts.is_empty() {
        let mut section = ImportSection::new();
        for import in hosts {
            let entity = of_adapter.entity_type(import.ty).map_err(invalid)?;
            section.import(import.module, import.name, entity);
        }
        module.section(&section);
    }
    let mut section = FunctionSection::new();
    for index in &rule.functions {
        section.function(*index);
    }
    for index in &adapter.functions {
        section.function(rule.types_len + index);
    }
    section.function(types).function(types + 1);
    module.section(&section);
    if !rule.tables.is_empty() {
        let mut section = TableSection::new();
        for table in &rule.tables {
            of_rule.parse_table(&mut section, table.clone()).map_err(invalid)?;
        }
        module.section(&section);
    }
    module.section(MemorySection::new().memory(bounded(rule.memories[0])));
    let mut section = GlobalSection::new();
    for global in rule.globals.iter() {
        of_rule.parse_global(&mut section, global.clone()).map_err(invalid)?;
    }
    for global in adapter.globals.iter() {
        of_adapter.parse_global(&mut section, global.clone()).map_err(invalid)?;
    }
    module.section(&section);
    let mut section = ExportSection::new();
    for (name, kind, index) in adapter.exports.iter().filter(|(name, ..)| !name.starts_with("rule:")) {
        match kind {
            ExternalKind::Func => section.export(name, ExportKind::Func, functions[*index as usize]),
            _ => section.export(name, ExportKind::Memory, 0),
        };
    }
    module.section(&section);
    if !rule.elements.is_empty() {
        let mut section = ElementSection::new();
        for element in &rule.elements {
            of_rule.parse_element(&mut section, element.clone()).map_err(invalid)?;
        }
        module.section(&section);
    }
    module.section(&DataCountSection { count: (rule.data.len() + adapter.data.len()) as u32 });
    let mut code = CodeSection::new();
    for body in &rule.bodies {
        of_rule.parse_function_body(&mut code, body.clone()).map_err(invalid)?;
    }
    for body in &adapter.bodies {
        of_adapter.parse_function_body(&mut code, body.clone()).map_err(invalid)?;
    }
    code.function(&start_function(rule, exports, &mut of_rule).map_err(invalid)?);
    code.function(Function::new([]).instruction(&Instruction::End));
    if let Some(why) = of_rule.lasting {
        return Err(AdaptError::new(AdaptErrorKind::Unsupported, why));
    }
    module.section(&code);
    module.section(&data_section(rule, adapter, of_adapter.baked));
    Ok(module.finish())
}

fn type_section(
    rule: &Module<'_>,
    adapter: &Module<'_>,
    of_rule: &mut OfRule,
    of_adapter: &mut OfAdapter<'_>,
) -> Result<TypeSection, Error> {
    let mut section = TypeSection::new();
    if let Some(types) = &rule.types {
        of_rule.parse_type_section(&mut section, types.clone())?;
    }
    if let Some(types) = &adapter.types {
        of_adapter.parse_type_section(&mut section, types.clone())?;
    }
    // That of the function that starts the rule, and of the one that does nothing.
    section.ty().function([], []);
    section.ty().function([wasm_encoder::ValType::I32], []);
    Ok(section)
}

/// A memory with a maximum, so that its host knows what it may come to.
fn bounded(memory: wasmparser::MemoryType) -> MemoryType {
    let maximum = memory.maximum.unwrap_or(MEMORY_PAGES_MAX).max(memory.initial);
    MemoryType { minimum: memory.initial, maximum: Some(maximum), memory64: false, shared: false, page_size_log2: None }
}

/// Makes the function that gives the rule its first globals and data, and starts it.
fn start_function(rule: &Module<'_>, exports: &Exports, of_rule: &mut OfRule) -> Result<Function, Error> {
    let mut function = Function::new([]);
    let mut constant = |function: &mut Function, expression: &ConstExpr<'_>| -> Result<(), Error> {
        let mut operators = expression.get_operators_reader();
        while !operators.is_end_then_eof() {
            function.instruction(&of_rule.parse_instruction(&mut operators)?);
        }
        Ok(())
    };
    for (index, global) in rule.globals.iter().enumerate().filter(|(_, global)| global.ty.mutable) {
        constant(&mut function, &global.init_expr)?;
        function.instruction(&Instruction::GlobalSet(index as u32));
    }
    for (index, data) in rule.data.iter().enumerate() {
        if let DataKind::Active { offset_expr, .. } = &data.kind {
            constant(&mut function, offset_expr)?;
            function.instruction(&Instruction::I32Const(0));
            function.instruction(&Instruction::I32Const(data.data.len() as i32));
            function.instruction(&Instruction::MemoryInit { mem: 0, data_index: index as u32 });
        }
    }
    for index in [rule.start, exports.get("initialize")].into_iter().flatten() {
        function.instruction(&Instruction::Call(of_rule.imported + index));
    }
    function.instruction(&Instruction::End);
    Ok(function)
}

fn data_section(rule: &Module<'_>, adapter: &Module<'_>, baked: &[u8]) -> DataSection {
    let mut section = DataSection::new();
    for data in &rule.data {
        section.passive(data.data.iter().copied());
    }
    section.passive(baked.iter().copied());
    for data in adapter.data.iter().skip(1) {
        section.passive(data.data.iter().copied());
    }
    section
}
