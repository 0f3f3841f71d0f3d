//! Differences of queries, sorted: helped ones stand above the line, hurt ones hang below it.

use super::canvas::{self, Ink, Side, WIDTH};
use super::scale::{Scale, round_values, shown};
use crate::number::count;

const HEIGHT: f64 = 216.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = WIDTH - 8.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = HEIGHT - 44.0;
/// Room for how many were helped, or hurt, and how far that stands from the line.
const LABEL: f64 = 90.0;
const LABEL_AWAY: f64 = 13.0;
/// As many steps as can be told apart.
const STEPS: usize = 400;

/// Draws differences that are sorted from the largest to the smallest.
pub(super) fn draw(differences: &[f64], label: &str) -> Option<String> {
    let queries = differences.len();
    if queries == 0 {
        return None;
    }
    let most = differences.iter().fold(0.0_f64, |most, difference| most.max(difference.abs()));
    let ticks = round_values(-most.max(0.01), most.max(0.01), 4);
    let end = ticks.last().copied().unwrap_or(1.0);
    let y = Scale::linear((-end, end), (BOTTOM, TOP));
    let x = Scale::linear((0.0, queries as f64), (LEFT, RIGHT));
    let zero = y.place(0.0);
    canvas::draw(HEIGHT, label, |canvas| {
        for (&tick, shown) in ticks.iter().zip(shown(&ticks)) {
            let place = y.place(tick);
            let sign = if tick > 0.0 && shown != "0" { "+" } else { "" };
            canvas.line(&[(LEFT, place), (RIGHT, place)], 1.0, Ink::Grid)?;
            canvas.text(&format!("{sign}{shown}"), (LEFT - 7.0, place), Side::Left, Ink::Quiet)?;
        }
        // The list falls, so the helped stand in front, then those at zero, then the hurt.
        let helped = differences.partition_point(|&difference| difference > 0.0);
        let hurt = differences.partition_point(|&difference| difference >= 0.0);
        for (from, to, ink) in [(0, helped, Ink::Better), (hurt, queries, Ink::Worse)] {
            let mut outline: Vec<(f64, f64)> = Vec::new();
            for (start, end, difference) in steps(&differences[from..to]) {
                let place = y.place(difference);
                outline.push((x.place((from + start) as f64), place));
                outline.push((x.place((from + end) as f64), place));
            }
            if let (Some(&(first, _)), Some(&(last, _))) = (outline.first(), outline.last()) {
                // Back along the line at zero, which closes the area.
                outline.extend([(last, zero), (first, zero)]);
                canvas.area(&outline, ink)?;
            }
        }
        canvas.line(&[(LEFT, zero), (RIGHT, zero)], 1.5, Ink::Quiet)?;
        if helped > 0 {
            let text = format!("{} helped", count(helped));
            // Under a wide area, beside a narrow one: there is never another.
            let at = match x.place(helped as f64) {
                end if end - LEFT < LABEL => (end + 7.0, zero - LABEL_AWAY),
                _ => (LEFT + 5.0, zero + LABEL_AWAY),
            };
            canvas.text(&text, at, Side::Right, Ink::Better)?;
        }
        if hurt < queries {
            let text = format!("{} hurt", count(queries - hurt));
            let at = match x.place(hurt as f64) {
                start if RIGHT - start < LABEL => (start - 7.0, zero + LABEL_AWAY),
                _ => (RIGHT - 5.0, zero - LABEL_AWAY),
            };
            canvas.text(&text, at, Side::Left, Ink::Worse)?;
        }
        let axis = "queries, from the most helped to the most hurt";
        canvas.text(axis, ((LEFT + RIGHT) / 2.0, BOTTOM + 16.0), Side::Below, Ink::Quiet)
    })
}

/// Returns where each step of a sorted list begins and ends, and its height: equal ones are one
/// step, and of a very long list only as many are kept as can be told apart.
fn steps(sorted: &[f64]) -> Vec<(usize, usize, f64)> {
    let width = sorted.len().div_ceil(STEPS).max(1);
    let mut steps: Vec<(usize, usize, f64)> = Vec::new();
    for (n, chunk) in sorted.chunks(width).enumerate() {
        // The middle one of a step stands for all of it; they are sorted, so it is their median.
        let (start, height) = (n * width, chunk[chunk.len() / 2]);
        match steps.last_mut() {
            Some((_, end, last)) if *last == height => *end = start + chunk.len(),
            _ => steps.push((start, start + chunk.len(), height)),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_differences_are_one_step() {
        assert_eq!(steps(&[1.0, 0.5, 0.5, 0.25]), [(0, 1, 1.0), (1, 3, 0.5), (3, 4, 0.25)]);
        assert_eq!(steps(&[]), []);
    }

    #[test]
    fn a_long_list_keeps_its_width_and_few_steps() {
        let long: Vec<f64> = (0..5_003).rev().map(f64::from).collect();
        let steps = steps(&long);
        assert!(steps.len() <= STEPS, "{}", steps.len());
        assert_eq!((steps[0].0, steps[steps.len() - 1].1), (0, 5_003));
        assert!(steps.windows(2).all(|pair| pair[0].1 == pair[1].0 && pair[0].2 > pair[1].2));
    }
}
