//! Finds running heads and feet: lines that come again at the edge of most pages.

use std::collections::{HashMap, HashSet};

use super::pdf_text::{Kind, Line, Page};

/// In a shorter document nothing is left out.
const FEWEST_PAGES: usize = 3;

/// How many lines at the top and at the bottom of a page may be running ones.
const EDGE: usize = 2;

/// How many numbers of a line are tried as that of the page, such as both of `Page 3 of 10`.
const MAX_NUMBERS: usize = 4;

/// How many points a line may be higher or lower on another page.
const HEIGHT: f32 = 4.0;

/// Stands for the page's number in what is seen of a line.
const NUMBER: char = '#';

/// Stands for it where it is just what the page is called.
const LABEL: &str = "#=";

/// Leaves out running lines, but for the first time that each is there. Page numbers go altogether.
pub(super) fn drop_running_lines(pages: &mut [Page]) {
    if pages.len() < FEWEST_PAGES {
        return;
    }
    let mut sightings: HashMap<Sight, Vec<usize>> = HashMap::new();
    for (index, page) in pages.iter().enumerate() {
        for sight in edge_lines(page).iter().flat_map(|it| it.sights(index, page)) {
            let seen = sightings.entry(sight).or_default();
            if seen.last() != Some(&index) {
                seen.push(index);
            }
        }
    }
    sightings.retain(|sight, seen| is_running(sight, seen));
    let mut met = HashSet::new();
    for (index, page) in pages.iter_mut().enumerate() {
        let gone: HashSet<(String, u32)> = edge_lines(page)
            .iter()
            .filter(|it| {
                it.sights(index, page).into_iter().any(|sight| {
                    sightings.contains_key(&sight) && (sight.is_number() || !met.insert(sight))
                })
            })
            .map(|it| (it.line.text.clone(), it.line.y.to_bits()))
            .collect();
        if !gone.is_empty() {
            page.retain(|line| !gone.contains(&(line.text.clone(), line.y.to_bits())));
        }
    }
}

/// A line at the edge of a page.
struct EdgeLine<'p> {
    line: &'p Line,
    /// Whether the file says that it is a running one.
    marked: bool,
}

/// What a line looks like, but for the page's number.
#[derive(PartialEq, Eq, Hash)]
struct Sight {
    text: String,
    /// In steps, and whether they are the ones between.
    height: (i32, bool),
    marked: bool,
}

impl Sight {
    fn is_number(&self) -> bool {
        self.text.starts_with(NUMBER) && !self.text.contains(char::is_alphabetic)
    }
}

/// Says whether what is seen on these pages, in their order, is a running line. Either it counts
/// the pages, or it is on most of those between the first and the last, if only on the left ones.
fn is_running(sight: &Sight, pages: &[usize]) -> bool {
    let [first, .., last] = pages else { return false };
    let span = last - first + 1;
    let sure = sight.marked || sight.text.starts_with(LABEL) && !sight.is_number();
    let counts = sight.text.starts_with(NUMBER);
    sure || pages.len() >= FEWEST_PAGES && (counts || pages.len() * 5 >= span * 2)
}

/// Returns the lines at the top and the bottom of a page, and those that are marked.
fn edge_lines(page: &Page) -> Vec<EdgeLine<'_>> {
    let (mut lines, mut edges) = (Vec::new(), Vec::new());
    for block in &page.blocks {
        match block.kind {
            // A heading opens a section, and a table's rows may well be alike.
            Kind::Heading(_) | Kind::Table => {}
            Kind::Running => {
                edges.extend(block.parts.iter().flatten().map(|line| (line, true)));
            }
            Kind::Prose | Kind::List => {
                lines.extend(block.parts.iter().flatten().map(|line| (line, false)));
            }
        }
    }
    lines.sort_by(|(a, _), (b, _)| b.y.total_cmp(&a.y));
    if lines.len() > 2 * EDGE {
        lines.drain(EDGE..lines.len() - EDGE);
    }
    edges.extend(lines);
    edges.into_iter().map(|(line, marked)| EdgeLine { line, marked }).collect()
}

impl EdgeLine<'_> {
    /// Returns what is seen of it on a page: the line as it is, and with each of its numbers taken
    /// for the page's.
    fn sights(&self, index: usize, page: &Page) -> Vec<Sight> {
        let lower = self.line.text.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let mut texts = vec![words.join(" ")];
        let place = index as i64 + 1;
        let label =
            page.label.as_deref().map_or(Some(place), |label| number(&label.to_lowercase()));
        let numbers = words.iter().enumerate().filter_map(|(at, word)| Some((at, number(word)?)));
        for (at, number) in numbers.take(MAX_NUMBERS) {
            let counted = match Some(number) == label {
                true => LABEL.to_owned(),
                // Only a page's number goes up with the pages.
                false => format!("{NUMBER}{}", number - place),
            };
            // It comes first, where it is looked for, and then which word it is.
            let rest = words.iter().enumerate().filter(|(other, _)| *other != at);
            let rest: Vec<&str> = rest.map(|(_, &word)| word).collect();
            texts.push(format!("{counted} {at} {}", rest.join(" ")));
        }
        let steps = self.line.y / HEIGHT;
        // Two lines that nearly agree may be of two steps, but not between the same two as well.
        let heights = [(steps.round() as i32, false), (steps.floor() as i32, true)];
        let marked = self.marked;
        texts
            .into_iter()
            .flat_map(|text| heights.map(|height| Sight { text: text.clone(), height, marked }))
            .collect()
    }
}

/// Returns the number that a word is, in digits or in small Roman ones.
fn number(word: &str) -> Option<i64> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    if word.is_empty() || word.len() > 7 {
        return None;
    }
    word.parse().ok().or_else(|| roman(word))
}

fn roman(word: &str) -> Option<i64> {
    let (mut sum, mut last) = (0, 0);
    for digit in word.chars().rev() {
        let value = match digit {
            'i' => 1,
            'v' => 5,
            'x' => 10,
            'l' => 50,
            'c' => 100,
            _ => return None,
        };
        sum += if value < last { -value } else { value };
        last = last.max(value);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::super::pdf_text::{Block, made};
    use super::*;

    /// Returns a page with a head, a line of its own and a foot.
    fn page(head: &str, body: &str, foot: &str) -> Page {
        let at = |text, y| vec![made::line(text, 0.0, y)];
        let body = [600.0, 588.0, 576.0, 564.0].map(|y| at(body, y));
        let mut parts = vec![at(head, 750.0)];
        parts.extend(body);
        parts.push(at(foot, 40.0));
        Page { blocks: vec![Block { kind: Kind::Prose, parts }], ..Page::default() }
    }

    fn left(pages: &[Page]) -> Vec<String> {
        let text = |page: &Page| {
            let mut lines: Vec<&str> = page.lines().map(|line| line.text.as_str()).collect();
            lines.dedup();
            lines.join("|")
        };
        pages.iter().map(text).collect()
    }

    #[test]
    fn running_lines_stay_once_and_page_numbers_go() {
        let mut pages = [
            page("Annual Report", "one", "1"),
            page("Annual Report", "two", "2"),
            page("Annual Report", "three", "3"),
        ];
        let mut two = pages[..2].to_vec();
        drop_running_lines(&mut pages);
        assert_eq!(left(&pages), ["Annual Report|one", "two", "three"]);
        drop_running_lines(&mut two);
        assert_eq!(left(&two), ["Annual Report|one|1", "Annual Report|two|2"]);
    }

    #[test]
    fn heads_may_alternate_and_change_with_the_chapter() {
        let mut pages: Vec<Page> = (0..12)
            .map(|at| {
                let head = match (at % 2, at / 6) {
                    (0, _) => format!("{} The Book", at + 10),
                    (_, 0) => format!("Chapter 1. Tea {}", at + 10),
                    _ => format!("Chapter 2. Cups {}", at + 10),
                };
                page(&head, "text", &format!("foot {at} times {}", at * at))
            })
            .collect();
        drop_running_lines(&mut pages);
        let heads: Vec<String> = left(&pages)
            .iter()
            .map(|page| page.split('|').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(heads[0], "10 The Book");
        assert_eq!(heads[1], "Chapter 1. Tea 11");
        assert_eq!(heads[7], "Chapter 2. Cups 17");
        assert_eq!(heads.iter().filter(|head| *head == "text").count(), 9);
    }

    #[test]
    fn numbers_that_do_not_count_pages_stay() {
        let mut pages = [
            page("Page 3 of 5", "a", "17.50"),
            page("Page 4 of 5", "b", "12"),
            page("Page 5 of 5", "c", "40"),
        ];
        drop_running_lines(&mut pages);
        assert_eq!(left(&pages), ["Page 3 of 5|a|17.50", "b|12", "c|40"]);
    }

    #[test]
    fn a_page_is_known_by_its_label() {
        let labels = ["iii", "iv", "1", "2"];
        let mut pages = labels.map(|label| Page {
            label: Some(label.to_owned()),
            ..page(&format!("{label} Tea"), "text", label)
        });
        drop_running_lines(&mut pages);
        assert_eq!(left(&pages), ["iii Tea|text", "text", "text", "text"]);
    }

    #[test]
    fn what_is_marked_need_not_come_so_often() {
        let mut pages = [0, 1, 2].map(|at| page(["a", "head", "head"][at], "text", "x"));
        let mut marked = pages.clone();
        for page in &mut marked {
            page.blocks[0].kind = Kind::Running;
        }
        drop_running_lines(&mut pages);
        assert_eq!(left(&pages), ["a|text|x", "head|text", "head|text"]);
        drop_running_lines(&mut marked);
        assert_eq!(left(&marked)[2], "");
    }

    #[test]
    fn roman_numbers_are_read() {
        assert_eq!(["i", "iv", "xiv", "xl", "xcix"].map(roman), [1, 4, 14, 40, 99].map(Some));
        assert_eq!(number("--"), None);
        assert_eq!(number("-12-"), Some(12));
    }
}
