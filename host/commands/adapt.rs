//! `trommel adapt`: makes the file that another host loads.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use trommel::Component;
use trommel::adapt::{AdaptErrorKind, Adapting, Target, adapt};
use trommel::diagnostics::{printable, reason, say};
use trommel::metadata::Metadata;

use super::sandbox::SandboxArguments;
use super::settings::configure;
use crate::messages::{Exit, Hinted};

/// Adapts a rule to another host: Fluent Bit, Envoy, Azure IoT Operations, or your own.
///
/// The rule need not be one of yours: neither its source nor a toolchain is needed, only a component that imports nothing
/// and is made of one core module. Settings are baked in. They are handed to the rule here first, so what it refuses is
/// refused now and not in the pipeline.
///
/// Prints the path of the file. host/pipelines.md says how each host loads it, and what it does not do for you: most set
/// a rule no limits.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel adapt --to fluent-bit share.wasm
  trommel adapt --to fluent-bit --settings settings.json share.wasm -o filter.wasm")]
pub(crate) struct Arguments {
    /// The host that is to load the file.
    #[arg(long, value_enum, value_name = "HOST")]
    to: To,
    /// With azure-iot-operations: a map operator, which passes every message with what is found as its member `trommel`.
    #[arg(long)]
    tag: bool,
    /// A component or a core module (.wasm), or the folder of a rule crate, which is built first.
    #[arg(value_name = "RULE")]
    rule: PathBuf,
    /// A rule's settings, a JSON file; ID= may be left out if there is only one rule. At most once per rule.
    #[arg(long, value_name = "[ID=]FILE")]
    settings: Vec<String>,
    /// The file to write [default: NAME.HOST.wasm beside the rule].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// Its filter `wasm`: functions trommel_filter and trommel_tag
    FluentBit,
    /// Envoy, Istio and other proxies: bodies of lines in; alerts out as the answer, or for the access log
    ProxyWasm,
    /// Its data flow graphs: a filter operator, or with --tag a map operator, and the graph's YAML beside it
    AzureIotOperations,
    /// Any host of core modules (wazero and others): the module as it is, or with settings baked in without `configure`
    Core,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let target = match arguments.to {
        To::FluentBit => Target::FluentBit,
        To::ProxyWasm => Target::ProxyWasm,
        To::AzureIotOperations => Target::AzureIotOperations { tag: arguments.tag },
        To::Core => Target::Core,
    };
    if arguments.tag && arguments.to != To::AzureIotOperations {
        let hint = "leave it out: where a host can have both, they are functions of one file";
        return Err(Hinted::new("--tag is for --to azure-iot-operations alone", hint).into());
    }
    let (file, bytes, component) = arguments.sandbox.load_with_bytes(&arguments.rule)?;
    let mut components = [(arguments.rule.to_string_lossy().into_owned(), component)];
    configure(&mut components, &arguments.settings)?;
    let [(_, component)] = components;
    let adapted = match adapted(&bytes, &component, target) {
        // A component may use SIMD where its core module, for hosts such as this one, does not.
        Err(error) if error.kind() == AdaptErrorKind::Feature => match plain(&arguments.sandbox, &file, &component) {
            Some((plain, bytes)) => {
                say(&format!("{} uses SIMD: {} is taken", shown(&file), shown(&plain)));
                adapted(&bytes, &component, target)
            }
            None => Err(error),
        },
        adapted => adapted,
    };
    let adapted = adapted.map_err(|error| {
        Hinted::new(
            format!("{}: {}", shown(&arguments.rule), printable(&error.to_string())),
            error.hint().unwrap_or(""),
        )
    })?;
    let output = arguments.output.unwrap_or_else(|| beside(&file, arguments.to));
    write(&output, &adapted)?;
    if arguments.to == To::AzureIotOperations {
        write(&output.with_extension("yaml"), graph(&output, &component.rules()[0], arguments.tag).as_bytes())?;
    }
    Ok(Exit::AllWell)
}

/// Writes a file, and prints its path.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    trommel::build::replace(path, bytes)
        .map_err(|error| anyhow::anyhow!("{}: cannot be written: {}", shown(path), reason(&error)))?;
    writeln!(std::io::stdout(), "{}", path.display()).context("<stdout>")
}

/// The graph of one operator, with the module as it is pushed under its file's name and the rule's version.
fn graph(module: &Path, rule: &Metadata, tag: bool) -> String {
    let file = module.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let file = file.strip_suffix(".azure-iot-operations").unwrap_or(&file);
    // A tag has no `+`.
    let tag_of_module = rule.version.replace('+', "-");
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    format!(
        include_str!("../adapt/azure.yaml"),
        kind = if tag { "map" } else { "filter" },
        name = quoted(&rule.name),
        version = quoted(&rule.version),
        module = quoted(&format!("{file}:{tag_of_module}")),
    )
}

fn adapted(rule: &[u8], component: &Component, target: Target) -> Result<Vec<u8>, trommel::adapt::AdaptError> {
    adapt(Adapting { rule, rules: component.rules(), settings: component.settings() }, target)
}

/// The core module that `trommel build` writes beside a component, if it is there and holds the same rules.
fn plain(sandbox: &SandboxArguments, file: &Path, component: &Component) -> Option<(PathBuf, Vec<u8>)> {
    let core = file.with_extension("core.wasm");
    if core == file || !core.is_file() {
        return None;
    }
    let (_, bytes, loaded) = sandbox.load_with_bytes(&core).ok()?;
    (loaded.rules() == component.rules()).then_some((core, bytes))
}

/// `NAME.HOST.wasm` beside the rule.
fn beside(file: &Path, to: To) -> PathBuf {
    let host = to.to_possible_value().expect("no host is hidden");
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.strip_suffix(".core").unwrap_or(&name).to_owned();
    file.with_file_name(format!("{name}.{}.wasm", host.get_name()))
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}
