//! An encoder that asks an API.

use std::sync::Arc;

use trommel_core::{
    Clock, Encoder, Fingerprint, ModelError, TokenCounter, estimated_tokens, until_failure,
};

use super::batches::split;
use super::client::Client;
use super::{ApiKey, EmbeddingsEndpoint, Limits, RemoteError, Settings};

/// What names a model behind an embeddings API in a fingerprint, and in the settings of a program.
pub const HTTP_ENCODER: &str = "http";

/// Two texts that every model tells apart. A model is known by what it makes of them.
const PROBE: [&str; 2] =
    ["The tram stops in front of the town hall.", "How do I take back a released version?"];

/// What stands before texts for a model that was trained so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefixes {
    /// Before a query.
    pub query: Option<String>,
    /// Before a passage.
    pub passage: Option<String>,
}

/// A model behind an embeddings API, as an [`Encoder`].
///
/// Texts go out in batches within the API's limits, several requests at a time; each request has
/// [`Settings::total`] with its retries. Every answer is checked: a vector for each text, in the
/// order of the texts, of the model's dimension and finite. It gets length 1 here, whatever the
/// server made of it. A text's vector depends on that text alone as far as the server keeps to it.
pub struct HttpEncoder {
    fingerprint: Fingerprint,
    endpoint: EmbeddingsEndpoint,
    client: Client,
    limits: Limits,
}

impl HttpEncoder {
    /// Returns the encoder at an address, which is asked for the vectors of two texts: they tell its
    /// dimension, and whether it is the model that a collection was made with.
    ///
    /// # Errors
    ///
    /// If the key cannot be sent, the proxy is no address, or the server gives no two vectors of one
    /// dimension.
    pub fn connect(
        endpoint: EmbeddingsEndpoint,
        key: Option<&ApiKey>,
        prefixes: Prefixes,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RemoteError> {
        let limits = settings.limits.unwrap_or_else(|| endpoint.api().limits());
        let client = Client::new(endpoint.url(), key, settings, clock)?;
        let vectors = ask(&client, &endpoint, &PROBE)?;
        // `reply` has counted the vectors: there are as many as texts.
        let dimension = vectors[0].len();
        let mut fingerprint = Fingerprint {
            model: HTTP_ENCODER.to_owned(),
            weights: String::new(),
            tokenizer: "none".to_owned(),
            dimension,
            pooling: "server".to_owned(),
            query_prefix: prefixes.query.unwrap_or_default(),
            passage_prefix: prefixes.passage.unwrap_or_default(),
            // The server cuts, and does not say where.
            max_tokens: 0,
        };
        let units = vectors.into_iter().map(|vector| fingerprint.unit_vector(vector));
        let units: Vec<Vec<f32>> = units.collect::<Result<_, _>>().map_err(|error| {
            let problem = error.to_string();
            RemoteError::Probe { url: endpoint.url().to_owned(), problem }
        })?;
        fingerprint.weights = probe_hash(&units);
        Ok(Self { fingerprint, endpoint, client, limits })
    }

    /// Returns the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &EmbeddingsEndpoint {
        &self.endpoint
    }

    fn encode(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        // No query goes along.
        let batches = split("", texts, &self.limits);
        let concurrency = self.client.settings().concurrency;
        let (answers, failure) = until_failure(
            &batches,
            concurrency,
            |batch| batch.texts.len(),
            |batch| ask(&self.client, &self.endpoint, &batch.texts),
        );
        if let Some(source) = failure {
            let model = format!("{} {}", self.endpoint.api(), self.endpoint.model());
            let model = model.trim_end().to_owned();
            let doing = "being asked over HTTP";
            return Err(ModelError::Failed { model, doing, source: source.into() });
        }
        let vectors = answers.into_iter().flatten().flatten();
        vectors.map(|vector| self.fingerprint.unit_vector(vector)).collect()
    }
}

/// Asks for the vectors of some texts, which fit one request.
fn ask(
    client: &Client,
    endpoint: &EmbeddingsEndpoint,
    texts: &[&str],
) -> Result<Vec<Vec<f32>>, RemoteError> {
    let api = endpoint.api();
    let body = api.request(endpoint.model(), texts);
    let answer = client.ask(&body, client.deadline(None), |_| ())?;
    api.reply(&answer, texts.len())
        .map_err(|problem| client.malformed(&answer, api.expected(), &problem))
}

/// How many numbers of a vector's sketch are hashed.
const DIRECTIONS: usize = 4;
/// What they are rounded to whole multiples of.
const STEP: f64 = 0.5;

/// Returns 16 hexadecimal digits that the vectors of another model will most likely not have, and
/// those of the same model will.
///
/// Two runs of one model differ in the last bits: threads, batches and 16-bit floats add up in
/// another order. Rounding each number before hashing would not help, since with hundreds of numbers
/// some one of them always lies on the edge between two roundings. So each unit vector is projected on
/// a few fixed directions of ±1 in every coordinate. Over the models that there are such a projection
/// is spread about as widely as the normal distribution, while noise of 10⁻⁵ in each number moves it
/// by some 10⁻⁴: rounded to halves it stays what it is, but for one time in thousands. Eight of them
/// tell one model from another but for one time in millions.
fn probe_hash(units: &[Vec<f32>]) -> String {
    let mut sketch = blake3::Hasher::new();
    for unit in units {
        sketch.update(&(unit.len() as u64).to_le_bytes());
        for direction in 0..DIRECTIONS as u64 {
            let signed = unit.iter().enumerate().map(|(at, &number)| {
                let number = f64::from(number);
                if is_positive(direction, at as u64) { number } else { -number }
            });
            let rounded = (signed.sum::<f64>() / STEP).round() as i64;
            sketch.update(&rounded.to_le_bytes());
        }
    }
    sketch.finalize().to_hex()[..16].to_owned()
}

/// Returns the sign of a direction in a coordinate: a bit of a mixed number (SplitMix64, Steele et al.
/// 2014).
fn is_positive(direction: u64, coordinate: u64) -> bool {
    let mut bits = (direction << 32 | coordinate).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) & 1 == 1
}

impl Encoder for HttpEncoder {
    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        let text = self.fingerprint.query_text(text);
        Ok(self.encode(&[&text])?.swap_remove(0))
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let texts: Vec<_> = texts.iter().map(|text| self.fingerprint.passage_text(text)).collect();
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        self.encode(&texts)
    }
}

/// Counts tokens where no tokenizer is known: one for every three bytes of a text, and one more.
///
/// That is a third too many for English, so that passages come out shorter than they might be and
/// none is longer than the model reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct EstimatedTokens;

impl TokenCounter for EstimatedTokens {
    fn count(&self, text: &str) -> usize {
        estimated_tokens(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A unit vector of numbers that look like any.
    fn unit(seed: u32, dimension: usize) -> Vec<f32> {
        let mut state = seed;
        let mut numbers: Vec<f32> = (0..dimension)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state as f32 / u32::MAX as f32 - 0.5
            })
            .collect();
        let norm = numbers.iter().map(|x| x * x).sum::<f32>().sqrt();
        numbers.iter_mut().for_each(|x| *x /= norm);
        numbers
    }

    #[test]
    fn a_probe_knows_its_model_through_noise_and_no_other() {
        let mut hashes = std::collections::BTreeSet::new();
        let mut moved = 0;
        for seed in 0..200 {
            let vectors = [unit(seed, 384), unit(seed + 1_000, 384)];
            let noisy: Vec<Vec<f32>> = vectors
                .iter()
                .map(|vector| {
                    let noise = |at: usize| if at.is_multiple_of(3) { 1e-5 } else { -1e-5 };
                    vector.iter().enumerate().map(|(at, x)| x + noise(at)).collect()
                })
                .collect();
            moved += usize::from(probe_hash(&vectors) != probe_hash(&noisy));
            hashes.insert(probe_hash(&vectors));
        }
        assert!(moved <= 2, "{moved} of 200");
        assert_eq!(hashes.len(), 200);
        assert_ne!(probe_hash(&[vec![1.0]]), probe_hash(&[vec![1.0, 0.0]]));
    }
}
