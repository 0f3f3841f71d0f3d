//! What the queries show of each part of a search, a sentence a part.

use trommel_eval::{Advice, AdviceVerdict, Report};

use super::leading;
use crate::block::{Block, Kind, Phrase, Section};
use crate::number::count;

/// Returns the sentences.
pub(super) fn section(report: &Report) -> Option<Section> {
    report.advice.first()?;
    let queries = report.queries.evaluated;
    let judged = if queries == 1 { "judged query" } else { "judged queries" };
    let head = format!(
        "{} on your {} {judged}, with each part against without it:",
        leading(report),
        count(queries)
    );
    let sentences = report.advice.iter().map(sentence);
    let blocks =
        std::iter::once(Phrase::ours(head)).chain(sentences).map(Block::Paragraph).collect();
    Some(Section { id: "advice", title: "What is worth keeping", blocks })
}

fn sentence(advice: &Advice) -> Phrase {
    let kind = match advice.verdict {
        AdviceVerdict::Keep | AdviceVerdict::LeaveOut => Kind::Strong,
        AdviceVerdict::NotShown | AdviceVerdict::NoDifference => Kind::Ours,
    };
    Phrase::default().and(kind, &advice.words)
}
