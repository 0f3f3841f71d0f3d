//! Lines of a text file, numbered, without what editors and operating systems put around them.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::error::{EvalError, quoted};

/// The longest line, in bytes: no query of a BEIR file and no id of a run comes near it.
const MAX_LINE: usize = 16 << 20;

/// One line that is not blank.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    path: &'a Path,
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Its text, without the line's end.
    pub(crate) text: &'a str,
}

impl Line<'_> {
    /// Returns the error of `got`, a part of this line.
    pub(crate) fn expected(&self, expected: impl Into<String>, got: &str) -> EvalError {
        // `got` is a slice of the line, so the distance of their addresses is its place in it.
        let column = 1 + (got.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.at(column, expected, quoted(got))
    }

    /// Returns the error of a whole line of which `got` says what it is.
    pub(crate) fn wrong(&self, expected: impl Into<String>, got: impl Into<String>) -> EvalError {
        self.at(1, expected, got)
    }

    fn at(&self, column: usize, expected: impl Into<String>, got: impl Into<String>) -> EvalError {
        let (expected, got) = (expected.into(), got.into());
        EvalError::Line { path: self.path.into(), line: self.number, column, expected, got }
    }

    /// Returns the error of a line that is not the JSON object which it should be.
    pub(crate) fn bad_json(&self, error: &serde_json::Error) -> EvalError {
        let text = error.to_string();
        // Line and column within one line are said in front.
        let problem = text.split(" at line ").next().unwrap_or_default().to_owned();
        let (path, line) = (self.path.into(), self.number);
        EvalError::Json { path, line, column: error.column(), problem }
    }
}

/// Opens a file to be read line by line.
pub(crate) fn open(path: &Path) -> Result<BufReader<File>, EvalError> {
    File::open(path).map(BufReader::new).map_err(EvalError::io(path))
}

/// Hands every line that is not blank to `each`, in order.
pub(crate) fn for_each(
    mut reader: impl BufRead,
    path: &Path,
    mut each: impl FnMut(Line<'_>) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    let mut buffer = Vec::new();
    for number in 1.. {
        buffer.clear();
        // One byte more than allowed tells a line that is too long, and memory stays bounded even
        // if the file has no line end at all.
        let mut bounded = reader.by_ref().take(MAX_LINE as u64 + 1);
        if bounded.read_until(b'\n', &mut buffer).map_err(EvalError::io(path))? == 0 {
            break;
        }
        if buffer.len() > MAX_LINE {
            let (path, line, column) = (path.into(), number, MAX_LINE + 1);
            let expected = format!("a line of at most {MAX_LINE} bytes");
            return Err(EvalError::Line { path, line, column, expected, got: "more".to_owned() });
        }
        // Windows ends lines with `\r\n`, and some editors put a byte order mark before the first
        // one.
        let mut bytes = buffer.strip_suffix(b"\n").unwrap_or(&buffer);
        bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if number == 1 {
            bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| EvalError::Line {
            path: path.into(),
            line: number,
            column: error.valid_up_to() + 1,
            expected: "UTF-8".to_owned(),
            got: format!("byte {:#04x}", bytes[error.valid_up_to()]),
        })?;
        if !text.trim_ascii().is_empty() {
            each(Line { path, number, text })?;
        }
    }
    Ok(())
}
