//! Where keys and typed queries come from: a terminal, or the characters of standard input.

use std::io::{self, BufRead, ErrorKind, IsTerminal};

use console::Term;

use crate::error::{CliError, Kind};
use crate::signals::Cancel;

/// What the judge wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Grade the document: 0 to 3.
    Grade(u8),
    /// Pass the document by.
    Skip,
    /// Take back the last key.
    Undo,
    /// Leave the rest of the query for another time.
    Next,
    /// Show the whole document.
    Whole,
    /// Explain the keys.
    Help,
    /// Stop; so does the end of the input.
    Quit,
    /// A character that means nothing.
    Other(char),
}

impl Key {
    fn of(c: char) -> Self {
        match c.to_ascii_lowercase() {
            '0'..='3' => Self::Grade(c as u8 - b'0'),
            's' => Self::Skip,
            'u' => Self::Undo,
            'n' => Self::Next,
            'd' => Self::Whole,
            '?' | 'h' => Self::Help,
            // Ctrl-D, which ends an input.
            'q' | '\u{4}' => Self::Quit,
            _ => Self::Other(c),
        }
    }

    /// Returns how the key is shown behind the prompt.
    pub(super) fn shown(self) -> char {
        match self {
            Self::Grade(grade) => char::from(b'0' + grade),
            Self::Skip => 's',
            Self::Undo => 'u',
            Self::Next => 'n',
            Self::Whole => 'd',
            Self::Help => '?',
            Self::Quit => 'q',
            Self::Other(c) => c,
        }
    }
}

/// Where keys and typed queries come from.
pub(super) enum Input {
    /// A terminal, key by key. Between two keys it is as it was before.
    Terminal(Term),
    /// Standard input, character by character; the rest of its present line, reversed.
    Characters(Vec<char>),
}

impl Input {
    /// Returns the terminal, or standard input if that is none; nothing if standard input is
    /// `taken` and there is no terminal.
    pub(super) fn open(taken: bool) -> Option<Self> {
        // The screen may be on standard error where standard output goes to a file.
        let shown = [Term::stdout(), Term::stderr()].into_iter().find(Term::is_term);
        match shown {
            Some(term) if taken || io::stdin().is_terminal() => Some(Self::Terminal(term)),
            _ if taken => None,
            _ => Some(Self::Characters(Vec::new())),
        }
    }

    /// Returns the next key; white space is none.
    pub(super) fn key(&mut self, cancel: &Cancel) -> Result<Key, CliError> {
        loop {
            let c = match self {
                Self::Terminal(term) => terminal_key(term, cancel)?,
                Self::Characters(line) => match line.pop() {
                    None => match read_line(cancel)? {
                        Some(read) => {
                            // Reversed, so that `pop` takes the first character.
                            line.extend(read.chars().rev());
                            continue;
                        }
                        None => return Ok(Key::Quit),
                    },
                    next => next,
                },
            };
            match c {
                Some(c) if !c.is_whitespace() => return Ok(Key::of(c)),
                _ => {}
            }
        }
    }

    /// Returns the next line, without white space around it; nothing at the end of the input.
    pub(super) fn line(&mut self, cancel: &Cancel) -> Result<Option<String>, CliError> {
        if let Self::Characters(line) = self {
            // Keys that are too many on their line are no query.
            line.clear();
        }
        Ok(read_line(cancel)?.map(|line| line.trim().to_owned()))
    }
}

/// Returns the next character from the terminal; nothing for a key that is no character.
fn terminal_key(term: &Term, cancel: &Cancel) -> Result<Option<char>, CliError> {
    let key = term.read_key_raw();
    cancel.check()?;
    match key {
        Ok(console::Key::Char(c)) => Ok(Some(c)),
        // A signal comes out as this key, too.
        Ok(console::Key::CtrlC) => Err(CliError::new(Kind::Interrupted, "interrupted")),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Some('q')),
        Err(error) => Err(unreadable("the terminal", &error)),
    }
}

fn read_line(cancel: &Cancel) -> Result<Option<String>, CliError> {
    let mut bytes = Vec::new();
    let read = cancel.or_end(|| io::stdin().lock().read_until(b'\n', &mut bytes))?;
    read.map_err(|error| unreadable("standard input", &error))?;
    let line = || String::from_utf8_lossy(&bytes).into_owned();
    Ok((!bytes.is_empty()).then(line))
}

fn unreadable(what: &str, error: &io::Error) -> CliError {
    CliError::usage(format!("cannot read {what}: {error}")).hint("trommel judge --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_shown_as_it_was_typed() {
        for c in "0123sundq?x4".chars() {
            assert_eq!(Key::of(c).shown(), c);
        }
        assert_eq!(Key::of('S'), Key::Skip);
        assert_eq!(Key::of('4'), Key::Other('4'));
    }
}
