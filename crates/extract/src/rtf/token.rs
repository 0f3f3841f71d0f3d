//! The tokens of RTF.

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'b> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// A control word, such as `par` or `u8211`.
    Word(&'b str, Option<i32>),
    /// A control symbol, such as `~`.
    Symbol(u8),
    /// A byte of text that was written `\'e4` or escaped.
    Byte(u8),
    /// Bytes of text as they stand there.
    Text(&'b [u8]),
    /// Data behind `\bin`, which are left out.
    Binary,
}

/// The tokens of a document, to its last byte.
pub(super) struct Tokens<'b> {
    rest: &'b [u8],
}

impl<'b> Tokens<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Takes what follows a `\`.
    fn control(&mut self) -> Option<Token<'b>> {
        let first = *self.rest.first()?;
        if first.is_ascii_alphabetic() {
            return Some(self.word());
        }
        self.skip(1);
        match first {
            b'\'' => {
                let digits = self.rest.get(..2).and_then(|it| std::str::from_utf8(it).ok());
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                self.skip(if byte.is_some() { 2 } else { 0 });
                Some(byte.map_or(Token::Symbol(b'\''), Token::Byte))
            }
            b'\\' | b'{' | b'}' => Some(Token::Byte(first)),
            _ => Some(Token::Symbol(first)),
        }
    }

    /// Takes letters, a number and the space that ends them.
    fn word(&mut self) -> Token<'b> {
        let count =
            |bytes: &[u8], is: fn(&u8) -> bool| bytes.iter().take_while(|it| is(it)).count();
        let letters = count(self.rest, u8::is_ascii_alphabetic);
        let name = self.rest.get(..letters).and_then(|it| std::str::from_utf8(it).ok());
        self.skip(letters);
        let sign = usize::from(self.rest.first() == Some(&b'-'));
        let digits = count(self.rest.get(sign..).unwrap_or_default(), u8::is_ascii_digit);
        let number = self.rest.get(..sign + digits).and_then(|it| std::str::from_utf8(it).ok());
        // A number that is too long for a parameter is no better than none.
        let number = number.filter(|_| digits > 0).and_then(|it| it.parse().ok());
        self.skip(if digits > 0 { sign + digits } else { 0 });
        self.skip(usize::from(self.rest.first() == Some(&b' ')));
        let name = name.unwrap_or_default();
        if name == "bin" {
            self.skip(number.map_or(0, |it: i32| usize::try_from(it).unwrap_or(0)));
            return Token::Binary;
        }
        Token::Word(name, number)
    }
}

impl<'b> Iterator for Tokens<'b> {
    type Item = Token<'b>;

    fn next(&mut self) -> Option<Token<'b>> {
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        self.skip(self.rest.iter().take_while(|byte| is_line_end(byte)).count());
        let first = *self.rest.first()?;
        match first {
            b'{' | b'}' | b'\\' => self.skip(1),
            _ => {
                let is_text = |byte: &&u8| !matches!(byte, b'{' | b'}' | b'\\' | b'\r' | b'\n');
                let length = self.rest.iter().take_while(is_text).count();
                let text = self.rest.get(..length).unwrap_or_default();
                self.skip(length);
                return Some(Token::Text(text));
            }
        }
        match first {
            b'{' => Some(Token::Open),
            b'}' => Some(Token::Close),
            _ => self.control(),
        }
    }
}
