//! What a page says only under conditions, and the definitions that are no text.

use super::escapes::Strings;

/// What is skipped, and how the last condition turned out.
#[derive(Default)]
pub(super) struct Skipped {
    /// The request that ends the definition which is skipped.
    end: Option<String>,
    /// How many braces are open of the block that is skipped.
    braces: usize,
    /// Whether the last `.ie` held.
    held: bool,
}

/// A request that says when the rest of its line counts.
pub(super) enum Condition<'a> {
    /// `.if` and what stands behind it.
    If(&'a str),
    /// `.ie`, to which an `.el` belongs.
    IfElse(&'a str),
    /// `.el`.
    Else(&'a str),
    /// The end of a block.
    End(&'a str),
}

/// Returns the condition that a request is; none if it is another.
pub(super) fn of(request: &str) -> Option<Condition<'_>> {
    let behind = |name: &str| {
        let rest = request.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with([' ', '\t', '\\', '!', '(', '\'']))
            .then_some(rest.trim_start())
    };
    behind("if")
        .map(Condition::If)
        .or_else(|| behind("ie").map(Condition::IfElse))
        .or_else(|| behind("el").map(Condition::Else))
        .or_else(|| request.strip_prefix("\\}").map(Condition::End))
}

impl Skipped {
    /// Says whether a line belongs to what is skipped.
    pub(super) fn takes(&mut self, line: &str) -> bool {
        if let Some(end) = &self.end {
            let request = line.strip_prefix('.').map(str::trim);
            if request.is_some_and(|request| request == end) {
                self.end = None;
            }
            return true;
        }
        if self.braces > 0 {
            self.braces = (self.braces + opened(line)).saturating_sub(closed(line));
            return true;
        }
        false
    }

    /// Skips up to the request that ends a definition.
    pub(super) fn until(&mut self, end: &str) {
        self.end = Some(if end.is_empty() { "." } else { end }.to_owned());
    }

    /// Returns what of its line counts, if the condition holds; else its block is skipped.
    pub(super) fn allows<'a>(
        &mut self,
        condition: Condition<'a>,
        strings: &Strings,
    ) -> Option<&'a str> {
        let (holds, rest) = match condition {
            Condition::If(rest) => holds(rest, strings),
            Condition::IfElse(rest) => {
                let (holds, rest) = holds(rest, strings);
                self.held = holds;
                (holds, rest)
            }
            Condition::Else(rest) => (!self.held, rest),
            Condition::End(rest) => (true, rest),
        };
        if !holds {
            self.braces = opened(rest).saturating_sub(closed(rest));
            return None;
        }
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("\\{").unwrap_or(rest).trim_start();
        let rest = rest.strip_suffix("\\}").unwrap_or(rest);
        (!rest.is_empty() && rest != "\\").then_some(rest)
    }
}

fn opened(line: &str) -> usize {
    line.matches("\\{").count()
}

fn closed(line: &str) -> usize {
    line.matches("\\}").count()
}

/// Says whether a condition holds on a terminal, and returns what stands behind it.
fn holds<'a>(condition: &'a str, strings: &Strings) -> (bool, &'a str) {
    let (is_negated, condition) = match condition.strip_prefix('!') {
        Some(condition) => (true, condition.trim_start()),
        None => (false, condition),
    };
    if let Some(compared) = condition.strip_prefix('\'') {
        let mut parts = compared.splitn(3, '\'');
        let (left, right) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let is_same = strings.resolve(left).text == strings.resolve(right).text;
        return (is_same != is_negated, parts.next().unwrap_or_default());
    }
    let end = condition.find([' ', '\t']).unwrap_or(condition.len());
    let end = condition[..end].find("\\{").unwrap_or(end);
    let (word, rest) = condition.split_at(end);
    let (holds, rest) = match word {
        // The terminal is no typesetter, and knows what groff knows.
        "n" | "\\n(.g" | "\\n[.g]" | "1" => (true, rest),
        // Whether a register, a string or a character is there.
        "d" | "r" | "c" | "m" => {
            let rest = rest.trim_start();
            (false, rest.find([' ', '\t']).map_or("", |end| &rest[end..]))
        }
        _ => (false, rest),
    };
    (holds != is_negated, rest)
}
