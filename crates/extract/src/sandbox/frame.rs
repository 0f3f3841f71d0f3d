//! What parent and child say to each other: a length, 64 bits little-endian, then so many bytes.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::{ExtractError, Extracted, Limits};

/// No question but for the file itself is longer.
const MAX_QUESTION: u64 = 1 << 20;

/// What the child is asked; the file's bytes follow as a frame of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Question {
    /// The extractor's name.
    pub(super) extractor: String,
    /// The file's name.
    pub(super) name: String,
    pub(super) limits: Limits,
}

/// What it answers.
pub(super) type Answer = Result<Extracted, ExtractError>;

pub(super) fn write_question(
    out: &mut impl Write,
    question: &Question,
    bytes: &[u8],
) -> io::Result<()> {
    write(out, &postcard::to_stdvec(question).map_err(io::Error::other)?)?;
    write(out, bytes)?;
    out.flush()
}

/// Reads the next question with the file's bytes; nothing at the end of the stream.
pub(super) fn read_question(from: &mut impl Read) -> io::Result<Option<(Question, Vec<u8>)>> {
    let Some(question) = read(from, MAX_QUESTION)? else { return Ok(None) };
    let question = postcard::from_bytes(&question).map_err(io::Error::other)?;
    let bytes = read(from, u64::MAX)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Some((question, bytes)))
}

pub(super) fn write_answer(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    write(out, &postcard::to_stdvec(answer).map_err(io::Error::other)?)?;
    out.flush()
}

/// Reads an answer of at most `limit` bytes; nothing at the end of the stream.
pub(super) fn read_answer(from: &mut impl Read, limit: u64) -> io::Result<Option<Answer>> {
    let Some(answer) = read(from, limit)? else { return Ok(None) };
    postcard::from_bytes(&answer).map(Some).map_err(io::Error::other)
}

fn write(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)
}

fn read(from: &mut impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u64::from_le_bytes(length);
    if length > limit {
        return Err(io::Error::other(format!("{length} bytes, where {limit} are the most")));
    }
    // It grows with what comes: a length alone reserves nothing.
    let mut bytes = Vec::new();
    if from.take(length).read_to_end(&mut bytes)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard() {
        let question =
            Question { extractor: "pdf".into(), name: "a.pdf".into(), limits: Limits::default() };
        let mut said = Vec::new();
        write_question(&mut said, &question, b"%PDF").unwrap();
        let mut heard = &said[..];
        assert_eq!(read_question(&mut heard).unwrap(), Some((question, b"%PDF".to_vec())));
        assert_eq!(read_question(&mut heard).unwrap(), None);

        let answer: Answer = Err(ExtractError::NoText { pages: 3 });
        let mut said = Vec::new();
        write_answer(&mut said, &answer).unwrap();
        assert_eq!(read_answer(&mut &said[..], 100).unwrap(), Some(answer));
        assert!(read_answer(&mut &said[..], 1).is_err());
        assert!(read_answer(&mut &said[..said.len() - 1], 100).is_err());
    }
}
