//! Streams through the library: what goes in, how, and all that comes out.

#![allow(dead_code, reason = "each test uses its part")]

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use trommel::{
    BLOCK_BYTES, Component, Counts, EVENT_BYTES_MAX, Emit, Ended, Exchange, Format, Input, Job, Judging, Limits,
    OnError, Reading, Rules, Sandbox, Stop, Text, Unwrap, Writing, run,
};

/// A component with the name by which it is called.
pub(crate) type Named = (String, Arc<Component>);

/// A sandbox in which what runs on is stopped soon.
pub(crate) fn sandbox() -> Sandbox {
    let limits = Limits { event_fuel: 1_000_000, byte_fuel: 1_000, ..Limits::default() };
    Sandbox::new(limits, false).expect("a sandbox")
}

/// How a stream is read, judged and written.
#[derive(Debug, Clone)]
pub(crate) struct How {
    pub(crate) emit: Emit,
    pub(crate) on_error: OnError,
    pub(crate) failures_max: u64,
    pub(crate) rest_events: u64,
    pub(crate) needles: bool,
    pub(crate) validate: bool,
    pub(crate) line_buffered: bool,
    pub(crate) threads: usize,
    pub(crate) block_bytes: usize,
    pub(crate) event_bytes_max: usize,
    pub(crate) unwrap: Unwrap,
    pub(crate) stop: Stop,
    /// What asks for the stop, as soon as something is written.
    pub(crate) stop_at_write: Option<Arc<AtomicBool>>,
}

impl Default for How {
    fn default() -> Self {
        Self {
            emit: Emit::Alerts,
            on_error: OnError::Pass,
            failures_max: 0,
            rest_events: 1000,
            needles: true,
            validate: false,
            line_buffered: false,
            threads: 1,
            block_bytes: BLOCK_BYTES,
            event_bytes_max: EVENT_BYTES_MAX,
            unwrap: Unwrap::default(),
            stop: Stop::default(),
            stop_at_write: None,
        }
    }
}

/// What came out.
#[derive(Debug, PartialEq)]
pub(crate) struct Out {
    pub(crate) bytes: Vec<u8>,
    pub(crate) counts: Counts,
    pub(crate) messages: Vec<String>,
    /// The dead letters, without their times.
    pub(crate) letters: Vec<serde_json::Value>,
    /// Whether the run ended before its input did.
    pub(crate) ended: bool,
}

impl Out {
    pub(crate) fn lines(&self) -> Vec<&[u8]> {
        lines(&self.bytes)
    }
}

/// The lines of a text, without line ends.
pub(crate) fn lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    lines.pop_if(|last| last.is_empty());
    lines
}

/// The text to show of bytes.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Checks that two ways gave the same.
pub(crate) fn same(one: &Out, other: &Out, how: &str) {
    assert_eq!(text(&one.bytes), text(&other.bytes), "{how}");
    assert_eq!(one.messages, other.messages, "{how}");
    assert_eq!(one.letters, other.letters, "{how}");
    assert_eq!((&one.counts, one.ended), (&other.counts, other.ended), "{how}");
}

/// The writing end of what a run writes.
#[derive(Clone)]
struct Sink(Arc<Mutex<Vec<u8>>>, Option<Arc<AtomicBool>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic while locked").extend_from_slice(bytes);
        if let Some(asked) = &self.1 {
            asked.store(true, Ordering::Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file without a name that holds this.
pub(crate) fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file without a name");
    file.write_all(bytes).and_then(|()| file.rewind()).expect("it can be written");
    file
}

/// A pipe into which these pieces are written, one write each.
pub(crate) fn pipe(pieces: Vec<Vec<u8>>) -> File {
    let (reader, mut writer) = io::pipe().expect("a pipe");
    std::thread::spawn(move || {
        for piece in pieces {
            if writer.write_all(&piece).is_err() {
                return;
            }
            std::thread::yield_now();
        }
    });
    File::from(std::os::fd::OwnedFd::from(reader))
}

/// Sends files through components.
pub(crate) fn through(components: &[Named], how: &How, inputs: Vec<File>) -> Out {
    let inputs = inputs.into_iter().enumerate().map(|(number, file)| Input::Open(file, format!("in{number}")));
    read(components, how, inputs.collect())
}

/// Sends inputs through components.
pub(crate) fn read(components: &[Named], how: &How, inputs: Vec<Input>) -> Out {
    let (sink, messages) = (Sink(Arc::default(), how.stop_at_write.clone()), Arc::new(Mutex::new(Vec::new())));
    let told = messages.clone();
    let mut letters = tempfile::tempfile().expect("a file without a name");
    let job = Job {
        rules: Exchange::new(Arc::new(Rules::new(components.to_vec()))),
        reading: Reading {
            inputs,
            unwrap: how.unwrap.clone(),
            event_bytes_max: how.event_bytes_max,
            block_bytes: how.block_bytes,
        },
        judging: Judging {
            needles: how.needles,
            validate: how.validate,
            on_error: how.on_error,
            failures_max: how.failures_max,
            rest_events: how.rest_events,
            threads: how.threads,
            ..Judging::default()
        },
        dead_letters: Some(letters.try_clone().expect("a file")),
        tell: Box::new(move |message| told.lock().expect("no panic while locked").push(message.to_owned())),
        progress: Arc::default(),
        stop: how.stop.clone(),
    };
    let writing = Writing {
        emit: how.emit,
        format: Format::Trommel,
        colour: false,
        drop_unjudged: how.on_error == OnError::Drop,
        include_event: false,
        line_buffered: how.line_buffered,
        found: Some(SystemTime::UNIX_EPOCH),
    };
    let (counts, ended) = run(job, Text::new(writing, sink.clone()));
    let mut kept = String::new();
    letters.rewind().and_then(|()| letters.read_to_string(&mut kept)).expect("the letters can be read");
    let letter = |line: &str| {
        let mut letter: serde_json::Value = serde_json::from_str(line).expect("a letter is JSON");
        letter.as_object_mut().and_then(|members| members.shift_remove("time")).expect("a letter has a time");
        letter
    };
    Out {
        bytes: sink.0.lock().expect("no panic while locked").clone(),
        counts,
        messages: messages.lock().expect("no panic while locked").clone(),
        letters: kept.lines().map(letter).collect(),
        ended: match ended {
            None => false,
            Some(Ended::Failed(_)) => true,
            Some(other) => panic!("the run ended: {other:?}"),
        },
    }
}
