//! What one needs to measure the same again.

use trommel_eval::Report;

use crate::block::{Block, Phrase, Section};
use crate::number;

/// Returns the facts and the settings.
pub(super) fn section(report: &Report) -> Option<Section> {
    let subject = &report.subject;
    let facts = subject
        .facts
        .iter()
        .map(|fact| (Phrase::theirs(&fact.name), Phrase::theirs(number::fact(&fact.value))));
    let settings =
        subject.settings.iter().map(|(name, value)| (Phrase::theirs(name), Phrase::theirs(value)));
    let lists: [Vec<(Phrase, Phrase)>; 2] = [facts.collect(), settings.collect()];
    let names = ["What was measured:", "With these settings:"];
    let mut blocks = Vec::new();
    for (list, name) in lists.into_iter().zip(names) {
        if !list.is_empty() {
            blocks.push(Block::Paragraph(Phrase::ours(name)));
            blocks.push(Block::Facts(list));
        }
    }
    let title = "To measure it again";
    (!blocks.is_empty()).then_some(Section { id: "facts", title, blocks })
}
