//! The groups of the report: each makes its streams, runs its commands, and adds its rows.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trommel_bench::stream::{Form, Stream};

use crate::files::{self, Files};
use crate::ground::{COMPONENTS, Ground, needle};
use crate::latency;
use crate::measure::{Measured, command};
use crate::plot;
use crate::race::{Answer, Rounds, Runner, race};
use crate::report::{Bar, Row, median, median_wall};

/// The word that is searched for.
const NEEDLE: &str = "ModifySnapshotAttribute";
/// Of these programs the plot has a bar.
const PLOTTED: &str = "detect";
const MEBIBYTE: f64 = (1 << 20) as f64;
/// So often the start of the program is taken.
const STARTS: usize = 30;

/// How much is measured, and what came out so far.
pub(crate) struct Bench {
    pub(crate) ground: Ground,
    pub(crate) megabytes: u64,
    /// The larger stream of which the peak memory is taken.
    pub(crate) large_megabytes: u64,
    pub(crate) runs: usize,
    pub(crate) lines_through_pipe: usize,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
    pub(crate) bars: Vec<plot::Bar>,
}

type Group = (&'static str, fn(&mut Bench) -> Result<()>);

/// All the groups, in the order of the report.
pub(crate) const GROUPS: [Group; 11] = [
    (PLOTTED, Bench::detect),
    ("raw", Bench::raw),
    ("components", Bench::components),
    ("rules", Bench::rules),
    ("packs", Bench::packs),
    ("tagged", Bench::tagged),
    ("delivery", Bench::delivery),
    ("isolate", Bench::isolate),
    ("memory", Bench::memory),
    ("start", Bench::start),
    ("latency", Bench::latency),
];

const fn bar(bar: f64, better: f64) -> Option<Bar> {
    Some(Bar { bar, better })
}

/// A command of ours, and one of a peer.
fn ours(name: &'static str, measured: Measured, answer: &Answer) -> Runner {
    Runner { name, measured, answer: answer.clone(), ours: true }
}

fn peer(name: &'static str, measured: Measured, answer: &Answer) -> Runner {
    Runner { name, measured, answer: answer.clone(), ours: false }
}

fn pairs(files: &Files) -> Answer {
    Answer::Pairs(files.made.answers.clone())
}

/// A command line of the shell over all the files.
fn shell(line: &str, files: &Files) -> Measured {
    command(["sh", "-c", line, "sh"]).with(&files.paths)
}

impl Bench {
    fn lines(&self, form: Form, megabytes: u64) -> Result<Files> {
        let files = files::lines(&self.ground.dir, form, megabytes)?;
        files::warm(&files)?;
        Ok(files)
    }

    fn race(&mut self, title: &str, runners: &[Runner]) -> Result<Rounds> {
        race(title, runners, self.runs, &self.ground.dir, &mut self.notes)
    }

    fn add(&mut self, row: Row) {
        eprintln!("{}", row.line());
        self.rows.push(row);
    }

    fn compare(&mut self, what: &str, rounds: &Rounds, pair: [&str; 2], files: &Files, bar: Option<Bar>) {
        if let Some(row) = Row::ratio(what, rounds, pair, files.bytes, bar) {
            self.add(row);
        }
    }

    /// One rule over one stream, in all the ways, and everybody else.
    fn detect(&mut self) -> Result<()> {
        let files = self.lines(Form::Elastic, self.megabytes)?;
        let (ground, found) = (&self.ground, pairs(&files));
        let trommel = ground.trommel([&ground.ebs]);
        let with = |words: &[&str]| trommel.with(words).with(&files.paths);
        let mut runners = vec![
            ours("trommel", with(&[]), &found),
            ours("trommel --validate", with(&["--validate"]), &found),
            ours("trommel --no-needles, 2 threads", with(&["--no-needles", "--threads", "2"]), &found),
            ours("trommel --no-needles, 1 thread", with(&["--no-needles", "--threads", "1"]), &found),
            peer("native Rust", ground.own("peer-native")?.with(&files.paths), &found),
            peer("VRL", ground.own("peer-vrl")?.with(&files.paths), &found),
        ];
        if ground.has("rg") {
            let lines = Answer::Count(files.needle_lines);
            runners.push(peer("rg -c", command(["rg", "-c", NEEDLE]).with(&files.paths), &lines));
        }
        let query: OsString = ground.bench.join("queries/shared.jq").into();
        for name in ["jaq", "jq", "gojq"].into_iter().filter(|name| ground.has(name)) {
            let words = [name.into(), "-c".into(), "-f".into(), query.clone()];
            runners.push(peer(name, command(words).with(&files.paths), &found));
        }
        let rounds = self.race(PLOTTED, &runners)?;
        let one = "trommel --no-needles, 1 thread";
        for (what, pair, bar) in [
            ("one rule, default settings, against ripgrep", ["trommel", "rg -c"], bar(1.5, 1.0)),
            ("every event into the sandbox, against the same rule natively", [one, "native Rust"], bar(1.5, 1.15)),
            ("the same, against jaq", [one, "jaq"], bar(1.0 / 3.0, 0.2)),
            ("the same, against VRL", [one, "VRL"], None),
            ("the same, against jq", [one, "jq"], None),
            ("the same, against gojq", [one, "gojq"], None),
            ("2 threads against 1, `--no-needles`", ["trommel --no-needles, 2 threads", one], bar(0.6, 0.52)),
            ("`--validate` against default settings", ["trommel --validate", "trommel"], None),
        ] {
            self.compare(what, &rounds, pair, &files, bar);
        }
        self.bars.extend(runners.iter().filter_map(|runner| {
            let taken = rounds.get(runner.name)?;
            let speed = files.bytes as f64 / 1e6 / median_wall(taken).as_secs_f64();
            Some(plot::Bar { name: runner.name, speed, ours: runner.ours })
        }));
        Ok(())
    }

    /// The same for records as AWS writes them.
    fn raw(&mut self) -> Result<()> {
        let files = self.lines(Form::Raw, self.megabytes)?;
        let (ground, found) = (&self.ground, pairs(&files));
        let words = ["--no-needles", "--threads", "1"];
        let runners = [
            ours("trommel", ground.trommel([&ground.ebs]).with(words).with(&files.paths), &found),
            peer("native Rust", ground.own("peer-native")?.with(&files.paths), &found),
        ];
        let rounds = self.race("raw", &runners)?;
        let what = "every raw record into the sandbox, against the same rule natively";
        self.compare(what, &rounds, ["trommel", "native Rust"], &files, None);
        Ok(())
    }

    /// Many components that no event concerns.
    fn components(&mut self) -> Result<()> {
        self.each_finds(&self.ground.numbered, needle)?;
        let files = self.lines(Form::Elastic, self.megabytes)?;
        let ground = &self.ground;
        let runners = [
            ours("64 components", ground.trommel(&ground.numbered).with(&files.paths), &Answer::Nothing),
            ours("1 component", ground.trommel(&ground.numbered[..1]).with(&files.paths), &Answer::Nothing),
        ];
        let rounds = self.race("components", &runners)?;
        let what = "64 components with different needles, no event concerned, against 1";
        self.compare(what, &rounds, ["64 components", "1 component"], &files, bar(2.0, 1.3));
        Ok(())
    }

    /// Many rules in a component that all judge every event.
    fn rules(&mut self) -> Result<()> {
        let files = self.lines(Form::Elastic, self.megabytes)?;
        let ground = &self.ground;
        let run = |rule| ground.trommel([rule]).with(["--no-needles"]).with(&files.paths);
        let runners = [
            ours("64 rules", run(&ground.alike_64), &Answer::Nothing),
            ours("1 rule", run(&ground.alike_1), &Answer::Nothing),
        ];
        let rounds = self.race("rules", &runners)?;
        let what = "a component of 64 rules that read the same fields, against 1 such rule, `--no-needles`";
        self.compare(what, &rounds, ["64 rules", "1 rule"], &files, bar(3.0, 1.5));
        Ok(())
    }

    /// Rules that are texts, in a pack of many and in one of one.
    fn packs(&mut self) -> Result<()> {
        let files = self.lines(Form::Elastic, self.megabytes)?;
        let (ground, found) = (&self.ground, pairs(&files));
        let [one, many] = ground.packs()?;
        let run = |rule| ground.trommel([rule]).with(["--no-needles", "--threads", "1"]).with(&files.paths);
        let names = ["a pack of 1,001 rules", "a pack of 1 rule"];
        let runners = [ours(names[0], run(&many), &found), ours(names[1], run(&one), &found)];
        let rounds = self.race("packs", &runners)?;
        let what = "1,001 rules that are texts in one pack, against 1, every event into the sandbox, 1 thread";
        self.compare(what, &rounds, names, &files, bar(3.0, 2.0));
        Ok(())
    }

    /// Everything copied, with the alerts in it.
    fn tagged(&mut self) -> Result<()> {
        let files = self.lines(Form::Elastic, self.megabytes)?;
        let ground = &self.ground;
        let tagged = Answer::Tagged(files.made.answers.len() as u64);
        let runners = [
            ours("--emit tagged", ground.trommel([&ground.ebs]).with(["--emit", "tagged"]).with(&files.paths), &tagged),
            peer("cat", command(["cat"]).with(&files.paths), &Answer::Bytes(files.bytes)),
        ];
        let rounds = self.race("tagged", &runners)?;
        let what = "`--emit tagged` to a file, against `cat` to a file";
        self.compare(what, &rounds, ["--emit tagged", "cat"], &files, bar(3.0, 1.5));
        Ok(())
    }

    /// Delivery files, plain and compressed.
    fn delivery(&mut self) -> Result<()> {
        let lines = self.lines(Form::Raw, self.megabytes)?;
        let files = files::deliveries(&self.ground.dir, self.megabytes, false)?;
        files::warm(&files)?;
        let trommel = self.ground.trommel([&self.ground.ebs]);
        let runners = [
            ours("delivery files", trommel.with(&files.paths), &pairs(&files)),
            ours("lines", trommel.with(&lines.paths), &pairs(&lines)),
        ];
        let rounds = self.race("delivery", &runners)?;
        self.compare("plain delivery files against as many lines", &rounds, ["delivery files", "lines"], &files, None);

        let files = files::deliveries(&self.ground.dir, self.megabytes, true)?;
        files::warm(&files)?;
        let ground = &self.ground;
        let mut runners = vec![ours("trommel", ground.trommel([&ground.ebs]).with(&files.paths), &pairs(&files))];
        if ground.has("rg") {
            let line = format!("zcat \"$@\" | rg -c {NEEDLE}");
            runners.push(peer("zcat and rg -c", shell(&line, &files), &Answer::Count(files.needle_lines)));
        }
        let rounds = self.race("delivery", &runners)?;
        let what = "delivery files, gzip, against `zcat FILES \\| rg -c`";
        self.compare(what, &rounds, ["trommel", "zcat and rg -c"], &files, bar(1.25, 0.8));
        Ok(())
    }

    /// A fresh instance for every event.
    fn isolate(&mut self) -> Result<()> {
        let files = self.lines(Form::Elastic, self.megabytes.min(50))?;
        let (ground, found) = (&self.ground, pairs(&files));
        let trommel = ground.trommel([&ground.ebs]).with(["--no-needles", "--threads", "1"]);
        let runners = [
            ours("--isolate", trommel.with(["--isolate"]).with(&files.paths), &found),
            ours("one instance", trommel.with(&files.paths), &found),
        ];
        let rounds = self.race("isolate", &runners)?;
        let what = "`--isolate` against one instance for all, every event into the sandbox, 1 thread";
        self.compare(what, &rounds, ["--isolate", "one instance"], &files, None);
        Ok(())
    }

    /// The peak memory of a short stream and of a long one.
    fn memory(&mut self) -> Result<()> {
        let mut sizes = vec![50, self.large_megabytes];
        sizes.dedup();
        for megabytes in sizes {
            let files = self.lines(Form::Elastic, megabytes)?;
            let (ground, found) = (&self.ground, pairs(&files));
            let trommel = ground.trommel([&ground.ebs]);
            let tagged = Answer::Tagged(files.made.answers.len() as u64);
            let runners = [
                ours("default", trommel.with(&files.paths), &found),
                ours("--no-needles", trommel.with(["--no-needles"]).with(&files.paths), &found),
                ours("--emit tagged", trommel.with(["--emit", "tagged"]).with(&files.paths), &tagged),
            ];
            // The answers of gigabytes would be read whole.
            let few = if megabytes > 1_000 { &runners[..2] } else { &runners[..] };
            let rounds = race("memory", few, 1, &self.ground.dir, &mut self.notes)?;
            let peak = |name: &str| rounds.get(name).map(|taken| taken[0].peak_bytes as f64 / MEBIBYTE);
            let all: Vec<_> = few.iter().filter_map(|r| Some((r.name, peak(r.name)?))).collect();
            let details: Vec<_> = all.iter().map(|(name, peak)| format!("{name}: {peak:.1} MiB")).collect();
            let most = all.iter().fold(0.0_f64, |most, (_, peak)| most.max(*peak));
            let what = format!("peak memory, {megabytes} MB of input");
            self.add(Row::figure(&what, most, "MiB", &details.join(", "), bar(96.0, 48.0)));
        }
        Ok(())
    }

    /// The program's start.
    fn start(&mut self) -> Result<()> {
        let line = alert_line();
        let trommel = self.ground.trommel([&self.ground.ebs]);
        // The first of all puts the compiled code into the cache.
        latency::first_answers(&trommel, &line, 1)?;
        for (what, command, bar) in [
            ("start to first answer, compiled code cached", trommel.clone(), bar(30.0, 10.0)),
            ("start to first answer, `--no-cache`", trommel.with(["--no-cache"]), None),
        ] {
            let taken = latency::first_answers(&command, &line, STARTS)?;
            let figures: Vec<_> = taken.iter().map(|taken| milliseconds(*taken)).collect();
            let (low, high) = figures.iter().fold((f64::MAX, 0.0_f64), |(l, h), f| (l.min(*f), h.max(*f)));
            let details = format!("median of {STARTS} starts: {low:.1} to {high:.1} ms");
            self.add(Row::figure(what, median(figures), "ms", &details, bar));
        }
        Ok(())
    }

    /// One event at a time through a pipe that waits.
    fn latency(&mut self) -> Result<()> {
        let trommel = self.ground.trommel([&self.ground.ebs]);
        let quiet = event_line(|stream| stream.made.needles == 0);
        let alert = alert_line();
        for (what, command, line, bar) in [
            ("one event through an idle pipe, an alert, 99th percentile", trommel.clone(), &alert, bar(2.0, 0.3)),
            ("the same, a quiet event with `--emit tagged`", trommel.with(["--emit", "tagged"]), &quiet, None),
            ("the same through `cat`", command(["cat"]), &quiet, None),
        ] {
            let taken = latency::answers(&command, line, self.lines_through_pipe)?;
            let at = |hundredths: usize| milliseconds(taken[(taken.len() - 1) * hundredths / 100]);
            let details = format!("median {:.3} ms, most {:.3} ms, of {} events", at(50), at(100), taken.len());
            self.add(Row::figure(what, at(99), "ms", &details, bar));
        }
        Ok(())
    }

    /// Checks that these components are different rules, and that each finds its own call.
    fn each_finds(&self, components: &[std::path::PathBuf], action: fn(usize) -> String) -> Result<()> {
        let path = self.ground.dir.join("each.ndjson");
        let event = |number| {
            json!({"eventName": action(number), "eventSource": "ec2.amazonaws.com", "eventID": "1"}).to_string() + "\n"
        };
        fs::write(&path, (0..COMPONENTS).map(event).collect::<String>())?;
        let output = self.ground.dir.join("each.output");
        self.ground.trommel(components).with([&path]).run(&output)?;
        let text = fs::read_to_string(&output)?;
        let alerts: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let ids: BTreeSet<_> = alerts.iter().filter_map(|alert| alert["rule"]["id"].as_str()).collect();
        ensure!(alerts.len() == COMPONENTS && ids.len() == COMPONENTS, "{} rules find their calls", ids.len());
        Ok(())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// An event with an alert.
fn alert_line() -> Vec<u8> {
    event_line(|stream| !stream.made.answers.is_empty())
}

/// The first event after which this holds, as a line.
fn event_line(holds: fn(&Stream) -> bool) -> Vec<u8> {
    let mut stream = Stream::new(1);
    loop {
        let mut line = String::new();
        stream.event(Form::Elastic, &mut line);
        if holds(&stream) {
            return (line + "\n").into_bytes();
        }
    }
}
