//! The same detection without a sandbox: the rule, compiled natively, called for every line on one thread.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use trommel_bench::lines::for_each_line;

fn main() -> std::io::Result<()> {
    let mut rules = aws_ebs_snapshot_shared::rules();
    let mut output = BufWriter::new(std::io::stdout().lock());
    for path in std::env::args_os().skip(1) {
        for_each_line(&PathBuf::from(path), |line| {
            let findings = rules.evaluate(line).map_err(|fault| std::io::Error::other(format!("{fault:?}")))?;
            findings.iter().try_for_each(|finding| writeln!(output, "{}", finding.columns))
        })?;
    }
    output.flush()
}
