//! Adapted rules as a proxy calls them: what the tests with Envoy do not reach.

use std::collections::VecDeque;

use wasmtime::{Caller, Engine, Extern, Instance, Linker, Memory, Module, Store};

use crate::support::three;
use crate::{adapted_to, faulty};

/// What a proxy keeps: buffers by their number, what it was told, and the answers to streams.
#[derive(Default)]
struct Kept {
    buffers: [Vec<u8>; 8],
    log: Vec<String>,
    answers: VecDeque<(i32, String, Vec<u8>)>,
}

struct Proxy {
    store: Store<Kept>,
    instance: Instance,
    memory: Memory,
}

type Called<'a> = Caller<'a, Kept>;

fn memory(caller: &mut Called<'_>) -> Memory {
    caller.get_export("memory").and_then(Extern::into_memory).expect("a memory")
}

fn bytes(caller: &mut Called<'_>, at: i32, len: i32) -> Vec<u8> {
    memory(caller).data(&caller)[at as usize..][..len as usize].to_vec()
}

fn get_buffer(mut caller: Called<'_>, buffer: i32, start: i32, len: i32, to: i32, to_len: i32) -> i32 {
    let buffer = &caller.data().buffers[buffer as usize];
    let end = buffer.len().min((start as usize).saturating_add(len as usize));
    let bytes = buffer[start as usize..end].to_vec();
    if !bytes.is_empty() {
        let allocate = caller.get_export("proxy_on_memory_allocate").and_then(Extern::into_func).expect("it is there");
        let allocate = allocate.typed::<i32, i32>(&caller).expect("its type");
        let at = allocate.call(&mut caller, bytes.len() as i32).expect("memory");
        let memory = memory(&mut caller);
        memory.write(&mut caller, at as usize, &bytes).expect("within memory");
        memory.write(&mut caller, to as usize, &at.to_le_bytes()).expect("within memory");
        memory.write(&mut caller, to_len as usize, &(bytes.len() as i32).to_le_bytes()).expect("within memory");
    }
    0
}

impl Proxy {
    fn new(adapted: &[u8]) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, adapted).expect("a valid module");
        let mut linker = Linker::new(&engine);
        linker.func_wrap("env", "proxy_get_buffer_bytes", get_buffer).expect("linked");
        let log = |mut caller: Called<'_>, _: i32, at: i32, len: i32| {
            let text = String::from_utf8(bytes(&mut caller, at, len)).expect("text");
            caller.data_mut().log.push(text);
            0
        };
        linker.func_wrap("env", "proxy_log", log).expect("linked");
        let none = |_: i32, _: i32, _: i32, _: i32| 1;
        linker.func_wrap("env", "proxy_get_property", none).expect("linked");
        linker.func_wrap("env", "proxy_set_property", none).expect("linked");
        #[rustfmt::skip]
        let send = |mut caller: Called<'_>, status: i32, _: i32, _: i32, at: i32, len: i32, head: i32, head_len: i32, _: i32| {
            let body = String::from_utf8(bytes(&mut caller, at, len)).expect("text");
            let head = bytes(&mut caller, head, head_len);
            caller.data_mut().answers.push_back((status, body, head));
            0
        };
        linker.func_wrap("env", "proxy_send_local_response", send).expect("linked");
        let mut store = Store::new(&engine, Kept::default());
        let instance = linker.instantiate(&mut store, &module).expect("an instance");
        let memory = instance.get_memory(&mut store, "memory").expect("a memory");
        Self { store, instance, memory }
    }

    /// Calls one of the functions that tell the length of a buffer: whether it is content.
    fn configure(&mut self, function: &str, buffer: usize, text: &str) -> bool {
        self.store.data_mut().buffers[buffer] = text.into();
        let function = self.instance.get_typed_func::<(i32, i32), i32>(&mut self.store, function).expect("it is there");
        function.call(&mut self.store, (1, text.len() as i32)).expect("no trap") == 1
    }

    /// What a body is answered with. None: a trap.
    fn answer(&mut self, body: &str) -> Option<(i32, String, Vec<u8>)> {
        self.store.data_mut().buffers[0] = body.into();
        let function = "proxy_on_request_body";
        let judge =
            self.instance.get_typed_func::<(i32, i32, i32), i32>(&mut self.store, function).expect("it is there");
        judge.call(&mut self.store, (2, body.len() as i32, 1)).ok()?;
        self.store.data_mut().answers.pop_front()
    }

    fn body(&mut self, body: &str) -> String {
        self.answer(body).expect("no trap").1
    }
}

const COLOURS: &str = "{\"colour\":\"red\"}\n{\"colour\":\"green\"}\n";
const GREEN: &str = r#"{"colour":"green"}"#;

#[test]
fn settings_come_by_the_ids_of_rules() {
    let found = |text: &str, colour: &str| {
        assert!(text.lines().count() == 1 && text.starts_with(&format!("{{\"colour\":\"{colour}\"")), "{text}");
    };
    for (function, buffer) in [("proxy_on_configure", 7), ("proxy_on_vm_start", 6)] {
        let mut proxy = Proxy::new(&adapted_to("proxy-wasm", &three(), None));
        let taken = proxy.configure(function, buffer, &format!(r#" {{ "fruit" : {{}}, "colour" :{GREEN} }} "#));
        assert!(taken, "{:?}", proxy.store.data().log);
        found(&proxy.body(COLOURS), "green");
        let mut proxy = Proxy::new(&adapted_to("proxy-wasm", &three(), Some(("colour", GREEN))));
        found(&proxy.body(COLOURS), "green");
        // A configuration takes the place of what was baked in.
        assert!(proxy.configure(function, buffer, r#"{"fruit":{}}"#));
        found(&proxy.body(COLOURS), "red");
    }
    for (wrong, why) in [
        (r#"{"colours":{}}"#, "by their ids"),
        ("{", "by their ids"),
        ("[]", "by their ids"),
        (r#"{"colour":{"colour":"blue"}}"#, "settings refused: /colour: "),
        (r#"{"fruit":{},"colour":1}"#, "settings refused: : "),
    ] {
        let mut proxy = Proxy::new(&adapted_to("proxy-wasm", &three(), None));
        assert!(!proxy.configure("proxy_on_configure", 7, wrong), "{wrong}");
        assert!(proxy.store.data().log.iter().any(|line| line.contains(why)), "{wrong}: {:?}", proxy.store.data().log);
        assert_eq!(proxy.answer(COLOURS), None, "{wrong}");
    }
}

#[test]
fn no_event_is_judged_by_other_settings() {
    let mut proxy = Proxy::new(&adapted_to("proxy-wasm", &three(), None));
    assert!(proxy.configure("proxy_on_configure", 7, r#"{"fruit":{}}"#));
    assert!(proxy.configure("proxy_on_configure", 7, r#"{"fruit":{}}"#), "another filter with the same");
    assert!(proxy.answer(COLOURS).is_some());
    assert!(proxy.configure("proxy_on_configure", 7, r#"{"every":{}}"#));
    assert_eq!(proxy.answer(COLOURS), None);
    // After a trap a proxy that goes on with the instance does not give them again.
    for (configuration, goes_on) in [("", true), ("{}", false)] {
        let mut proxy = Proxy::new(&adapted_to("proxy-wasm", &faulty(), None));
        assert!(proxy.configure("proxy_on_configure", 7, configuration));
        assert_eq!(proxy.answer("{\"do\":\"crash\"}"), None);
        assert_eq!(proxy.answer("{\"do\":\"find\"}").is_some(), goes_on);
    }
}

#[test]
fn bodies_are_answered_and_memory_stays() {
    let mut proxy = Proxy::new(&adapted_to("proxy-wasm", &faulty(), None));
    let head = b"\x01\0\0\0\x0c\0\0\0\x14\0\0\0content-type\0application/x-ndjson\0";
    assert_eq!(proxy.answer(""), Some((200, String::new(), head.to_vec())));
    let malformed = "{\"do\":\n".repeat(12);
    let (status, body, head) = proxy.answer(&format!("{malformed}{{\"do\":\"find\"}}\n")).expect("an answer");
    assert_eq!((status, body.lines().count()), (200, 1));
    assert_eq!(head[12..20], [16, 0, 0, 0, 2, 0, 0, 0]);
    assert!(head.ends_with(b"\0trommel-unjudged\x0012\0"), "{}", String::from_utf8_lossy(&head));
    assert_eq!(proxy.store.data().log.len(), 1, "of many events that cannot be judged one is told of");
    let line = format!("{{\"do\":\"twice\",\"pad\":\"{}\"}}\n", "x".repeat(500));
    let (mut before, body) = (0, line.repeat(100));
    for number in 0..2_000 {
        assert_eq!(proxy.body(&body).lines().count(), 200);
        if number == 10 {
            before = proxy.memory.data_size(&proxy.store);
        }
    }
    assert_eq!(proxy.memory.data_size(&proxy.store), before);
}
