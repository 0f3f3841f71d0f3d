//! The one error of the binary: what it means for the exit code, what went wrong, what to do.

use std::error::Error;
use std::fmt;
use std::io;

use crate::exit::Exit;

/// What an error means for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing found.
    Nothing,
    /// Wrong usage, a missing model, or the system refused.
    Usage,
    /// Damaged data.
    Damaged,
    /// Another writer.
    Locked,
    /// What was to hold does not.
    Gate,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// Whoever read our output wants no more of it: not a failure, and nothing to say.
    ClosedPipe,
}

impl From<Kind> for Exit {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Nothing => Self::NothingFound,
            Kind::Usage => Self::Usage,
            Kind::Damaged => Self::Damaged,
            Kind::Locked => Self::Locked,
            Kind::Gate => Self::Gate,
            Kind::Interrupted => Self::Interrupted,
            Kind::Terminated => Self::Terminated,
            Kind::ClosedPipe => Self::Done,
        }
    }
}

/// An error as the user sees it.
#[derive(Debug)]
pub(crate) struct CliError {
    /// What it means for the exit code.
    pub(crate) kind: Kind,
    /// What went wrong.
    pub(crate) source: Box<dyn Error + Send + Sync>,
    /// What to do about it: commands that can be typed as they stand.
    pub(crate) hints: Vec<String>,
}

impl CliError {
    /// Returns an error without hints.
    pub(crate) fn new(kind: Kind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, source: source.into(), hints: Vec::new() }
    }

    /// Returns an error in what the user asked for.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message.into())
    }

    /// Returns what became of writing to stdout.
    pub(crate) fn stdout(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::new(Kind::ClosedPipe, error)
        } else {
            Self::new(Kind::Usage, format!("cannot write to standard output: {error}"))
        }
    }

    /// Adds a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for CliError {
    /// Writes the message, then its causes, then the hints behind a blank line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = self.source.to_string();
        // Every link of the chain says one thing, and the last one is often the system's own
        // reason.
        let mut cause = self.source.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Some errors already say their cause.
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = error.source();
        }
        f.write_str(&message)?;
        if !self.hints.is_empty() {
            f.write_str("\n")?;
        }
        self.hints.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(io::Error, bool);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "cannot write x")?;
            if self.1 { write!(f, ": {}", self.0) } else { Ok(()) }
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_cause_is_said_exactly_once() {
        for says_its_cause in [false, true] {
            let error = Outer(io::Error::other("disk full"), says_its_cause);
            let error = CliError::new(Kind::Usage, error).hint("df -h .");
            assert_eq!(error.to_string(), "cannot write x: disk full\n\nhint: df -h .");
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let error = CliError::stdout(io::ErrorKind::BrokenPipe.into());
        assert_eq!(Exit::from(error.kind).code(), 0);
        assert_eq!(Exit::from(CliError::stdout(io::Error::other("full")).kind).code(), 2);
    }
}
