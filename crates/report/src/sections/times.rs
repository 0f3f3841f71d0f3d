//! How long a search takes, and what the time buys.

use trommel_eval::{Latency, Report, StageReport};

use super::leading;
use crate::block::{Block, Chart, Figure, Holds, Kind, Phrase, Point, Section, Table};
use crate::number::tenths;

/// Returns the table of times and quality against time; runs have none.
pub(super) fn section(report: &Report) -> Option<Section> {
    let timed = |stage: &&StageReport| stage.latency_ms.is_some() || stage.passages_read.is_some();
    report.stages.iter().find(timed)?;
    let columns = [
        ("stage", Holds::Words),
        ("median", Holds::Numbers),
        ("p95", Holds::Numbers),
        ("p99", Holds::Numbers),
        ("passages read", Holds::Numbers),
    ];
    let caption = Phrase::ours("Milliseconds of a search that ends with the stage");
    let table = Table::new(caption, &columns)
        .with(None, report.stages.iter().filter(timed).map(row).collect());
    let figure = figure(report).map(Block::Figure);
    let blocks = std::iter::once(Block::Table(table)).chain(figure).collect();
    Some(Section { id: "times", title: "Times", blocks })
}

fn row(stage: &StageReport) -> Vec<Phrase> {
    let shown = |value: Option<f64>| Phrase::ours(value.map_or_else(|| "–".to_owned(), tenths));
    let time = |of: fn(Latency) -> f64| shown(stage.latency_ms.map(of));
    vec![
        Phrase::theirs(&stage.stage),
        time(|ms| ms.median),
        time(|ms| ms.p95),
        time(|ms| ms.p99),
        shown(stage.passages_read),
    ]
}

fn figure(report: &Report) -> Option<Figure> {
    let metric = leading(report);
    let point = |stage: &StageReport| {
        let (estimate, latency) = (stage.metrics.get(metric)?, stage.latency_ms?);
        let finite = estimate.mean.is_finite() && latency.median.is_finite();
        finite.then(|| Point {
            name: stage.stage.clone(),
            time: latency.median,
            quality: estimate.mean,
            interval: (estimate.low, estimate.high),
            on_front: false,
        })
    };
    let mut points: Vec<Point> = report.stages.iter().filter_map(point).collect();
    if points.is_empty() {
        return None;
    }
    mark_front(&mut points);
    let front: Vec<&str> =
        points.iter().filter(|point| point.on_front).map(|point| point.name.as_str()).collect();
    let caption = " against the median time of a search. Filled: on the Pareto front, no other \
                   stage is both quicker and better. Lines: 95 % confidence intervals.";
    Some(Figure {
        label: format!("{metric} against time. On the Pareto front: {}.", front.join(", ")),
        caption: Phrase::theirs(metric).and(Kind::Ours, caption),
        chart: Chart::Tradeoff { metric: metric.to_owned(), points },
    })
}

/// Marks every point that no other one beats: at least as quick and as good, and better in one.
fn mark_front(points: &mut [Point]) {
    let at: Vec<(f64, f64)> = points.iter().map(|point| (point.time, point.quality)).collect();
    for point in points {
        let beats = |&(time, quality): &(f64, f64)| {
            time <= point.time
                && quality >= point.quality
                && (time < point.time || quality > point.quality)
        };
        point.on_front = !at.iter().any(beats);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_what_nothing_beats() {
        let point = |&(time, quality): &(f64, f64)| Point {
            name: String::new(),
            time,
            quality,
            interval: (quality, quality),
            on_front: false,
        };
        // The third is slower and no better than the second; the last two are the same.
        let at = [(1.0, 0.5), (2.0, 0.7), (3.0, 0.7), (4.0, 0.6), (9.0, 0.8), (9.0, 0.8)];
        let mut points: Vec<Point> = at.iter().map(point).collect();
        mark_front(&mut points);
        let front: Vec<bool> = points.iter().map(|point| point.on_front).collect();
        assert_eq!(front, [true, true, false, false, true, true]);
    }
}
