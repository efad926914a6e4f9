//! Calls a core module as a host does that knows no components, by the table in `wit/README.md` and by nothing else.

mod support;

use wasmtime::component::Component;
use wasmtime::{Config, Engine, Instance, Memory, Module, Store, WasmParams, WasmResults};

const INTERFACE: &str = "trommel:filter/event-filter@0.2.0";

struct Host {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

/// What runs modules that use no vectors, as WAMR does, and refuses all others.
fn without_vectors() -> Engine {
    let mut config = Config::new();
    config.wasm_simd(false).wasm_relaxed_simd(false);
    Engine::new(&config).expect("an engine")
}

impl Host {
    fn new() -> Self {
        Self::of(&std::fs::read(support::three().with_extension("core.wasm")).expect("a core module"))
    }

    fn of(module: &[u8]) -> Self {
        let engine = without_vectors();
        let module = Module::new(&engine, module).expect("a core module");
        assert_eq!(module.imports().count(), 0);
        let memory = module.get_export("memory").and_then(|memory| memory.memory().cloned()).expect("a memory");
        assert_eq!(memory.maximum(), Some(trommel::build::MODULE_MEMORY_BYTES_MAX >> 16));
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("it needs nothing");
        let memory = instance.get_memory(&mut store, "memory").expect("it has a memory");
        Self { store, instance, memory }
    }

    fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, parameters: P) -> R {
        let function = self.instance.get_typed_func::<P, R>(&mut self.store, name).expect("it is exported");
        function.call(&mut self.store, parameters).expect("it does not trap")
    }

    fn pass(&mut self, bytes: &[u8]) -> (i32, i32) {
        let len = i32::try_from(bytes.len()).unwrap();
        let at: i32 = self.call("cabi_realloc", (0, 0, 1, len));
        self.memory.write(&mut self.store, at as usize, bytes).unwrap();
        (at, len)
    }

    fn byte(&self, at: i32) -> u8 {
        self.memory.data(&self.store)[at as usize]
    }

    fn number(&self, at: i32) -> i32 {
        i32::from_le_bytes(self.memory.data(&self.store)[at as usize..][..4].try_into().unwrap())
    }

    fn text(&self, at: i32) -> String {
        let (start, len) = (self.number(at) as usize, self.number(at + 4) as usize);
        String::from_utf8(self.memory.data(&self.store)[start..start + len].to_vec()).unwrap()
    }

    /// The addresses of a list's elements.
    fn list(&self, at: i32, element_bytes: i32) -> Vec<i32> {
        let start = self.number(at);
        (0..self.number(at + 4)).map(|number| start + number * element_bytes).collect()
    }

    fn texts(&self, at: i32) -> Vec<String> {
        self.list(at, 8).into_iter().map(|at| self.text(at)).collect()
    }

    fn free(&mut self, function: &str, answer: i32) {
        self.call::<_, ()>(&format!("cabi_post_{INTERFACE}#{function}"), answer);
    }

    fn evaluate(&mut self, event: &[u8]) -> i32 {
        let (at, len) = self.pass(event);
        self.call(&format!("{INTERFACE}#evaluate"), (at, len, 0, 0, 0))
    }
}

#[test]
fn only_the_component_uses_vectors() {
    let component = support::three();
    assert!(Component::from_file(&without_vectors(), &component).is_err());
    assert!(Component::from_file(&Engine::default(), &component).is_ok());
}

#[test]
fn describes() {
    let mut host = Host::new();
    let answer = host.call(&format!("{INTERFACE}#describe"), ());
    let rules = host.list(answer, 92);
    let ids: Vec<_> = rules.iter().map(|rule| host.text(*rule)).collect();
    assert_eq!(ids, ["fruit", "colour", "every"]);
    let colour = rules[1];
    assert_eq!(host.text(colour + 8), "Test rule colour");
    assert_eq!(host.text(colour + 16), "1.0.0");
    assert_eq!((host.byte(colour + 40), host.byte(colour + 41)), (2, 21));
    let columns = host.list(colour + 68, 12);
    let columns: Vec<_> = columns.iter().map(|column| (host.text(*column), host.byte(column + 8))).collect();
    assert_eq!(columns, [("colour".into(), 0), ("size".into(), 0)]);
    assert_eq!(host.texts(colour + 84), ["red", "green"]);
    assert!(host.text(colour + 76).starts_with('{'));
    assert_eq!(host.text(colour + 32), "");
    for empty in [24, 44, 52, 60] {
        assert_eq!(host.number(colour + empty + 4), 0);
    }
    host.free("describe", answer);
}

#[test]
fn evaluates() {
    let mut host = Host::new();
    for _ in 0..10_000 {
        let answer = host.evaluate(br#"{"fruit":"apple","colour":"red","size":"large"}"#);
        assert_eq!(host.byte(answer), 0);
        let findings = host.list(answer + 4, 28);
        assert_eq!(findings.len(), 2);
        let [fruit, colour] = findings[..] else { unreachable!() };
        assert_eq!((host.number(fruit), host.text(fruit + 4).as_str()), (0, r#"{"fruit":"apple"}"#));
        assert_eq!((host.byte(fruit + 12), host.byte(fruit + 14)), (0, 0));
        assert_eq!((host.number(colour), host.text(colour + 4).as_str()), (1, r#"{"colour":"red","size":"large"}"#));
        assert_eq!([12, 13, 14, 15].map(|at| host.byte(colour + at)), [1, 4, 1, 99]);
        host.free("evaluate", answer);
    }
    // What is passed in and what comes out is given back.
    assert!(host.memory.data_size(&host.store) < 4 << 20);

    // One rule of three.
    let (at, len) = host.pass(br#"{"fruit":"apple","colour":"red","size":"large"}"#);
    let asked: i32 = host.call("cabi_realloc", (0, 0, 4, 4));
    host.memory.write(&mut host.store, asked as usize, &1_u32.to_le_bytes()).unwrap();
    let answer: i32 = host.call(&format!("{INTERFACE}#evaluate"), (at, len, 1, asked, 1));
    let findings = host.list(answer + 4, 28);
    assert_eq!(findings.iter().map(|finding| host.number(*finding)).collect::<Vec<_>>(), [1]);
    host.free("evaluate", answer);

    let answer = host.evaluate(b"nope");
    assert_eq!((host.byte(answer), host.byte(answer + 4)), (1, 0));
    assert!(!host.text(answer + 8).is_empty());
    host.free("evaluate", answer);

    let answer = host.evaluate(b"{}");
    assert_eq!((host.byte(answer), host.number(answer + 8)), (0, 0));
    host.free("evaluate", answer);
}

#[test]
fn configures() {
    let mut host = Host::new();
    let mut configure = |rule: i32, settings: &[u8]| {
        let (at, len) = host.pass(settings);
        let answer = host.call(&format!("{INTERFACE}#configure"), (rule, at, len));
        let refused = host.byte(answer) == 1;
        let mistakes = if refused { host.list(answer + 4, 16) } else { Vec::new() };
        let mistakes: Vec<_> = mistakes.iter().map(|at| (host.text(*at), host.text(at + 8))).collect();
        host.free("configure", answer);
        (refused, mistakes)
    };
    assert_eq!(configure(1, br#"{"colour":"green"}"#), (false, vec![]));
    assert_eq!(configure(1, br#"{"colour":"blue"}"#), (true, vec![("/colour".into(), "one of red, green".into())]));
}

#[test]
fn settings_may_be_baked_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let adapted = |settings: Option<&str>| {
        let output = folder.path().join("core.wasm");
        let mut command = support::trommel();
        command
            .args(["adapt", "--no-cache", "--to", "core", "-o"])
            .arg(&output)
            .arg(support::three().with_extension("core.wasm"));
        if let Some(settings) = settings {
            std::fs::write(folder.path().join("settings.json"), settings).expect("written");
            command.arg("--settings").arg(format!("colour={}", folder.path().join("settings.json").display()));
        }
        let ran = support::run(&mut command, b"");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        std::fs::read(output).expect("read")
    };
    for (settings, red, green) in [(None, 1, 0), (Some(r#"{"colour":"green"}"#), 0, 1)] {
        let mut host = Host::of(&adapted(settings));
        for (event, expected) in [(&br#"{"colour":"red"}"#[..], red), (br#"{"colour":"green"}"#, green)] {
            let answer = host.evaluate(event);
            assert_eq!(host.list(answer + 4, 28).len(), expected);
            host.free("evaluate", answer);
        }
        let answer = host.call(&format!("{INTERFACE}#describe"), ());
        assert_eq!(host.list(answer, 92).len(), 3);
        host.free("describe", answer);
        let configure = format!("{INTERFACE}#configure");
        assert_eq!(host.instance.get_func(&mut host.store, &configure).is_some(), settings.is_none());
    }
}
