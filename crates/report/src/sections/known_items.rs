//! How often a query that was drawn from a document has that document first.

use trommel_eval::{KnownItemFirsts, KnownItemReport, KnownItemsOfKind};

use crate::block::{Block, Holds, Kind, Phrase, Section, Table};
use crate::number::count;

/// Returns the tables of what was found and of what was drawn.
pub(super) fn section(known: &KnownItemReport) -> Section {
    let mut blocks = vec![Block::Table(firsts(known)), Block::Table(drawn(known))];
    let queries: usize = known.kinds.iter().map(|kind| kind.queries).sum();
    if queries < known.asked {
        let (asked, queries) = (count(known.asked), count(queries));
        blocks.push(Block::Paragraph(Phrase::ours(format!(
            "{asked} queries were asked for; the documents have no more than {queries} of these \
             kinds."
        ))));
    }
    Section { id: "known-items", title: "Known items", blocks }
}

/// Returns a row a stage with a column a kind, so that stages stand under each other.
fn firsts(known: &KnownItemReport) -> Table {
    // A kind that the documents do not have has nothing to show.
    let kinds: Vec<&KnownItemsOfKind> =
        known.kinds.iter().filter(|kind| kind.queries > 0).collect();
    let mut columns = vec![("stage", Holds::Words)];
    columns.extend(kinds.iter().map(|kind| (kind.kind.as_str(), Holds::Numbers)));
    columns.push(("all", Holds::Numbers));
    let row = |stage: &KnownItemFirsts| {
        let of = |kind: &str| stage.first.get(kind).copied().unwrap_or(0);
        let mut row = vec![Phrase::theirs(&stage.stage)];
        row.extend(kinds.iter().map(|kind| share(of(&kind.kind), kind.queries)));
        let all = kinds.iter().map(|kind| of(&kind.kind)).sum();
        row.push(share(all, kinds.iter().map(|kind| kind.queries).sum()));
        row
    };
    let caption = Phrase::ours("Queries that have their own document first");
    Table::new(caption, &columns).with(None, known.stages.iter().map(row).collect())
}

fn share(first: usize, of: usize) -> Phrase {
    Phrase::default().and(Kind::Strong, count(first)).and(Kind::Quiet, format!(" of {}", count(of)))
}

fn drawn(known: &KnownItemReport) -> Table {
    let columns = [
        ("kind", Holds::Words),
        ("drawn", Holds::Numbers),
        ("of", Holds::Numbers),
        ("each query is", Holds::Whole),
    ];
    let row = |kind: &KnownItemsOfKind| {
        vec![
            Phrase::theirs(&kind.kind),
            Phrase::default().and(Kind::Strong, count(kind.queries)),
            Phrase::ours(count(kind.available)),
            Phrase::theirs(&kind.meaning),
        ]
    };
    let caption =
        Phrase::ours("Queries drawn from the documents, each with its own as the only answer");
    Table::new(caption, &columns).with(None, known.kinds.iter().map(row).collect())
}
