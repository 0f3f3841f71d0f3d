//! Quality against time, with the front of those that no other one beats.

use unicode_width::UnicodeWidthStr;

use super::canvas::{self, Canvas, Drawn, Ink, LETTERS, Side, WIDTH};
use super::name::shortened;
use super::scale::{Scale, round_ratios, round_values, shown};
use crate::block::Point;
use crate::number::count;

const HEIGHT: f64 = 250.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = WIDTH - 16.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = HEIGHT - 48.0;
const DOT: f64 = 5.0;
/// No search is drawn as quicker than that, in milliseconds.
const QUICKEST: f64 = 0.001;
/// How wide a column is on average.
const CHARACTER: f64 = 0.6 * LETTERS;

/// Draws a point a stage, with its interval, and the front as a line of steps.
pub(super) fn draw(metric: &str, points: &[Point], label: &str) -> Option<String> {
    if points.is_empty() {
        return None;
    }
    let finite = |value: f64, otherwise: f64| if value.is_finite() { value } else { otherwise };
    let ends = points.iter().flat_map(|point| {
        let (low, high) = point.interval;
        [point.quality, finite(low, point.quality), finite(high, point.quality)]
    });
    let (low, high) = ends.fold((f64::MAX, f64::MIN), |(low, high), q| (low.min(q), high.max(q)));
    let qualities = round_values(low, high, 4);
    let (first, last) = (*qualities.first()?, *qualities.last()?);
    let y = Scale::linear((first, last), (BOTTOM, TOP));
    let times = points.iter().map(|point| point.time.max(QUICKEST));
    let (low, high) = times.fold((f64::MAX, f64::MIN), |(low, high), t| (low.min(t), high.max(t)));
    // On an axis of ratios room at the edges is a factor, too; a single point gets an axis of some
    // length.
    let (low, high) = (low / 1.8, high * 1.8);
    let x = Scale::logarithmic((low, high), (LEFT + 6.0, RIGHT));
    let at = |point: &Point| (x.place(point.time.max(QUICKEST)), y.place(point.quality));
    canvas::draw(HEIGHT, label, |canvas| {
        for (&quality, shown) in qualities.iter().zip(shown(&qualities)) {
            let place = y.place(quality);
            canvas.line(&[(LEFT, place), (RIGHT, place)], 1.0, Ink::Grid)?;
            canvas.text(&shown, (LEFT - 7.0, place), Side::Left, Ink::Quiet)?;
        }
        for time in round_ratios(low, high, 6) {
            let place = x.place(time);
            canvas.line(&[(place, TOP), (place, BOTTOM)], 1.0, Ink::Grid)?;
            canvas.text(&milliseconds(time), (place, BOTTOM + 6.0), Side::Below, Ink::Quiet)?;
        }
        let middle = (LEFT + RIGHT) / 2.0;
        canvas.text("median milliseconds", (middle, BOTTOM + 26.0), Side::Below, Ink::Quiet)?;
        canvas.text(metric, (8.0, 11.0), Side::Right, Ink::Quiet)?;
        front(canvas, points, &at)?;
        for point in points {
            let (across, _) = at(point);
            let (low, high) = (y.place(point.interval.0), y.place(point.interval.1));
            canvas.line(&[(across, low), (across, high)], 1.25, Ink::Quiet)?;
        }
        for point in points {
            // A point that another one beats is a ring: a smaller dot in the colour of the page
            // lies on it.
            canvas.dot(at(point), DOT, Ink::Better)?;
            if !point.on_front {
                canvas.dot(at(point), DOT - 2.0, Ink::Page)?;
            }
        }
        let places: Vec<(f64, f64)> = points.iter().map(at).collect();
        let names = shortened(points.iter().map(|point| point.name.as_str()));
        for (name, (from, side)) in names.iter().zip(labels(&names, &places)) {
            canvas.text(name, from, side, Ink::Text)?;
        }
        Ok(())
    })
}

/// Draws the front: for every time, the best quality that it buys.
fn front(canvas: &Canvas<'_>, points: &[Point], at: &dyn Fn(&Point) -> (f64, f64)) -> Drawn {
    let mut on_front: Vec<(f64, f64)> =
        points.iter().filter(|point| point.on_front).map(at).collect();
    on_front.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (x, y) in on_front {
        // Across at the height of the point before, then up: a little less time than the next point
        // takes buys no more than the one before.
        steps.extend(steps.last().map(|&(_, before)| (x, before)));
        steps.push((x, y));
    }
    if steps.len() > 1 { canvas.line(&steps, 1.5, Ink::Better) } else { Ok(()) }
}

/// Returns where each name stands: beside its point, where it covers the fewest others.
fn labels(names: &[String], places: &[(f64, f64)]) -> Vec<((f64, f64), Side)> {
    type Area = (f64, f64, f64, f64);
    let dot = |&(x, y): &(f64, f64)| (x - DOT, y - DOT, x + DOT, y + DOT);
    // One name after the other takes the place with the fewest overlaps that is left: not the best
    // of all arrangements, but rows are few.
    let mut taken: Vec<Area> = places.iter().map(dot).collect();
    let mut labels = Vec::new();
    for (name, &(x, y)) in names.iter().zip(places) {
        let width = name.width() as f64 * CHARACTER;
        let half = LETTERS * 0.6;
        let mut choices = Vec::new();
        for up in [-13.0, 13.0, 0.0, -27.0, 27.0] {
            choices.push(((x + 10.0, y + up), Side::Right));
            choices.push(((x - 10.0, y + up), Side::Left));
        }
        let area = |&((x, y), side): &((f64, f64), Side)| match side {
            Side::Left => (x - width, y - half, x, y + half),
            _ => (x, y - half, x + width, y + half),
        };
        let cost = |choice: &((f64, f64), Side)| {
            let (left, top, right, bottom) = area(choice);
            let outside = left < LEFT || right > WIDTH || top < 0.0 || bottom > BOTTOM;
            let covers = |&(l, t, r, b): &Area| left < r && l < right && top < b && t < bottom;
            // A name that is cut off is worse than one that covers a few others.
            taken.iter().filter(|it| covers(it)).count() + if outside { 10 } else { 0 }
        };
        // Of equal costs the first: above the point, on its right.
        let Some(best) = choices.iter().copied().min_by_key(cost) else { continue };
        taken.push(area(&best));
        labels.push(best);
    }
    labels
}

fn milliseconds(time: f64) -> String {
    if time >= 1.0 { count(time.round() as usize) } else { format!("{time}") }
}
