//! Which encoding an HTML file names of itself: the prescan of the HTML standard.

use encoding_rs::{Encoding, ISO_2022_JP};

/// How far into a file the standard looks.
const WINDOW: usize = 1024;

/// Returns the encoding that a `<meta>` within the first 1024 bytes names, as browsers look for it: not
/// one in a comment, in a script's tag or in text.
///
/// UTF-16 is not believed: whoever could read the declaration read it as ASCII.
///
/// The algorithm: <https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding>.
#[must_use]
pub fn declared_in_html(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut scan = Scan(&bytes[..bytes.len().min(WINDOW)]);
    while !scan.0.is_empty() {
        if scan.takes("<!--") {
            // `<!-->` is a whole comment: its dashes are those of the beginning.
            let end = scan.0.windows(3).position(|it| it == b"-->").map(|at| at + 3);
            let at_once = scan.0.starts_with(b">").then_some(1);
            scan.skip(at_once.or(end).unwrap_or(scan.0.len()));
        } else if scan.is_meta() {
            scan.skip("<meta".len());
            if let Some(encoding) = scan.declaration() {
                return Some(encoding);
            }
        } else if scan.is_tag() {
            let name = scan.0.iter().position(|byte| *byte == b'>' || byte.is_ascii_whitespace());
            scan.skip(name.unwrap_or(scan.0.len()));
            while scan.attribute().is_some() {}
        } else if scan.0.starts_with(b"<!")
            || scan.0.starts_with(b"</")
            || scan.0.starts_with(b"<?")
        {
            let end = scan.0.iter().position(|byte| *byte == b'>');
            scan.skip(end.map_or(scan.0.len(), |end| end + 1));
        } else {
            scan.skip(1);
        }
    }
    None
}

/// What is left to look at.
struct Scan<'b>(&'b [u8]);

impl Scan<'_> {
    fn skip(&mut self, bytes: usize) {
        self.0 = &self.0[bytes.min(self.0.len())..];
    }

    fn takes(&mut self, text: &str) -> bool {
        let begins = self.0.starts_with(text.as_bytes());
        self.skip(if begins { text.len() } else { 0 });
        begins
    }

    fn is_meta(&self) -> bool {
        let (name, after) = (self.0.get(..5), self.0.get(5));
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"<meta"))
            && after.is_some_and(|after| after.is_ascii_whitespace() || *after == b'/')
    }

    fn is_tag(&self) -> bool {
        let name = self.0.strip_prefix(b"</").or_else(|| self.0.strip_prefix(b"<"));
        name.and_then(<[u8]>::first).is_some_and(u8::is_ascii_alphabetic)
    }

    /// Reads the attributes of a `<meta>` and returns the encoding that it names, if any.
    fn declaration(&mut self) -> Option<&'static Encoding> {
        let (mut is_pragma, mut by_charset, mut by_content) = (false, None, None);
        while let Some((name, value)) = self.attribute() {
            match &name[..] {
                b"http-equiv" => is_pragma |= value == b"content-type",
                b"charset" => by_charset = by_charset.or(Some(value)),
                b"content" => by_content = by_content.or(charset_in(&value)),
                _ => {}
            }
        }
        let label = by_charset.or(by_content.filter(|_| is_pragma))?;
        let named = Encoding::for_label(&label)?;
        (named.is_ascii_compatible() || named == ISO_2022_JP).then_some(named)
    }

    /// Reads an attribute: its name and value in lower case; none at the end of the tag.
    fn attribute(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        let is_gap = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        self.skip(self.0.iter().take_while(|byte| is_gap(byte)).count());
        match self.0.first() {
            None => return None,
            Some(b'>') => {
                self.skip(1);
                return None;
            }
            Some(_) => {}
        }
        // A name may begin with `=`.
        let ends = |byte: &u8| is_gap(byte) || b"=>".contains(byte);
        let length = 1 + self.0[1..].iter().take_while(|byte| !ends(byte)).count();
        let name = self.0[..length].to_ascii_lowercase();
        self.skip(length);
        self.skip_white_space();
        if !self.takes("=") {
            return Some((name, Vec::new()));
        }
        self.skip_white_space();
        let value = match self.0.first() {
            Some(quote @ (b'"' | b'\'')) => {
                let quote = *quote;
                self.skip(1);
                let length = self.0.iter().take_while(|byte| **byte != quote).count();
                let value = self.0[..length].to_ascii_lowercase();
                self.skip(length + 1);
                value
            }
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'>';
                let length = self.0.iter().take_while(|byte| !ends(byte)).count();
                let value = self.0[..length].to_ascii_lowercase();
                self.skip(length);
                value
            }
        };
        Some((name, value))
    }

    fn skip_white_space(&mut self) {
        self.skip(self.0.iter().take_while(|byte| byte.is_ascii_whitespace()).count());
    }
}

/// Returns the label behind `charset=` in the content of a pragma, which is in lower case.
fn charset_in(content: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Scan(content);
    loop {
        let at = rest.0.windows(7).position(|it| it == b"charset")?;
        rest.skip(at + 7);
        rest.skip_white_space();
        if !rest.takes("=") {
            continue;
        }
        rest.skip_white_space();
        return match rest.0.first()? {
            quote @ (b'"' | b'\'') => {
                let end = rest.0[1..].iter().position(|byte| byte == quote)?;
                Some(rest.0[1..=end].to_vec())
            }
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b';';
                let length = rest.0.iter().take_while(|byte| !ends(byte)).count();
                Some(rest.0[..length].to_vec())
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(html: &str) -> Option<&'static str> {
        declared_in_html(html.as_bytes()).map(Encoding::name)
    }

    #[test]
    fn a_meta_names_the_encoding() {
        assert_eq!(declared("<meta charset=\"Shift_JIS\">"), Some("Shift_JIS"));
        assert_eq!(
            declared("<!doctype html><html lang=de><meta name=a charset = koi8-r >"),
            Some("KOI8-R")
        );
        let pragma = "<META HTTP-EQUIV=Content-Type content='text/html; CHARSET=iso-8859-2'>";
        assert_eq!(declared(pragma), Some("ISO-8859-2"));
        let late =
            "<meta content='text/html; charset=\"iso-2022-jp\"' http-equiv=\"content-type\"/>";
        assert_eq!(declared(late), Some("ISO-2022-JP"));
    }

    #[test]
    fn nothing_else_does() {
        for html in [
            "<meta charset=utf-16>",
            "<meta charset=",
            "<meta name=x content='text/html; charset=koi8-r'>",
            "<!-- <meta charset=koi8-r> -->",
            "<script charset=koi8-r src='<meta charset=koi8-r>'></script>",
            "<metadata charset=koi8-r>",
            "<p>charset=koi8-r",
            "</p charset=koi8-r>",
            "<?php charset=koi8-r ?>",
            "<",
        ] {
            assert_eq!(declared(html), None, "{html}");
        }
        let far = format!("<!--{}--><meta charset=koi8-r>", "x".repeat(1024));
        assert_eq!(declared(&far), None);
    }

    #[test]
    fn what_stands_behind_a_comment_or_a_tag_counts() {
        assert_eq!(declared("<!-- charset=utf-8 --><meta charset=koi8-r>"), Some("KOI8-R"));
        assert_eq!(declared("<!--><meta charset=koi8-r>"), Some("KOI8-R"));
        assert_eq!(declared("<a title='>'><meta charset=koi8-r>"), Some("KOI8-R"));
        assert_eq!(declared("< meta><meta\n\tcharset='koi8-r'"), Some("KOI8-R"));
    }

    #[test]
    fn any_bytes_have_an_end() {
        let mut state = 1u32;
        for _ in 0..2000 {
            let mut byte = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let alphabet = b"<!->=/'\" \nmetacharset;x";
                alphabet[(state >> 24) as usize % alphabet.len()]
            };
            let bytes: Vec<u8> = (0..60).map(|_| byte()).collect();
            let _ = declared_in_html(&bytes);
        }
    }
}
