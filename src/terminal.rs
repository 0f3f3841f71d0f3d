//! Standard output and standard error: colour, width, and words for people.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use trommel::settings::{Colour, Format};
use trommel_core::escape_lines;

use crate::error::{CliError, Kind};

/// The widest that running text gets, however wide the terminal is.
const WIDEST: usize = 100;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Yellow.on_default();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Says for the whole process whether output is coloured.
///
/// [`Colour::Auto`] means on a terminal, unless `NO_COLOR` is set.
pub(crate) fn colour(choice: Colour) {
    match choice {
        Colour::Always => ColorChoice::Always,
        Colour::Never => ColorChoice::Never,
        Colour::Auto => ColorChoice::Auto,
    }
    .write_global();
}

/// Standard output, buffered; colours are taken out where they are not wanted.
pub(crate) struct Screen {
    out: BufWriter<AutoStream<StdoutLock<'static>>>,
    terminal: bool,
    width: usize,
    height: Option<usize>,
}

impl Screen {
    /// Opens standard output.
    pub(crate) fn open() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let size = terminal_size::terminal_size_of(&stdout);
        // Without a terminal nobody knows the width: the widest is taken, and files are the same
        // everywhere.
        let columns = size.map_or(WIDEST, |(width, _)| width.0.into());
        let height = size.map(|(_, height)| height.0.into());
        let out = BufWriter::new(AutoStream::auto(stdout.lock()));
        Self { out, terminal, width: columns.clamp(20, WIDEST), height }
    }

    /// Opens standard output for a format: names of files go out byte for byte.
    pub(crate) fn of(format: Format) -> Self {
        if format == Format::Paths { Self::of_bytes() } else { Self::open() }
    }

    /// Opens standard output for what others wrote: it goes out byte for byte, and whoever writes makes
    /// it harmless for a terminal.
    pub(crate) fn of_bytes() -> Self {
        // `AutoStream::auto` would take out what looks like an escape sequence, also out of a file's
        // name.
        let out = BufWriter::new(AutoStream::always_ansi(io::stdout().lock()));
        Self { out, ..Self::open() }
    }

    /// Says whether a terminal shows the output.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Returns how many columns running text may have.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Says whether so many lines are more than the terminal shows at once.
    pub(crate) fn overflows(&self, lines: usize) -> bool {
        self.height.is_some_and(|height| lines > height)
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes text to standard output and flushes it.
pub(crate) fn print(text: impl fmt::Display) -> Result<(), CliError> {
    let mut screen = Screen::open();
    writeln!(screen, "{text}").and_then(|()| screen.flush()).map_err(CliError::stdout)
}

/// Writes a text of a document to standard output: as it is for a program, and for a terminal so that it
/// does not obey it.
pub(crate) fn text(text: &str) -> Result<(), CliError> {
    let mut screen = Screen::of_bytes();
    let shown = if screen.is_terminal() { escape_lines(text) } else { text.into() };
    writeln!(screen, "{shown}").and_then(|()| screen.flush()).map_err(CliError::stdout)
}

/// Writes something the user should know to standard error.
pub(crate) fn note(message: impl fmt::Display) {
    say(&format!("{NOTE}note:{NOTE:#} {}", escape_lines(&message.to_string())));
}

/// Writes something that went wrong and ended nothing to standard error.
pub(crate) fn warn(message: impl fmt::Display) {
    say(&format!("{ERROR}warning:{ERROR:#} {}", escape_lines(&message.to_string())));
}

/// Writes a line of plain words to standard error.
pub(crate) fn tell(message: impl fmt::Display) {
    say(&escape_lines(&message.to_string()));
}

/// Writes an error and its hints to standard error.
pub(crate) fn report(error: &CliError) {
    if error.kind == Kind::ClosedPipe {
        return;
    }
    let text = error.to_string();
    let text = escape_lines(&text);
    // Escaped before it is coloured: the escape sequences of the colours must stay.
    let text = text.replace("\nhint:", &format!("\n{HINT}hint:{HINT:#}"));
    say(&format!("{ERROR}error:{ERROR:#} {text}"));
}

/// Nobody can be told that nobody can be told: failures of standard error are ignored.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}
