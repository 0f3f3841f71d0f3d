//! Horizontal bars, with intervals around their ends where there are any.

use unicode_width::UnicodeWidthStr;

use super::canvas::{self, Canvas, Drawn, Ink, LETTERS, Side, WIDTH};
use super::name::shortened;
use super::scale::{Scale, round_values, shown};
use crate::block::Bar;

/// The height of a bar with the space around it, and of the bar.
const ROW: f64 = 29.0;
const BAR: f64 = 16.0;
/// Room for an axis below, and for values on the right.
const AXIS: f64 = 40.0;
const VALUES: f64 = 50.0;
/// How wide a column is on average.
const CHARACTER: f64 = 0.6 * LETTERS;

/// Draws bars from the top; `axis` names the quantity, and counts need none.
pub(super) fn draw(bars: &[Bar], axis: Option<&str>, label: &str) -> Option<String> {
    if bars.is_empty() {
        return None;
    }
    let names = shortened(bars.iter().map(|bar| bar.name.as_str()));
    let longest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    // Nobody measures text here, so the room for names is an estimate by the average column.
    let left = longest as f64 * CHARACTER + 16.0;
    let bottom = bars.len() as f64 * ROW + 4.0;
    let reach = |bar: &Bar| bar.interval.map_or(bar.value, |(_, high)| bar.value.max(high));
    let most = bars.iter().map(reach).filter(|reach| reach.is_finite()).fold(0.0, f64::max);
    let ticks = match axis {
        // An axis of no length could not be drawn: with nothing but zeros it goes to .1, or to 1
        // for counts.
        Some(_) => round_values(0.0, most.max(0.1), 5),
        None => vec![0.0, most.max(1.0)],
    };
    let end = ticks.last().copied().unwrap_or(1.0);
    let scale = Scale::linear((0.0, end), (left, WIDTH - VALUES));
    let height = if axis.is_some() { bottom + AXIS } else { bottom + 4.0 };
    canvas::draw(height, label, |canvas| {
        if let Some(quantity) = axis {
            for (&tick, shown) in ticks.iter().zip(shown(&ticks)) {
                let x = scale.place(tick);
                canvas.line(&[(x, 0.0), (x, bottom)], 1.0, Ink::Grid)?;
                canvas.text(&shown, (x, bottom + 6.0), Side::Below, Ink::Quiet)?;
            }
            let middle = (left + WIDTH - VALUES) / 2.0;
            canvas.text(quantity, (middle, bottom + 23.0), Side::Below, Ink::Quiet)?;
        }
        for (n, (bar, name)) in bars.iter().zip(&names).enumerate() {
            let middle = (n as f64 + 0.5) * ROW + 2.0;
            canvas.text(name, (left - 8.0, middle), Side::Left, Ink::Text)?;
            one(canvas, bar, scale, middle)?;
        }
        canvas.line(&[(left, 0.0), (left, bottom)], 1.5, Ink::Quiet)
    })
}

fn one(canvas: &Canvas<'_>, bar: &Bar, scale: Scale, middle: f64) -> Drawn {
    let (start, end) = (scale.place(0.0), scale.place(bar.value));
    canvas.rectangle((start, middle - BAR / 2.0), (end, middle + BAR / 2.0), Ink::Bar)?;
    let mut beside = end;
    if let Some((low, high)) = bar.interval {
        let (low, high) = (scale.place(low), scale.place(high));
        canvas.line(&[(low, middle), (high, middle)], 1.5, Ink::Text)?;
        for x in [low, high] {
            canvas.line(&[(x, middle - 5.0), (x, middle + 5.0)], 1.5, Ink::Text)?;
        }
        // Behind the interval, whose line would run through the number.
        beside = end.max(high);
    }
    canvas.text(&bar.shown, (beside + 7.0, middle), Side::Right, Ink::Text)
}
