//! Markup that people write by hand.

mod accents;
mod asciidoc;
mod dates;
mod latex;
mod man;
mod marks;
mod org;
mod prose;
mod rst;
mod subtitles;

use crate::{ExtractError, Extracted, Extractor, Limits, decode};

/// Markup that people write by hand, and subtitles. It is read as a stream of lines or characters
/// with
/// no tree built, so that no depth of nesting matters.
pub(crate) struct Markup;

impl Extractor for Markup {
    fn name(&self) -> &'static str {
        "markup"
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, head: &[u8], name: &str) -> bool {
        Language::of(&String::from_utf8_lossy(head), name).is_some()
    }

    fn extract(
        &self,
        bytes: &[u8],
        name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        let text = decode(bytes.to_vec(), None).ok_or_else(|| ExtractError::damaged("binary"))?;
        let read = match Language::of(&text, name) {
            Some(Language::AsciiDoc) => asciidoc::read,
            Some(Language::Latex) => latex::read,
            Some(Language::Man) => man::read,
            Some(Language::Org) => org::read,
            Some(Language::Rst) => rst::read,
            Some(Language::Subtitles) => subtitles::read,
            None => return Err(ExtractError::Unsupported { detail: "no known markup".into() }),
        };
        read(&text, limits)
    }
}

/// A language of markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    AsciiDoc,
    Latex,
    Man,
    Org,
    Rst,
    Subtitles,
}

impl Language {
    /// Returns the language of a file that begins with `head` and is called `name`. Only a few say
    /// themselves what they are.
    fn of(head: &str, name: &str) -> Option<Self> {
        let head = head.trim_start_matches('\u{feff}');
        if subtitles::begins(head) {
            return Some(Self::Subtitles);
        }
        let (_, end) = name.rsplit_once('.').unwrap_or((name, ""));
        match end.to_ascii_lowercase().as_str() {
            "adoc" | "asciidoc" => Some(Self::AsciiDoc),
            // Also the end of signatures and keys.
            "asc" => asciidoc::begins(head).then_some(Self::AsciiDoc),
            "tex" | "ltx" | "latex" => Some(Self::Latex),
            "org" => Some(Self::Org),
            "rst" => Some(Self::Rst),
            "srt" | "vtt" | "ass" | "ssa" => Some(Self::Subtitles),
            // Also the end of logs that were put away.
            end if man::is_section(end) => man::begins(head).then_some(Self::Man),
            "" | "txt" | "text" if latex::begins(head) => Some(Self::Latex),
            "" | "txt" | "text" if man::is_titled(head) => Some(Self::Man),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_name_and_the_content_tell_the_language() {
        let told = [
            ("", "a.adoc", Some(Language::AsciiDoc)),
            ("= Title\n", "a.asc", Some(Language::AsciiDoc)),
            ("-----BEGIN PGP SIGNATURE-----\n\n=x\n", "a.asc", None),
            ("", "A.TEX", Some(Language::Latex)),
            ("% mine\n\\documentclass{article}", "paper", Some(Language::Latex)),
            ("see \\documentclass{article}", "notes.txt", None),
            ("\\documentclass{article}", "example.md", None),
            (".TH LS 1\n", "ls.1", Some(Language::Man)),
            (".\\\" x\n.Dd May 1\n", "ls.3pm", Some(Language::Man)),
            ("'\\\" t\n.TH A 8\n", "page", Some(Language::Man)),
            ("May 1 started\n", "system.log.1", None),
            ("", "notes.org", Some(Language::Org)),
            ("", "a.rst", Some(Language::Rst)),
            ("", "a.srt", Some(Language::Subtitles)),
            ("\u{feff}WEBVTT\n", "a", Some(Language::Subtitles)),
            ("fn main() {}", "a.rs", None),
        ];
        for (head, name, language) in told {
            assert_eq!(Language::of(head, name), language, "{name}");
            assert_eq!(Markup.recognises(head.as_bytes(), name), language.is_some(), "{name}");
        }
    }

    /// Documents that use most of what each language has.
    const SMALL: [(&str, &str); 6] = [
        (
            "a.adoc",
            "= T\nA <a@b>\n:x: v\n\n== H {x}\n\n\
             NOTE: *b* _i_ `c` link:u[t] <<id,t>> footnote:[n]\n\n\
             [cols=\"1,2\"]\n|===\n|a |b\n2+|c\n|===\n----\ncode\n----\n* i\n+\nmore\nt:: d\n\
             ////\nno\n",
        ),
        (
            "a.tex",
            "\\documentclass[x]{article}\\title{T}\\newcommand{\\m}{w}\\begin{document}\n\
             \\section*{A \\emph{b}} $x$ \\[y\\] \\'e\\c{c} \\m{} \\footnote{n} % c\n\
             \\begin{tabular}{l|l}a&b\\\\c\\end{tabular}\\begin{verbatim}\nv\n\\end{verbatim}\
             \\verb|x| \\item[y] z \\\\[1ex] \\href{u}{t}\\end{document}",
        ),
        (
            "a.1",
            ".TH A 1\n.SH N\n.B x\n.BR y (1)\n.TP\n.I t\nb \\fBc\\fP \\(bu \\[u41] \\e\\c\n.TS\n\
             l l.\n\
             a\tT{\nb\nT}\n.TE\n.if n \\{\\\nx\n.\\}\n.nf\nk\n.fi\n.de m\n..\n.ds s v\n\\*s\n",
        ),
        (
            "b.1",
            ".Dd D\n.Dt A 1\n.Sh N\n.Nm a\n.Nd b\n.Bl -tag\n.It Fl x Ar y\nz\n.El\n\
             .Op Fl a Ns Ar b\n",
        ),
        (
            "a.org",
            "#+TITLE: T\n* TODO [#A] H :t:\n:P:\n:a: b\n:END:\n- [ ] i\n| a | b |\n|---+---|\n\
             [[u][t]] *b* =c= [fn:1]\n#+BEGIN_SRC x\nc\n#+END_SRC\n: v\n# no\n",
        ),
        (
            "a.rst",
            "===\n T\n===\n\n:Author: A\n\nH\n-\n\n*e* **b** ``l`` `t <u>`_ :r:`x` |s|::\n\
             \n  lit\n\n\
             .. |s| replace:: w\n.. note:: n\n   :o: v\n\n   c\n\n+--+--+\n|a |b |\n+--+--+\n\n\
             == ==\na  b\n== ==\n",
        ),
    ];

    #[test]
    fn no_cut_panics() {
        for (name, text) in SMALL {
            for length in 0..text.len() {
                let said = Markup.extract(&text.as_bytes()[..length], name, &Limits::default());
                assert!(!matches!(said, Err(ExtractError::TooMuch { .. })), "{name} {length}");
            }
        }
    }

    #[test]
    fn no_repetition_takes_square_time() {
        for (name, text) in SMALL {
            let lines =
                text.lines().chain(["[[", "[[a]", "((a)", "{x}", "*a ", "$", "`", "\\fB", "|"]);
            for line in lines {
                for end in ["", "\n"] {
                    let many = format!("{line}{end}").repeat(5_000);
                    let head = if name.ends_with(".1") { ".TH A 1\n" } else { "" };
                    let said = Markup.extract(
                        format!("{head}{many}").as_bytes(),
                        name,
                        &Limits::default(),
                    );
                    assert!(said.is_ok(), "{name} {line}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn no_mutation_panics(
            which in 0..SMALL.len(),
            changes in prop::collection::vec((0usize..1000, prop::sample::select(
                b"\\{}[]$%&*_`|.:=+-'\" \n\ta1~^#<>/\xc3\xff".to_vec()
            )), 1..6),
            doubled in 0usize..400,
        ) {
            let (name, text) = SMALL[which];
            let mut bytes = text.as_bytes().to_vec();
            let length = bytes.len();
            for (at, with) in changes {
                bytes[at % length] = with;
            }
            let tail = bytes[doubled % length..].to_vec();
            bytes.extend(tail);
            if let Ok(said) = Markup.extract(&bytes, name, &Limits::default()) {
                for mark in said.headings {
                    prop_assert!(said.text[mark.at..].starts_with(&mark.text));
                }
            }
        }
    }
}
