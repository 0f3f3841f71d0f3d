//! The requests of troff and the macros man.

use super::mdoc::Mdoc;
use super::table::Table;
use super::{Next, Page};
use crate::ExtractError;

impl Page {
    /// Obeys a request, which stands without its dot.
    pub(super) fn request(&mut self, request: &str) -> Result<(), ExtractError> {
        let end = request.find([' ', '\t', '\\']).unwrap_or(request.len());
        let (name, rest) = request.split_at(end);
        let rest = rest.trim_start();
        if self.troff(name, rest)? {
            return Ok(());
        }
        let arguments: Vec<String> = arguments(rest).iter().map(|it| self.resolved(it)).collect();
        if self.mdoc.is_some() || matches!(name, "Dd" | "Dt") {
            self.mdoc.get_or_insert_with(Mdoc::default);
            return self.mdoc(name, arguments);
        }
        self.man(name, &arguments)
    }

    /// Obeys a request of troff or of its preprocessors, and says whether it is one.
    fn troff(&mut self, name: &str, rest: &str) -> Result<bool, ExtractError> {
        match name {
            "" | "\\\"" => {}
            "de" | "de1" | "am" | "am1" => {
                let end = rest.split_whitespace().nth(1).unwrap_or_default().to_owned();
                self.skipped.until(&end);
            }
            "ig" => self.skipped.until(rest.trim()),
            "ds" | "as" => {
                let (name, value) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
                if name == "ds" || !value.is_empty() {
                    self.strings.define(name, value.trim_start());
                }
            }
            "nf" | "EX" | "Vb" | "DS" => self.keep()?,
            "fi" | "EE" | "Ve" | "DE" => self.fill()?,
            "br" => self.break_line()?,
            "sp" => self.paragraph()?,
            "TS" => {
                self.fill()?;
                self.prose.end()?;
                self.table = Some(Table::default());
            }
            // All others are in lower case too, and say how it looks.
            _ => {
                let is_small =
                    name.len() <= 4 && name.bytes().all(|byte| byte.is_ascii_lowercase());
                return Ok(is_small || name.starts_with('\\'));
            }
        }
        Ok(true)
    }

    fn man(&mut self, name: &str, arguments: &[String]) -> Result<(), ExtractError> {
        let argument = |at: usize| arguments.get(at).map_or("", String::as_str);
        match name {
            "TH" => {
                self.titled(argument(0), argument(1), argument(2));
                Ok(())
            }
            "SH" => self.section(1, &arguments.join(" ")),
            "SS" => self.section(2, &arguments.join(" ")),
            "P" | "PP" | "LP" | "HP" | "Sp" | "RS" | "RE" | "YS" => {
                self.next = Next::Text;
                match name {
                    "RS" | "RE" => self.break_line(),
                    _ => self.paragraph(),
                }
            }
            "TP" | "TQ" => {
                self.flush()?;
                if name == "TQ" {
                    self.prose.line()?;
                }
                self.next = Next::Term;
                Ok(())
            }
            "IP" => self.explained(argument(0)),
            "B" | "I" | "R" | "SM" | "SB" | "SY" | "CW" if !arguments.is_empty() => {
                self.text(&arguments.join(" "))
            }
            "BI" | "BR" | "IB" | "IR" | "RB" | "RI" => self.text(&arguments.concat()),
            "OP" => self.text(&format!("[{}]", arguments.join(" "))),
            "MR" => self.text(&format!("{}({}){}", argument(0), argument(1), argument(2))),
            "UR" | "MT" if !arguments.is_empty() => self.text(&format!("<{}>", argument(0))),
            "URL" | "MTO" => {
                let (address, text, point) = (argument(0), argument(1), argument(2));
                self.text(format!("{text} <{address}>{point}").trim_start())
            }
            // Punctuation that follows a link.
            "UE" | "ME" if !arguments.is_empty() => {
                self.is_glued = true;
                self.text(argument(0))
            }
            // How it looks, indexes, and who printed it.
            "PD" | "DT" | "AT" | "UC" | "IX" | "UE" | "ME" | "UR" | "MT" | "TE" | "EQ" | "EN"
            | "UN" | "BB" | "EB" | "BS" | "BE" | "VS" | "VE" | "AS" | "ES" | "hw" | "INDENT"
            | "UNINDENT" | "LINKSTYLE" => Ok(()),
            // A macro of its own, whose words are most likely text.
            _ if !arguments.is_empty() => self.text(&arguments.join(" ")),
            _ => Ok(()),
        }
    }

    fn resolved(&self, text: &str) -> String {
        self.strings.resolve(text).text
    }
}

/// Returns the arguments of a request, as they are written: parted by blanks, unless they are
/// quoted.
pub(super) fn arguments(text: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut characters = text.chars().peekable();
    loop {
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        let Some(first) = characters.peek() else { return arguments };
        let is_quoted = *first == '"';
        if is_quoted {
            characters.next();
        }
        let mut argument = String::new();
        while let Some(character) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some('"' | '#') => {
                        arguments.push(argument);
                        arguments.retain(|argument| !argument.is_empty());
                        return arguments;
                    }
                    escaped => {
                        argument.push('\\');
                        argument.extend(escaped);
                    }
                },
                '"' if is_quoted => match characters.next_if_eq(&'"') {
                    Some(quote) => argument.push(quote),
                    None => break,
                },
                c if c.is_whitespace() && !is_quoted => break,
                c => argument.push(c),
            }
        }
        arguments.push(argument);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::markup::man::{is_section, read};

    #[test]
    fn arguments_are_parted_by_blanks_and_quotes() {
        assert_eq!(arguments("a \"b c\" d\\ e"), ["a", "b c", "d\\ e"]);
        assert_eq!(arguments("\"a \"\"b\"\"\" \"\""), ["a \"b\"", ""]);
        assert_eq!(arguments("a \\\" no"), ["a"]);
        assert_eq!(arguments("\"open"), ["open"]);
    }

    #[test]
    fn sections_are_numbers_with_letters() {
        for (extension, is) in [
            ("1", true),
            ("3pm", true),
            ("n", true),
            ("0", false),
            ("12", false),
            ("", false),
            ("mp4", false),
        ] {
            assert_eq!(is_section(extension), is, "{extension}");
        }
    }

    #[test]
    fn a_page_of_man_reads_as_on_a_terminal() {
        let page = "'\\\" t\n.\\\" comment\n.TH BAIL 1 \"5 March 2024\" \"Boats 2\"\n.de XX\n\
            .B no\n..\n\
            .ie n .ds s terminal\n.el .ds s paper\n.if t \\{\\\n.B no\n.\\}\n\
            .SH NAME\nbail \\- empty a \\*s\n.SH SYNOPSIS\n.B bail\n.RI [ option... ]\n.br\n\
            .B bail\n\\-h\n\
            .SH \"ALL OPTIONS\"\nFirst\nline.\n.PP\nSee\n.BR pump (8),\nor not.\n.TP\n\
            \\fB\\-q\\fR, \\fB\\-\\-quiet\\fR\n\
            Say little.\n.TP\n.B \\-v\nSay much.\n.IP \\(bu 2\none\n.IP \\(bu 2\ntwo\n.SS\nBelow\n\
            .nf\n  a  b\n\n.B c\n.fi\nAft\\c\ner.\n.TS\ntab(;);\nl l.\nx;T{\nlong\ncell\nT}\n_\n\
            \\fBy\\fR;z\n.TE\nEnd.\n";
        let said = read(page, &Limits::default()).unwrap();
        assert_eq!(
            said.text,
            "NAME\n\nbail - empty a terminal\n\nSYNOPSIS\n\nbail [option...]\nbail -h\n\n\
             ALL OPTIONS\n\n\
             First line.\n\nSee pump(8), or not.\n\n-q, --quiet\nSay little.\n\n-v\nSay much.\n\n\
             - one\n- two\n\nBelow\n\n  a  b\n\nc\n\nAfter.\n\nx | long cell\ny | z\n\nEnd."
        );
        assert_eq!(said.title.unwrap(), "bail(1)");
        let headings: Vec<_> =
            said.headings.iter().map(|it| (it.level, it.text.as_str())).collect();
        assert_eq!(headings, [(1, "NAME"), (1, "SYNOPSIS"), (1, "ALL OPTIONS"), (2, "Below")]);
        let metadata: Vec<_> = said.metadata.into_values().collect();
        assert_eq!(metadata, ["2024-03-05", "1"]);
    }

    #[test]
    fn a_page_of_mdoc_fills_names_in() {
        let page = ".Dd March 5, 2024\n.Dt BAIL 8\n.Os\n.Sh NAME\n.Nm bail\n.Nd empty a boat\n\
            .Sh SYNOPSIS\n.Nm\n.Op Fl qv\n.Op Fl o Ar file Ns = Ns Ar x\n.Ar\n.Nm bail\n.Fl h\n\
            .Sh DESCRIPTION\nThe\n.Nm\n\
            utility\n.Pq see Xr pump 8 ,\nwith\n.Oo\n.Ar y\n.Oc .\n.Pp\n.Bl -tag -width x\n\
            .It Fl q , Fl Fl quiet\n\
            Say little.\n.It Ev BOAT\nWhich.\n.El\n.Bl -bullet\n.It\none\n.It\ntwo\n.El\n\
            .Bd -literal\n a\n b\n.Ed\n\
            .Dq so .\n.Fn open \"char *path\" mode .\n";
        let said = read(page, &Limits::default()).unwrap();
        assert_eq!(
            said.text,
            "NAME\n\nbail - empty a boat\n\nSYNOPSIS\n\nbail [-qv] [-o file=x] file ...\n\
             bail -h\n\n\
             DESCRIPTION\n\nThe bail utility (see pump(8)), with [y].\n\n-q, --quiet\n\
             Say little.\n\n\
             BOAT\nWhich.\n\n- one\n- two\n\n a\n b\n\n\u{201c}so\u{201d}. open(char *path, mode)."
        );
        assert_eq!(said.title.unwrap(), "bail(8)");
    }
}
