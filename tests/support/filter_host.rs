//! Calls an adapted rule as Fluent Bit's filter `wasm` does: with the same calls in the same order, also after a trap.

#![allow(dead_code, reason = "each test uses its part")]

use wasmtime::{Config, Engine, Instance, Memory, Module, Store, TypedFunc};

/// Six numbers: where the tag is, its length, seconds, nanoseconds, where the record is, its length.
type Filter = TypedFunc<(i32, i32, i32, i32, i32, i32), i32>;

pub(crate) struct FilterHost {
    store: Store<wasmtime::StoreLimits>,
    memory: Memory,
    malloc: TypedFunc<i32, i32>,
    free: TypedFunc<i32, ()>,
    filter: Filter,
}

/// What became of a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Became {
    /// The record that goes on in its place.
    Record(String),
    Dropped,
    /// The call trapped, or gave no text: the record is lost.
    Lost,
}

impl FilterHost {
    pub(crate) fn new(adapted: &[u8], function: &str) -> Self {
        Self::with_memory(adapted, function, usize::MAX)
    }

    /// A host that gives no more memory than this.
    pub(crate) fn with_memory(adapted: &[u8], function: &str, bytes_max: usize) -> Self {
        let mut config = Config::new();
        // What the runtime of Fluent Bit does not have.
        config.wasm_simd(false).wasm_relaxed_simd(false).wasm_tail_call(false).wasm_extended_const(false);
        config.wasm_memory64(false).wasm_multi_memory(false);
        let engine = Engine::new(&config).expect("an engine");
        let module = Module::new(&engine, adapted).expect("a valid module");
        assert_eq!(module.imports().count(), 0, "a filter is given nothing");
        let limits = wasmtime::StoreLimitsBuilder::new().memory_size(bytes_max).build();
        let mut store = Store::new(&engine, limits);
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
        Self {
            memory: instance.get_memory(&mut store, "memory").expect("a memory"),
            malloc: instance.get_typed_func(&mut store, "malloc").expect("malloc"),
            free: instance.get_typed_func(&mut store, "free").expect("free"),
            filter: instance.get_typed_func(&mut store, function).expect("the function"),
            store,
        }
    }

    /// A text in the module's memory, with a 0 behind it; 0 where there is no memory for it.
    fn copied(&mut self, text: &[u8]) -> i32 {
        let at = self.malloc.call(&mut self.store, text.len() as i32 + 1).unwrap_or(0);
        if at != 0 {
            self.memory.write(&mut self.store, at as usize, text).expect("malloc gave memory");
            self.memory.write(&mut self.store, at as usize + text.len(), b"\0").expect("malloc gave memory");
        }
        at
    }

    pub(crate) fn call(&mut self, record: &str) -> Became {
        let tag = self.copied(b"cloudtrail");
        let at = self.copied(record.as_bytes());
        let answer = self.filter.call(&mut self.store, (tag, 10, 1_700_000_000, 5, at, record.len() as i32));
        let became = match answer {
            Err(_) => Became::Lost,
            Ok(0) => panic!("0 is no answer"),
            Ok(answer) => {
                let text = &self.memory.data(&self.store)[answer as usize..];
                match text.iter().position(|byte| *byte == 0) {
                    None => Became::Lost,
                    Some(0) => Became::Dropped,
                    Some(end) => Became::Record(String::from_utf8(text[..end].to_vec()).expect("UTF-8")),
                }
            }
        };
        for buffer in [tag, at] {
            if buffer != 0 {
                self.free.call(&mut self.store, buffer).expect("free does not fail");
            }
        }
        became
    }

    /// How much memory the module has.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory.data_size(&self.store)
    }
}
