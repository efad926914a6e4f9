//! The same detection as a VRL program, compiled once and run for every line on one thread, as Vector does.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use trommel_bench::lines::for_each_line;
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, TargetValue, TimeZone};
use vrl::value::{Secrets, Value};

const PROGRAM: &str = include_str!("../../queries/shared.vrl");

fn main() -> std::io::Result<()> {
    let program = match vrl::compiler::compile(PROGRAM, &[]) {
        Ok(compiled) => compiled.program,
        Err(errors) => return Err(std::io::Error::other(format!("{errors:?}"))),
    };
    let timezone = TimeZone::default();
    let mut state = RuntimeState::default();
    let mut output = BufWriter::new(std::io::stdout().lock());
    for path in std::env::args_os().skip(1) {
        for_each_line(&PathBuf::from(path), |line| {
            let value: Value = serde_json::from_slice(line)?;
            let metadata = Value::Object(BTreeMap::new());
            let mut target = TargetValue { value, metadata, secrets: Secrets::default() };
            let answer = program
                .resolve(&mut Context::new(&mut target, &mut state, &timezone))
                .map_err(|error| std::io::Error::other(error.to_string()))?;
            state.clear();
            if answer == Value::Null { Ok(()) } else { writeln!(output, "{answer}") }
        })?;
    }
    output.flush()
}
