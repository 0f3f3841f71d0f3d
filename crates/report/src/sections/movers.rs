//! The queries that each stage helped and hurt most.

use trommel_eval::{LossReport, Mover, Movers, Report};

use super::{Medium, leading};
use crate::block::{Block, Holds, Kind, Phrase, Section, Table};
use crate::number::{ranks, step};

/// As much of a query, and of a title, as tells what it is about.
const QUERY: usize = 200;
const TITLE: usize = 160;

/// Returns a table a stage.
pub(super) fn section(report: &Report, losses: &LossReport, medium: Medium) -> Option<Section> {
    let moved = |movers: &&Movers| !movers.helped.is_empty() || !movers.hurt.is_empty();
    let metric = leading(report);
    let tables = losses.movers.iter().filter(moved).map(|movers| table(movers, metric, medium));
    let blocks: Vec<Block> = tables.map(Block::Table).collect();
    let title = "Queries helped and hurt most";
    (!blocks.is_empty()).then_some(Section { id: "movers", title, blocks })
}

fn table(movers: &Movers, metric: &str, medium: Medium) -> Table {
    let columns = [
        ("query", Holds::Text),
        ("text", Holds::Text),
        (metric, Holds::Numbers),
        ("relevant document", Holds::Text),
        ("rank", Holds::Numbers),
    ];
    let caption = Phrase::theirs(&movers.stage)
        .and(Kind::Ours, " against ")
        .and(Kind::Theirs, &movers.against);
    let rows = |movers: &[Mover]| {
        movers.iter().take(medium.movers()).map(|mover| row(mover, medium)).collect()
    };
    Table::new(caption, &columns)
        .with(Some(Phrase::ours("helped most")), rows(&movers.helped))
        .with(Some(Phrase::ours("hurt most")), rows(&movers.hurt))
}

fn row(mover: &Mover, medium: Medium) -> Vec<Phrase> {
    let mut document = Phrase::beginning(&mover.title, TITLE);
    // Without a title its id names the document; on a page, where there is room, the id stands
    // behind the title as well.
    if mover.title.trim().is_empty() {
        document = Phrase::beginning(&mover.document, TITLE);
    } else if medium == Medium::Page {
        let id = Phrase::beginning(&mover.document, TITLE).plain();
        document = document.and(Kind::Quiet, " ").and(Kind::Theirs, format!("({id})"));
    }
    vec![
        Phrase::theirs(&mover.query_id),
        Phrase::beginning(&mover.query, QUERY),
        Phrase::ours(step(mover.before, mover.after)),
        document,
        Phrase::ours(ranks(mover.rank_before, mover.rank_after)),
    ]
}
