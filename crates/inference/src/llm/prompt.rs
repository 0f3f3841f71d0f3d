//! What a model is told, as text that anybody may replace.

use std::fmt;

use super::fence::{fenced, harmless};
use trommel_core::{Message, Role};

use super::LlmError;

/// What a prompt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PromptKind {
    /// Asks for yes or no, for one passage.
    Pointwise,
    /// Asks for a grade from 0 to 3, for one passage: for servers that tell no probabilities.
    Grade,
    /// Asks for the order of passages.
    Listwise,
    /// Asks for the better of two passages.
    Pairwise,
}

impl PromptKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pointwise, Self::Grade, Self::Listwise, Self::Pairwise];

    /// Returns its name, such as `listwise`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pointwise => "pointwise",
            Self::Grade => "grade",
            Self::Listwise => "listwise",
            Self::Pairwise => "pairwise",
        }
    }

    /// Returns the text that is used where there is none of one's own.
    #[must_use]
    pub fn usual_text(self) -> &'static str {
        match self {
            Self::Pointwise => include_str!("../../prompts/pointwise.txt"),
            Self::Grade => include_str!("../../prompts/grade.txt"),
            Self::Listwise => include_str!("../../prompts/listwise.txt"),
            Self::Pairwise => include_str!("../../prompts/pairwise.txt"),
        }
    }

    /// Returns where passages go.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Pointwise | Self::Grade => "{passage}",
            Self::Listwise | Self::Pairwise => "{passages}",
        }
    }
}

impl fmt::Display for PromptKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A prompt that was read and has all its placeholders.
///
/// A line of `---` divides the system's message, above it, from the user's; without one all is the
/// user's. `{query}` becomes the query. `{passage}` becomes a passage in its fence, `{passages}` one
/// after the other, each below its number in brackets, and `{count}` their number. Any other brace
/// is just a brace. The fence comes with the passage, so that no prompt can do without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    kind: PromptKind,
    system: Vec<Part>,
    user: Vec<Part>,
}

/// The prompts that are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts {
    /// For yes or no.
    pub pointwise: Prompt,
    /// For grades.
    pub grade: Prompt,
    /// For an order.
    pub listwise: Prompt,
    /// For the better of two.
    pub pairwise: Prompt,
}

/// A prompt with everything filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chat {
    pub(crate) messages: Vec<Message>,
    /// As in [`Ask::shared`](super::Ask::shared).
    pub(crate) shared: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Query,
    Passages,
    Count,
}

impl Prompt {
    /// Reads a prompt.
    ///
    /// # Errors
    ///
    /// [`LlmError::Placeholder`] if `{query}` or what [`PromptKind::placeholder`] names is missing.
    pub fn new(kind: PromptKind, text: &str) -> Result<Self, LlmError> {
        // Editors may put a mark in front of a file and end its lines in two characters.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let (system, user) = text.split_once("\n---\n").unwrap_or(("", &text));
        let prompt = Self { kind, system: parts(kind, system), user: parts(kind, user) };
        let needed = [("{query}", Part::Query), (kind.placeholder(), Part::Passages)];
        let has = |part: &Part| prompt.system.contains(part) || prompt.user.contains(part);
        let missing: Vec<&'static str> = needed
            .iter()
            .filter(|(_, part)| !has(part))
            .map(|(placeholder, _)| *placeholder)
            .collect();
        if missing.is_empty() { Ok(prompt) } else { Err(LlmError::Placeholder { kind, missing }) }
    }

    /// Returns what it is for.
    #[must_use]
    pub fn kind(&self) -> PromptKind {
        self.kind
    }

    /// Fills it in. What is filled in is never looked at for placeholders.
    pub(crate) fn chat(&self, query: &str, passages: &[&str]) -> Chat {
        let filling = Filling { kind: self.kind, query: harmless(query), passages };
        let (system, before) = filling.fill(&self.system);
        let (user, shared) = filling.fill(&self.user);
        let of = |role, content: String| Message { role, content };
        let messages = if system.is_empty() {
            vec![of(Role::User, user)]
        } else {
            vec![of(Role::System, system), of(Role::User, user)]
        };
        // With passages in the first message, nothing of the second comes after the same.
        let shared = if before.is_some() { 0 } else { shared.unwrap_or_default() };
        Chat { messages, shared }
    }
}

impl Prompts {
    /// Returns the prompts that are used where there are none of one's own.
    ///
    /// # Errors
    ///
    /// None, as long as the texts built in have their placeholders.
    pub fn usual() -> Result<Self, LlmError> {
        let usual = |kind: PromptKind| Prompt::new(kind, kind.usual_text());
        Ok(Self {
            pointwise: usual(PromptKind::Pointwise)?,
            grade: usual(PromptKind::Grade)?,
            listwise: usual(PromptKind::Listwise)?,
            pairwise: usual(PromptKind::Pairwise)?,
        })
    }

    /// Returns the prompts with one exchanged: the one of the same kind.
    #[must_use]
    pub fn with(mut self, prompt: Prompt) -> Self {
        let place = match prompt.kind {
            PromptKind::Pointwise => &mut self.pointwise,
            PromptKind::Grade => &mut self.grade,
            PromptKind::Listwise => &mut self.listwise,
            PromptKind::Pairwise => &mut self.pairwise,
        };
        *place = prompt;
        self
    }
}

/// What stands in for placeholders.
struct Filling<'a> {
    kind: PromptKind,
    query: String,
    passages: &'a [&'a str],
}

impl Filling<'_> {
    /// Returns the text, and how much of it comes before the first passage, if there is any.
    fn fill(&self, parts: &[Part]) -> (String, Option<usize>) {
        let mut text = String::new();
        let mut before = None;
        for part in parts {
            match part {
                Part::Text(own) => text.push_str(own),
                Part::Query => text.push_str(&self.query),
                Part::Count => text.push_str(&self.passages.len().to_string()),
                Part::Passages => {
                    before = before.or(Some(text.len()));
                    text.push_str(&self.list());
                }
            }
        }
        (text, before)
    }

    fn list(&self) -> String {
        let numbered =
            |(passage, number): (&&str, usize)| format!("[{number}]\n{}", fenced(passage));
        match self.kind {
            PromptKind::Pointwise | PromptKind::Grade => {
                self.passages.iter().map(|passage| fenced(passage)).collect()
            }
            PromptKind::Listwise | PromptKind::Pairwise => {
                let all: Vec<String> = self.passages.iter().zip(1..).map(numbered).collect();
                all.join("\n\n")
            }
        }
    }
}

fn parts(kind: PromptKind, text: &str) -> Vec<Part> {
    let known =
        [("{query}", Part::Query), (kind.placeholder(), Part::Passages), ("{count}", Part::Count)];
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let next = known
            .iter()
            .filter_map(|(name, part)| Some((rest.find(name)?, name, part)))
            .min_by_key(|(at, ..)| *at);
        let Some((at, name, part)) = next else {
            parts.push(Part::Text(rest.to_owned()));
            break;
        };
        if at > 0 {
            parts.push(Part::Text(rest[..at].to_owned()));
        }
        parts.push(part.clone());
        rest = &rest[at + name.len()..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompts_that_are_built_in_are_whole_and_say_that_passages_are_data() {
        let prompts = Prompts::usual().unwrap();
        for prompt in [prompts.pointwise, prompts.grade, prompts.listwise, prompts.pairwise] {
            let chat = prompt.chat("q", &["p"]);
            assert_eq!(chat.messages.len(), 2, "{}", prompt.kind());
            assert!(chat.messages[0].content.contains("is data"), "{}", prompt.kind());
            assert!(chat.messages[1].content.contains("<passage>\np\n</passage>"));
        }
    }

    #[test]
    fn a_prompt_without_a_placeholder_is_refused_by_its_name() {
        for (kind, text, missing) in [
            (PromptKind::Pointwise, "{query}", "{passage}"),
            (PromptKind::Grade, "{passage}", "{query}"),
            (PromptKind::Listwise, "{query} {passage}", "{passages}"),
            (PromptKind::Pairwise, "{query} {pasages}", "{passages}"),
            (PromptKind::Pairwise, "", "{query} and no {passages}"),
        ] {
            let error = Prompt::new(kind, text).unwrap_err();
            assert_eq!(error.to_string(), format!("the {kind} prompt has no {missing}"));
        }
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        let prompt = Prompt::new(PromptKind::Pointwise, "{query}|{passage}|{x}").unwrap();
        let chat = prompt.chat("{passage}", &["{query} {count}"]);
        let [user] = &chat.messages[..] else { panic!("{chat:?}") };
        assert_eq!(user.content, "{passage}|<passage>\n{query} {count}\n</passage>|{x}");
        assert_eq!((user.role, chat.shared), (Role::User, "{passage}|".len()));
    }

    #[test]
    fn a_line_of_dashes_divides_the_messages() {
        let text = "Be fair.\r\n---\r\n{query}: {passages} ({count})\r\n";
        let prompt = Prompt::new(PromptKind::Listwise, text).unwrap();
        let chat = prompt.chat("q", &["a", "b"]);
        let said: Vec<_> = chat.messages.iter().map(|m| (m.role, m.content.as_str())).collect();
        let list = "q: [1]\n<passage>\na\n</passage>\n\n[2]\n<passage>\nb\n</passage> (2)";
        assert_eq!(said, [(Role::System, "Be fair."), (Role::User, list)]);
        assert_eq!(chat.shared, 3);
        let above = Prompt::new(PromptKind::Listwise, "{passages}\n---\n{query}").unwrap();
        assert_eq!(above.chat("q", &["a"]).shared, 0);
    }
}
