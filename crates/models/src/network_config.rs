//! `config.json` as the candle networks read it, checked before any weight is.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{Architecture, InstalledModel, NetworkError};

/// The sizes of a network that must fit each other, and the rest of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkSizes {
    /// How many tokens have an embedding: `vocab_size`.
    pub vocabulary: usize,
    /// The length of a token's state: `hidden_size`.
    pub hidden: usize,
    /// How many attention heads share it: `num_attention_heads`.
    pub heads: usize,
    /// The length of the longest sequence.
    pub tokens: usize,
}

impl InstalledModel {
    /// Reads `config.json` as one network's configuration.
    ///
    /// # Errors
    ///
    /// If there is none, or it lacks something.
    pub fn network_config<T: DeserializeOwned>(&self) -> Result<T, NetworkError> {
        let architecture = self.spec.network()?.architecture;
        let wrong = |error: serde_json::Error| {
            let expected = format!("a configuration of {architecture}");
            self.bad_config(expected, error.to_string())
        };
        let mut config = serde_json::from_str(&self.config()?).map_err(wrong)?;
        complete(&mut config, architecture);
        serde_json::from_value(Value::Object(config)).map_err(wrong)
    }

    /// Returns an error about `config.json`: what is expected, and what it says.
    #[must_use]
    pub fn bad_config(&self, expected: impl Into<String>, got: impl Into<String>) -> NetworkError {
        let model = self.spec.id.clone();
        NetworkError::Config { model, expected: expected.into(), got: got.into() }
    }
}

/// Puts in what a network is not run with and candle wants all the same, and the names that candle has
/// for BERT's activations.
fn complete(config: &mut Map<String, Value>, architecture: Architecture) {
    // Only XLM-RoBERTa counts its positions from the padding's id, and nothing is ever padded.
    let padding = if architecture == Architecture::XlmRoberta { 1 } else { 0 };
    let unused = [
        ("pad_token_id", json!(padding)),
        ("hidden_dropout_prob", json!(0.0)),
        ("attention_probs_dropout_prob", json!(0.0)),
        ("initializer_range", json!(0.02)),
    ];
    for (key, value) in unused {
        let there = config.entry(key).or_insert(Value::Null);
        if there.is_null() {
            *there = value;
        }
    }
    let approximate = ["gelu_new", "gelu_fast", "gelu_pytorch_tanh"];
    if architecture == Architecture::Bert
        && let Some(activation) = config.get_mut("hidden_act")
        && activation.as_str().is_some_and(|name| approximate.contains(&name))
    {
        *activation = json!("geluapproximate");
    }
}

impl NetworkSizes {
    /// Checks what candle would panic on, or only find out in the middle of a text.
    ///
    /// # Errors
    ///
    /// If heads do not divide the states, the model's entry wants longer texts or vectors, or the
    /// tokenizer has tokens without an embedding.
    pub fn check(&self, model: &InstalledModel) -> Result<(), NetworkError> {
        self.check_config(model)?;
        let tokens = model.tokenizer()?.get_vocab_size(true);
        if tokens > self.vocabulary {
            return Err(model.bad_config(
                format!("vocab_size of at least the {tokens} tokens of the tokenizer"),
                self.vocabulary.to_string(),
            ));
        }
        Ok(())
    }

    /// Does the same without reading the tokenizer.
    pub(crate) fn check_config(&self, model: &InstalledModel) -> Result<(), NetworkError> {
        let Self { hidden, heads, tokens, .. } = *self;
        let spec = &model.spec;
        if heads == 0 || hidden == 0 || hidden % heads != 0 {
            return Err(model.bad_config(
                "a hidden_size that num_attention_heads divides",
                format!("hidden_size {hidden} and num_attention_heads {heads}"),
            ));
        }
        if let Some(dimension) = spec.dimension().filter(|&dimension| dimension != hidden) {
            let expected = format!("hidden_size {dimension}");
            return Err(model.bad_config(expected, hidden.to_string()));
        }
        let longest = spec.network()?.max_tokens;
        if tokens < longest {
            let expected = format!("max_position_embeddings for at least {longest}");
            return Err(model.bad_config(format!("{expected} tokens"), tokens.to_string()));
        }
        Ok(())
    }
}
