//! The records of delimited text (RFC 4180), and which delimiter it has.

/// How many lines tell the delimiter.
const LINES: usize = 20;

/// How many fields of a line tell the delimiter.
const FIELDS: u64 = 10_000;

/// Returns the delimiter of `text`, and the text without a line that only names it.
///
/// Spreadsheets write `sep=;` in front. Else it is the character that parts the first lines into
/// the
/// same number of fields most often, and then into the most fields; the `usual` one if none does.
pub(super) fn delimiter_of(text: &str, usual: char) -> (char, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let named = first.trim_end().trim_matches('"').strip_prefix("sep=");
    if let Some(&[delimiter]) = named.map(|it| it.chars().collect::<Vec<_>>()).as_deref() {
        return (delimiter, rest);
    }
    let others = [',', ';', '\t', '|'].into_iter().filter(|candidate| *candidate != usual);
    let mut best = (usual, evenness(text, usual));
    for candidate in others {
        let evenness = evenness(text, candidate);
        if evenness > best.1 {
            best = (candidate, evenness);
        }
    }
    (best.0, text)
}

/// Returns how many of the first records have as many fields as most of them do, and how many those
/// are; nothing if that is one.
fn evenness(text: &str, delimiter: char) -> (usize, usize) {
    let widths: Vec<usize> =
        Records::new(text, delimiter, FIELDS).take(LINES).map(|record| record.len()).collect();
    widths
        .iter()
        .filter(|width| **width > 1)
        .map(|width| (widths.iter().filter(|other| *other == width).count(), *width))
        .max()
        .unwrap_or_default()
}

/// The records of a text, each with its fields on one line.
pub(super) struct Records<'a> {
    rest: &'a str,
    delimiter: char,
    /// The most fields that a record may have; the text ends within one that has more.
    fields: u64,
    /// Whether quotes still mean something: after one that is never closed, none does.
    are_quotes_closed: bool,
}

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str, delimiter: char, fields: u64) -> Self {
        Self { rest: text, delimiter, fields, are_quotes_closed: true }
    }

    /// Takes a field, and what stands behind it.
    fn field(&mut self) -> String {
        match self.quoted() {
            Some(field) => on_one_line(&field),
            None => on_one_line(self.until_end_of_field()),
        }
    }

    /// Takes a field that begins with a quote, in which a quote is written twice.
    fn quoted(&mut self) -> Option<String> {
        let mut rest = self.rest.trim_start_matches(' ').strip_prefix('"')?;
        if !self.are_quotes_closed {
            return None;
        }
        let mut field = String::new();
        loop {
            let Some((within, behind)) = rest.split_once('"') else {
                self.are_quotes_closed = false;
                return None;
            };
            field.push_str(within);
            rest = behind;
            match rest.strip_prefix('"') {
                Some(behind) => {
                    field.push('"');
                    rest = behind;
                }
                None => break,
            }
        }
        self.rest = rest;
        field.push_str(self.until_end_of_field());
        Some(field)
    }

    fn until_end_of_field(&mut self) -> &'a str {
        let ends = [self.delimiter, '\n', '\r'];
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        self.rest = rest;
        field
    }
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut record = vec![self.field()];
        while let Some(rest) = self.rest.strip_prefix(self.delimiter) {
            self.rest = rest;
            record.push(self.field());
            if record.len() as u64 > self.fields {
                self.rest = "";
                return Some(record);
            }
        }
        let rest = self.rest;
        self.rest =
            ["\r\n", "\n", "\r"].iter().find_map(|end| rest.strip_prefix(end)).unwrap_or_default();
        Some(record)
    }
}

fn on_one_line(field: &str) -> String {
    let field = field.trim();
    match field.contains(['\n', '\r', '\t']) {
        true => field.split_whitespace().collect::<Vec<_>>().join(" "),
        false => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, delimiter: char) -> Vec<Vec<String>> {
        Records::new(text, delimiter, 99).collect()
    }

    #[test]
    fn quotes_newlines_and_empty_fields_are_those_of_the_rfc() {
        let text = "aaa,\"b \r\nbb\",\"c\"\"c\"\r\n,,\rzzz,\"\",x";
        let expected: [&[&str]; 3] = [&["aaa", "b bb", "c\"c"], &["", "", ""], &["zzz", "", "x"]];
        assert_eq!(records(text, ','), expected);
        assert_eq!(records("a\tb c\n\n", '\t'), [vec!["a", "b c"], vec![""]]);
        assert!(records("", ',').is_empty());
    }

    #[test]
    fn a_quote_that_is_never_closed_is_a_letter() {
        let expected: [&[&str]; 2] = [&["5\" pipe", "\"6"], &["a", "b"]];
        assert_eq!(records("5\" pipe,\"6\na,b", ','), expected);
        // In linear time.
        let long = "\"a,".repeat(100_000);
        assert_eq!(Records::new(&long, ',', u64::MAX).next().unwrap().len(), 50_001);
    }

    #[test]
    fn no_record_is_longer_than_may_be() {
        let mut records = Records::new("a,b\n1,2,3,4\nx", ',', 2);
        assert_eq!(records.next().unwrap(), ["a", "b"]);
        assert_eq!(records.next().unwrap(), ["1", "2", "3"]);
        assert_eq!(records.next(), None);
    }

    #[test]
    fn the_delimiter_shows_in_the_first_lines() {
        let told = |text| delimiter_of(text, ',').0;
        assert_eq!(told("a;b\n1,5;2,5\n"), ';');
        assert_eq!(told("a\tb\n1\t2\n"), '\t');
        assert_eq!(told("a|b|c\nd, e|f|g\n"), '|');
        assert_eq!(told("a,b\n\"x;y\",2\n"), ',');
        assert_eq!(told("one column\nof words\n"), ',');
        assert_eq!(delimiter_of("sep=;\r\na;b", ','), (';', "a;b"));
    }
}
