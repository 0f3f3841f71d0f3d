//! JSONL: one JSON object a line, each a document, streamed.

use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::Arc;

use trommel_core::{Document, Origin};

use crate::jsonl_line::{Entry, parse, shown_id};
use crate::{IngestError, IngestOptions, Item, LineProblem, SkipReason, Skipped, hash::hashed};

/// The documents of one JSONL file; memory holds one line at a time.
pub(crate) struct JsonLines {
    reader: Box<dyn BufRead + Send>,
    origin: Origin,
    options: Arc<IngestOptions>,
    /// Whether trouble in reading is an error: it is if the user named this very file.
    is_root: bool,
    line: u64,
    bytes_read: u64,
    buffer: Vec<u8>,
    /// What tells of the parts that the last document lacks.
    left_out: Option<Item>,
    found_any: bool,
    done: bool,
}

/// How reading a line ended.
enum Ended {
    Complete,
    TooLong,
    EndOfFile,
}

impl JsonLines {
    pub(crate) fn new(
        reader: Box<dyn BufRead + Send>,
        origin: Origin,
        options: Arc<IngestOptions>,
        is_root: bool,
    ) -> Self {
        let (line, bytes_read, buffer) = (0, 0, Vec::new());
        let (found_any, done) = (false, false);
        let left_out = None;
        Self {
            reader,
            origin,
            options,
            is_root,
            line,
            bytes_read,
            buffer,
            left_out,
            found_any,
            done,
        }
    }

    /// Returns how many bytes the lines so far have, with their ends.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    fn skipped(&self, line: Option<u64>, reason: SkipReason) -> Item {
        Item::Skipped(Skipped { path: self.origin.place(), line, reason })
    }

    /// Returns the item of the line in the buffer, or none if the line is blank.
    fn item(&mut self, ended: &Ended) -> Option<Result<Item, IngestError>> {
        let mut line = self.buffer.as_slice();
        // Some editors put a byte order mark before the first line.
        if self.line == 1 {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        let parsed = match ended {
            Ended::TooLong => {
                let limit = self.options.limits.max_line_bytes;
                Err((limit + 1, LineProblem::TooLong { limit }))
            }
            // A line that is too long comes first: its kept beginning may be blank although the
            // rest is not.
            _ if line.trim_ascii().is_empty() => return None,
            _ => parse(line, &self.options),
        };
        Some(match parsed {
            Ok(entry) => Ok(self.document(entry)),
            Err((column, problem)) => self.bad_line(column as u64, problem),
        })
    }

    fn document(&mut self, entry: Entry) -> Item {
        let Entry { id, title, text, metadata, unread } = entry;
        self.left_out = unread.reason().map(|reason| self.skipped(Some(self.line), reason));
        if title.trim().is_empty() && text.trim().is_empty() {
            return self.skipped(Some(self.line), SkipReason::Empty);
        }
        let origin = Origin { line: Some(self.line), ..self.origin.clone() };
        let document = Document::new(id, text).with_title(title);
        Item::Document(hashed(Document { metadata, origin, ..document }))
    }

    /// A bad line is skipped if the user said so, or did not name this very file. A file that was met on
    /// a walk and begins with something else than a document is another program's, and none of it is read.
    fn bad_line(&mut self, column: u64, problem: LineProblem) -> Result<Item, IngestError> {
        let (path, line) = (self.origin.file(), self.line);
        if self.is_root && !self.options.skip_invalid {
            return Err(IngestError::BadLine { path, line, column, problem });
        }
        if !self.options.skip_invalid && !self.found_any {
            self.done = true;
            return Ok(self.skipped(None, SkipReason::NoDocuments { problem }));
        }
        let id = shown_id(&self.buffer, &self.options.id_field);
        Ok(self.skipped(Some(line), SkipReason::BadLine { column, problem, id }))
    }

    fn read_failed(&self, source: io::Error) -> Result<Item, IngestError> {
        if self.is_root {
            Err(IngestError::Io { path: PathBuf::from(self.origin.file()), source })
        } else {
            let reason = SkipReason::Unreadable { detail: source.to_string() };
            Ok(self.skipped(Some(self.line), reason))
        }
    }
}

impl Iterator for JsonLines {
    type Item = Result<Item, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(left_out) = self.left_out.take() {
            return Some(Ok(left_out));
        }
        while !self.done {
            // Counted before reading, so that a blank or bad line has its number too.
            self.line += 1;
            let limit = self.options.limits.max_line_bytes;
            let (ended, consumed) = read_line(&mut *self.reader, &mut self.buffer, limit);
            self.bytes_read += consumed;
            match ended {
                Err(error) => {
                    self.done = true;
                    return Some(self.read_failed(error));
                }
                Ok(Ended::EndOfFile) => {
                    self.done = true;
                    // A file without a single line of text would otherwise vanish from the report.
                    if !self.found_any {
                        return Some(Ok(self.skipped(None, SkipReason::Empty)));
                    }
                }
                Ok(ended) => {
                    let item = self.item(&ended);
                    if item.is_some() {
                        self.found_any = true;
                        return item;
                    }
                }
            }
        }
        None
    }
}

/// Reads a line without its end into `buffer`; of a line over `limit` bytes only the start is kept.
/// Also returns how many bytes were taken from the reader.
fn read_line(
    reader: &mut dyn BufRead,
    buffer: &mut Vec<u8>,
    limit: usize,
) -> (io::Result<Ended>, u64) {
    buffer.clear();
    let (mut length, mut taken) = (0usize, 0u64);
    loop {
        let available = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return (Err(error), taken),
            Ok(available) => available,
        };
        let end = available.iter().position(|byte| *byte == b'\n');
        // Without a line end in the buffer the line goes on in the next one. What is beyond the
        // limit is read past but not kept, so that the lines behind it keep their numbers.
        let part = &available[..end.unwrap_or(available.len())];
        let at_end_of_file = available.is_empty();
        buffer.extend_from_slice(&part[..part.len().min(limit.saturating_sub(buffer.len()))]);
        length += part.len();
        let consumed = part.len() + usize::from(end.is_some());
        reader.consume(consumed);
        taken += consumed as u64;
        if end.is_some() || at_end_of_file {
            // The last line needs no line end: only an end of the file without any byte before it
            // is no line.
            let ended = match (at_end_of_file && length == 0, length > limit) {
                (true, _) => Ended::EndOfFile,
                (false, true) => Ended::TooLong,
                (false, false) => Ended::Complete,
            };
            return (Ok(ended), taken);
        }
    }
}

/// Returns whether the first line that is not blank looks like a JSON object.
pub(crate) fn looks_like_jsonl(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let end = head.iter().position(|byte| *byte == b'\n');
    let line = head[..end.unwrap_or(head.len())].trim_ascii_end();
    // A line that fills the whole look-ahead is too long for prose and need not end in it.
    line.starts_with(b"{") && (line.ends_with(b"}") || end.is_none() && line.len() > 4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &'static [u8], options: IngestOptions) -> Vec<Result<Item, IngestError>> {
        let origin = Origin { root: "/x/a.jsonl".into(), path: String::new(), line: None };
        // Three bytes at a time, so that every line crosses the reader's buffer.
        let reader = Box::new(io::BufReader::with_capacity(3, text));
        JsonLines::new(reader, origin, Arc::new(options), true).collect()
    }

    fn message(text: &'static [u8]) -> String {
        let options = IngestOptions {
            limits: crate::Limits { max_line_bytes: 60, ..Default::default() },
            ..Default::default()
        };
        match lines(text, options).pop() {
            Some(Err(error)) => error.to_string(),
            other => panic!("no error: {other:?}"),
        }
    }

    #[test]
    fn fields_become_document_and_metadata() {
        let text =
            b"\xEF\xBB\xBF\r\n{\"_id\": 7, \"text\": \"b\", \"year\": 1999, \"tags\": [\"x\"], \
            \"lang\": \"en\"}\r\n\n{\"_id\":\"q/ 1\",\"title\":\"T\",\"text\":\"\"}";
        let items = lines(text, IngestOptions::default());
        let [Ok(Item::Document(first)), Ok(Item::Document(second))] = items.as_slice() else {
            panic!("{items:?}")
        };
        assert_eq!((&*first.id, &*first.title, &*first.text), ("7", "", "b"));
        let metadata: Vec<_> = first.metadata.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(metadata, [("lang", "en"), ("tags", "[\"x\"]"), ("year", "1999")]);
        assert_eq!((&*second.id, second.origin.line), ("q/ 1", Some(4)));
    }

    #[test]
    fn null_is_a_missing_value_of_all_but_the_id() {
        let text = b"{\"_id\":\"a\",\"title\":\"T\",\"text\":null,\"year\":null}\n\
            {\"_id\":\"b\",\"title\":null,\"text\":\"t\"}\n{\"_id\":\"c\",\"title\":null,\"text\":null}\n";
        let items = lines(text, IngestOptions::default());
        let [Ok(Item::Document(a)), Ok(Item::Document(b)), Ok(Item::Skipped(c))] = &items[..]
        else {
            panic!("{items:?}")
        };
        assert_eq!((&*a.title, &*a.text, a.metadata.len()), ("T", "", 0));
        assert_eq!((&*b.title, &*b.text), ("", "t"));
        assert_eq!((c.line, c.reason.name()), (Some(3), "empty"));
        assert!(message(b"{\"_id\":null,\"text\":\"\"}").contains("got null"));
    }

    #[test]
    fn a_bad_line_is_named_by_file_line_and_column() {
        assert_eq!(
            message(b"{\"_id\":\"1\",\"text\":\"\"}\n{\"_id\": }"),
            "/x/a.jsonl:2:9: expected one JSON object a line: expected value"
        );
        assert_eq!(message(b"{}"), "/x/a.jsonl:1:1: the object has no field \"_id\"");
        assert_eq!(
            message(b"{\"_id\":1,\"text\":[]}"),
            "/x/a.jsonl:1:1: field \"text\": expected text, got a list"
        );
        assert_eq!(
            message(b"{\"_id\":1.5,\"text\":\"\"}"),
            "/x/a.jsonl:1:1: field \"_id\": expected text or a 64-bit integer, \
             got a number with a fraction or too large"
        );
        assert_eq!(message(b"{\"_id\":\"\xFF\",\"text\":\"\"}"), "/x/a.jsonl:1:9: expected UTF-8");
        assert_eq!(
            message(b"{\"_id\":\"a line of more than sixty bytes, which is the limit here\"}"),
            "/x/a.jsonl:1:61: expected a line of at most 60 bytes"
        );
    }

    #[test]
    fn bad_lines_are_counted_and_the_rest_is_read() {
        let options = IngestOptions {
            skip_invalid: true,
            limits: crate::Limits { max_line_bytes: 40, ..Default::default() },
            ..Default::default()
        };
        let text = b"[1]\n{\"_id\":\"a\",\"text\":\"this line is far too long for it\"}\n\
            {\"_id\":\"b\",\"text\":\"t\"}\n{\"_id\":\"c\",\"text\":\" \"}\n";
        let seen: Vec<_> = lines(text, options)
            .into_iter()
            .map(|item| match item.unwrap() {
                Item::Document(document) => (document.origin.line, "document"),
                Item::Skipped(skipped) => (skipped.line, skipped.reason.name()),
                Item::Unchanged(_) => unreachable!("no file was known"),
            })
            .collect();
        assert_eq!(
            seen,
            [
                (Some(1), "invalid-json"),
                (Some(2), "line-too-long"),
                (Some(3), "document"),
                (Some(4), "empty"),
            ]
        );
    }

    #[test]
    fn json_nested_without_end_is_an_error_and_not_a_stack_overflow() {
        let deep: &'static [u8] = "[".repeat(200_000).leak().as_bytes();
        assert!(matches!(
            lines(deep, IngestOptions::default()).as_slice(),
            [Err(IngestError::BadLine { problem: LineProblem::InvalidJson { .. }, .. })]
        ));
        let deep = format!("{{\"_id\":\"1\",\"text\":\"\",\"x\":{}", "[".repeat(200_000)).leak();
        assert!(lines(deep.as_bytes(), IngestOptions::default())[0].is_err());
    }

    #[test]
    fn standard_input_is_told_apart_by_its_first_line() {
        assert!(looks_like_jsonl(b"\n {\"_id\": 1}\nx"));
        assert!(!looks_like_jsonl(b"{\n \"pretty\": 1\n}"));
        assert!(!looks_like_jsonl(b"Some text {with braces}"));
    }
}
