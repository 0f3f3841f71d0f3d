//! A model's tokenizer: our own where it gives the same tokens, else the library's.

use tokenizers::utils::truncation::TruncationParams;
use tokenizers::{PostProcessor, Tokenizer};
use trommel_core::{BoxError, TokenCounter};
use trommel_models::{InstalledModel, ModelsError, OwnTokenizer, Pair, Runtime};

use crate::InferenceError;

/// Whichever of the two reads a model's texts.
pub(crate) enum ModelTokenizer {
    Own(OwnTokenizer),
    Library(Box<Tokenizer>),
}

impl ModelTokenizer {
    /// Returns our own tokenizer if it can be a model's, else the library's.
    pub(crate) fn of(model: &InstalledModel) -> Result<Self, ModelsError> {
        Ok(match model.own_tokenizer()? {
            Some(tokenizer) => Self::Own(tokenizer),
            None => Self::Library(library(model)?.into()),
        })
    }

    /// Returns the number of tokens of a text, special ones left out and nothing cut.
    ///
    /// A text that the tokenizer refuses counts as its bytes, of which every token has at least one.
    fn count(&self, text: &str) -> usize {
        match self {
            Self::Own(tokenizer) => tokenizer.count(text),
            Self::Library(tokenizer) => {
                tokenizer.encode_fast(text, false).map_or(text.len(), |tokens| tokens.len())
            }
        }
    }

    /// Returns for each token of a text the byte where it ends: never falling, between characters.
    pub(crate) fn ends(&self, text: &str) -> Result<Vec<usize>, BoxError> {
        match self {
            Self::Own(tokenizer) => Ok(tokenizer.ends(text)),
            Self::Library(tokenizer) => {
                let tokens = tokenizer.encode(text, false)?;
                let mut most = 0;
                // The library's offsets may lie within a character, or run back.
                let end = |(_, end): &(usize, usize)| {
                    most = most.max(text.ceil_char_boundary(*end));
                    most
                };
                Ok(tokens.get_offsets().iter().map(end).collect())
            }
        }
    }
}

/// Returns our own tokenizer for a runtime that uses it.
///
/// candle and ONNX Runtime are what our own kernels are held to: they keep the library's.
pub(crate) fn own(
    model: &InstalledModel,
    runtime: &Runtime,
) -> Result<Option<OwnTokenizer>, ModelsError> {
    match runtime {
        Runtime::Kernels { .. } => model.own_tokenizer(),
        Runtime::Onnx { .. } | Runtime::Candle => Ok(None),
    }
}

/// Returns the library's tokenizer of a model, to which special tokens in a text are text: otherwise
/// a document that says "[SEP]" would end its own passage.
pub(crate) fn library(model: &InstalledModel) -> Result<Tokenizer, ModelsError> {
    let mut tokenizer = model.tokenizer()?;
    tokenizer.set_encode_special_tokens(true);
    Ok(tokenizer)
}

/// Makes `[CLS] text [SEP]` of a text, or `<s> text </s>`, cut at the model's length.
pub(crate) enum TextTokenizer {
    Own { tokenizer: OwnTokenizer, most: usize },
    Library(Box<Tokenizer>),
}

impl TextTokenizer {
    /// Returns the tokenizer of an encoder: our own if there is one.
    pub(crate) fn new(
        model: &InstalledModel,
        own: Option<OwnTokenizer>,
    ) -> Result<Self, InferenceError> {
        let most = model.spec.network()?.max_tokens;
        if let Some(tokenizer) = own {
            return Ok(Self::Own { tokenizer, most });
        }
        let mut tokenizer = library(model)?;
        let wrong = |expected: String, got: String| InferenceError::Tokenizer {
            model: model.spec.id.clone(),
            expected,
            got,
        };
        // CLS pooling reads the first special token; and tokenizers panics if they alone are too
        // long.
        let specials = tokenizer.get_post_processor().map_or(0, |post| post.added_tokens(false));
        if specials == 0 || specials >= most {
            return Err(wrong(
                format!("1 to {} special tokens around a text", most.saturating_sub(1)),
                specials.to_string(),
            ));
        }
        let truncation = TruncationParams { max_length: most, ..Default::default() };
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| wrong("truncation".into(), error.to_string()))?;
        Ok(Self::Library(tokenizer.into()))
    }

    /// Returns the tokens of a text; our own leaves out the types, which are all 0.
    pub(crate) fn tokens(&self, text: &str) -> Result<Pair, BoxError> {
        Ok(match self {
            Self::Own { tokenizer, most } => {
                Pair { ids: tokenizer.single(text, *most), types: Vec::new(), truncated: false }
            }
            Self::Library(tokenizer) => {
                let tokens = tokenizer.encode_fast(text, true)?;
                let (ids, types) = (tokens.get_ids().to_vec(), tokens.get_type_ids().to_vec());
                Pair { ids, types, truncated: false }
            }
        })
    }
}

/// Counts with a model's own tokenizer, special tokens left out and nothing cut.
pub struct ModelTokenCounter(ModelTokenizer);

impl ModelTokenCounter {
    /// Returns the counter of a model.
    ///
    /// # Errors
    ///
    /// If the tokenizer's file cannot be read.
    pub fn new(model: &InstalledModel) -> Result<Self, ModelsError> {
        ModelTokenizer::of(model).map(Self)
    }
}

impl TokenCounter for ModelTokenCounter {
    fn count(&self, text: &str) -> usize {
        self.0.count(text)
    }
}
