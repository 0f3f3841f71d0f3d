//! Markdown: its headings, and its title.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use trommel_core::{HeadingMark, Metadata};
use trommel_extract::one_line;

use super::front_matter::front_matter;

/// The longest title or heading, in characters: every passage below a heading repeats it.
const MAX_HEADING: usize = 200;

/// How much of a text, in bytes, is parsed at once: the parser's tree can be a hundred times larger.
const MAX_PARSED: usize = 2 << 20;

/// How much of a text is searched for its title.
const TITLE_WINDOW: usize = 64 << 10;

/// A heading in a Markdown text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    /// The byte at which it begins.
    pub(crate) start: usize,
    /// Its level, 1 to 6.
    pub(crate) level: u8,
    /// What it says, without markup; empty if nothing.
    pub(crate) text: String,
}

impl Heading {
    /// Returns a heading that the document's reader marked.
    pub(crate) fn of(mark: &HeadingMark) -> Self {
        Self { start: mark.at, level: mark.level, text: mark.text.clone() }
    }
}

/// Returns the headings of a text in their order, as CommonMark sees them: none in code.
///
/// A text of more than 2 MiB is parsed in parts that end with a paragraph, so memory stays bounded
/// and code that spans two parts may be misread.
pub(crate) fn headings(text: &str) -> impl Iterator<Item = Heading> {
    parts(text).flat_map(move |(start, part)| {
        headings_of_part(part)
            .map(move |heading| Heading { start: start + heading.start, ..heading })
    })
}

/// Returns the parts of a text and where they begin.
fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let window = &rest[..rest.floor_char_boundary(MAX_PARSED)];
        let end = if window.len() == rest.len() {
            window.len()
        } else {
            // At the end of a paragraph hardly any construct is open; failing that, at a line's
            // end.
            let paragraph = window.rfind("\n\n").map(|at| at + 2);
            paragraph.or_else(|| window.rfind('\n').map(|at| at + 1)).unwrap_or(window.len())
        };
        let part = (start, &rest[..end]);
        start += end;
        Some(part)
    })
}

fn headings_of_part(text: &str) -> impl Iterator<Item = Heading> {
    // The options of text-splitter, so that both see one structure.
    let mut events = Parser::new_ext(text, Options::all()).into_offset_iter();
    std::iter::from_fn(move || {
        // Headings cannot hold headings, so everything up to the next end of one is its text.
        let (level, start) = events.by_ref().find_map(opened)?;
        let mut text = String::new();
        for (event, _) in events.by_ref() {
            match event {
                Event::End(TagEnd::Heading(_)) => break,
                Event::Text(part) | Event::Code(part) | Event::InlineMath(part) => {
                    text.push_str(&part);
                }
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                _ => {}
            }
        }
        Some(Heading { start, level, text: one_line(&text, MAX_HEADING).unwrap_or_default() })
    })
}

fn opened((event, range): (Event<'_>, Range<usize>)) -> Option<(u8, usize)> {
    match event {
        Event::Start(Tag::Heading { level, .. }) => Some((level as u8, range.start)),
        _ => None,
    }
}

/// Returns the title that the front matter gives, else the first heading's text; and the other values of
/// the front matter.
pub(super) fn title(text: &str) -> (Option<String>, Metadata) {
    let window = &text[..text.floor_char_boundary(TITLE_WINDOW)];
    let mut metadata = front_matter(window).unwrap_or_default();
    let said = metadata.remove("title").and_then(|title| one_line(&title, MAX_HEADING));
    let said = said.filter(|title| title.contains(char::is_alphanumeric));
    let first = || headings(window).map(|heading| heading.text).find(|text| !text.is_empty());
    (said.or_else(first), metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(text: &str) -> Option<String> {
        super::title(text).0
    }

    fn seen(text: &str) -> Vec<(usize, u8, String)> {
        headings(text).map(|heading| (heading.start, heading.level, heading.text)).collect()
    }

    #[test]
    fn headings_are_found_in_both_styles_and_not_in_code() {
        let text =
            "# The `soup` *book*\n\n```sh\n# not one\n```\n\nStock\n-----\n\n    # nor this\n";
        assert_eq!(seen(text), [(0, 1, "The soup book".into()), (42, 2, "Stock".into())]);
    }

    #[test]
    fn headings_of_a_long_text_are_found_where_they_are() {
        let section = "# Größe\n\nA paragraph of text below it.\n\n";
        let text = section.repeat(2 * MAX_PARSED / section.len() + 9);
        let starts: Vec<usize> = headings(&text).map(|heading| heading.start).collect();
        let expected: Vec<usize> = (0..text.len()).step_by(section.len()).collect();
        assert_eq!(starts, expected);
        assert_eq!(parts(&"\n".repeat(MAX_PARSED + 1)).count(), 2);
        assert_eq!(parts(&"é".repeat(MAX_PARSED)).count(), 2);
    }

    #[test]
    fn front_matter_is_no_heading() {
        assert_eq!(seen("---\nlayout: x\n---\n\n# A\n"), [(19, 1, "A".into())]);
    }

    #[test]
    fn the_title_comes_from_front_matter_or_the_first_heading() {
        assert_eq!(title("---\ntitle: \"Cold brew\"\n---\n# Other\n").unwrap(), "Cold brew");
        assert_eq!(title("+++\ntitle = 'Cold brew'\n+++\n").unwrap(), "Cold brew");
        assert_eq!(title("---\nsubtitle: no\n---\n# Other\n").unwrap(), "Other");
        assert_eq!(title("Text first\n\n#\n\n## Then this\n").unwrap(), "Then this");
        assert_eq!(title("no heading at all"), None);
    }

    /// By YAML 1.2: folded and literal block scalars, comments, and the end of a document.
    #[test]
    fn a_title_may_be_any_scalar_of_yaml() {
        let titled = |value: &str| title(&format!("---\na: b\ntitle: {value}\n---\n# Other\n"));
        assert_eq!(titled(">-\n  How we restore\n  the pump").unwrap(), "How we restore the pump");
        assert_eq!(
            titled("|2\n  Winter rota\n\n  for the kiln\nc: d").unwrap(),
            "Winter rota for the kiln"
        );
        assert_eq!(titled("Cold brew # hot").unwrap(), "Cold brew");
        assert_eq!(titled("'Cold #3' # hot").unwrap(), "Cold #3");
        assert_eq!(titled("C#").unwrap(), "C#");
        assert_eq!(titled("--").unwrap(), "Other");
        assert_eq!(title("---\ntitle: Cold brew\n...\ntext").unwrap(), "Cold brew");
    }

    #[test]
    fn a_rule_begins_no_front_matter() {
        assert_eq!(title("---\n\nAgenda\n\ntitle: none\n"), None);
        assert_eq!(title("---\n\ntitle: none\n\n---\n"), None);
        assert_eq!(title("---\ntitle: none\n# Minutes\n").unwrap(), "Minutes");
    }
}
