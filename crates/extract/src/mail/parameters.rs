//! Values with parameters, such as `text/plain; charset=utf-8` (RFC 2045, RFC 2231).

use super::{charset, words};

/// A value and its parameters.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// What stands before the first `;`, in lower case.
    pub(super) value: String,
    /// Names in lower case, as they stand there: with the marks of RFC 2231.
    all: Vec<(String, String)>,
}

impl Parameters {
    /// Reads a field's value.
    pub(super) fn parse(field: &str) -> Self {
        let field = field.trim_start();
        // Some programs forget the first `;`.
        let end = field.find(|it: char| it == ';' || it == '(' || it.is_whitespace());
        let (value, mut rest) = field.split_at(end.unwrap_or(field.len()));
        let value = value.to_ascii_lowercase();
        let mut all = Vec::new();
        while let Some(start) = rest.find(|it: char| it != ';' && !it.is_whitespace()) {
            rest = rest.get(start..).unwrap_or_default();
            let end = rest.find(['=', ';']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            rest = after;
            if let Some(after) = after.strip_prefix('=') {
                let (value, after) = parameter_value(after.trim_start());
                rest = after;
                all.push((name.trim().to_ascii_lowercase(), value));
            }
        }
        Self { value, all }
    }

    /// Returns a parameter, put together and decoded.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = self.extended(name).or_else(|| self.plain(name))?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Returns `name=value`. Encoded words are not allowed in it, and common all the same.
    fn plain(&self, name: &str) -> Option<String> {
        let (_, value) = self.all.iter().find(|(known, _)| known == name)?;
        Some(words::decoded(value))
    }

    /// Returns `name*=charset'language'value`, or `name*0=...; name*1*=...` in the order of the
    /// numbers.
    ///
    /// Bytes are decoded when all pieces are together, for a character may be cut between two.
    fn extended(&self, name: &str) -> Option<String> {
        let mut pieces: Vec<(u32, bool, &str)> = Vec::new();
        for (known, value) in &self.all {
            let Some(mark) = known.strip_prefix(name).and_then(|it| it.strip_prefix('*')) else {
                continue;
            };
            let number = mark.trim_end_matches('*');
            let number = if number.is_empty() { Some(0) } else { number.parse().ok() };
            let is_encoded = mark.is_empty() || mark.ends_with('*');
            pieces.extend(number.map(|number| (number, is_encoded, value.as_str())));
        }
        pieces.sort_by_key(|(number, ..)| *number);
        let mut label = None;
        let mut bytes = Vec::new();
        for (number, is_encoded, value) in &pieces {
            match value.splitn(3, '\'').collect::<Vec<_>>().as_slice() {
                [charset, _, text] if *is_encoded && *number == 0 => {
                    label = Some(*charset).filter(|it| !it.is_empty());
                    bytes.extend(percent_decoded(text));
                }
                _ if *is_encoded => bytes.extend(percent_decoded(value)),
                _ => bytes.extend_from_slice(value.as_bytes()),
            }
        }
        (!pieces.is_empty()).then(|| charset::text(&bytes, label))
    }
}

/// Returns the value that begins here, without its quotes, and what follows it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            // Only these are escaped: the `\` of a path stands for itself.
            '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            _ => value.push(character),
        }
    }
    (value, "")
}

/// Decodes `%20`; what is not so written stays as it is.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|_| *first == b'%').and_then(|it| u8::from_str_radix(it, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes
}
