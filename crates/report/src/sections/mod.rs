//! The sections of a report, one a file.

mod advice;
mod changes;
mod facts;
mod failures;
mod heading;
mod known_items;
mod losses;
mod movers;
mod reading;
mod stages;
mod sweep;
mod times;

use trommel_eval::Report;

use crate::block::Section;

pub(crate) use heading::{Heading, heading};

/// Where a report is written to, which says how much of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    /// A terminal: the most telling lines.
    Terminal,
    /// A document or a page: all that is needed to repeat and to judge it.
    Page,
}

impl Medium {
    /// Returns how many queries are shown that a stage helped, and how many that it hurt.
    fn movers(self) -> usize {
        match self {
            Self::Terminal => 3,
            Self::Page => 10,
        }
    }
}

/// Returns the sections for which the report has something to show.
pub(crate) fn sections(report: &Report, medium: Medium) -> Vec<Section> {
    let mut sections = vec![stages::section(report)];
    sections.extend(report.known_items.as_ref().map(known_items::section));
    sections.extend(failures::section(report));
    sections.extend(changes::section(report));
    sections.extend(advice::section(report));
    sections.extend(times::section(report));
    if let Some(losses) = &report.losses {
        sections.push(losses::section(losses));
        sections.extend(movers::section(report, losses, medium));
    }
    sections.extend(report.sweep.as_ref().map(sweep::section));
    if medium == Medium::Page {
        sections.extend(facts::section(report));
        sections.push(reading::section());
    }
    sections
}

/// Returns the metric that leads, or the empty name.
fn leading(report: &Report) -> &str {
    report.metrics.first().map_or("", String::as_str)
}
