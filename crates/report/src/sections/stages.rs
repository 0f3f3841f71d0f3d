//! A row a stage, with every metric.

use trommel_eval::{Estimate, Report, three};

use super::leading;
use crate::block::{Bar, Block, Chart, Figure, Holds, Kind, Phrase, Section, Table};
use crate::number::counted;

/// Returns the table of stages and its chart.
pub(super) fn section(report: &Report) -> Section {
    let mut blocks = Vec::new();
    if report.stages.is_empty() {
        blocks.push(Block::Paragraph(Phrase::ours("Nothing was measured.")));
    } else {
        blocks.push(Block::Table(table(report)));
        blocks.extend(figure(report).map(Block::Figure));
    }
    Section { id: "stages", title: "Stages", blocks }
}

fn table(report: &Report) -> Table {
    let queries = counted(report.queries.evaluated, "query", "queries");
    let caption = Phrase::ours(format!("Mean of {queries} [95 % confidence interval]"));
    let mut columns = vec![("stage", Holds::Words)];
    columns.extend(report.metrics.iter().map(|metric| (metric.as_str(), Holds::Numbers)));
    let row = |stage: &trommel_eval::StageReport| {
        let mut row = vec![Phrase::theirs(&stage.stage)];
        row.extend(report.metrics.iter().map(|metric| estimate(stage.metrics.get(metric))));
        row
    };
    Table::new(caption, &columns).with(None, report.stages.iter().map(row).collect())
}

fn estimate(estimate: Option<&Estimate>) -> Phrase {
    let Some(&Estimate { mean, low, high }) = estimate else { return Phrase::ours("–") };
    let interval = format!(" [{}, {}]", three(low), three(high));
    Phrase::default().and(Kind::Strong, three(mean)).and(Kind::Quiet, interval)
}

fn figure(report: &Report) -> Option<Figure> {
    let metric = leading(report);
    let bar = |stage: &trommel_eval::StageReport| {
        let estimate = stage.metrics.get(metric)?;
        Some(Bar {
            name: stage.stage.clone(),
            value: estimate.mean,
            interval: Some((estimate.low, estimate.high)),
            shown: three(estimate.mean),
        })
    };
    let bars: Vec<Bar> = report.stages.iter().filter_map(bar).collect();
    let best = bars.iter().max_by(|a, b| a.value.total_cmp(&b.value))?;
    let label = format!(
        "Bars of {metric}, one a stage, with confidence intervals. {} has the highest, {}.",
        best.name, best.shown
    );
    Some(Figure {
        label,
        caption: Phrase::theirs(metric)
            .and(Kind::Ours, " of each stage; the lines are 95 % confidence intervals."),
        chart: Chart::Bars { bars, axis: Some(metric.to_owned()) },
    })
}
