//! The table: what was measured, against whom, and whether the bar is met.

use std::fmt::Write as _;
use std::time::Duration;

use crate::measure::Taken;
use crate::race::Rounds;

/// How good a figure must be, and how good it would better be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bar {
    pub(crate) bar: f64,
    pub(crate) better: f64,
}

/// A line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    what: String,
    ours: String,
    peer: String,
    figure: String,
    bar: String,
    met: String,
}

/// The middle one of the figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => figures[middle],
        _ => (figures[middle - 1] + figures[middle]) / 2.0,
    }
}

/// The median time of a command.
pub(crate) fn median_wall(taken: &[Taken]) -> Duration {
    Duration::from_secs_f64(median(taken.iter().map(|taken| taken.wall.as_secs_f64()).collect()))
}

fn met(figure: f64, bar: Option<Bar>) -> String {
    match bar {
        None => String::new(),
        Some(bar) if figure <= bar.better => "yes, the better one".into(),
        Some(bar) if figure <= bar.bar => "yes".into(),
        Some(_) => "**no**".into(),
    }
}

/// How many digits show a difference of about a hundredth.
fn number(figure: f64) -> String {
    let digits = if figure < 0.1 {
        4
    } else if figure < 10.0 {
        2
    } else {
        1
    };
    format!("{figure:.digits$}")
}

impl Row {
    /// Two commands of a race, round by round. `None` where one of them did not take part.
    pub(crate) fn ratio(what: &str, rounds: &Rounds, pair: [&str; 2], bytes: u64, bar: Option<Bar>) -> Option<Self> {
        let [ours, peer] = pair.map(|name| rounds.get(name).filter(|taken| !taken.is_empty()));
        let (ours, peer) = (ours?, peer?);
        let ratios: Vec<f64> =
            ours.iter().zip(peer).map(|(ours, peer)| ours.wall.as_secs_f64() / peer.wall.as_secs_f64()).collect();
        let (low, high) = ratios.iter().fold((f64::MAX, 0.0), |(low, high), ratio| (ratio.min(low), ratio.max(high)));
        let middle = median(ratios.clone());
        let time = |name: &str, taken: &[Taken]| {
            let seconds = median_wall(taken).as_secs_f64();
            let cpu = median(taken.iter().map(|taken| taken.cpu.as_secs_f64()).collect());
            format!("{name}: {seconds:.3} s (worked {cpu:.3} s), {:.0} MB/s", bytes as f64 / 1e6 / seconds)
        };
        Some(Self {
            what: what.into(),
            ours: time(pair[0], ours),
            peer: time(pair[1], peer),
            figure: format!("{} [{}–{}]", number(middle), number(low), number(high)),
            bar: bar
                .map_or_else(String::new, |bar| format!("≤ {} ×, better ≤ {} ×", number(bar.bar), number(bar.better))),
            met: met(middle, bar),
        })
    }

    /// A figure by itself, with its unit.
    pub(crate) fn figure(what: &str, figure: f64, unit: &str, details: &str, bar: Option<Bar>) -> Self {
        Self {
            what: what.into(),
            ours: details.into(),
            peer: String::new(),
            figure: format!("{} {unit}", number(figure)),
            bar: bar.map_or_else(String::new, |bar| format!("≤ {} {unit}, better ≤ {} {unit}", bar.bar, bar.better)),
            met: met(figure, bar),
        }
    }

    /// The same for the terminal.
    pub(crate) fn line(&self) -> String {
        let Self { what, figure, bar, met, .. } = self;
        if bar.is_empty() { format!("{what}: {figure}") } else { format!("{what}: {figure} ({bar}: {met})") }
    }
}

/// The whole report as Markdown.
pub(crate) fn markdown(rows: &[Row], notes: &[String], machine: &[(String, String)], runs: usize) -> String {
    let mut text = format!(
        "# Results\n\nMade by the command in [README.md](README.md), which says what each row means. Figures are medians of \
         {runs} rounds in one run; a ratio is taken within each round, and its least and greatest stand in brackets.\n\n\
         ![How fast each program reads the same stream](results.svg)\n\n\
         | what | ours | against | ratio or figure | bar | met |\n|---|---|---|---|---|---|\n"
    );
    for Row { what, ours, peer, figure, bar, met } in rows {
        let _ = writeln!(text, "| {what} | {ours} | {peer} | {figure} | {bar} | {met} |");
    }
    if !notes.is_empty() {
        text.push('\n');
        for note in notes {
            let _ = writeln!(text, "- {note}");
        }
    }
    text.push_str("\n## The machine\n\n| | |\n|---|---|\n");
    for (what, value) in machine {
        let _ = writeln!(text, "| {what} | {value} |");
    }
    text
}
