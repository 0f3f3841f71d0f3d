//! A report to paste into a document.

use trommel_eval::Report;

use crate::block::{Block, Holds, Kind, Phrase, Span, Table};
use crate::sections::{Medium, heading, sections};

/// Returns the report with GitHub's tables.
pub(crate) fn write(report: &Report) -> String {
    let head = heading(report);
    let sizes: Vec<String> = head.sizes.iter().map(phrase).collect();
    let mut out = format!("# {}\n\n{}\n", phrase(&head.name), sizes.join(", "));
    if !head.notes.is_empty() {
        out.push('\n');
    }
    for note in &head.notes {
        out.push_str(&format!("- {}\n", phrase(note)));
    }
    for section in sections(report, Medium::Page) {
        out.push_str(&format!("\n## {}\n", section.title));
        for block in &section.blocks {
            match block {
                Block::Paragraph(text) => out.push_str(&format!("\n{}\n", phrase(text))),
                Block::Table(it) => out.push_str(&table(it)),
                Block::Facts(facts) => {
                    out.push('\n');
                    for (name, value) in facts {
                        out.push_str(&format!("- {}: {}\n", phrase(name), phrase(value)));
                    }
                }
                Block::Figure(_) => {}
            }
        }
    }
    out
}

fn table(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = format!("\n{}\n\n", phrase(&table.caption));
    out.push_str(&line(table.columns.iter().map(|column| plain(&column.name)).collect()));
    let rule = table.columns.iter().map(|column| match column.holds {
        Holds::Numbers => "--:".to_owned(),
        Holds::Words | Holds::Text | Holds::Whole => "---".to_owned(),
    });
    out.push_str(&line(rule.collect()));
    for group in &table.groups {
        if let Some(name) = &group.name {
            // Markdown has no cell over several columns: the name of a group stands in a row of
            // empty ones.
            let empty = table.columns.iter().skip(1).map(|_| String::new());
            let name = format!("*{}*", phrase(name));
            out.push_str(&line(std::iter::once(name).chain(empty).collect()));
        }
        for row in &group.rows {
            out.push_str(&line(row.iter().map(phrase).collect()));
        }
    }
    out
}

fn phrase(phrase: &Phrase) -> String {
    let span = |Span { kind, text }: &Span| match kind {
        Kind::Theirs => plain(text),
        Kind::Code if !text.is_empty() => code(text),
        Kind::Strong if !text.is_empty() => format!("**{}**", ours(text)),
        Kind::Ours | Kind::Quiet | Kind::Strong | Kind::Code => ours(text),
    };
    phrase.spans().iter().map(span).collect()
}

/// Returns text with everything that Markdown would read as its own escaped.
fn plain(text: &str) -> String {
    escape(text, r"\`*_{}[]<>#|~!&$")
}

/// The same for our own words, whose brackets around intervals stay readable: alone they mean
/// nothing to Markdown.
fn ours(text: &str) -> String {
    escape(text, r"\`*_<>|~&").replace("](", r"]\(").replace("][", r"]\[")
}

fn escape(text: &str, special: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if special.contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Returns text as a code span, fenced by more backticks than it holds; a bar in it does not end
/// the cell of a table.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', r"\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_documents_cannot_become_markup() {
        assert_eq!(plain("a [x](y) *b* # c <i> | &lt;"), r"a \[x\](y) \*b\* \# c \<i\> \| \&lt;");
        assert_eq!(ours("+.1 [.0, .2], p < .001"), r"+.1 [.0, .2], p \< .001");
        assert_eq!(ours("[z](w) | *y*"), r"[z]\(w) \| \*y\*");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a|b"), r"`a\|b`");
    }
}
