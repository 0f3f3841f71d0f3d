//! Charts as SVG, whose colours are those of the page's style.

mod bars;
mod canvas;
mod differences;
mod name;
mod scale;
mod tradeoff;

use crate::block::Chart;

/// Returns a drawing with a label for whoever cannot see it, or `None` where there is nothing to
/// draw.
pub(super) fn draw(chart: &Chart, label: &str) -> Option<String> {
    match chart {
        Chart::Bars { bars, axis } => bars::draw(bars, axis.as_deref(), label),
        Chart::Differences(differences) => differences::draw(differences, label),
        Chart::Tradeoff { metric, points } => tradeoff::draw(metric, points, label),
    }
}
