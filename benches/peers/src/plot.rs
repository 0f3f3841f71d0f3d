//! One drawing a race, as SVG.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Failure;
use crate::record::{Outcome, Record, Timing};

const WIDTH: u32 = 900;
/// Height of one contestant's group of bars, and of everything around all of them.
const GROUP: u32 = 26;
const AROUND: u32 = 90;
const OURS: RGBColor = RGBColor(196, 78, 32);
const THEIRS: RGBColor = RGBColor(96, 112, 128);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// Draws what lies in a folder of results: `TASK.svg` beside each `TASK.json`.
pub fn plot(results: &Path) -> Result<(), Failure> {
    for task in ["encode", "rerank", "mixed", "vectors"] {
        let Ok(bytes) = std::fs::read(results.join(format!("{task}.json"))) else { continue };
        let record: Record = serde_json::from_slice(&bytes)?;
        let file = results.join(format!("{task}.svg"));
        let lines = record.results.len() as u32 * record.work().len() as u32;
        let height = if task == "vectors" { 480 } else { AROUND + lines.max(8) * GROUP * 2 / 3 };
        let area = SVGBackend::new(&file, (WIDTH, height)).into_drawing_area();
        let drawn = area.fill(&WHITE).and_then(|()| match task {
            "vectors" => recall(&area, &record),
            _ => bars(&area, &record),
        });
        drawn
            .and_then(|()| area.present())
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

/// Draws rates as bars, a panel for each piece of work.
fn bars<'a>(area: &Area<'a>, record: &Record) -> Drawn<'a> {
    let area = area.titled(&record.title, ("sans-serif", 20))?;
    let area = area.margin(0, 18, 0, 0);
    let work = record.work();
    area.draw_text(&caption(record), &("sans-serif", 13).into_font().color(&THEIRS), (12, 2))?;
    let area = area.margin(20, 0, 0, 0);
    for (panel, name) in area.split_evenly((work.len(), 1)).iter().zip(&work) {
        let rows: Vec<(&Outcome, f64, &str)> = (record.results.iter())
            .filter_map(|it| it.work.get(*name).map(|timing| (it, timing.rate, &*timing.unit)))
            .collect();
        let (width, height) = panel.dim_in_pixel();
        let most = rows.iter().map(|(_, rate, _)| *rate).fold(1.0, f64::max);
        let step = f64::from(height.saturating_sub(26)) / rows.len() as f64;
        let room = f64::from(width) - 420.0;
        let style = |size| ("sans-serif", size).into_font();
        panel.draw_text(name, &style(15).color(&BLACK), (12, 4))?;
        for (line, (outcome, rate, unit)) in rows.iter().enumerate() {
            let top = 24 + (line as f64 * step) as i32;
            let colour = if outcome.name.starts_with("trommel") { OURS } else { THEIRS };
            let end = 220 + (room * rate / most) as i32;
            let bar = [(220, top), (end, top + step as i32 - 3)];
            panel.draw(&Rectangle::new(bar, colour.filled()))?;
            panel.draw_text(&outcome.name, &style(13).color(&BLACK), (12, top))?;
            let figure =
                if *rate >= 1000.0 { format!("{:.1}k", rate / 1e3) } else { format!("{rate:.0}") };
            let label = match record.ratio(&outcome.name, name) {
                Some(ratio) if outcome.name != record.first => {
                    format!("{figure} {unit} (×{ratio:.2})")
                }
                _ => format!("{figure} {unit}"),
            };
            panel.draw_text(&label, &style(13).color(&BLACK), (end + 6, top))?;
        }
    }
    Ok(())
}

/// Draws time against recall at 10 and at 100, a line for each index.
fn recall<'a>(area: &Area<'a>, record: &Record) -> Drawn<'a> {
    let area = area.titled(&record.title, ("sans-serif", 20))?;
    area.draw_text(&caption(record), &("sans-serif", 13).into_font().color(&THEIRS), (12, 2))?;
    let area = area.margin(22, 0, 0, 0);
    for (panel, k) in area.split_evenly((1, 2)).iter().zip([10, 100]) {
        let prefix = format!("search-{k}-");
        let points = |outcome: &Outcome| -> Vec<(f64, f64)> {
            // In the order of the walk's width, not of what came out.
            let mut searches: Vec<_> = (outcome.work.iter())
                .filter_map(|(name, timing)| Some((name.strip_prefix(&prefix)?, timing)))
                .collect();
            searches.sort_by_key(|(ef, _)| ef.parse::<u32>().unwrap_or(0));
            let point = |(_, timing): &(&str, &Timing)| Some((timing.fidelity?, 1e6 / timing.rate));
            searches.iter().filter_map(point).collect()
        };
        let all: Vec<(f64, f64)> = record.results.iter().flat_map(points).collect();
        let least = all.iter().map(|point| point.0).fold(0.99, f64::min) - 0.005;
        let (low, high) = (all.iter().map(|it| it.1))
            .fold((1e9, 1.0), |(low, high): (f64, f64), time| (low.min(time), high.max(time)));
        let mut chart = ChartBuilder::on(panel)
            .caption(format!("recall@{k}"), ("sans-serif", 15))
            .margin(8)
            .x_label_area_size(32)
            .y_label_area_size(60)
            .build_cartesian_2d(least..1.002, (low * 0.7..high * 1.6).log_scale())?;
        chart.configure_mesh().x_desc("recall").y_desc("µs a query").x_labels(6).draw()?;
        for (number, outcome) in record.results.iter().enumerate() {
            let colour = match outcome.name.as_str() {
                name if name.starts_with("trommel") => {
                    OURS.mix(if number == 0 { 1.0 } else { 0.6 })
                }
                _ => Palette9999::pick(number + 1).mix(1.0),
            };
            let points = points(outcome);
            chart
                .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
                .label(&outcome.name)
                .legend(move |(x, y)| Circle::new((x + 8, y), 4, colour.filled()));
            chart.draw_series(points.iter().map(|&at| Circle::new(at, 4, colour.filled())))?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()?;
    }
    Ok(())
}

/// Returns where and when it was measured, and how.
fn caption(record: &Record) -> String {
    format!(
        "{}, {}, 2 threads, medians of {} rounds; ×: how many times as fast {} is",
        record.date, record.machine, record.rounds, record.first
    )
}
