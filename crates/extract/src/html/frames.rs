//! Which parts of an HTML page are its frame: told by what they hold, not by their names alone.
//!
//! Whole pages stand in a form, and a header may hold the headline and the abstract. So every such
//! element is measured before the page is written.

use std::collections::HashMap;

use html5ever::LocalName;

use super::Reader;

/// What share of a page's running words makes an element more than a part of its frame.
const CONTENT: f64 = 0.2;
/// How many running words a header has that says something.
const SAYING: usize = 10;

/// An element that may be a part of a page's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Frame {
    /// How many words it holds outside of links.
    words: usize,
    /// How many `h1`.
    headlines: usize,
    /// How many numbers that say something, as those of telephones and post codes do.
    numbers: usize,
}

/// How many digits a number has that is no date of copyright and no count.
const TELLING: usize = 5;

/// Returns how many numbers of a text say something. Digits are one number over the signs that are
/// written in telephone numbers; a year is none, nor are two.
fn telling_numbers(text: &str) -> usize {
    let is_of_number = |c: char| c.is_ascii_digit() || " -\u{2013}./()+\u{a0}".contains(c);
    let is_year =
        |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let runs = text.split(|c| !is_of_number(c)).filter(|run| {
        let groups = || run.split(|c: char| !c.is_ascii_digit()).filter(|it| !it.is_empty());
        groups().map(str::len).sum::<usize>() >= TELLING && !groups().all(is_year)
    });
    runs.count()
}

/// Measures the elements that may be parts of a page's frame, in the order of their start tags.
#[derive(Debug, Default)]
pub(super) struct Frames {
    measured: Vec<(LocalName, Frame)>,
    /// What is open of them, by place, and of links and of what nobody reads.
    open: Vec<(LocalName, Option<usize>)>,
    /// How many elements of a name are open, so that a stray end tag costs no search.
    open_count: HashMap<LocalName, usize>,
    /// The places of the open ones alone, the innermost last.
    within: Vec<usize>,
    links: usize,
    unread: usize,
    page: Frame,
}

/// Says whether elements of a name may be parts of a page's frame.
pub(super) fn may_be_frame(name: &LocalName) -> bool {
    matches!(&**name, "nav" | "aside" | "form" | "button" | "dialog" | "header" | "footer")
}

impl Reader for Frames {
    fn open(&mut self, name: &LocalName) {
        match &**name {
            "a" => self.links += 1,
            "script" | "style" | "noscript" | "template" | "svg" | "title" => self.unread += 1,
            "h1" => self.add(|frame| frame.headlines += 1),
            _ if may_be_frame(name) => {
                let place = self.measured.len();
                self.measured.push((name.clone(), Frame::default()));
                self.within.push(place);
                self.push(name, Some(place));
                return;
            }
            _ => return,
        }
        if &**name != "h1" {
            self.push(name, None);
        }
    }

    fn close(&mut self, name: &LocalName) {
        if self.open_count.get(name).is_none_or(|count| *count == 0) {
            return;
        }
        while let Some((inner, place)) = self.open.pop() {
            if let Some(count) = self.open_count.get_mut(&inner) {
                *count -= 1;
            }
            match (&*inner, place) {
                (_, Some(place)) => self.end(place),
                ("a", None) => self.links -= 1,
                (_, None) => self.unread -= 1,
            }
            if inner == *name {
                break;
            }
        }
    }

    fn text(&mut self, text: &str) {
        if self.links == 0 && self.unread == 0 {
            let words = text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric));
            let words = words.count();
            let numbers = telling_numbers(text);
            self.add(|frame| {
                frame.words += words;
                frame.numbers += numbers;
            });
        }
    }
}

impl Frames {
    fn push(&mut self, name: &LocalName, place: Option<usize>) {
        *self.open_count.entry(name.clone()).or_default() += 1;
        self.open.push((name.clone(), place));
    }

    /// Ends an element: what it holds, the one around it holds too.
    fn end(&mut self, place: usize) {
        self.within.pop();
        let inner = self.measured[place].1;
        if let Some(outer) = self.within.last() {
            let outer = &mut self.measured[*outer].1;
            outer.words += inner.words;
            outer.headlines += inner.headlines;
            outer.numbers += inner.numbers;
        }
    }

    fn add(&mut self, change: impl Fn(&mut Frame)) {
        change(&mut self.page);
        if let Some(place) = self.within.last() {
            change(&mut self.measured[*place].1);
        }
    }

    /// Returns of each element whether it is a part of the frame, in the order of their start tags.
    pub(super) fn told(mut self) -> Vec<bool> {
        while let Some(place) = self.within.last() {
            self.end(*place);
        }
        let page = self.page;
        let is_frame = |(name, frame): &(LocalName, Frame)| {
            let is_much = frame.words as f64 >= CONTENT * page.words as f64 && frame.words > 0;
            match &**name {
                // A page's only headline is its own; of several, that of its frame is a site's name.
                "header" => {
                    let has_headline = frame.headlines > 0 && page.headlines == frame.headlines;
                    !(has_headline || frame.words >= SAYING)
                }
                "form" | "dialog" => !is_much,
                "footer" => frame.numbers == 0,
                _ => true,
            }
        };
        self.measured.iter().map(is_frame).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_and_post_codes_tell_and_years_and_counts_do_not() {
        for telling in ["Call +49 30 901820", "10115 Berlin", "(0171) 55-61", "1961/62 44"] {
            assert_eq!(telling_numbers(telling), 1, "{telling}");
        }
        for empty in ["\u{a9} 2024", "2019\u{2013}2024 all rights", "page 3 of 12", "v2.1", ""] {
            assert_eq!(telling_numbers(empty), 0, "{empty}");
        }
    }
}
