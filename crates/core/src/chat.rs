//! What is asked of a language model that completes chats, here or behind a server.

use std::time::Duration;

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::{BoxError, Place};

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Whoever set the model up.
    System,
    /// Whoever asks it.
    User,
}

impl Role {
    /// Returns the name that chat templates and the chat completions API have for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
        }
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// A chat to be completed, greedily.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask<'a> {
    /// The chat so far, at least one message.
    pub messages: &'a [Message],
    /// How many bytes of the last message will probably begin the next ask's last message too, all
    /// messages before it being equal; a model may keep its work on them.
    pub shared: usize,
    /// How many tokens the answer has at most, at least 1.
    pub max_tokens: usize,
    /// Words whose log-probability as the answer's first token is wanted; none if empty.
    pub first: &'a [&'a str],
}

/// How likely a token was to begin an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstToken {
    /// Its text, with its white space.
    pub token: String,
    /// The natural logarithm of its probability, finite.
    pub logprob: f64,
}

/// A completed chat.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    /// The answer, whatever it is.
    pub text: String,
    /// Tokens that might have begun it, if asked for; empty where they cannot be had. The words that
    /// were asked for need not be among them.
    pub first: Vec<FirstToken>,
    /// How many requests it took, retries included; one in this process.
    pub requests: u64,
    /// Tokens read, where they are known.
    pub prompt_tokens: Option<u64>,
    /// Tokens written, where they are known.
    pub completion_tokens: Option<u64>,
}

/// A language model that completes chats.
pub trait ChatModel: Send + Sync {
    /// Returns what names the model and where it runs.
    fn id(&self) -> &str;

    /// Returns where the model runs.
    fn place(&self) -> Place;

    /// Returns how many tokens the model takes, prompt and answer together.
    fn context(&self) -> usize;

    /// Returns how many tokens a text has. Without a tokenizer at hand that is
    /// [`estimated_tokens`].
    fn count(&self, text: &str) -> usize {
        estimated_tokens(text)
    }

    /// Returns how many chats may be under way at once, at least 1.
    fn parallel(&self) -> usize {
        1
    }

    /// Completes a chat, always choosing the most probable token.
    ///
    /// # Errors
    ///
    /// If there is no answer within that time. An answer that is empty or nonsense is no error.
    fn complete(&self, ask: &Ask<'_>, within: Duration) -> Result<Reply, ChatError>;
}

/// Says why a chat was not completed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChatError {
    /// A server refuses such a request, as some do that tell no probabilities.
    #[error(transparent)]
    Refused(BoxError),
    /// The chat is longer than the model takes.
    #[error("the model takes {context} tokens, and {got} are needed")]
    TooLong {
        /// How many tokens the model takes.
        context: usize,
        /// How many prompt and answer have.
        got: usize,
    },
    /// The time was over.
    #[error("the language model was not done within {limit:?}")]
    OutOfTime {
        /// The time for everything.
        limit: Duration,
    },
    /// The model or its server failed.
    #[error(transparent)]
    Failed(BoxError),
}

/// Returns about how many tokens a text has: one for every three bytes, and one more.
///
/// English has four to five bytes a token, so that this is a third too many; Chinese and Japanese
/// have about three. Text of rare symbols may have more tokens than this says, and a server then
/// cuts or refuses.
#[must_use]
pub fn estimated_tokens(text: &str) -> usize {
    text.len() / 3 + 1
}
