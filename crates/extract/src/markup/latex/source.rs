//! The characters of a LaTeX file, and the arguments that stand there.

/// How far the end of a formula or of an option may be, in bytes.
const NEAR: usize = 4 << 10;

/// How many bytes may be looked through in vain for ends, in all, before none is looked for any
/// more.
const IN_VAIN: usize = 16 << 20;

/// What is still to be read.
pub(super) struct Source<'a> {
    rest: &'a str,
    /// How many bytes may still be looked through in vain.
    budget: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, budget: IN_VAIN }
    }

    /// Takes a character.
    pub(super) fn next(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    /// Takes `text` if it is next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub(super) fn starts_with(&self, is: impl Fn(char) -> bool) -> bool {
        self.rest.starts_with(is)
    }

    /// Takes characters that mean but themselves.
    pub(super) fn words(&mut self) -> &'a str {
        let is_special = |c: char| c.is_whitespace() || "\\{}%$&~#-`'".contains(c);
        self.until(self.rest.find(is_special).unwrap_or(self.rest.len()))
    }

    /// Takes the letters of a command, and its star.
    pub(super) fn name(&mut self) -> &'a str {
        let is_letter = |c: char| c.is_ascii_alphabetic() || c == '@';
        let name = self.until(self.rest.find(|c| !is_letter(c)).unwrap_or(self.rest.len()));
        self.eat("*");
        name
    }

    /// Takes blanks and at most one end of a line, as behind a command.
    pub(super) fn blanks(&mut self) {
        let is_blank = |c: char| c == ' ' || c == '\t' || c == '\r';
        let rest = self.rest.trim_start_matches(is_blank);
        let below = rest.strip_prefix('\n').map(|rest| rest.trim_start_matches(is_blank));
        self.rest = match below {
            Some(below) if !below.starts_with('\n') => below,
            _ => rest,
        };
    }

    /// Takes the blanks behind an end of a line, and says whether an empty line is among them.
    pub(super) fn is_blank_line(&mut self) -> bool {
        let words = self.rest.trim_start();
        let blanks = self.until(self.rest.len() - words.len());
        blanks.contains('\n')
    }

    /// Takes a comment with the end of its line, and says whether an empty line follows.
    pub(super) fn comment(&mut self) -> bool {
        self.until(self.rest.find('\n').map_or(self.rest.len(), |end| end + 1));
        self.is_blank_line()
    }

    /// Takes a formula up to its `end`; none if that is not near, or is behind an empty line.
    pub(super) fn formula(&mut self, end: &str) -> Option<&'a str> {
        let near = self.near(self.rest)?;
        let is_escaped = |at: usize| end.starts_with('$') && near[..at].ends_with('\\');
        let at = near.match_indices(end).map(|(at, _)| at).find(|at| !is_escaped(*at));
        let Some(at) = at.filter(|at| !near[..*at].contains("\n\n")) else {
            return self.in_vain(near.len());
        };
        let formula = self.until(at);
        self.eat(end);
        Some(formula)
    }

    /// Takes everything up to `end`, and that; all of it, if there is none.
    pub(super) fn up_to(&mut self, end: &str) -> &'a str {
        let (taken, rest) = self.rest.split_once(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Takes `[...]` if it is next, without the brackets.
    pub(super) fn option(&mut self) -> Option<&'a str> {
        let within = self.rest.strip_prefix('[')?;
        let near = self.near(within)?;
        let mut depth = 0u32;
        for (at, byte) in near.bytes().enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' if depth == 0 => return self.in_vain(at),
                b'}' => depth -= 1,
                b']' if depth == 0 => {
                    self.rest = within.get(at + 1..)?;
                    return within.get(..at);
                }
                b'\n' if near[at + 1..].starts_with('\n') => return self.in_vain(at),
                _ => {}
            }
        }
        self.in_vain(near.len())
    }

    /// Takes all options.
    pub(super) fn options(&mut self) {
        while self.option().is_some() {}
    }

    /// Takes `{...}` if it is next, without the braces.
    pub(super) fn argument(&mut self) -> Option<&'a str> {
        let within = self.rest.strip_prefix('{')?;
        if self.budget == 0 {
            return None;
        }
        let mut depth = 0u32;
        let mut is_escaped = false;
        for (at, byte) in within.bytes().enumerate() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'{' => depth += 1,
                b'}' if depth == 0 => {
                    self.rest = within.get(at + 1..)?;
                    return within.get(..at);
                }
                b'}' => depth -= 1,
                _ => {}
            }
        }
        self.in_vain(within.len())
    }

    /// Takes a character's argument: `e`, `{e}`, or `{\i}` for a letter without its dot.
    pub(super) fn letter(&mut self) -> Option<char> {
        self.blanks();
        let start = self.rest;
        let is_braced = self.eat("{");
        self.eat("\\");
        let letter = self.next().filter(|letter| letter.is_alphabetic());
        if letter.is_some_and(|letter| {
            start.trim_start_matches('{').starts_with('\\') && !"ij".contains(letter)
        }) || letter.is_none()
            || is_braced && !self.eat("}")
        {
            self.rest = start;
            return None;
        }
        letter
    }

    /// Takes what stands between two of the next character, as behind `\verb`.
    pub(super) fn delimited(&mut self) -> &'a str {
        let start = self.rest;
        let Some(delimiter) = self.next() else { return "" };
        let Some(near) = self.near(self.rest) else { return "" };
        let end = near.find(['\n', if delimiter == '{' { '}' } else { delimiter }]);
        match end.filter(|end| !near[*end..].starts_with('\n')) {
            Some(end) => {
                let within = self.until(end);
                self.next();
                within
            }
            None => {
                self.rest = start;
                self.in_vain(end.unwrap_or(near.len())).unwrap_or_default()
            }
        }
    }

    /// Returns where an end is looked for; none if that was in vain too often.
    fn near(&self, text: &'a str) -> Option<&'a str> {
        (self.budget > 0).then(|| &text[..text.floor_char_boundary(NEAR)])
    }

    /// Remembers that there is no end in so many bytes.
    fn in_vain(&mut self, bytes: usize) -> Option<&'a str> {
        self.budget = self.budget.saturating_sub(bytes.max(1));
        None
    }

    fn until(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}
