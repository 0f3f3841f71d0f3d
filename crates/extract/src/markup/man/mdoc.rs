//! The macros mdoc, which say what words mean.

use super::{Next, Page};
use crate::ExtractError;

/// How deep lists are remembered.
const DEPTH: usize = 100;

/// What the macros remember from one line to the next.
#[derive(Default)]
pub(super) struct Mdoc {
    /// What the page is about, which `.Nm` fills in.
    name: String,
    date: String,
    is_synopsis: bool,
    /// The lists that are open.
    lists: Vec<List>,
    /// Whether a term goes on over lines.
    is_term_open: bool,
}

/// How a list looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Items,
    Terms,
    Rows,
}

/// The macros that stand before words and say what these are, and nothing more.
const PLAIN: &[&str] = &[
    "Ad", "An", "Cd", "Cm", "Dv", "Em", "Er", "Ev", "Fa", "Fd", "Ft", "Fr", "Ic", "Lb", "Li", "Ms",
    "Mt", "No", "Ot", "Pa", "St", "Sx", "Sy", "Tn", "Va", "Vt", "Bk", "Ek", "Xo", "Xc", "Rs", "Re",
    "Sm", "Bf", "Ef", "Lp", "Hf", "Tg", "Es", "En", "Eo", "Ec",
];

/// What stands around the words behind a macro.
const ENCLOSURES: &[(&str, &str, &str)] = &[
    ("Op", "[", "]"),
    ("Aq", "<", ">"),
    ("Bq", "[", "]"),
    ("Brq", "{", "}"),
    ("Pq", "(", ")"),
    ("Dq", "\u{201c}", "\u{201d}"),
    ("Sq", "\u{2018}", "\u{2019}"),
    ("Qq", "\"", "\""),
    ("Ql", "\u{2018}", "\u{2019}"),
];

/// The same over lines: what opens, and what closes.
const OPENERS: &[(&str, &str)] = &[
    ("Oo", "["),
    ("Ao", "<"),
    ("Bo", "["),
    ("Bro", "{"),
    ("Po", "("),
    ("Do", "\u{201c}"),
    ("So", "\u{2018}"),
    ("Qo", "\""),
];
const CLOSERS: &[(&str, &str)] = &[
    ("Oc", "]"),
    ("Ac", ">"),
    ("Bc", "]"),
    ("Brc", "}"),
    ("Pc", ")"),
    ("Dc", "\u{201d}"),
    ("Sc", "\u{2019}"),
    ("Qc", "\""),
];

/// The names of systems.
const SYSTEMS: &[(&str, &str)] = &[
    ("Ux", "UNIX"),
    ("Bx", "BSD"),
    ("Fx", "FreeBSD"),
    ("Nx", "NetBSD"),
    ("Ox", "OpenBSD"),
    ("Dx", "DragonFly"),
    ("Bsx", "BSD/OS"),
    ("At", "AT&T UNIX"),
];

fn among<'a>(table: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    table.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

fn is_macro(word: &str) -> bool {
    PLAIN.contains(&word)
        || matches!(
            word,
            "Ap" | "Ar" | "Fl" | "Fn" | "In" | "Lk" | "Nm" | "Ns" | "Pf" | "Ta" | "Xr" | "Ex"
        )
        || ENCLOSURES.iter().any(|(name, ..)| *name == word)
        || among(OPENERS, word).or(among(CLOSERS, word)).or(among(SYSTEMS, word)).is_some()
}

impl Page {
    /// Obeys a macro of mdoc.
    pub(super) fn mdoc(&mut self, name: &str, arguments: Vec<String>) -> Result<(), ExtractError> {
        let Some(mdoc) = &mut self.mdoc else { return Ok(()) };
        match name {
            "Dd" => mdoc.date = arguments.join(" "),
            "Dt" => {
                let argument = |at: usize| arguments.get(at).map_or("", String::as_str);
                let date = std::mem::take(&mut mdoc.date);
                self.titled(argument(0), argument(1), &date);
            }
            "Os" | "Bk" | "Ek" | "Sm" | "Bf" | "Ef" | "Tg" | "Rs" | "Re" => {}
            "Sh" | "Ss" => {
                mdoc.is_synopsis = arguments.first().is_some_and(|word| word == "SYNOPSIS");
                mdoc.lists.clear();
                let title = self.words(&arguments).text;
                self.section(if name == "Sh" { 1 } else { 2 }, &title)?;
            }
            "Pp" | "Lp" => self.paragraph()?,
            "Bl" => {
                let list = match arguments.first().map(String::as_str) {
                    Some("-bullet" | "-dash" | "-hyphen" | "-enum" | "-item") => List::Items,
                    Some("-column") => List::Rows,
                    _ => List::Terms,
                };
                if mdoc.lists.len() < DEPTH {
                    mdoc.lists.push(list);
                }
                self.flush()?;
            }
            "El" => {
                mdoc.lists.pop();
                self.flush()?;
            }
            "It" => self.mdoc_item(&arguments)?,
            "Bd" => match arguments.iter().any(|it| it == "-literal" || it == "-unfilled") {
                true => self.keep()?,
                false => self.flush()?,
            },
            "Ed" => {
                self.fill()?;
                self.prose.end()?;
            }
            "D1" | "Dl" => {
                let text = self.words(&arguments).text;
                self.flush()?;
                self.prose.kept(&text)?;
            }
            // What stands behind these holds no macros.
            "Nd" => self.text(&format!("- {}", arguments.join(" ")))?,
            _ if name.starts_with('%') => self.text(&arguments.join(" "))?,
            _ => self.mdoc_words(name, arguments)?,
        }
        Ok(())
    }

    /// Begins an item of the innermost list.
    fn mdoc_item(&mut self, arguments: &[String]) -> Result<(), ExtractError> {
        let list = self.mdoc.as_ref().and_then(|mdoc| mdoc.lists.last().copied());
        let words = self.words(arguments);
        match list {
            Some(List::Items) => {
                self.flush()?;
                self.prose.item("- ")
            }
            Some(List::Rows) => {
                let cells: Vec<String> = words.text.split(['|', '\t']).map(str::to_owned).collect();
                self.prose.row(&cells)
            }
            _ => {
                self.flush()?;
                let is_open =
                    arguments.iter().any(|it| it == "Xo") && !arguments.iter().any(|it| it == "Xc");
                if let Some(mdoc) = &mut self.mdoc {
                    mdoc.is_term_open = is_open;
                }
                self.text(&words.text)?;
                if is_open { Ok(()) } else { self.break_line() }
            }
        }
    }

    /// Writes the words of a line that begins with a macro.
    fn mdoc_words(&mut self, name: &str, arguments: Vec<String>) -> Result<(), ExtractError> {
        let mut line = arguments;
        line.insert(0, name.to_owned());
        if name == "Nm" && self.mdoc.as_ref().is_some_and(|mdoc| mdoc.is_synopsis) {
            self.break_line()?;
        }
        let words = self.words(&line);
        let (is_glued, was_glued) =
            (words.is_glued_to_next, self.is_glued || words.is_glued_to_last);
        if !words.text.is_empty() {
            self.is_glued = was_glued && self.next == Next::Text;
            self.text(&words.text)?;
            self.is_glued = is_glued;
        } else {
            self.is_glued = was_glued || is_glued;
        }
        let ends_term = line.iter().any(|word| word == "Xc");
        match &mut self.mdoc {
            Some(mdoc) if mdoc.is_term_open && ends_term => {
                mdoc.is_term_open = false;
                self.break_line()
            }
            _ => Ok(()),
        }
    }

    /// Returns a line of macros and their words as they read.
    fn words(&mut self, line: &[String]) -> Words {
        // Punctuation at the end stands behind all that closes there.
        let is_point =
            |word: &String| [".", ",", ":", ";", ")", "]", "?", "!"].contains(&word.as_str());
        let points = line.iter().rev().take_while(|word| is_point(word)).count();
        let (line, points) = line.split_at(line.len() - points);

        let mut words = Words::default();
        let mut closing = Vec::new();
        let mut at = 0;
        while let Some(word) = line.get(at) {
            at += 1;
            // What belongs to a macro ends at the next one.
            let own = line[at..].iter().take_while(|it| !is_macro(it) && !is_point(it));
            let behind = if is_macro(word) { own.count() } else { 0 };
            let own = &line[at..at + behind];
            let is_shown = match word.as_str() {
                "Nm" => {
                    let mdoc = self.mdoc.get_or_insert_default();
                    match own.first() {
                        Some(name) if mdoc.name.is_empty() => mdoc.name.clone_from(name),
                        Some(_) => {}
                        None => words.add(&mdoc.name),
                    }
                    continue;
                }
                "Fl" => {
                    let flags = own.iter().map(String::as_str);
                    match own.is_empty() {
                        true => words.add("-"),
                        false => flags.for_each(|flag| words.add(&flagged(flag))),
                    }
                    // `Fl Fl long` is one word.
                    words.is_glued_to_next =
                        own.is_empty() && line.get(at).is_some_and(|it| it == "Fl");
                    true
                }
                "Ar" if own.is_empty() => {
                    words.add("file ...");
                    true
                }
                "Xr" => {
                    match own {
                        [name, section, rest @ ..] => {
                            words.add(&format!("{name}({section})"));
                            rest.iter().for_each(|word| words.add(word));
                        }
                        _ => own.iter().for_each(|word| words.add(word)),
                    }
                    true
                }
                "Fn" => {
                    if let [name, arguments @ ..] = own {
                        words.add(&format!("{name}({})", arguments.join(", ")));
                    }
                    true
                }
                "In" => {
                    words.add(&format!("<{}>", own.join(" ")));
                    true
                }
                "Ta" => {
                    words.add("|");
                    false
                }
                "Ns" => {
                    words.glue();
                    false
                }
                "Ap" => {
                    words.glue();
                    words.add("'");
                    words.glue();
                    false
                }
                "Pf" => {
                    if let [prefix, rest @ ..] = own {
                        words.add(prefix);
                        words.glue();
                        rest.iter().for_each(|word| words.add(word));
                    }
                    true
                }
                "Ex" => {
                    let name =
                        own.get(1).map_or(self.mdoc.get_or_insert_default().name.as_str(), |it| it);
                    words.add(&format!(
                        "The {name} utility exits 0 on success, and >0 if an error occurs."
                    ));
                    true
                }
                // The text of a link stands behind its address.
                "Lk" => {
                    if let [address, text @ ..] = own {
                        text.iter().for_each(|word| words.add(word));
                        words.add(&if text.is_empty() {
                            address.clone()
                        } else {
                            format!("<{address}>")
                        });
                    }
                    true
                }
                name => {
                    if let Some((_, open, close)) =
                        ENCLOSURES.iter().find(|(known, ..)| *known == name)
                    {
                        words.add(open);
                        words.glue();
                        closing.push(*close);
                    } else if let Some(open) = among(OPENERS, name) {
                        words.add(open);
                        words.glue();
                    } else if let Some(close) = among(CLOSERS, name) {
                        words.glue();
                        words.add(close);
                    } else if let Some(system) = among(SYSTEMS, name) {
                        words.add(system);
                    } else if !is_macro(name) {
                        words.add(name);
                    }
                    false
                }
            };
            if is_shown {
                at += behind;
            }
        }
        for close in closing.iter().rev().copied().chain(points.iter().map(String::as_str)) {
            words.glue();
            words.add(close);
        }
        words
    }
}

/// Returns a flag with its dash, unless it is a mark between flags.
fn flagged(word: &str) -> String {
    match word {
        "|" | "(" | "[" => word.to_owned(),
        _ => format!("-{word}"),
    }
}

/// Words that are put together to a line.
#[derive(Default)]
struct Words {
    text: String,
    /// Whether there is no blank in front of the first word.
    is_glued_to_last: bool,
    /// Whether there is none behind the last one.
    is_glued_to_next: bool,
}

impl Words {
    fn add(&mut self, word: &str) {
        let is_point = matches!(word, "." | "," | ":" | ";" | ")" | "]" | "?" | "!");
        let is_glued = std::mem::replace(&mut self.is_glued_to_next, matches!(word, "(" | "["));
        if self.text.is_empty() {
            self.is_glued_to_last |= is_glued || is_point;
        } else if !is_glued && !is_point {
            self.text.push(' ');
        }
        self.text.push_str(word);
    }

    /// Leaves out the blank in front of the next word.
    fn glue(&mut self) {
        self.is_glued_to_next = true;
    }
}
