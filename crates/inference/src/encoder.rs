//! A bi-encoder of this machine: text to unit vectors.

use trommel_core::{BoxError, Encoder, Fingerprint, ModelError, WordPieces};
use trommel_models::{Isa, OwnTokenizer, WordEmbeddings};

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

    fn word_pieces(&self) -> Option<Box<dyn WordPieces + '_>> {
        let TextTokenizer::Own { tokenizer, most } = &self.texts else { return None };
        let network = self.session.network()?;
        let (embeddings, isa) = (network.word_embeddings()?, network.isa());
        Some(Box::new(OwnWordPieces { tokenizer, most: *most, embeddings, isa }))
    }
}

/// The word pieces of an encoder with our own tokenizer on our own kernels.
struct OwnWordPieces<'a> {
    tokenizer: &'a OwnTokenizer,
    /// The most tokens of a sequence, the two special ones among them.
    most: usize,
    embeddings: WordEmbeddings<'a>,
    isa: Isa,
}

impl WordPieces for OwnWordPieces<'_> {
    fn split(&self, passage: &str, out: &mut Vec<u32>) {
        self.tokenizer.first_ids(passage, self.most.saturating_sub(2), out);
    }

    fn vocabulary(&self) -> usize {
        self.embeddings.vocabulary()
    }

    fn width(&self) -> usize {
        self.embeddings.width()
    }

    fn add_embeddings(&self, weighted: &[(u32, f32)], sum: &mut [f32]) {
        let row = |&(piece, weight): &(u32, f32)| Some((weight, self.embeddings.get(piece)?));
        let rows: Vec<_> = weighted.iter().filter_map(row).collect();
        self.isa.add_rows(&rows, sum);
    }
}
