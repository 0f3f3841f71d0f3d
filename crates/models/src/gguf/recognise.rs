//! What a GGUF file says of its model.

use trommel_core::Calibration;

use super::Gguf;
use crate::{Kind, ModelsError, Pooling, Spec, WeightsFormat};

impl Gguf {
    /// Returns the template that makes a text of a chat.
    ///
    /// # Errors
    ///
    /// If there is none: the model was not made to follow instructions.
    pub fn chat_template(&self) -> Result<&str, ModelsError> {
        const KEY: &str = "tokenizer.chat_template";
        self.text(KEY).ok_or_else(|| self.lacks("a text", KEY))
    }

    /// Returns the entry of a model of one's own.
    pub(crate) fn spec(&self, id: &str, licence: Option<&str>) -> Result<Spec, ModelsError> {
        let decoder = self.decoder()?;
        self.chat_template()?;
        self.tokenizer()?;
        let licence = licence.or(self.text("general.license")).unwrap_or_default();
        Ok(Spec {
            id: id.to_owned(),
            kind: Kind::Language,
            architecture: decoder.name().to_owned(),
            licence: licence.to_owned(),
            dimension: 0,
            max_tokens: self.size("context_length")?,
            pooling: Pooling::Cls,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            calibration: Calibration::SIGMOID,
            weights: WeightsFormat::Gguf,
            config: None,
            sources: Vec::new(),
        })
    }
}
