//! What all encoders do around their network: prefixes, threads, normalisation, checks.

use std::borrow::Cow;

use trommel_core::{BoxError, Encoder, Fingerprint, ModelError};
use trommel_models::Workers;

/// A network with all that one thread needs to run it.
pub(crate) trait Embed: Send {
    /// Returns the pooled vector of one text, of any length above zero.
    fn embed(&mut self, text: &str) -> Result<Vec<f32>, BoxError>;
}

pub(crate) struct BiEncoder<W> {
    fingerprint: Fingerprint,
    workers: Workers<W, ModelError>,
}

impl<W: Embed + 'static> BiEncoder<W> {
    /// Returns an encoder on up to `threads` workers, of which the first is made now.
    pub(crate) fn new<E>(
        fingerprint: Fingerprint,
        threads: usize,
        make: impl Fn() -> Result<W, E> + Send + Sync + 'static,
    ) -> Result<Self, E>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let first = make()?;
        let model = fingerprint.model.clone();
        let another = move || {
            let doing = "starting another thread";
            let failed = |source: E| failed(&model, doing, source.into());
            make().map_err(failed)
        };
        Ok(Self { fingerprint, workers: Workers::new(threads, first, another) })
    }

    fn embed(&self, worker: &mut W, prefix: &str, text: &str) -> Result<Vec<f32>, ModelError> {
        let pooled = worker
            .embed(&prefixed(prefix, text))
            .map_err(|source| failed(&self.fingerprint.model, "encoding a text", source))?;
        normalised(&self.fingerprint, pooled)
    }
}

/// Returns a pooled vector at length 1, if it can be one of the encoder's.
pub(crate) fn normalised(
    fingerprint: &Fingerprint,
    mut vector: Vec<f32>,
) -> Result<Vec<f32>, ModelError> {
    let Fingerprint { model, dimension, .. } = fingerprint;
    let bad = |got: String| ModelError::BadOutput {
        model: model.clone(),
        expected: format!("{dimension} finite numbers, not all of them 0"),
        got,
    };
    if vector.len() != *dimension {
        return Err(bad(format!("{} numbers", vector.len())));
    }
    let norm = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    if !norm.is_finite() || norm == 0.0 {
        return Err(bad(format!("a vector of length {norm}")));
    }
    vector.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
    Ok(vector)
}

impl<W: Embed + 'static> Encoder for BiEncoder<W> {
    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        self.workers.run_one(|worker| self.embed(worker, &self.fingerprint.query_prefix, text))
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let prefix = &self.fingerprint.passage_prefix;
        // Bytes stand for tokens: near enough to begin with the long ones, and free.
        let embed = |worker: &mut W, text: &&str| self.embed(worker, prefix, text);
        self.workers.run_all(texts, |text| text.len(), embed)
    }
}

/// Returns a text behind its prefix.
pub(crate) fn prefixed<'a>(prefix: &str, text: &'a str) -> Cow<'a, str> {
    match prefix {
        "" => Cow::Borrowed(text),
        prefix => Cow::Owned(format!("{prefix}{text}")),
    }
}

pub(crate) fn failed(model: &str, doing: &'static str, source: BoxError) -> ModelError {
    ModelError::Failed { model: model.to_owned(), doing, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with the bytes of the text.
    struct Bytes;

    impl Embed for Bytes {
        fn embed(&mut self, text: &str) -> Result<Vec<f32>, BoxError> {
            match text.strip_suffix('!') {
                Some("nan") => Ok(vec![f32::NAN; 2]),
                Some("infinite") => Ok(vec![f32::INFINITY; 2]),
                Some("zero") => Ok(vec![0.0; 2]),
                Some(error) => Err(error.into()),
                None => Ok(text.bytes().map(f32::from).collect()),
            }
        }
    }

    fn encoder(dimension: usize) -> BiEncoder<Bytes> {
        let fingerprint = Fingerprint {
            model: "bytes".into(),
            weights: String::new(),
            tokenizer: String::new(),
            dimension,
            pooling: "cls".into(),
            query_prefix: "q".into(),
            passage_prefix: String::new(),
            max_tokens: 512,
        };
        BiEncoder::new(fingerprint, 2, || Ok::<_, std::fmt::Error>(Bytes)).unwrap()
    }

    #[test]
    fn a_query_gets_its_prefix_and_a_passage_its_own_and_both_unit_length() {
        // "q" is 113, "\u{3}" 3 and "\u{4}" 4: 3-4-5 is the smallest right triangle.
        assert_eq!(encoder(2).encode_passages(&["\u{3}\u{4}"]).unwrap(), [[0.6, 0.8]]);
        let query = encoder(2).encode_query("q").unwrap();
        assert_eq!(query, [0.5f32.sqrt(); 2]);
    }

    #[test]
    fn a_vector_that_cannot_be_compared_is_an_error() {
        for text in ["nan!", "infinite!", "zero!", "too long", "x", "broken!"] {
            let encoder = encoder(2);
            assert!(encoder.encode_passages(&["ab", text, "cd"]).is_err(), "{text}");
        }
        let error = encoder(2).encode_passages(&["abc"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "model bytes gave 3 numbers where 2 finite numbers, not all of them 0 was expected"
        );
    }
}
