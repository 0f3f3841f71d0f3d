//! How the numbers are meant.

use crate::block::{Block, Phrase, Section};

const INTERVALS: &str = "A mean is over the queries that were asked. The interval beside it says how \
    far it would vary if other queries of the same kind were asked: 95 % bootstrap, with queries \
    drawn anew from these.";
const DIFFERENCES: &str = "A stage is compared with another query by query. That is why a difference \
    can be significant although the intervals of the two means overlap: judge a change by its own \
    interval. p is the probability of a difference at least as large if the two stages were the \
    same (paired randomisation test, two-sided). Who tests often finds something by chance, so p \
    is corrected for all differences of the table by Holm's method; below .05 a difference is \
    called significant.";
const NOTHING: &str = "Not significant does not mean equal: these queries do not decide it. A \
    document without a judgement counts as not relevant.";

/// Returns the explanation.
pub(super) fn section() -> Section {
    let paragraph = |text: &str| Block::Paragraph(Phrase::ours(text));
    let blocks = [INTERVALS, DIFFERENCES, NOTHING].map(paragraph).to_vec();
    Section { id: "reading", title: "How to read this", blocks }
}
