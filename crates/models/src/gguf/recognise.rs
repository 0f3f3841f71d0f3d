//! What a GGUF file says of its model.

use super::Gguf;
use crate::{LanguageSpec, Model, ModelsError, Spec};

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
        let architecture = self.decoder()?;
        self.chat_template()?;
        self.tokenizer()?;
        let licence = licence.or(self.text("general.license")).unwrap_or_default();
        Ok(Spec {
            id: id.to_owned(),
            model: Model::Language(LanguageSpec {
                architecture,
                max_tokens: self.size("context_length")?,
            }),
            licence: licence.to_owned(),
            config: None,
            sources: Vec::new(),
        })
    }
}
