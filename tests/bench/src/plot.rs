//! The plot: how fast each program reads the same stream.

use std::path::Path;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A bar of the plot.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    pub(crate) name: &'static str,
    /// In MB/s.
    pub(crate) speed: f64,
    pub(crate) ours: bool,
}

const WIDTH: u32 = 900;
const BAR_HEIGHT: i32 = 26;
const GAP: i32 = 12;
const TOP: i32 = 60;
const LEFT: i32 = 270;
const RIGHT: i32 = 110;
const FOOT: i32 = 40;
const OURS: RGBColor = RGBColor(0xC7, 0x5B, 0x12);
const OTHERS: RGBColor = RGBColor(0x8A, 0x94, 0x9E);
const INK: RGBColor = RGBColor(0x24, 0x2A, 0x30);

/// Draws the bars from the fastest to the slowest, on a logarithmic scale.
pub(crate) fn draw(path: &Path, mut bars: Vec<Bar>) -> Result<()> {
    bars.sort_by(|a, b| b.speed.total_cmp(&a.speed));
    let height = TOP + FOOT + bars.len() as i32 * (BAR_HEIGHT + GAP);
    let area = SVGBackend::new(path, (WIDTH, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: i32| ("sans-serif", size).into_font().color(&INK);
    let at = |h, v| Pos::new(h, v);
    let title = "One stream of CloudTrail events, the same alerts: megabytes a second";
    area.draw(&Text::new(title, (20, 20), text(19)))?;

    // Whole powers of ten around all the bars.
    let (low, high) = bars.iter().fold((f64::MAX, 1.0_f64), |(l, h), bar| (l.min(bar.speed), h.max(bar.speed)));
    let (from, to) = (low.log10().floor(), high.log10().ceil());
    let width = f64::from(WIDTH as i32 - LEFT - RIGHT);
    let x = |speed: f64| LEFT + ((speed.log10() - from) / (to - from) * width) as i32;
    let floor = height - FOOT;
    for power in from as i32..=to as i32 {
        let speed = 10_f64.powi(power);
        area.draw(&PathElement::new([(x(speed), TOP - 4), (x(speed), floor)], OTHERS.mix(0.5)))?;
        let style = text(14).pos(at(HPos::Center, VPos::Top));
        area.draw(&Text::new(format!("{speed}"), (x(speed), floor + 8), style))?;
    }
    for (place, bar) in bars.iter().enumerate() {
        let y = TOP + place as i32 * (BAR_HEIGHT + GAP);
        let colour = if bar.ours { OURS } else { OTHERS };
        area.draw(&Rectangle::new([(LEFT, y), (x(bar.speed), y + BAR_HEIGHT)], colour.filled()))?;
        let middle = y + BAR_HEIGHT / 2;
        let name = text(15).pos(at(HPos::Right, VPos::Center));
        area.draw(&Text::new(bar.name, (LEFT - 10, middle), name))?;
        let speed = text(15).pos(at(HPos::Left, VPos::Center));
        area.draw(&Text::new(format!("{:.0}", bar.speed), (x(bar.speed) + 8, middle), speed))?;
    }
    area.present()?;
    Ok(())
}
