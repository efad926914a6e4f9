//! What the checks of [`checks`](super::checks) need, built once.

#![allow(dead_code, reason = "each target uses its part")]

use std::path::Path;
use std::sync::Arc;

use trommel::{Limits, Sandbox};

use super::checks::SETTINGS;
use super::pair::Pair;
use super::through::{Named, sandbox};

fn component(root: &Path, crate_dir: &str) -> Vec<u8> {
    let built =
        trommel::build::build(&root.join(crate_dir), None, |_| Ok::<_, trommel::build::BuildError>(()), &mut |_| {});
    let built = built.unwrap_or_else(|error| panic!("{crate_dir}: {error}"));
    std::fs::read(built.component).expect("the component can be read")
}

/// The first rule with each of the settings, natively and in the sandbox.
pub(crate) fn pairs(root: &Path) -> Vec<Pair> {
    let sandbox = Sandbox::new(Limits::default(), false).expect("a sandbox");
    let bytes = component(root, "guest/rules/aws-ebs-snapshot-shared");
    let pair = |settings| {
        let mut component = sandbox.load("ebs", &bytes).expect("the component is loaded");
        component.configure(0, settings).expect("the settings are taken");
        Pair::new(&Arc::new(component), settings)
    };
    SETTINGS.map(pair).into()
}

/// A sandbox in which nothing takes long.
pub(crate) fn small_sandbox() -> Sandbox {
    let limits = Limits {
        component_bytes: 1 << 20,
        load_fuel: 1_000_000,
        event_fuel: 1_000_000,
        memory_bytes: 16 << 20,
        ..Limits::default()
    };
    Sandbox::new(limits, false).expect("a sandbox")
}

/// The components through which streams are sent.
pub(crate) fn components(root: &Path) -> Vec<Named> {
    let sandbox = sandbox();
    let crates = ["tests/rules/faulty", "guest/rules/aws-ebs-snapshot-shared", "tests/rules/three"];
    let load = |crate_dir: &str| {
        let component = sandbox.load(crate_dir, &component(root, crate_dir)).expect("the component is loaded");
        (crate_dir.to_owned(), Arc::new(component))
    };
    crates.map(load).into()
}
