//! Lays a pack into the engine, and makes a component of both.
//!
//! The engine is a core module with the component's type in it. Its memory is made larger at the end, where its
//! allocator never goes, the pack lies there as data, and its address and length where the engine looks for them.

use std::fmt;

use trommel_engine::ENGINE;
use wasmparser::{ExternalKind, Operator, Parser, Payload, SectionLimited, TypeRef};
use wit_component::ComponentEncoder;

/// The name under which the engine exports where it looks for the pack's address and length.
const PACK: &str = "PACK";

const PAGE_BYTES: u64 = 65_536;

/// Says that the engine in this program cannot take a pack: it is not the engine that was meant to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenEngine(String);

impl fmt::Display for BrokenEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the engine in this program: {}", self.0)
    }
}

impl std::error::Error for BrokenEngine {}

/// Is the component of a pack.
///
/// # Errors
///
/// The engine in this program is broken, or the pack is larger than a memory.
pub fn component(pack: &[u8]) -> Result<Vec<u8>, BrokenEngine> {
    let core = with_pack(ENGINE, pack)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&core)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|why| BrokenEngine(why.root_cause().to_string()))
}

fn broken(why: impl fmt::Display) -> BrokenEngine {
    BrokenEngine(why.to_string())
}

/// What of the engine must be known before it is written anew.
#[derive(Default)]
struct Layout {
    memory_pages: u64,
    /// To which the memory may grow.
    memory_pages_max: Option<u64>,
    /// The number of the exported global, and where all globals point.
    exported: Option<u32>,
    globals: Vec<Option<i32>>,
    imported_globals: u32,
}

/// Is the engine's module with the pack in it.
fn with_pack(engine: &[u8], pack: &[u8]) -> Result<Vec<u8>, BrokenEngine> {
    let layout = Layout::read(engine)?;
    let pointer = layout.pack_pointer()?;
    let address = layout.memory_pages * PAGE_BYTES;
    let pages = layout.memory_pages + (pack.len() as u64).div_ceil(PAGE_BYTES);
    if pages > layout.memory_pages_max.unwrap_or(65_536) {
        return Err(broken("the pack is larger than a memory"));
    }
    let (address, length) = (address as u32, pack.len() as u32);
    let words = [address.to_le_bytes(), length.to_le_bytes()].concat();

    let mut out = engine[..8].to_vec();
    for payload in Parser::new(0).parse_all(engine) {
        let payload = payload.map_err(broken)?;
        match &payload {
            Payload::MemorySection(_) => {
                let mut body = vec![1, u8::from(layout.memory_pages_max.is_some())];
                unsigned(pages, &mut body);
                layout.memory_pages_max.into_iter().for_each(|max| unsigned(max, &mut body));
                section(5, &body, &mut out);
            }
            Payload::DataCountSection { count, .. } => {
                let mut body = Vec::new();
                unsigned(u64::from(*count) + 2, &mut body);
                section(12, &body, &mut out);
            }
            Payload::DataSection(data) => {
                let mut body = Vec::new();
                unsigned(u64::from(data.count()) + 2, &mut body);
                body.extend_from_slice(segments(engine, data));
                segment(address, pack, &mut body);
                segment(pointer, &words, &mut body);
                section(11, &body, &mut out);
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    section(id, &engine[range], &mut out);
                }
            }
        }
    }
    Ok(out)
}

impl Layout {
    fn read(engine: &[u8]) -> Result<Self, BrokenEngine> {
        let mut layout = Self::default();
        let mut has_data = false;
        for payload in Parser::new(0).parse_all(engine) {
            match payload.map_err(broken)? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Global(_) = import.map_err(broken)?.ty {
                            layout.imported_globals += 1;
                        }
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        let memory = memory.map_err(broken)?;
                        if layout.memory_pages > 0 {
                            return Err(broken("it has several memories"));
                        }
                        (layout.memory_pages, layout.memory_pages_max) = (memory.initial, memory.maximum);
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let mut init = global.map_err(broken)?.init_expr.get_operators_reader();
                        layout.globals.push(match init.read().map_err(broken)? {
                            Operator::I32Const { value } => Some(value),
                            _ => None,
                        });
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export.map_err(broken)?;
                        if export.name == PACK && export.kind == ExternalKind::Global {
                            layout.exported = Some(export.index);
                        }
                    }
                }
                Payload::DataSection(_) => has_data = true,
                _ => {}
            }
        }
        if layout.memory_pages == 0 || !has_data {
            return Err(broken("it has no memory with data"));
        }
        Ok(layout)
    }

    fn pack_pointer(&self) -> Result<u32, BrokenEngine> {
        let global = self.exported.and_then(|global| global.checked_sub(self.imported_globals));
        let value = global.and_then(|global| *self.globals.get(global as usize)?);
        value.map(i32::cast_unsigned).ok_or_else(|| broken("it has no place for a pack"))
    }
}

/// Is the bytes of the segments of a section, without their number.
fn segments<'a, T>(engine: &'a [u8], data: &SectionLimited<'_, T>) -> &'a [u8] {
    let body = &engine[data.range()];
    let count = body.iter().position(|b| b & 0x80 == 0).map_or(0, |at| at + 1);
    &body[count..]
}

fn section(id: u8, body: &[u8], out: &mut Vec<u8>) {
    out.push(id);
    unsigned(body.len() as u64, out);
    out.extend_from_slice(body);
}

/// Writes a segment that lies at an address.
fn segment(address: u32, bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, 0x41]);
    signed(i64::from(address.cast_signed()), out);
    out.push(0x0b);
    unsigned(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Writes a number as WebAssembly does, in LEB128.
fn unsigned(mut n: u64, out: &mut Vec<u8>) {
    loop {
        let low = (n & 0x7f) as u8;
        n >>= 7;
        out.push(if n == 0 { low } else { low | 0x80 });
        if n == 0 {
            return;
        }
    }
}

fn signed(mut n: i64, out: &mut Vec<u8>) {
    loop {
        let low = (n & 0x7f) as u8;
        n >>= 7;
        let done = (n == 0 && low & 0x40 == 0) || (n == -1 && low & 0x40 != 0);
        out.push(if done { low } else { low | 0x80 });
        if done {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_takes_a_pack_of_any_size() {
        for size in [0, 1, 65_536, 300_000] {
            let pack = vec![7; size];
            let component = component(&pack).unwrap();
            assert!(wasmparser::Validator::new().validate_all(&component).is_ok());
            assert!(component.len() > ENGINE.len() + size);
        }
    }

    #[test]
    fn what_is_no_engine_is_told() {
        let module = wat::parse_str("(module (memory 1) (data (i32.const 0) \"x\"))").unwrap();
        assert_eq!(with_pack(&module, b"x"), Err(broken("it has no place for a pack")));
        assert!(with_pack(b"\0asm\x01\0\0\0", b"x").is_err());
    }

    #[test]
    fn numbers_are_written_as_webassembly_reads_them() {
        let mut out = Vec::new();
        signed(64, &mut out);
        signed(-1, &mut out);
        signed(1 << 20, &mut out);
        unsigned(300, &mut out);
        assert_eq!(out, [0xc0, 0, 0x7f, 0x80, 0x80, 0xc0, 0, 0xac, 2]);
    }
}
