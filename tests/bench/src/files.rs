//! Streams on disk: made once, and found again by the next run.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use trommel_bench::stream::{Form, Made, Stream};

/// Changed whenever the same arguments would give other bytes.
const VERSION: u64 = 1;
const SEED: u64 = 7;
/// Events in a delivery file.
const EVENTS_PER_DELIVERY: u64 = 1_000;

/// A stream, in one file or in many.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) paths: Vec<PathBuf>,
    /// The size of what was compressed, or of the file.
    pub(crate) bytes: u64,
    pub(crate) made: Made,
    /// Lines that hold the needle: of a delivery file, one line is the whole file.
    pub(crate) needle_lines: u64,
}

/// A file of lines, of so many megabytes.
pub(crate) fn lines(dir: &Path, form: Form, megabytes: u64) -> Result<Files> {
    let name = if form == Form::Raw { "raw" } else { "ecs" };
    known(dir, &format!("{name}-{megabytes}.ndjson"), |path| {
        let mut stream = Stream::new(SEED);
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        let (mut line, mut bytes) = (String::new(), 0);
        while bytes < megabytes * 1_000_000 {
            line.clear();
            stream.event(form, &mut line);
            line.push('\n');
            file.write_all(line.as_bytes())?;
            bytes += line.len() as u64;
        }
        file.flush()?;
        let needle_lines = stream.made.needles;
        Ok(Files { paths: vec![path.to_owned()], bytes, made: stream.made, needle_lines })
    })
}

/// A folder of delivery files, of so many megabytes; `gzip` compresses each.
pub(crate) fn deliveries(dir: &Path, megabytes: u64, gzip: bool) -> Result<Files> {
    let name = if gzip { "delivery" } else { "delivery-plain" };
    known(dir, &format!("{name}-{megabytes}"), |path| {
        if path.exists() {
            fs::remove_dir_all(path)?;
        }
        fs::create_dir(path)?;
        let mut stream = Stream::new(SEED);
        let (mut text, mut bytes, mut paths, mut needle_lines) = (String::new(), 0, Vec::new(), 0);
        while bytes < megabytes * 1_000_000 {
            let needles = stream.made.needles;
            text.clear();
            text.push_str("{\"Records\":[");
            for number in 0..EVENTS_PER_DELIVERY {
                if number > 0 {
                    text.push(',');
                }
                stream.event(Form::Raw, &mut text);
            }
            text.push_str("]}\n");
            let path = path.join(format!("{:05}.json{}", paths.len(), if gzip { ".gz" } else { "" }));
            if gzip {
                let mut gzip = GzEncoder::new(File::create(&path)?, Compression::default());
                gzip.write_all(text.as_bytes())?;
                gzip.finish()?;
            } else {
                fs::write(&path, &text)?;
            }
            bytes += text.len() as u64;
            needle_lines += u64::from(stream.made.needles > needles);
            paths.push(path);
        }
        Ok(Files { paths, bytes, made: stream.made, needle_lines })
    })
}

/// Reads a stream once, so that whoever comes first does not wait for the disk.
pub(crate) fn warm(files: &Files) -> Result<()> {
    let mut buffer = vec![0; 1 << 20];
    for path in &files.paths {
        let mut file = File::open(path)?;
        while file.read(&mut buffer)? > 0 {}
    }
    Ok(())
}

/// Makes a stream unless it is there. What it holds is kept beside it.
fn known(dir: &Path, name: &str, make: impl FnOnce(&Path) -> Result<Files>) -> Result<Files> {
    let (path, beside) = (dir.join(name), dir.join(format!("{name}.made.json")));
    if let Ok(text) = fs::read_to_string(&beside)
        && let Some(files) = from_json(dir, &text)
        && files.paths.iter().all(|path| path.exists())
    {
        return Ok(files);
    }
    eprintln!("making {name}");
    // Gone first: half a stream must not be taken for a whole one.
    let _ = fs::remove_file(&beside);
    let files = make(&path).with_context(|| path.display().to_string())?;
    fs::write(&beside, to_json(dir, &files).to_string())?;
    Ok(files)
}

fn to_json(dir: &Path, files: &Files) -> Value {
    let Files { paths, bytes, made, needle_lines } = files;
    let names: Vec<_> = paths.iter().map(|path| path.strip_prefix(dir).unwrap_or(path).to_string_lossy()).collect();
    json!({
        "version": VERSION, "paths": names, "bytes": bytes, "needle_lines": needle_lines,
        "events": made.events, "needles": made.needles, "answers": made.answers,
    })
}

fn from_json(dir: &Path, text: &str) -> Option<Files> {
    let json: Value = serde_json::from_str(text).ok()?;
    let number = |name: &str| json[name].as_u64();
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    let answers: Option<BTreeSet<_>> = json["answers"].as_array()?.iter().map(pair).collect();
    let paths: Option<Vec<_>> = json["paths"].as_array()?.iter().map(|path| Some(dir.join(path.as_str()?))).collect();
    (number("version") == Some(VERSION)).then_some(Files {
        paths: paths?,
        bytes: number("bytes")?,
        needle_lines: number("needle_lines")?,
        made: Made { events: number("events")?, needles: number("needles")?, answers: answers? },
    })
}
