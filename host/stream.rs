//! The threads: each takes the next piece of the input, judges it, and writes it when its turn has come.
//!
//! There is no thread for reading and none for writing: whoever is free reads, so a line that comes alone goes through
//! in one thread without any handing over, and a thread that is far ahead waits, so memory stays bounded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::diagnostics::Tell;
use crate::input::block::Block;
use crate::input::source::{Progress, Stop};
use crate::input::{Piece, Reader, Reading};
use crate::judge::{Sieve, Sifted, Sifting};
use crate::output::alert::Alerts;
use crate::output::counts::{ComponentCounts, Counts};
use crate::output::{Emit, Ended, Output, Writing};
use crate::prefilter::{self, Needles};
use crate::sandbox::{Component, Failure, FailureKind};
use crate::threads::THREAD_STACK_BYTES;

/// So many blocks for each thread may wait for their turn.
const BLOCKS_AHEAD_MAX: u64 = 2;
/// So many blocks of one piece are held before its turn.
const BLOCKS_OF_PIECE_MAX: usize = 2;
/// A run: events from somewhere, rules, and what to write.
pub struct Job {
    /// The components in the order of their alerts, each with the name by which the operator called it.
    pub components: Vec<(String, Arc<Component>)>,
    /// What is read.
    pub reading: Reading,
    /// What is written.
    pub writing: Writing,
    /// Whether an event that holds no needle is skipped.
    pub needles: bool,
    /// Whether every event is checked to be a JSON object, also one that no rule sees.
    pub validate: bool,
    /// Whether every event has a fresh instance.
    pub isolate: bool,
    /// Whether an alert holds its event.
    pub include_event: bool,
    /// How many threads judge.
    pub threads: usize,
    /// The stack that the components may use, in bytes.
    pub stack_bytes: usize,
    /// Where events go that could not be judged.
    pub dead_letters: Option<File>,
    /// What takes the messages.
    pub tell: Tell,
    /// How the run is asked to stop.
    pub stop: Stop,
    /// Where the run says how far it has come.
    pub progress: Arc<Progress>,
}

/// Runs a job to the end of its input, or to whatever ends it before.
pub fn run(job: Job, sink: impl Write + Send + 'static) -> (Counts, Option<Ended>) {
    let mut counts = Counts::default();
    for (name, _) in &job.components {
        counts.components.push(ComponentCounts { name: name.clone(), ..ComponentCounts::default() });
    }
    let needles = Needles::new(
        job.components.iter().map(|(_, component)| component.rules().iter().map(|rule| &*rule.needles).collect()),
    );
    let taken_out: Arc<[AtomicBool]> = job.components.iter().map(|_| AtomicBool::new(false)).collect();
    let needles = Arc::new(needles);
    let writing = job.writing.clone();
    let output = Output::new(writing, sink, job.dead_letters, counts, taken_out.clone(), needles.clone(), job.tell);
    let shared = Arc::new(Shared {
        input: Mutex::new(Numbered { reader: Reader::new(job.reading, job.stop, job.progress.clone()), pieces: 0 }),
        turns: Mutex::new(Turns {
            output,
            next: 0,
            waiting: BTreeMap::new(),
            spare: Vec::new(),
            working: job.threads,
            ended: None,
            progress: job.progress,
        }),
        turn: Condvar::new(),
        ahead: BLOCKS_AHEAD_MAX * job.threads as u64,
    });
    let alerts: Arc<[Vec<Alerts>]> =
        job.components.iter().map(|(_, component)| component.rules().iter().map(Alerts::of).collect()).collect();
    let sifting = Sifting { needles: job.needles, validate: job.validate, blanks: job.writing.emit.copies() };
    let writes_alerts = matches!(job.writing.emit, Emit::Alerts | Emit::Tagged);
    let with_event = job.include_event && job.writing.emit == Emit::Alerts;
    for _ in 0..job.threads {
        let mut instances: Vec<_> =
            job.components.iter().map(|(_, component)| component.instance(job.isolate)).collect();
        let (taken_out, alerts) = (taken_out.clone(), alerts.clone());
        let mut sieve = Sieve {
            sifting,
            needles: needles.clone(),
            components: instances.len(),
            judge: move |component: usize, event: &[u8]| {
                let out = taken_out[component].load(Ordering::Relaxed);
                (!out).then(|| {
                    let findings = instances[component].evaluate(event, None)?;
                    let rules = instances[component].component().rules();
                    match findings.iter().find(|found| !prefilter::concerns(event, &rules[found.rule].needles)) {
                        None => Ok(findings),
                        Some(found) => Err(Failure {
                            kind: FailureKind::Needle,
                            text: format!(
                                "`{}` has a finding in an event that holds none of its needles",
                                rules[found.rule].id
                            ),
                            rule: Some(found.rule as u32),
                        }),
                    }
                })
            },
            note: move |component: usize, finding: &crate::sandbox::metadata::Finding, event: &[u8]| {
                // Where lines are written alone, it matters only that there is an alert.
                if !writes_alerts {
                    return String::new();
                }
                alerts[component][finding.rule].alert(finding, with_event.then_some(event))
            },
            concerned: Vec::new(),
        };
        let worker = Worker(shared.clone());
        let work = move || worker.work(|block| sieve.sift(block));
        let thread = std::thread::Builder::new().stack_size(THREAD_STACK_BYTES.saturating_add(job.stack_bytes));
        if let Err(error) = thread.spawn(work) {
            // Its worker was dropped; nothing was read yet that it would have to hand on.
            shared.turns().ended = Some(Ended::Threads(error));
            break;
        }
    }
    shared.wait()
}

struct Shared<W> {
    input: Mutex<Numbered>,
    turns: Mutex<Turns<W>>,
    /// Told whenever a block was written, and when a thread ends.
    turn: Condvar,
    ahead: u64,
}

/// The input, whose pieces are numbered in their order.
struct Numbered {
    reader: Reader,
    pieces: u64,
}

struct Turns<W> {
    output: Output<W>,
    /// The number of the piece whose turn it is.
    next: u64,
    /// Judged, but not yet their turn.
    waiting: BTreeMap<u64, Vec<(Block, Sifted)>>,
    /// Blocks that were written: their memory serves again.
    spare: Vec<Block>,
    working: usize,
    ended: Option<Ended>,
    progress: Arc<Progress>,
}

impl<W: Write> Shared<W> {
    fn turns(&self) -> MutexGuard<'_, Turns<W>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece, and its number.
    fn next(&self, block: &mut Block) -> Option<(u64, Piece)> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let piece = input.reader.next(block)?;
        input.pieces += 1;
        Some((input.pieces - 1, piece))
    }

    /// Writes blocks of a piece that is not at its end, once its turn has come. `blocks` gets those that may be filled
    /// next. Answers whether the run goes on.
    fn write(&self, number: u64, judged: &mut Vec<(Block, Sifted)>, blocks: &mut Vec<Block>) -> bool {
        let mut turns = self.turns();
        while turns.ended.is_none() && turns.next != number {
            turns = self.turn.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        turns.write(judged);
        self.turn.notify_all();
        turns.spare(blocks)
    }

    /// Writes the last blocks of a piece, or leaves them to be written when its turn has come. Else like
    /// [`write`](Self::write).
    fn finish(&self, number: u64, judged: &mut Vec<(Block, Sifted)>, blocks: &mut Vec<Block>) -> bool {
        let mut turns = self.turns();
        while turns.ended.is_none() && number > turns.next + self.ahead {
            turns = self.turn.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        if number != turns.next {
            turns.waiting.insert(number, std::mem::take(judged));
            return turns.spare(blocks);
        }
        turns.write(judged);
        turns.next += 1;
        while let Some(mut judged) = turns.next_waiting() {
            turns.write(&mut judged);
            turns.next += 1;
        }
        self.turn.notify_all();
        turns.spare(blocks)
    }

    /// Waits until all threads have ended, or something has ended the run: a thread may then still wait for input.
    fn wait(&self) -> (Counts, Option<Ended>) {
        let mut turns = self.turns();
        while turns.working > 0 && turns.ended.is_none() {
            turns = self.turn.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        let mut ended = turns.ended.take();
        if ended.is_none() {
            ended = turns.output.finish().err();
        }
        (turns.output.counts().clone(), ended)
    }
}

/// A thread's share of the work. When it is dropped, however that comes, the thread is counted out.
struct Worker<W: Write>(Arc<Shared<W>>);

impl<W: Write> Drop for Worker<W> {
    fn drop(&mut self) {
        let mut turns = self.0.turns();
        turns.working -= 1;
        if std::thread::panicking() {
            // Its block is lost, so nothing behind it may be written.
            turns.ended.get_or_insert_with(|| Ended::Threads(io::Error::other("broke down")));
        }
        drop(turns);
        self.0.turn.notify_all();
    }
}

impl<W: Write> Worker<W> {
    fn work(&self, mut sift: impl FnMut(&Block) -> Sifted) {
        let Self(shared) = self;
        let (mut blocks, mut judged) = (Vec::new(), Vec::new());
        loop {
            let mut block = blocks.pop().unwrap_or_default();
            let Some((number, mut piece)) = shared.next(&mut block) else { return };
            loop {
                if !piece.next(&mut block) {
                    blocks.push(block);
                    break;
                }
                let sifted = sift(&block);
                judged.push((block, sifted));
                if piece.is_done() {
                    break;
                }
                // What goes on and on waits for its turn.
                if judged.len() == BLOCKS_OF_PIECE_MAX && !shared.write(number, &mut judged, &mut blocks) {
                    return;
                }
                block = blocks.pop().unwrap_or_default();
            }
            if !shared.finish(number, &mut judged, &mut blocks) {
                return;
            }
        }
    }
}

impl<W: Write> Turns<W> {
    fn next_waiting(&mut self) -> Option<Vec<(Block, Sifted)>> {
        self.waiting.remove(&self.next)
    }

    /// Hands out blocks to go on with, the one that was written last to be taken first: it is the nearest to the
    /// processor. Answers whether the run goes on.
    fn spare(&mut self, blocks: &mut Vec<Block>) -> bool {
        let missing = BLOCKS_OF_PIECE_MAX.saturating_sub(blocks.len());
        blocks.extend(self.spare.drain(self.spare.len().saturating_sub(missing)..));
        self.ended.is_none()
    }

    fn write(&mut self, judged: &mut Vec<(Block, Sifted)>) {
        for (block, sifted) in judged.drain(..) {
            if self.ended.is_none() {
                self.ended = self.output.write(&block, &sifted).err();
            }
            self.spare.push(block);
        }
        let counts = self.output.counts();
        self.progress.events.store(counts.events, Ordering::Relaxed);
        self.progress.alerts.store(counts.alerts, Ordering::Relaxed);
    }
}
