//! Showing documents and taking grades, one after the other, and back.

use std::collections::HashSet;
use std::io::{self, Write};

use trommel::Judgements;
use trommel_engine::{SearchSettings, Searcher, StoredDocument};
use trommel_eval::NamedQuery;

use super::keys::{Input, Key};
use super::pool::{Pooled, pool};
use super::{Context, Files};
use crate::error::CliError;
use crate::signals::Cancel;
use crate::terminal::{self, Screen};
use crate::{hints, output};

/// What is said above the first document, and when asked.
const KEYS: [&str; 11] = [
    "0  of no use for the query",
    "1  of a little use",
    "2  of good use",
    "3  just what was asked for",
    "s  skip this document; it is asked again another time",
    "u  undo the last key and go back",
    "n  go to the next query",
    "d  show the whole document",
    "q  quit; everything is saved already",
    "",
    "From 1 on a document counts as relevant; nDCG also tells 1, 2 and 3 apart.",
];

const PROMPT: &str = "0-3, s skip, u undo, n next query, d whole document, q quit, ? help: ";

/// How many lines stand above and below a document.
const AROUND: usize = 6;

/// How the dialogue ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// There was no more to judge.
    All,
    /// There is more to judge another time.
    Partly,
}

/// A query with its pool, once that is known.
struct Asked {
    query: NamedQuery,
    pool: Option<Vec<Pooled>>,
}

/// A key that can be undone, by the query's place and the document's place in its pool.
enum Step {
    Graded(usize, usize),
    Skipped(usize, usize),
    Left(usize),
}

/// Where to go from a query.
enum Move {
    On,
    Back(usize),
    Quit,
}

/// The state of judging.
pub(super) struct Dialogue<'a> {
    pipeline: &'a Searcher,
    settings: &'a SearchSettings,
    /// How many documents of every stage, and the seed of their order.
    pool: (usize, u64),
    context: &'a Context,
    cancel: &'a Cancel,
    saved: &'a mut Judgements,
    asked: Vec<Asked>,
    /// How many queries there are, if that is known.
    of: Option<usize>,
    steps: Vec<Step>,
    skipped: HashSet<(usize, usize)>,
    explained: bool,
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(
        pipeline: &'a Searcher,
        settings: &'a SearchSettings,
        pool: (usize, u64),
        context: &'a Context,
        cancel: &'a Cancel,
        saved: &'a mut Judgements,
    ) -> Self {
        Self {
            pipeline,
            settings,
            pool,
            context,
            cancel,
            saved,
            asked: Vec::new(),
            of: None,
            steps: Vec::new(),
            skipped: HashSet::new(),
            explained: false,
        }
    }

    /// Returns how many documents were graded.
    pub(super) fn judged(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Graded(..))).count()
    }

    /// Judges given queries; one without an id gets its own.
    pub(super) fn queries(
        &mut self,
        queries: Vec<NamedQuery>,
        input: &mut Input,
    ) -> Result<End, CliError> {
        self.of = Some(queries.len());
        for query in queries {
            let query = if query.id.is_empty() { self.saved.named(&query.text) } else { query };
            self.take(query)?;
        }
        let mut at = 0;
        loop {
            let after = match at == self.asked.len() {
                false => self.query(at, input)?,
                true => self.at_the_end(input)?,
            };
            match after {
                Move::On => at += 1,
                Move::Back(to) => at = to,
                Move::Quit => return Ok(self.end(at)),
            }
        }
    }

    /// Judges queries as they are typed.
    pub(super) fn typed(&mut self, input: &mut Input, files: &Files) -> Result<End, CliError> {
        if !self.saved.queries().is_empty() {
            terminal::tell(format!("to go on with earlier queries: {}", files.go_on));
        }
        let mut at = 0;
        loop {
            if at == self.asked.len() {
                let back = if self.steps.is_empty() { "" } else { ", u goes back" };
                say(|out| write!(out, "\nquery (an empty line ends{back}): "))?;
                match input.line(self.cancel)?.as_deref().unwrap_or_default() {
                    "" => return Ok(self.end(at)),
                    "u" if !back.is_empty() => {
                        at = self.undo()?.unwrap_or(at);
                        continue;
                    }
                    text => self.take(self.saved.named(text))?,
                }
            }
            match self.query(at, input)? {
                Move::On => at += 1,
                Move::Back(to) => at = to,
                Move::Quit => return Ok(self.end(at)),
            }
        }
    }

    /// Says whether queries before `at`, where judging ended, and behind it leave something to judge.
    fn end(&self, at: usize) -> End {
        let left = self.steps.iter().any(|step| matches!(step, Step::Left(_)));
        // A skipped document and a query that was left are to be judged another time.
        let complete = at == self.asked.len() && self.skipped.is_empty() && !left;
        if complete { End::All } else { End::Partly }
    }

    fn take(&mut self, query: NamedQuery) -> Result<(), CliError> {
        self.saved.merge(&query).map_err(hints::judgements)?;
        self.asked.push(Asked { query, pool: None });
        Ok(())
    }

    /// Asks for everything of a query that is neither judged nor skipped.
    fn query(&mut self, at: usize, input: &mut Input) -> Result<Move, CliError> {
        if !self.look(at)? {
            return Ok(Move::On);
        }
        while let Some(place) = self.pending(at) {
            let document = self.show(at, place)?;
            if let Some(leave) = self.keys((at, place), &document, input)? {
                return Ok(leave);
            }
        }
        Ok(Move::On)
    }

    /// Finds out what there is to judge, the first time; says so and returns false if it is nothing.
    fn look(&mut self, at: usize) -> Result<bool, CliError> {
        self.cancel.check()?;
        // Searched once: going back to a query shows the same documents in the same order.
        if self.asked[at].pool.is_some() {
            return Ok(true);
        }
        let query = &self.asked[at].query;
        let found = if query.text.trim().is_empty() {
            Vec::new()
        } else {
            pool(self.pipeline, query, self.settings, self.pool, self.context)?
        };
        self.cancel.check()?;
        let found = self.asked[at].pool.insert(found).len();
        let pending = self.pending(at).is_some();
        if !pending {
            let said = match found {
                0 if self.asked[at].query.text.trim().is_empty() => "it has no text".to_owned(),
                0 => "nothing found".to_owned(),
                found => format!("all {found} judged"),
            };
            terminal::tell(format!("{}: {said}", self.number(at)));
        }
        Ok(pending)
    }

    fn pooled(&self, at: usize) -> &[Pooled] {
        self.asked[at].pool.as_deref().unwrap_or_default()
    }

    fn grade(&self, at: usize, document: &Pooled) -> Option<i32> {
        self.saved.qrels().grade(&self.asked[at].query.id, &document.id)
    }

    fn pending(&self, at: usize) -> Option<usize> {
        let mut places = self.pooled(at).iter().enumerate();
        let pending = places.find(|&(place, document)| {
            self.grade(at, document).is_none() && !self.skipped.contains(&(at, place))
        });
        pending.map(|(place, _)| place)
    }

    fn number(&self, at: usize) -> String {
        match self.of {
            Some(of) => format!("query {} of {of}", at + 1),
            None => format!("query {}", at + 1),
        }
    }

    /// Shows the query and a document.
    fn show(&mut self, at: usize, place: usize) -> Result<StoredDocument, CliError> {
        let Pooled { id, passage } = self.pooled(at)[place].clone();
        let stored = self.pipeline.snapshot().document(&id);
        let stored = stored.map_err(|error| hints::engine(error, self.context))?;
        let Some(stored) = stored else {
            let message = format!("no document {id:?}: expected what the search found");
            return Err(CliError::usage(message).hint(self.context.command("check")));
        };
        let judged = self.pooled(at).iter().filter(|other| self.grade(at, other).is_some()).count();
        let of = self.pooled(at).len();
        let mut progress = format!("{}, {judged} of {of} judged", self.number(at));
        let skipped = self.skipped.iter().filter(|(query, _)| *query == at).count();
        if skipped > 0 {
            progress += &format!(", {skipped} skipped");
        }
        let explain = !std::mem::replace(&mut self.explained, true);
        say(|out| {
            if explain {
                keys(out)?;
            }
            let query = &self.asked[at].query.text;
            output::rule(out, &progress)?;
            output::question(out, query)?;
            writeln!(out)?;
            let lines = output::passage(out, &stored, passage)?;
            below(out, lines, query)
        })?;
        Ok(stored)
    }

    /// Takes keys until one of them is done with the document; returns where to go if that is not
    /// the next document.
    fn keys(
        &mut self,
        (at, place): (usize, usize),
        document: &StoredDocument,
        input: &mut Input,
    ) -> Result<Option<Move>, CliError> {
        loop {
            let key = prompt(PROMPT, input, self.cancel)?;
            match key {
                Key::Grade(grade) => {
                    let (query, id) = (&self.asked[at].query.id, &document.document.id);
                    self.saved.grade(query, id, grade).map_err(hints::judgements)?;
                    self.steps.push(Step::Graded(at, place));
                    return Ok(None);
                }
                Key::Skip => {
                    self.skipped.insert((at, place));
                    self.steps.push(Step::Skipped(at, place));
                    return Ok(None);
                }
                Key::Next => {
                    self.steps.push(Step::Left(at));
                    return Ok(Some(Move::On));
                }
                Key::Undo => match self.undo()? {
                    // The loop of the query then shows what was taken back, as it is pending again.
                    Some(to) if to == at => return Ok(None),
                    Some(to) => return Ok(Some(Move::Back(to))),
                    None => say(|out| writeln!(out, "there is nothing to undo"))?,
                },
                Key::Whole if document.passages.len() < 2 => {
                    say(|out| writeln!(out, "this is the whole document"))?;
                }
                Key::Whole => say(|out| {
                    writeln!(out)?;
                    let lines = output::whole(out, document)?;
                    below(out, lines, &self.asked[at].query.text)
                })?,
                Key::Help => say(|out| keys(out).and_then(|()| writeln!(out)))?,
                Key::Quit => return Ok(Some(Move::Quit)),
                Key::Other(_) => {
                    say(|out| writeln!(out, "expected 0, 1, 2, 3, s, u, n, d, q or ?"))?;
                }
            }
        }
    }

    /// Takes the last step back; returns the query that it belongs to.
    fn undo(&mut self) -> Result<Option<usize>, CliError> {
        Ok(match self.steps.pop() {
            Some(Step::Graded(at, place)) => {
                let Asked { query, .. } = &self.asked[at];
                let id = self.pooled(at)[place].id.clone();
                self.saved.take_back(&query.id, &id).map_err(hints::judgements)?;
                Some(at)
            }
            Some(Step::Skipped(at, place)) => {
                self.skipped.remove(&(at, place));
                Some(at)
            }
            Some(Step::Left(at)) => Some(at),
            None => None,
        })
    }

    /// Gives the last grade a chance to be undone.
    fn at_the_end(&mut self, input: &mut Input) -> Result<Move, CliError> {
        if self.steps.is_empty() {
            return Ok(Move::Quit);
        }
        say(|out| writeln!(out))?;
        let key = prompt("that was all: u undo, any other key ends: ", input, self.cancel)?;
        let back = if key == Key::Undo { self.undo()? } else { None };
        Ok(back.map_or(Move::Quit, Move::Back))
    }
}

/// Asks for a key and shows it.
fn prompt(text: &str, input: &mut Input, cancel: &Cancel) -> Result<Key, CliError> {
    say(|out| write!(out, "{text}"))?;
    let key = input.key(cancel);
    let shown = key.as_ref().map_or(' ', |key| key.shown());
    say(|out| writeln!(out, "{}", trommel_core::escape(shown.encode_utf8(&mut [0; 4]))))?;
    key
}

/// Ends a text; where its beginning has left the terminal, the query is said again.
fn below(out: &mut Screen, lines: usize, query: &str) -> io::Result<()> {
    writeln!(out)?;
    if out.overflows(lines + AROUND) { output::question(out, query) } else { Ok(()) }
}

fn keys(out: &mut Screen) -> io::Result<()> {
    writeln!(out)?;
    KEYS.iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes to standard output, at once.
fn say(write: impl FnOnce(&mut Screen) -> io::Result<()>) -> Result<(), CliError> {
    let mut screen = Screen::open();
    write(&mut screen).and_then(|()| screen.flush()).map_err(CliError::stdout)
}
