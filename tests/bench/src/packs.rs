//! Rules that are texts, compiled to packs: many, and one of them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use trommel_bench::stream::actions;

/// How many rules the large pack has, beside the one that finds something.
pub(crate) const RULES: usize = 1_000;

/// A pack of one rule, which finds what is to be found, and a pack of it and of many others.
pub(crate) fn compile(trommel: &Path, found: &Path, dir: &Path) -> Result<[PathBuf; 2]> {
    let texts = dir.join("texts");
    fs::create_dir_all(&texts)?;
    for number in 0..RULES {
        fs::write(texts.join(format!("{number:04}.toml")), text(number))?;
    }
    let pack = |name: &str, paths: &[&Path]| {
        let pack = dir.join(name);
        let paths = paths.iter().map(|path| path.as_os_str());
        let words = [OsStr::new("compile")].into_iter().chain(paths).chain([OsStr::new("-o"), pack.as_os_str()]);
        let compiled = Command::new(trommel).args(words).stdout(Stdio::null()).output()?;
        if !compiled.status.success() {
            bail!("{name}: {}", String::from_utf8_lossy(&compiled.stderr));
        }
        Ok(pack)
    };
    Ok([pack("pack-1.wasm", &[found])?, pack("pack-many.wasm", &[found, &texts])?])
}

/// A rule that finds nothing: of a call that never comes, or of one that comes often but never with such parameters.
fn text(number: usize) -> String {
    let actions = actions();
    let action = actions[number % actions.len()];
    let (language, query) = match number % 3 {
        0 => (
            "eql",
            format!(
                r#"any where event.action in ("{action}{number}", "Other{action}{number}") and event.outcome == "success" and not user.name : "robot-{number}-*""#
            ),
        ),
        1 => (
            "kuery",
            format!(
                r#"event.outcome: success and event.action: ({action} or Other{action}) and user_agent.original: agent-{number}*"#
            ),
        ),
        _ => (
            "eql",
            format!(
                r#"any where event.action == "{action}" and aws.cloudtrail.request_parameters : ("*marker-{number}-a*", "*marker-{number}-b*")"#
            ),
        ),
    };
    let sort = if language == "eql" { "eql" } else { "query" };
    format!(
        r#"[metadata]
maturity = "production"

[rule]
author = ["The authors of trommel"]
description = "One of many rules, for the benchmark."
license = "Apache-2.0"
name = "Rule {number}"
risk_score = 21
rule_id = "pack-{number:04}"
severity = "low"
type = "{sort}"
language = "{language}"
query = '''{query}'''
"#
    )
}
