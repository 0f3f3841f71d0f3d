//! A language model in this process, on candle: nothing leaves the machine.
//!
//! Any GGUF file of a [`Decoder`](trommel_models::Decoder) that has a chat template. It is asked with
//! its own template and read with its own tokenizer, and always writes the most probable token: the
//! same chat has the same answer, to the last bit of its probabilities.

mod attention;
mod config;
mod greedy;
mod network;
mod template;

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokenizers::Tokenizer;
use trommel_core::{Ask, BoxError, ChatError, ChatModel, Clock, FirstToken, Message, Place, Reply};
use trommel_models::{Gguf, InstalledModel, NetworkError};

use self::network::{Memory, Network};
use self::template::Template;
use crate::InferenceError;

/// How many tokens are read at once: more is hardly faster, takes more memory, and looks at the
/// clock less often.
const PACK: usize = 256;

/// A language model of the store.
///
/// One chat at a time has all threads, and others wait. What chats have in common at their start is
/// read once.
pub struct InProcess {
    id: String,
    network: Network,
    tokenizer: Tokenizer,
    template: Template,
    /// What is put before a chat whose template forgets it.
    first: Option<u32>,
    /// What ends an answer.
    ends: Vec<u32>,
    threads: ThreadPool,
    clock: Arc<dyn Clock>,
    start: Mutex<Start>,
}

/// The start of the last chat, as far as others were expected to share it.
#[derive(Default)]
struct Start {
    tokens: Vec<u32>,
    memory: Memory,
}

/// A chat as the model reads it.
struct Prompt {
    tokens: Vec<u32>,
    /// How many of them other chats will share; not all.
    shared: usize,
}

/// Until when a chat must be done.
struct Deadline<'a> {
    clock: &'a dyn Clock,
    start: Duration,
    within: Duration,
}

impl InProcess {
    /// Loads a language model, for `threads` threads.
    ///
    /// # Errors
    ///
    /// If the model is of another kind, or its file cannot be used.
    pub fn load(
        model: &InstalledModel,
        threads: usize,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, InferenceError> {
        let spec = &model.spec;
        spec.language_model()?;
        let path = model.weights_file();
        let gguf = Gguf::read(path)?;
        let failed = |doing| {
            let model = spec.id.clone();
            move |source: BoxError| InferenceError::Language { model, doing, source }
        };
        let template = Template::new(gguf.chat_template()?, &gguf);
        let template = template.map_err(|e| failed("reading its chat template")(e.into()))?;
        let tokenizer = gguf.tokenizer()?;
        let network = Network::load(&spec.id, &gguf, tokenizer.get_vocab_size(true))?;
        let threads = ThreadPoolBuilder::new().num_threads(threads.max(1)).build();
        let bos = gguf.token("tokenizer.ggml.bos_token_id");
        let wanted = gguf.flag("tokenizer.ggml.add_bos_token").unwrap_or(false);
        Ok(Self {
            id: format!("{}@{}", spec.id, model.weights_id()),
            network,
            first: bos.filter(|_| wanted).and_then(|token| tokenizer.token_to_id(token)),
            // No control token is a part of an answer, so any of them ends it.
            ends: gguf.control_tokens(),
            template,
            tokenizer,
            threads: threads.map_err(|error| NetworkError::Thread(error.into()))?,
            clock,
            start: Mutex::default(),
        })
    }

    /// Returns a chat as the text that the model goes on from.
    ///
    /// # Errors
    ///
    /// If the model's template does not take such messages.
    pub fn text(&self, messages: &[Message]) -> Result<String, ChatError> {
        let text = self.template.render(messages);
        text.map_err(|error| self.failed("filling in its chat template", error.into()))
    }

    /// Returns the tokens of a text, control tokens in it included.
    ///
    /// # Errors
    ///
    /// If the tokenizer fails.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>, ChatError> {
        Ok(self.encode(text)?.0)
    }

    /// Returns the logits of the token that comes after some others, at least one: a number for each
    /// token of the vocabulary.
    ///
    /// # Errors
    ///
    /// If the tokens are more than the model takes, or are none of its vocabulary.
    pub fn logits(&self, tokens: &[u32]) -> Result<Vec<f32>, ChatError> {
        let deadline = Deadline::new(&*self.clock, Duration::MAX);
        self.fits(tokens.len())?;
        self.alone(|_| self.read(tokens, &mut Memory::default(), &deadline))
    }

    /// Returns the tokens of a text, and where each ends.
    fn encode(&self, text: &str) -> Result<(Vec<u32>, Vec<usize>), ChatError> {
        let encoding = self.tokenizer.encode(text, false);
        let encoding = encoding.map_err(|error| self.failed("splitting a text", error))?;
        let ends = encoding.get_offsets().iter().map(|offsets| offsets.1).collect();
        Ok((encoding.get_ids().to_vec(), ends))
    }

    fn prompt(&self, ask: &Ask<'_>) -> Result<Prompt, ChatError> {
        let text = self.text(ask.messages)?;
        let last = ask.messages.last().map_or("", |message| &message.content);
        // The template has put the last message somewhere; what other chats share goes on from
        // where it begins. If the template changed the text, nothing is taken to be shared.
        let shared = text.rfind(last).map_or(0, |at| at + ask.shared);
        let (mut tokens, mut ends) = self.encode(&text)?;
        if let Some(first) = self.first.filter(|first| tokens.first() != Some(first)) {
            tokens.insert(0, first);
            ends.insert(0, 0);
        }
        // A token across the border may be another one in another chat.
        let shared = ends.iter().take_while(|&&end| end <= shared).count();
        // The logits that begin the answer are never those of another chat.
        Ok(Prompt { shared: shared.min(tokens.len().saturating_sub(1)), tokens })
    }

    fn fits(&self, tokens: usize) -> Result<(), ChatError> {
        let context = self.context();
        if tokens > context {
            return Err(ChatError::TooLong { context, got: tokens });
        }
        Ok(())
    }

    fn answer(
        &self,
        ask: &Ask<'_>,
        prompt: &Prompt,
        start: &mut Start,
        deadline: &Deadline<'_>,
    ) -> Result<Reply, ChatError> {
        let (shared, own) = prompt.tokens.split_at(prompt.shared);
        if start.tokens != shared {
            let mut memory = Memory::default();
            self.read(shared, &mut memory, deadline)?;
            // Only what was read to its end is kept; where time ran out, the start before it stays.
            *start = Start { tokens: shared.to_vec(), memory };
        }
        let mut memory = start.memory.clone();
        let mut logits = self.read(own, &mut memory, deadline)?;
        let first = self.first_tokens(ask.first, &logits)?;
        let mut written = Vec::new();
        loop {
            let next = greedy::best(&logits);
            if self.ends.contains(&next) {
                break;
            }
            written.push(next);
            if written.len() >= ask.max_tokens {
                break;
            }
            logits = self.read(&[next], &mut memory, deadline)?;
        }
        let text = self.tokenizer.decode(&written, true);
        Ok(Reply {
            text: text.map_err(|error| self.failed("putting its answer together", error))?,
            first,
            requests: 1,
            prompt_tokens: Some(prompt.tokens.len() as u64),
            completion_tokens: Some(written.len() as u64),
        })
    }

    /// Returns those of the words that are one token, with their probability.
    fn first_tokens(&self, words: &[&str], logits: &[f32]) -> Result<Vec<FirstToken>, ChatError> {
        let mut tokens = Vec::new();
        for word in words {
            if let [token] = self.tokens(word)?[..]
                && let Some(logprob) = greedy::logprob(logits, token)
                && logprob.is_finite()
            {
                tokens.push(FirstToken { token: (*word).to_owned(), logprob });
            }
        }
        Ok(tokens)
    }

    /// Reads tokens, a pack at a time, and returns the logits of the next; none for no tokens.
    fn read(
        &self,
        tokens: &[u32],
        memory: &mut Memory,
        deadline: &Deadline<'_>,
    ) -> Result<Vec<f32>, ChatError> {
        let mut logits = Vec::new();
        for pack in tokens.chunks(PACK) {
            deadline.check()?;
            let read = self.network.read(pack, memory);
            logits = read.map_err(|error| self.failed("reading", error.into()))?;
        }
        Ok(logits)
    }

    /// Has the network to itself, on threads of its own.
    ///
    /// A caller may be a thread of a pool. If it waited there, it would take up other work of that
    /// pool meanwhile, and if that asks here too, it would wait for itself. So it waits for a thread
    /// of no pool.
    fn alone<R: Send>(&self, work: impl FnOnce(&mut Start) -> R + Send) -> R {
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        let start = &mut *start;
        let done =
            thread::scope(|scope| scope.spawn(|| self.threads.install(|| work(start))).join());
        done.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn failed(&self, doing: &'static str, source: BoxError) -> ChatError {
        let model = self.id.clone();
        ChatError::Failed(InferenceError::Language { model, doing, source }.into())
    }
}

impl ChatModel for InProcess {
    fn id(&self) -> &str {
        &self.id
    }

    fn place(&self) -> Place {
        Place::Local
    }

    fn context(&self) -> usize {
        self.network.config().context
    }

    fn count(&self, text: &str) -> usize {
        // A text that cannot be split is one that fits nowhere.
        self.encode(text).map_or(usize::MAX, |(tokens, _)| tokens.len())
    }

    fn complete(&self, ask: &Ask<'_>, within: Duration) -> Result<Reply, ChatError> {
        let deadline = Deadline::new(&*self.clock, within);
        let prompt = self.prompt(ask)?;
        self.fits(prompt.tokens.len().saturating_add(ask.max_tokens))?;
        self.alone(|start| self.answer(ask, &prompt, start, &deadline))
    }
}

impl<'a> Deadline<'a> {
    fn new(clock: &'a dyn Clock, within: Duration) -> Self {
        Self { clock, start: clock.now(), within }
    }

    fn check(&self) -> Result<(), ChatError> {
        if self.clock.now().saturating_sub(self.start) < self.within {
            return Ok(());
        }
        Err(ChatError::OutOfTime { limit: self.within })
    }
}
