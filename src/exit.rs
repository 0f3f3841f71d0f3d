//! The one table of exit codes.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked, or found something.
    Done,
    /// There was nothing to find, index or remove.
    NothingFound,
    /// It was asked wrongly, a model is missing, or the system refused.
    Usage,
    /// Data on disk is not what it should be.
    Damaged,
    /// Another process writes to the collection.
    Locked,
    /// `--strict` found fault, or a gate of `eval` did not hold.
    Gate,
    /// Ctrl-C.
    Interrupted,
    /// The system asked it to end.
    Terminated,
}

impl Exit {
    /// Returns the code that the process ends with.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NothingFound => 1,
            Self::Usage => 2,
            Self::Damaged => 3,
            Self::Locked => 4,
            Self::Gate => 5,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// The table as `--help` shows it.
pub(crate) const TABLE: &str = "\
Exit codes:
  0    done, or something found
  1    nothing found
  2    wrong usage, missing model, or the system refused
  3    damaged data
  4    another process writes to the collection
  5    --strict found fault, or a gate does not hold
  130  interrupted by Ctrl-C
  143  terminated";
