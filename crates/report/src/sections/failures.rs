//! Where a reranker failed, so that a row is not what its name says.

use std::collections::BTreeMap;

use trommel_eval::{FailedQuery, Report};

use crate::block::{Block, Holds, Phrase, Section, Table};
use crate::number::counted;

/// How many failures of a row are listed.
const LISTED: usize = 5;
/// As much of a reason as tells what it is about.
const REASON: usize = 200;

/// Returns the table of failures; there is none without any.
pub(super) fn section(report: &Report) -> Option<Section> {
    let mut rows: BTreeMap<&str, Vec<&FailedQuery>> = BTreeMap::new();
    for failure in &report.failures {
        rows.entry(&failure.stage).or_default().push(failure);
    }
    if rows.is_empty() {
        return None;
    }
    let caption = Phrase::ours("The figures of a row hold what the stage before ranked here");
    let columns = [("query", Holds::Words), ("reason", Holds::Text)];
    let mut table = Table::new(caption, &columns);
    for (stage, failures) in rows {
        let queries = counted(report.queries.evaluated, "query", "queries");
        let head = format!("{stage}: failed for {} of {queries}", failures.len());
        let listed = failures.iter().take(LISTED).map(|failure| {
            vec![Phrase::theirs(&failure.query_id), Phrase::beginning(&failure.reason, REASON)]
        });
        table = table.with(Some(Phrase::theirs(head)), listed.collect());
    }
    Some(Section { id: "failures", title: "Failures", blocks: vec![Block::Table(table)] })
}
