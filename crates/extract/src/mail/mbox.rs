//! Files of many messages (RFC 4155), one message at a time.

use std::io::{self, BufRead, Read as _};

/// How much of a line is read at once.
const PIECE: u64 = 64 << 10;

/// The longest line that may part two messages.
const MAX_SEPARATOR: usize = 1000;

/// A message of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MboxMessage {
    /// Its place, from 1.
    pub number: u64,
    /// How many bytes it has.
    pub size: u64,
    /// The message; none if it is longer than the limit.
    pub bytes: Option<Vec<u8>>,
}

/// Says whether a file that begins with `head` is a mailbox.
#[must_use]
pub fn looks_like_mbox(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n').next().is_some_and(is_separator)
}

/// Returns the messages of a mailbox in their order. No more than one is held in memory, and of
/// that at most `limit` bytes.
///
/// A message begins at a line `From sender date` after an empty one; `>From` within it was `From`.
pub fn messages(reader: impl BufRead, limit: u64) -> impl Iterator<Item = io::Result<MboxMessage>> {
    Messages { reader, limit, number: 0, has_begun: false, has_ended: false }
}

struct Messages<R> {
    reader: R,
    limit: u64,
    number: u64,
    /// Whether the line that begins the next message was read.
    has_begun: bool,
    has_ended: bool,
}

impl<R: BufRead> Iterator for Messages<R> {
    type Item = io::Result<MboxMessage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let message = self.message();
        self.has_ended |= message.is_err();
        message.transpose()
    }
}

impl<R: BufRead> Messages<R> {
    /// Reads up to the line that begins the message after the next; none at the end.
    fn message(&mut self) -> io::Result<Option<MboxMessage>> {
        let mut line = Vec::new();
        let mut message = Growing { bytes: Vec::new(), size: 0, limit: self.limit };
        // A file may begin with a message.
        let mut blank: Vec<u8> = Vec::new();
        let mut is_after_blank = !self.has_begun;
        let mut begins_line = true;
        loop {
            line.clear();
            (&mut self.reader).take(PIECE).read_until(b'\n', &mut line)?;
            if line.is_empty() {
                self.has_ended = true;
                return Ok(self.has_begun.then(|| self.finish(message)));
            }
            if begins_line && is_after_blank && is_separator(line.trim_ascii_end()) {
                let begun = std::mem::replace(&mut self.has_begun, true);
                if begun {
                    return Ok(Some(self.finish(message)));
                }
                // What stood before the first message is none.
                message = Growing { bytes: Vec::new(), size: 0, limit: self.limit };
                blank.clear();
                is_after_blank = false;
                continue;
            }
            // The empty line before a separator is not the message's, so it waits for the next
            // line.
            message.add(&std::mem::take(&mut blank));
            is_after_blank = begins_line && line.trim_ascii().is_empty() && line.ends_with(b"\n");
            match is_after_blank {
                true => blank.extend_from_slice(&line),
                false => message.add(if begins_line { unescaped(&line) } else { &line }),
            }
            begins_line = line.ends_with(b"\n");
        }
    }

    fn finish(&mut self, message: Growing) -> MboxMessage {
        self.number += 1;
        let is_whole = message.size <= self.limit;
        MboxMessage {
            number: self.number,
            size: message.size,
            bytes: is_whole.then_some(message.bytes),
        }
    }
}

/// A message that is being read. Beyond the limit its bytes are only counted.
struct Growing {
    bytes: Vec<u8>,
    size: u64,
    limit: u64,
}

impl Growing {
    fn add(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(bytes.len() as u64);
        match self.size <= self.limit {
            true => self.bytes.extend_from_slice(bytes),
            false => self.bytes = Vec::new(),
        }
    }
}

/// Says whether a line is `From sender date`, for many programs leave `From` in a text as it is:
/// there is a month, a time and a year.
fn is_separator(line: &[u8]) -> bool {
    if !line.starts_with(b"From ") || line.len() > MAX_SEPARATOR {
        return false;
    }
    let words = || line.split(u8::is_ascii_whitespace).skip(2);
    let is_month = |word: &[u8]| {
        const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
        MONTHS.chunks(3).any(|month| month.eq_ignore_ascii_case(word))
    };
    let is_time = |word: &[u8]| {
        let mut parts = word.split(|byte| *byte == b':');
        let are_numbers = parts.all(|it| (1..=2).contains(&it.len()) && is_number(it));
        word.contains(&b':') && are_numbers
    };
    let is_year = |word: &[u8]| word.len() == 4 && is_number(word);
    words().any(is_month) && words().any(is_time) && words().any(is_year)
}

fn is_number(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
}

/// Returns a line without the `>` that was put before its `From`.
fn unescaped(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|byte| **byte == b'>').count();
    let is_escaped = marks > 0 && line.get(marks..).is_some_and(|it| it.starts_with(b"From "));
    if is_escaped { line.get(1..).unwrap_or_default() } else { line }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const LINE: &str = "From a@b Tue Mar  3 10:00:00 2020\n";

    fn read(mailbox: &str, limit: u64) -> Vec<(u64, u64, Option<String>)> {
        messages(Cursor::new(mailbox), limit)
            .map(Result::unwrap)
            .map(|it| (it.number, it.size, it.bytes.map(|it| String::from_utf8(it).unwrap())))
            .collect()
    }

    fn texts(mailbox: &str) -> Vec<String> {
        read(mailbox, 1000).into_iter().filter_map(|(_, _, text)| text).collect()
    }

    #[test]
    fn mailboxes_are_told_by_their_first_line() {
        assert!(looks_like_mbox(LINE.as_bytes()));
        assert!(looks_like_mbox(b"From - Tue Mar 03 10:00:00 2020\r\nSubject: x"));
        assert!(looks_like_mbox(b"From 16@xxx Tue Mar 03 10:00:00 +0000 2020\n"));
        for no in ["From the start, at 10:00", "From: a@b", ">From a@b Mar 3 10:00 2020", ""] {
            assert!(!looks_like_mbox(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn messages_are_parted_and_their_lines_restored() {
        let mailbox = format!(
            "{LINE}Subject: 1\n\n>From here\n>>From there\nFrom me at 10:00\n\n{LINE}Subject: 2\n\n\
             a\n{LINE}\n\n{LINE}"
        );
        let first = "Subject: 1\n\nFrom here\n>From there\nFrom me at 10:00\n";
        // Behind a line that is not empty it is a line of the text.
        let second = format!("Subject: 2\n\na\n{LINE}\n");
        assert_eq!(texts(&mailbox), [first, &second, ""]);
        let windows = mailbox.replace('\n', "\r\n");
        assert_eq!(texts(&windows)[0], first.replace('\n', "\r\n"));
    }

    #[test]
    fn what_stands_before_the_first_message_is_none() {
        assert_eq!(texts(&format!("junk\n\n{LINE}a")), ["a"]);
        assert_eq!(texts("junk\n\njunk"), [""; 0]);
        assert_eq!(texts(""), [""; 0]);
    }

    #[test]
    fn a_message_that_is_too_long_is_counted_and_passed_over() {
        let long = "x".repeat(200_000);
        let mailbox = format!("{LINE}short\n\n{LINE}{long}\n\n{LINE}{long}");
        let short = |number, text: &str| (number, text.len() as u64, Some(text.to_owned()));
        let expected = [short(1, "short\n"), (2, 200_001, None), (3, 200_000, None)];
        assert_eq!(read(&mailbox, 100), expected);
        assert_eq!(read(&format!("{LINE}12345"), 5), [short(1, "12345")]);
    }

    #[test]
    fn a_reader_that_fails_ends_the_messages() {
        struct Broken;
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
        }
        let whole = format!("{LINE}one\n\n{LINE}two");
        let reader = io::BufReader::new(io::Read::chain(Cursor::new(whole), Broken));
        let found: Vec<bool> = messages(reader, 100).map(|it| it.is_ok()).collect();
        assert_eq!(found, [true, false]);
    }
}
