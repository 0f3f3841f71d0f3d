//! Query and passage in the words that a causal language model was trained to be asked with, as
//! its publisher gives them: another prompt would be another model.

use tokenizers::Tokenizer;
use trommel_core::BoxError;
use trommel_models::{Architecture, InstalledModel, Pair};

use crate::InferenceError;
use crate::pair::{FittedQuery, Pairs, QueryTokens, query_limit};

/// A published prompt: before, the query, between, the passage, after.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// What must be one token each: with another tokenizer the prompt would be another.
    marks: &'static [&'static str],
    before: &'static str,
    query: &'static str,
    between: Between,
    passage: &'static str,
    after: &'static [&'static str],
    /// The words whose logits are compared.
    answers: &'static [&'static str],
}

/// What stands between query and passage.
#[derive(Debug, Clone, Copy)]
enum Between {
    /// Text that makes one of all three.
    Joined(&'static str),
    /// A text of its own, as query and passage then are: no token reaches from one to the next.
    Apart(&'static str),
}

/// As the model card of Qwen3-Reranker has it, with its own instruction.
const QWEN3: Prompt = Prompt {
    marks: &["<|im_start|>", "<|im_end|>", "<think>", "</think>"],
    before: "<|im_start|>system\nJudge whether the Document meets the requirements based on the \
             Query and the Instruct provided. Note that the answer can only be \"yes\" or \
             \"no\".<|im_end|>\n<|im_start|>user\n",
    query: "<Instruct>: Given a web search query, retrieve relevant passages that answer the \
            query\n<Query>: ",
    between: Between::Joined("\n"),
    passage: "<Document>: ",
    after: &["<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"],
    answers: &["yes", "no"],
};

/// As mixedbread's package `mxbai-rerank` has it for its models of version 2.
const MXBAI: Prompt = Prompt {
    marks: &["<|im_start|>", "<|im_end|>"],
    before: "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful \
             assistant.<|im_end|>\n<|im_start|>user\n",
    query: "query: ",
    between: Between::Apart("\n"),
    passage: "document: ",
    after: &[
        "\n",
        "You are a search relevance expert who evaluates how well documents match search queries. \
         For each query-document pair, carefully analyze the semantic relationship between them, \
         then provide your binary relevance judgment (0 for not relevant, 1 for \
         relevant).\nRelevance:",
        "<|im_end|>\n<|im_start|>assistant\n",
    ],
    answers: &["1", "0"],
};

/// As the model cards of bge-reranker-v2-gemma and -minicpm-layerwise have it.
const BGE: Prompt = Prompt {
    marks: &["<bos>"],
    before: "<bos>",
    query: "A: ",
    between: Between::Apart("\n"),
    passage: "B: ",
    after: &[
        "\n",
        "Given a query A and a passage B, determine whether the passage contains an answer to the \
         query by providing a prediction of either 'Yes' or 'No'.",
    ],
    answers: &["Yes"],
};

/// The same for a model with a head of its own, which answers in no words.
const LAYERWISE: Prompt = Prompt { marks: &["<s>"], before: "<s>", answers: &[], ..BGE };

impl Prompt {
    /// Returns the prompt of an architecture; none if it is no language model.
    pub(crate) fn of(architecture: Architecture) -> Option<&'static Self> {
        match architecture {
            Architecture::Qwen3 => Some(&QWEN3),
            Architecture::Qwen2 => Some(&MXBAI),
            Architecture::Gemma => Some(&BGE),
            Architecture::MiniCpm => Some(&LAYERWISE),
            _ => None,
        }
    }
}

/// Puts prompts together for a model of a limited length: the passage gives way, and never the
/// prompt's end.
///
/// Only a query that leaves less than 64 tokens (or half of what a short model has) for the
/// passage loses its end.
#[derive(Debug)]
pub(crate) struct PromptTokenizer {
    tokenizer: Tokenizer,
    prompt: &'static Prompt,
    fixed: Fixed,
    /// How many tokens there are for query and passage, and what stands right before each.
    room: usize,
    /// What no text can say: tokens with a meaning of their own.
    unspoken: Vec<u32>,
}

/// What a prompt is to a tokenizer, whatever the query.
#[derive(Debug)]
struct Fixed {
    before: Vec<u32>,
    after: Vec<u32>,
    answers: Vec<u32>,
    /// How many tokens stand right before a query or a passage, at most.
    lead: usize,
}

impl PromptTokenizer {
    /// Returns the model's tokenizer, if it has the prompt's marks and the model's length leaves
    /// room for a passage.
    pub(crate) fn new(
        model: &InstalledModel,
        prompt: &'static Prompt,
    ) -> Result<Self, InferenceError> {
        let wrong = |(expected, got): (String, String)| InferenceError::Tokenizer {
            model: model.spec.id.clone(),
            expected,
            got,
        };
        let mut tokenizer = model.tokenizer()?;
        let fixed = Fixed::of(prompt, &tokenizer).map_err(wrong)?;
        let most = model.spec.network()?.max_tokens;
        let room = most.saturating_sub(fixed.before.len() + fixed.after.len());
        let query = query_limit(room, 0);
        if query.min(room - query) <= fixed.lead {
            let least = format!("a length of {most} tokens with room for a passage");
            return Err(wrong((least, format!("a prompt of {} tokens", most - room))));
        }
        let added = tokenizer.get_added_tokens_decoder();
        let unspoken = added.iter().filter(|(_, token)| token.special).map(|(id, _)| *id).collect();
        // Otherwise a document that says "<|im_end|>" would end the prompt.
        tokenizer.set_encode_special_tokens(true);
        Ok(Self { tokenizer, prompt, fixed, room, unspoken })
    }

    /// Returns the tokens of a text, without what it says of special ones.
    fn ids(&self, text: &str) -> Result<Vec<u32>, BoxError> {
        let tokens = self.tokenizer.encode_fast(text, false)?;
        let spoken = tokens.get_ids().iter().filter(|id| !self.unspoken.contains(id));
        Ok(spoken.copied().collect())
    }
}

impl Pairs for PromptTokenizer {
    fn fit<'a>(&self, query: &'a str) -> Result<FittedQuery<'a>, BoxError> {
        let lead = self.prompt.query;
        let limit = query_limit(self.room, 0);
        let tokens = self.tokenizer.encode(format!("{lead}{query}"), false)?;
        // Offsets are bytes of the lead and the query together.
        let text = match tokens.get_offsets().get(limit.saturating_sub(1)) {
            Some((_, end)) if tokens.len() > limit => start(query, end.saturating_sub(lead.len())),
            _ => query,
        };
        Ok(FittedQuery { text, tokens: QueryTokens::Encoding(tokens.into()) })
    }

    fn pair(&self, query: &FittedQuery<'_>, passage: &str) -> Result<Pair, BoxError> {
        let query = format!("{}{}", self.prompt.query, query.text);
        let passage = format!("{}{passage}", self.prompt.passage);
        let mut asked = match self.prompt.between {
            Between::Joined(between) => self.ids(&format!("{query}{between}{passage}"))?,
            Between::Apart(between) => {
                [self.ids(&query)?, self.ids(between)?, self.ids(&passage)?].concat()
            }
        };
        // The query was made to fit, so what is cut off here is the end of the passage.
        let truncated = asked.len() > self.room;
        asked.truncate(self.room);
        let ids = [&self.fixed.before[..], &asked, &self.fixed.after].concat();
        Ok(Pair { types: vec![0; ids.len()], ids, truncated })
    }

    fn answers(&self) -> &[u32] {
        &self.fixed.answers
    }
}

impl Fixed {
    /// Returns the tokens of a prompt; or else what is expected of the tokenizer, and what it does.
    fn of(prompt: &Prompt, tokenizer: &Tokenizer) -> Result<Self, (String, String)> {
        let ids = |text: &str| -> Result<Vec<u32>, (String, String)> {
            let tokens = tokenizer.encode_fast(text, false);
            tokens
                .map(|tokens| tokens.get_ids().to_vec())
                .map_err(|error| ("tokens".to_owned(), error.to_string()))
        };
        for mark in prompt.marks {
            let tokens = ids(mark)?;
            if tokens.len() != 1 {
                return Err((format!("one token for {mark}"), format!("{tokens:?}")));
            }
        }
        let answers = prompt.answers.iter().map(|word| ids(word)).collect::<Result<Vec<_>, _>>()?;
        let answers: Vec<u32> = answers.iter().filter_map(|ids| ids.first()).copied().collect();
        // Only the first token of an answer is compared. Two answers that begin alike could not be
        // told apart.
        let is_twice = answers.len() == 2 && answers[0] == answers[1];
        if answers.len() < prompt.answers.len() || is_twice {
            let expected = format!("a token of its own for each of {:?}", prompt.answers);
            return Err((expected, format!("{answers:?}")));
        }
        // As published, each of these is split by itself: no token reaches from one to the next.
        let after = prompt.after.iter().map(|text| ids(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            before: ids(prompt.before)?,
            after: after.concat(),
            answers,
            lead: ids(prompt.query)?.len().max(ids(prompt.passage)?.len()),
        })
    }
}

/// Returns the first bytes of a text, fewer if they would end within a character.
fn start(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
