//! One query's conversation with a model: time, room and counts.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use trommel_core::{Ask, ChatError, ChatModel, Clock, Reply, until_failure};

use super::budget::fit;
use super::prompt::Prompt;
use super::{LlmError, LlmSettings, LlmUsage};

/// What a chat template puts around the messages, in tokens, generously.
const TEMPLATE: usize = 48;

pub(crate) struct Session<'a> {
    pub(crate) backend: &'a dyn ChatModel,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) settings: &'a LlmSettings,
    pub(crate) usage: &'a Mutex<LlmUsage>,
    pub(crate) query: &'a str,
    /// When it began, by the clock.
    pub(crate) start: Duration,
    pub(crate) limit: Duration,
}

/// What is asked for beside the prompt.
pub(crate) struct Wanted<'a> {
    pub(crate) max_tokens: usize,
    pub(crate) first: &'a [&'a str],
}

/// Passages as a prompt shows them.
pub(crate) struct Shown<'a> {
    pub(crate) texts: Vec<&'a str>,
    /// Which of them lost their end.
    pub(crate) truncated: Vec<bool>,
}

impl Session<'_> {
    /// Has a model answer to a prompt about passages that [`Session::show`] has made fit.
    pub(crate) fn ask(
        &self,
        prompt: &Prompt,
        passages: &[&str],
        wanted: &Wanted<'_>,
    ) -> Result<Reply, LlmError> {
        let left = self.limit.saturating_sub(self.clock.now().saturating_sub(self.start));
        if left.is_zero() {
            return Err(ChatError::OutOfTime { limit: self.limit }.into());
        }
        let chat = prompt.chat(self.fitted_query(), passages);
        let reply = self.backend.complete(
            &Ask {
                messages: &chat.messages,
                shared: chat.shared,
                max_tokens: wanted.max_tokens,
                first: wanted.first,
            },
            left,
        )?;
        self.usage.lock().unwrap_or_else(PoisonError::into_inner).answered(&reply);
        Ok(reply)
    }

    /// Cuts passages so that `together` of them at a time fit the model beside the prompt, the query
    /// and the answer.
    pub(crate) fn show<'p>(
        &self,
        prompt: &Prompt,
        passages: &[&'p str],
        together: usize,
        wanted: &Wanted<'_>,
    ) -> Result<Shown<'p>, LlmError> {
        let count = |text: &str| self.backend.count(text);
        // With nothing in their places: what is left is the passages'.
        let empty = prompt.chat(self.fitted_query(), &vec![""; together]);
        let frame: usize = empty.messages.iter().map(|message| count(&message.content)).sum();
        let needed = frame + TEMPLATE + wanted.max_tokens;
        let context = self.backend.context();
        let room = context.saturating_sub(needed) / together.max(1);
        if room == 0 {
            return Err(LlmError::NoRoom { kind: prompt.kind(), context, needed });
        }
        let limit = room.min(self.settings.passage_tokens.max(1));
        let (texts, truncated) = passages.iter().map(|passage| fit(passage, limit, count)).unzip();
        Ok(Shown { texts, truncated })
    }

    /// Does jobs, as many at once as the backend likes, and none after one has failed.
    pub(crate) fn all<J: Sync, R: Send>(
        &self,
        jobs: &[J],
        weight: impl Fn(&J) -> usize,
        run: impl Fn(&J) -> Result<R, LlmError> + Sync,
    ) -> (Vec<Option<R>>, Option<LlmError>) {
        until_failure(jobs, self.backend.parallel(), weight, run)
    }

    /// Returns as much of the query as a quarter of the model takes.
    fn fitted_query(&self) -> &str {
        fit(self.query, self.backend.context() / 4, |text| self.backend.count(text)).0
    }
}
