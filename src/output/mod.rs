//! How answers look, one format a file.

mod direction;
mod explain;
mod line_end;
mod markdown;
mod passage;
mod paths;
mod place;
mod sentence;
mod text;
pub(crate) mod trec;

use std::io::{self, Write};

use trommel::json::{self, Named};
use trommel::settings::Format;

use crate::terminal::Screen;

pub(crate) use passage::{passage, question, rule, whole};
pub(crate) use trommel::json::{Asked, object};

/// Writes answers to standard output.
pub(crate) struct Writer {
    format: Format,
    explain: bool,
    batch: bool,
    written: usize,
    screen: Screen,
}

impl Writer {
    /// Begins an output; `batch` says that any number of answers will come, each with an id.
    pub(crate) fn begin(
        format: Format,
        explain: bool,
        batch: bool,
        mut screen: Screen,
    ) -> io::Result<Self> {
        // A batch in JSON is one object around all answers, which opens here and closes in
        // `finish`.
        if batch && format == Format::Json {
            json::begin_batch(&mut screen)?;
        }
        Ok(Self { format, explain, batch, written: 0, screen })
    }

    /// Writes one answer.
    pub(crate) fn answer(&mut self, asked: Asked<'_>) -> io::Result<()> {
        let screen = &mut self.screen;
        match self.format {
            Format::Text => {
                if self.batch {
                    text::heading(screen, asked, self.written == 0)?;
                }
                text::hits(screen, asked.answer)?;
                if self.explain {
                    explain::tables(screen, asked)?;
                }
            }
            Format::Json if self.batch => json::in_batch(screen, asked, self.written == 0)?,
            Format::Json => json::alone(screen, asked)?,
            Format::Jsonl => json::lines(screen, asked)?,
            Format::Trec => trec::run(screen, asked)?,
            Format::Markdown => markdown::list(screen, asked, self.batch)?,
            Format::Paths => paths::list(screen, asked.answer)?,
        }
        self.written += 1;
        // A reader of a long batch sees each answer when it is there.
        if self.batch { screen.flush() } else { Ok(()) }
    }

    /// Writes the answers of several collections as one.
    pub(crate) fn several(&mut self, answers: &[Named<'_>]) -> io::Result<()> {
        let screen = &mut self.screen;
        match self.format {
            Format::Json => json::several::alone(screen, answers, true),
            Format::Jsonl => json::several::lines(screen, answers),
            Format::Text => {
                text::several(screen, answers)?;
                let mut explained = answers.iter().filter(|_| self.explain);
                explained.try_for_each(|named| explain::of_collection(screen, named))
            }
            Format::Markdown | Format::Paths | Format::Trec => {
                let Some(answer) = json::several::one(answers) else { return Ok(()) };
                self.answer(Asked { id: None, answer: &answer, cached: None })
            }
        }
    }

    /// Ends the output.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.batch && self.format == Format::Json {
            json::end_batch(&mut self.screen)?;
        }
        self.screen.flush()
    }
}
