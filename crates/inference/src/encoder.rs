//! A bi-encoder of this machine: text to unit vectors.

use trommel_core::{BoxError, Encoder, Fingerprint, ModelError};

use crate::session::{Input, Session};
use crate::tokenizer::TextTokenizer;

/// A network that turns texts into vectors, on any of the runtimes.
pub(crate) struct LocalEncoder {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) texts: TextTokenizer,
    pub(crate) session: Session,
}

impl LocalEncoder {
    fn input<'a>(&self, text: std::borrow::Cow<'a, str>) -> Result<Input<'a>, BoxError> {
        Ok(Input { query: "", tokens: self.texts.tokens(&text)?, text })
    }
}

impl Encoder for LocalEncoder {
    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        let input = self.input(self.fingerprint.query_text(text));
        let input = input.map_err(|source| self.session.failed(source))?;
        self.fingerprint.unit_vector(self.session.run_one(&input)?)
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let input = |text| self.input(self.fingerprint.passage_text(text));
        let outputs = self.session.run_all(texts, input)?;
        outputs.into_iter().map(|output| self.fingerprint.unit_vector(output.numbers)).collect()
    }
}
