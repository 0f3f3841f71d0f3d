//! A report for a terminal.

mod fit;
mod table;

use trommel_eval::Report;
use unicode_width::UnicodeWidthStr;

use self::fit::{cut, wrap};
use crate::block::{Block, Phrase};
use crate::sections::{Heading, Medium, heading, sections};

/// The narrowest that a report gets: below that no number has room.
const NARROWEST: usize = 20;

/// Returns the report in lines of at most `width` columns.
pub(crate) fn write(report: &Report, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut lines = top(&heading(report), width);
    for section in sections(report, Medium::Terminal) {
        lines.push(String::new());
        let title = cut(section.title, width);
        lines.push(title.clone());
        lines.push("─".repeat(title.width()));
        for (n, block) in section.blocks.iter().enumerate() {
            let block = match block {
                Block::Paragraph(text) => wrap(&text.plain(), width, ""),
                Block::Table(it) => table::lines(it, width),
                Block::Facts(_) | Block::Figure(_) => continue,
            };
            if n > 0 {
                lines.push(String::new());
            }
            lines.extend(block);
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn top(head: &Heading, width: usize) -> Vec<String> {
    let sizes: Vec<String> = head.sizes.iter().map(Phrase::plain).collect();
    let mut lines = wrap(&format!("{}: {}", head.name.plain(), sizes.join(", ")), width, "");
    lines.extend(head.notes.iter().flat_map(|note| wrap(&note.plain(), width, "  ")));
    lines
}
