//! What changes from a row to the next, and whether that is shown.

use trommel_eval::{Change, Difference, Report, StageReport, signed};

use super::leading;
use crate::block::{Block, Chart, Figure, Holds, Kind, Phrase, Section, Table};
use crate::number::{count, p};

/// Returns the table of differences and a chart a comparison.
pub(super) fn section(report: &Report) -> Option<Section> {
    let changes = || report.stages.iter().flat_map(all);
    changes().next()?;
    let columns =
        [("metric", Holds::Words), ("difference", Holds::Whole), ("p (Holm)", Holds::Numbers)];
    let caption = Phrase::ours("Mean difference of the same queries [95 % confidence interval]");
    let mut table = Table::new(caption, &columns);
    for (stage, change) in changes() {
        table = table.with(Some(pair(stage, change)), rows(change, &report.metrics));
    }
    let figures = changes().filter_map(|(stage, change)| figure(report, stage, change));
    let figures = figures.map(Block::Figure);
    let blocks = std::iter::once(Block::Table(table)).chain(figures).collect();
    Some(Section { id: "changes", title: "Changes", blocks })
}

/// Returns what a row is compared with.
fn all(stage: &StageReport) -> impl Iterator<Item = (&StageReport, &Change)> {
    let changes = stage.change.iter().chain(&stage.further_changes);
    changes.map(move |change| (stage, change))
}

/// Returns what is compared.
fn pair(stage: &StageReport, change: &Change) -> Phrase {
    Phrase::theirs(&stage.stage).and(Kind::Ours, " against ").and(Kind::Theirs, &change.against)
}

fn rows(change: &Change, metrics: &[String]) -> Vec<Vec<Phrase>> {
    let differences =
        metrics.iter().filter_map(|metric| Some((metric, change.metrics.get(metric)?)));
    let row = |(metric, difference): (&String, &Difference)| {
        let kind = if difference.significant { Kind::Strong } else { Kind::Ours };
        vec![
            Phrase::theirs(metric),
            Phrase::default().and(kind, &difference.words),
            Phrase::ours(p(difference.p_holm)),
        ]
    };
    differences.map(row).collect()
}

fn figure(report: &Report, stage: &StageReport, change: &Change) -> Option<Figure> {
    let metric = leading(report);
    let score = |query: &trommel_eval::QueryReport, stage: &str| {
        query.scores.get(stage)?.get(metric).copied()
    };
    // A query that only one of the two rows has says nothing of their difference.
    let difference = |query| {
        let difference = score(query, &stage.stage)? - score(query, &change.against)?;
        difference.is_finite().then_some(difference)
    };
    let mut differences: Vec<f64> = report.per_query.iter().filter_map(difference).collect();
    if differences.is_empty() {
        return None;
    }
    differences.sort_by(|a, b| b.total_cmp(a));
    let helped = differences.iter().filter(|&&difference| difference > 0.0).count();
    let hurt = differences.iter().filter(|&&difference| difference < 0.0).count();
    let same = differences.len() - helped - hurt;
    let [helped, hurt, same] = [helped, hurt, same].map(count);
    let counts = format!("{helped} helped, {hurt} hurt, {same} unchanged");
    let mean = change
        .metrics
        .get(metric)
        .map_or_else(String::new, |difference| format!(", {} on average", signed(difference.mean)));
    Some(Figure {
        label: format!(
            "Differences of {metric} a query, {} against {}: {counts}.",
            stage.stage, change.against
        ),
        caption: pair(stage, change).and(Kind::Ours, format!(": {counts}{mean}.")),
        chart: Chart::Differences(differences),
    })
}
