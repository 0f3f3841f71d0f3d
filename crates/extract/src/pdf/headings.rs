//! Puts the headings of the outline where they stand on their pages.

use super::pdf_text::{Block, Bookmark, Kind, Line, Page};

/// How many lines a heading may have.
const MAX_LINES: usize = 4;

/// How many lines are compared with titles on one page. One that would need more has its titles at
/// its start.
const MAX_WORK: usize = 1 << 16;

/// What is numbered before a title.
const NUMBERED: [&str; 8] =
    ["chapter", "section", "part", "appendix", "kapitel", "abschnitt", "teil", "chapitre"];

/// The longest number before a title, such as that of `Chapter 12`, in letters and digits.
const MAX_NUMBER: usize = 12;

/// Makes headings of the lines that bookmarks lead to. Returns the bookmarks for which there is no
/// such line: their sections begin with their pages.
pub(super) fn place(pages: &mut [Page], outline: Vec<Bookmark>) -> Vec<Bookmark> {
    let mut elsewhere = Vec::new();
    let mut by_page: Vec<Vec<Bookmark>> = Vec::new();
    by_page.resize_with(pages.len(), Vec::new);
    for bookmark in outline {
        if let Some(of_page) = by_page.get_mut(bookmark.page) {
            of_page.push(bookmark);
        }
    }
    for (page, bookmarks) in pages.iter_mut().zip(by_page) {
        if !bookmarks.is_empty() {
            elsewhere.extend(place_on(page, bookmarks));
        }
    }
    elsewhere
}

fn place_on(page: &mut Page, bookmarks: Vec<Bookmark>) -> Vec<Bookmark> {
    let mut parts: Vec<Part> = page
        .blocks
        .iter()
        .enumerate()
        .flat_map(|(block, it)| it.parts.iter().enumerate().map(move |(at, it)| (block, at, it)))
        .map(|(block, at, lines)| Part::of(block, at, lines))
        .collect();
    if parts.len() * bookmarks.len() > MAX_WORK {
        return bookmarks;
    }
    let (mut found, mut elsewhere, mut after) = (Vec::new(), Vec::new(), 0);
    for bookmark in bookmarks {
        match find(&parts, &bookmark, after) {
            Some((first, count)) => {
                for part in parts.iter_mut().skip(first).take(count) {
                    part.taken = true;
                }
                after = first + count;
                let at = &parts[first];
                found.push((at.block, at.at, count, bookmark.level));
            }
            None => elsewhere.push(bookmark),
        }
    }
    // From the end, so that what is still to be cut stays where it is.
    found.sort_unstable();
    for (block, at, count, level) in found.into_iter().rev() {
        cut_out(&mut page.blocks, block, at, count, level);
    }
    elsewhere
}

/// A part of a block, as it is compared.
struct Part {
    block: usize,
    at: usize,
    letters: String,
    y: f32,
    taken: bool,
}

impl Part {
    fn of(block: usize, at: usize, lines: &[Line]) -> Self {
        let letters = lines.iter().map(|line| letters(&line.text)).collect();
        let y = lines.first().map_or(0.0, |line| line.y);
        Self { block, at, letters, y, taken: false }
    }
}

/// Returns the first part of a heading and how many it has: those nearest to where the bookmark
/// leads, or the first ones that come after the last heading, or the first ones.
fn find(parts: &[Part], bookmark: &Bookmark, after: usize) -> Option<(usize, usize)> {
    let title = letters(&bookmark.title);
    if title.is_empty() {
        return None;
    }
    let matches =
        (0..parts.len()).filter_map(|first| Some((first, count(&parts[first..], &title)?)));
    let away = |&(first, _): &(usize, usize)| match bookmark.top {
        Some(top) => (parts[first].y - top).abs(),
        None => f32::from(u8::from(first < after)),
    };
    matches.min_by(|a, b| away(a).total_cmp(&away(b)))
}

/// Returns how many of the parts from here on are the title, if they are.
fn count(parts: &[Part], title: &str) -> Option<usize> {
    let block = parts.first()?.block;
    let mut said = String::new();
    for (at, part) in parts.iter().take(MAX_LINES).enumerate() {
        if part.taken || part.block != block {
            return None;
        }
        said.push_str(&part.letters);
        if is_same(&said, title) {
            return Some(at + 1);
        }
        if said.len() > title.len() + MAX_NUMBER {
            return None;
        }
    }
    None
}

/// Says whether a heading and a title are one, but for a number before one of them.
fn is_same(heading: &str, title: &str) -> bool {
    let (long, short) = match heading.len() >= title.len() {
        true => (heading, title),
        false => (title, heading),
    };
    // A single letter is no title, and a number none either.
    let Some(number) = long.strip_suffix(short) else { return false };
    number.is_empty() || short.chars().nth(2).is_some() && is_number(number)
}

/// Says whether letters and digits are a number, such as `12`, `iv`, `a1` or `chapter7`.
fn is_number(text: &str) -> bool {
    let named = NUMBERED.iter().find_map(|name| text.strip_prefix(name));
    let number = named.unwrap_or(text);
    let after_letter =
        number.get(1..).filter(|_| number.starts_with(|c: char| c.is_ascii_lowercase()));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let roman = number.chars().all(|c| matches!(c, 'i' | 'v' | 'x'));
    let of_appendix =
        after_letter.is_some_and(|rest| digits(rest) && (named.is_some() || !rest.is_empty()));
    text.len() <= MAX_NUMBER && (digits(number) || roman || of_appendix)
}

/// Returns the letters and digits of a text, in small ones.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Makes parts of a block a heading, with what was before and after it in blocks of their own.
fn cut_out(blocks: &mut Vec<Block>, block: usize, at: usize, count: usize, level: u8) {
    let Some(whole) = blocks.get_mut(block) else { return };
    let kind = whole.kind;
    let after = whole.parts.split_off((at + count).min(whole.parts.len()));
    let heading = whole.parts.split_off(at.min(whole.parts.len()));
    let cut = [(Kind::Heading(level), heading), (kind, after)];
    let cut = cut.into_iter().map(|(kind, parts)| Block { kind, parts });
    let from = if whole.parts.is_empty() { block } else { block + 1 };
    blocks.splice(from..=block, cut.filter(|block| !block.parts.is_empty()));
}

#[cfg(test)]
mod tests {
    use super::super::pdf_text::made;
    use super::*;

    fn bookmark(level: u8, title: &str, page: usize) -> Bookmark {
        Bookmark { level, title: title.to_owned(), page, top: None }
    }

    fn said(page: &Page) -> Vec<(Kind, String)> {
        let text = |block: &Block| {
            let lines: Vec<&str> =
                block.parts.iter().flatten().map(|it| it.text.as_str()).collect();
            (block.kind, lines.join("|"))
        };
        page.blocks.iter().map(text).collect()
    }

    #[test]
    fn a_bookmark_becomes_the_line_it_leads_to() {
        let mut pages = [
            made::page(&["Contents", "1 Tea"]),
            made::page(&[
                "end.",
                "1  Tea",
                "Pour hot",
                "water.",
                "2 On the making",
                "of cups",
                "x",
            ]),
        ];
        let outline = vec![
            bookmark(1, "Tea", 1),
            bookmark(2, "On the making of cups", 1),
            bookmark(1, "No", 0),
        ];
        let elsewhere = place(&mut pages, outline);
        assert_eq!(elsewhere, [bookmark(1, "No", 0)]);
        assert_eq!(said(&pages[0]), [(Kind::Prose, "Contents|1 Tea".to_owned())]);
        let expected = [
            (Kind::Prose, "end."),
            (Kind::Heading(1), "1  Tea"),
            (Kind::Prose, "Pour hot|water."),
            (Kind::Heading(2), "2 On the making|of cups"),
            (Kind::Prose, "x"),
        ];
        assert_eq!(said(&pages[1]), expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    #[test]
    fn the_height_tells_which_line_it_is() {
        let lines = ["Tea", "a", "Tea", "b", "Tea"];
        let at = |top| {
            let mut pages = [made::page(&lines)];
            // Lines are 12 points apart from 700 on.
            let _ = place(&mut pages, vec![Bookmark { top: Some(top), ..bookmark(1, "Tea", 0) }]);
            said(&pages[0]).iter().position(|(kind, _)| *kind == Kind::Heading(1))
        };
        assert_eq!(at(710.0), Some(0));
        assert_eq!(at(680.0), Some(1));
        let mut pages = [made::page(&lines)];
        // Without it, each title is found once, one after the other.
        let three = vec![bookmark(1, "Tea", 0), bookmark(2, "Tea", 0), bookmark(3, "Tea", 0)];
        assert!(place(&mut pages, three).is_empty());
        let levels: Vec<Kind> = said(&pages[0]).into_iter().map(|(kind, _)| kind).collect();
        let expected = [1, 0, 2, 0, 3].map(|level| match level {
            0 => Kind::Prose,
            level => Kind::Heading(level),
        });
        assert_eq!(levels, expected);
    }

    #[test]
    fn only_a_number_may_be_before_a_title() {
        let same = [("1tea", "tea"), ("chapter12tea", "tea"), ("tea", "ivtea"), ("b2tea", "tea")];
        for (heading, title) in same {
            assert!(is_same(heading, title), "{heading} {title}");
        }
        let other = [("greentea", "tea"), ("12", "2"), ("tea2", "tea"), ("atea", "tea")];
        for (heading, title) in other {
            assert!(!is_same(heading, title), "{heading} {title}");
        }
    }

    #[test]
    fn a_page_of_too_many_bookmarks_has_them_at_its_start() {
        let lines: Vec<String> = (0..2000).map(|at| format!("line {at}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut pages = [made::page(&lines)];
        let outline: Vec<Bookmark> =
            (0..2000).map(|at| bookmark(1, &format!("line {at}"), 0)).collect();
        assert_eq!(place(&mut pages, outline).len(), 2000);
        assert_eq!(pages[0].blocks.len(), 1);
    }
}
