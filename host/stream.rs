//! The threads: each takes the next piece of the input, judges it, and writes it when its turn has come.
//!
//! No thread is there just to read, and none just to write: whichever is free reads, so a line that comes alone goes through
//! in one thread without any handing over, and a thread that is far ahead waits, so memory stays bounded.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::diagnostics::{self, SharedTell};
use crate::input::block::Block;
use crate::input::source::Progress;
use crate::input::{Piece, Reader};
use crate::job::{Exchange, Job, Judging};
use crate::judge::resting::Resting;
use crate::judge::{Call, Judge, Judged, Selection};
use crate::output::counts::Counts;
use crate::output::report::Report;
use crate::output::sink::Sink;
use crate::output::verdict::Rulings;
use crate::output::{Ended, Output};
use crate::rules::Rules;
use crate::sandbox::metadata::Finding;
use crate::sandbox::{Failure, Instance};
use crate::threads::THREAD_STACK_BYTES;

/// How many blocks for each thread may wait for their turn.
const BLOCKS_AHEAD_MAX: u64 = 2;
/// How many blocks of one piece are held before its turn.
const BLOCKS_OF_PIECE_MAX: usize = 2;
/// The rules for a while, and which of them rest.
pub(crate) struct Generation {
    number: u64,
    pub(crate) rules: Arc<Rules>,
    pub(crate) resting: Arc<Resting>,
}

/// Runs a job to the end of its input, or to whatever ends it before.
pub fn run(job: Job, sink: impl Sink + 'static) -> (Counts, Option<Ended>) {
    let Job { rules, reading, judging, dead_letters, tell, stop, progress } = job;
    let (tell, printing) = diagnostics::shared(tell);
    let report = Report::new(tell, dead_letters, judging.fuse());
    let rulings = Rulings::new(&judging);
    let selection = selection(&judging, sink.wants_quiet());
    let mut output = Output::new(sink, judging.on_error, rulings, report);
    let first = generation(0, rules.get(), &printing);
    output.exchange(&first.rules, &first.resting);
    let shared = Arc::new(Shared {
        input: Mutex::new(Numbered { reader: Reader::new(reading, stop, progress.clone()), pieces: 0 }),
        turns: Mutex::new(Turns {
            output,
            generation: first.clone(),
            next: 0,
            waiting: BTreeMap::new(),
            spare: Vec::new(),
            working: judging.threads,
            is_over: false,
            ended: None,
            progress,
            selection,
            isolate: judging.isolate,
        }),
        turn: Condvar::new(),
        ahead: BLOCKS_AHEAD_MAX * judging.threads as u64,
        rules,
        generation: Mutex::new(first),
        stack_bytes: THREAD_STACK_BYTES.saturating_add(judging.stack_bytes),
        printing,
    });
    for _ in 0..judging.threads {
        let worker = Worker(shared.clone());
        let isolate = judging.isolate;
        let work = move || worker.work(selection, isolate);
        let thread = std::thread::Builder::new().stack_size(shared.stack_bytes);
        if let Err(error) = thread.spawn(work) {
            // Its worker was dropped; nothing was read yet that it would have to hand on.
            shared.turns().end(Ended::Threads(error));
            break;
        }
    }
    shared.wait()
}

pub(crate) fn selection(judging: &Judging, blanks: bool) -> Selection {
    let Judging { needles, validate, failures_max, .. } = *judging;
    Selection { needles, validate, blanks, failures_max }
}

pub(crate) fn generation(number: u64, rules: Arc<Rules>, printing: &SharedTell) -> Arc<Generation> {
    rules.components().for_each(|component| component.tell_by(printing.clone()));
    let resting = Arc::new(Resting::none_of(rules.len()));
    Arc::new(Generation { number, rules, resting })
}

/// What asks the rules of a generation, on one thread.
pub(crate) fn judge(
    selection: Selection,
    generation: &Generation,
    isolate: bool,
) -> Judge<impl FnMut(Call<'_>) -> Option<Result<Vec<Finding>, Failure>> + use<>> {
    let mut instances: Vec<Instance> =
        generation.rules.components().map(|component| component.instance(isolate)).collect();
    let mut retries = None;
    let ask = move |call: Call<'_>| {
        let instance = &mut instances[call.component];
        if call.again {
            let retries = retries.get_or_insert_with(|| instance.retries(call.event));
            return instance.retry(call.event, call.asked, retries);
        }
        retries = None;
        Some(instance.evaluate(call.event, call.asked))
    };
    Judge::new(selection, generation.rules.clone(), generation.resting.clone(), ask)
}

struct Shared<S> {
    input: Mutex<Numbered>,
    turns: Mutex<Turns<S>>,
    /// Told whenever a block was written, and when a thread ends.
    turn: Condvar,
    ahead: u64,
    rules: Exchange,
    generation: Mutex<Arc<Generation>>,
    /// The stack of a thread on which rules run, in bytes.
    stack_bytes: usize,
    /// Takes what rules print.
    printing: SharedTell,
}

/// The input, whose pieces are numbered in their order.
struct Numbered {
    reader: Reader,
    pieces: u64,
}

/// A block, what was said of its last part, and the rules that said so.
struct Done {
    block: Block,
    judged: Judged,
    generation: Arc<Generation>,
}

struct Turns<S> {
    output: Output<S>,
    /// The rules of the block that was written last.
    generation: Arc<Generation>,
    /// The number of the piece whose turn it is.
    next: u64,
    /// Judged, but not yet their turn.
    waiting: BTreeMap<u64, Vec<Done>>,
    /// Blocks that were written: their memory serves again.
    spare: Vec<Block>,
    working: usize,
    /// Whether something has ended the run: then no thread writes any more.
    is_over: bool,
    ended: Option<Ended>,
    progress: Arc<Progress>,
    selection: Selection,
    isolate: bool,
}

impl<S: Sink> Shared<S> {
    fn turns(&self) -> MutexGuard<'_, Turns<S>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece, and its number.
    fn next(&self, block: &mut Block) -> Option<(u64, Piece)> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let piece = input.reader.next(block)?;
        input.pieces += 1;
        Some((input.pieces - 1, piece))
    }

    /// The rules as they are now.
    fn generation(&self) -> Arc<Generation> {
        let mut generation = self.generation.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.rules.generation();
        if generation.number != number {
            *generation = self::generation(number, self.rules.get(), &self.printing);
        }
        generation.clone()
    }

    /// Waits until a piece's turn has come.
    fn await_turn(&self, number: u64) -> MutexGuard<'_, Turns<S>> {
        let mut turns = self.turns();
        while !turns.is_over && turns.next != number {
            turns = self.turn.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        turns
    }

    /// Waits until all threads have ended, or something has ended the run: a thread may then still wait for input.
    fn wait(&self) -> (Counts, Option<Ended>) {
        let mut turns = self.turns();
        while turns.working > 0 && !turns.is_over {
            turns = self.turn.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        if !turns.is_over
            && let Err(ended) = turns.output.finish()
        {
            turns.end(ended);
        }
        if !turns.is_over {
            self.find_foreign(&mut turns);
        }
        (turns.output.counts().clone(), turns.ended.take())
    }
}

impl<S: Sink> Shared<S> {
    /// Finds out whether the rules read events of this kind at all, on a thread that has the stack for it.
    fn find_foreign(&self, turns: &mut Turns<S>) {
        let Turns { output, generation, .. } = turns;
        let mut instances: Vec<Instance> =
            generation.rules.components().map(|component| component.instance(false)).collect();
        // A component that fails here cannot tell.
        let reads = |event: &[u8]| instances.iter_mut().any(|instance| instance.reads(event).unwrap_or(true));
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(self.stack_bytes);
            let _ = thread.spawn_scoped(scope, || output.find_foreign(reads));
        });
    }
}

/// A thread's share of the work. When it is dropped, however that comes, the thread is counted out.
struct Worker<S: Sink>(Arc<Shared<S>>);

impl<S: Sink> Drop for Worker<S> {
    fn drop(&mut self) {
        let mut turns = self.0.turns();
        turns.working -= 1;
        if std::thread::panicking() {
            // Its block is lost, so nothing behind it may be written.
            turns.end(Ended::Threads(io::Error::other("broke down")));
        }
        drop(turns);
        self.0.turn.notify_all();
    }
}

impl<S: Sink> Worker<S> {
    fn work(&self, selection: Selection, isolate: bool) {
        let Self(shared) = self;
        let mut generation = shared.generation();
        let mut judge = judge(selection, &generation, isolate);
        let (mut blocks, mut done) = (Vec::new(), Vec::new());
        loop {
            let mut block = blocks.pop().unwrap_or_default();
            let Some((number, mut piece)) = shared.next(&mut block) else { return };
            loop {
                if !piece.next(&mut block) {
                    blocks.push(block);
                    break;
                }
                let now = shared.generation();
                if now.number != generation.number {
                    judge = self::judge(selection, &now, isolate);
                    generation = now;
                }
                let mut judged = judge.judge(&block, 0, 0);
                // Where there is much to say, it is said at once.
                while judged.bytes.end < block.bytes().len() {
                    let mut turns = shared.await_turn(number);
                    turns.write(&mut done, &mut judge);
                    let (at, before) = (judged.bytes.end, judged.lines_to_end(&block));
                    turns.write_part(&block, judged, &generation, &mut judge);
                    if turns.is_over {
                        return;
                    }
                    drop(turns);
                    judged = judge.judge(&block, at, before);
                }
                done.push(Done { block, judged, generation: generation.clone() });
                if piece.is_done() {
                    break;
                }
                // What goes on and on waits for its turn.
                if done.len() == BLOCKS_OF_PIECE_MAX {
                    let mut turns = shared.await_turn(number);
                    turns.write(&mut done, &mut judge);
                    shared.turn.notify_all();
                    if !turns.spare(&mut blocks) {
                        return;
                    }
                }
                block = blocks.pop().unwrap_or_default();
            }
            let mut turns = shared.turns();
            while !turns.is_over && number > turns.next + shared.ahead {
                turns = shared.turn.wait(turns).unwrap_or_else(PoisonError::into_inner);
            }
            if number == turns.next {
                turns.write(&mut done, &mut judge);
                turns.next += 1;
                while let Some(mut done) = turns.next_waiting() {
                    turns.write(&mut done, &mut judge);
                    turns.next += 1;
                }
                shared.turn.notify_all();
            } else {
                turns.waiting.insert(number, std::mem::take(&mut done));
            }
            if !turns.spare(&mut blocks) {
                return;
            }
        }
    }
}

impl<S: Sink> Turns<S> {
    fn end(&mut self, ended: Ended) {
        self.is_over = true;
        self.ended.get_or_insert(ended);
    }

    fn next_waiting(&mut self) -> Option<Vec<Done>> {
        self.waiting.remove(&self.next)
    }

    /// Hands out blocks to go on with, the one that was written last to be taken first: it is the nearest to the
    /// processor. Answers whether the run goes on.
    fn spare(&mut self, blocks: &mut Vec<Block>) -> bool {
        let missing = BLOCKS_OF_PIECE_MAX.saturating_sub(blocks.len());
        blocks.extend(self.spare.drain(self.spare.len().saturating_sub(missing)..));
        !self.is_over
    }

    fn write<A: crate::judge::Ask>(&mut self, done: &mut Vec<Done>, judge: &mut Judge<A>) {
        for Done { block, judged, generation } in done.drain(..) {
            self.write_part(&block, judged, &generation, judge);
            self.spare.push(block);
        }
        let counts = self.output.counts();
        self.progress.events.store(counts.events, Ordering::Relaxed);
        self.progress.alerts.store(counts.alerts, Ordering::Relaxed);
    }

    fn write_part<A: crate::judge::Ask>(
        &mut self,
        block: &Block,
        judged: Judged,
        generation: &Arc<Generation>,
        judge: &mut Judge<A>,
    ) {
        if self.is_over {
            return;
        }
        if generation.number != self.generation.number {
            self.output.exchange(&generation.rules, &generation.resting);
            self.generation = generation.clone();
        }
        let written = if Arc::ptr_eq(judge.rules(), &generation.rules) {
            self.output.write(block, judged, &mut |rule, event| judge.ask_one(rule, event))
        } else {
            // Whoever writes has gone on to other rules.
            let mut judge = self::judge(self.selection, generation, self.isolate);
            self.output.write(block, judged, &mut |rule, event| judge.ask_one(rule, event))
        };
        if let Err(ended) = written {
            self.end(ended);
        }
    }
}
