//! DeBERTa-v2 and -v3 (He et al. 2021): `logit = classifier(gelu(pooler([CLS])))`.
//!
//! The forward pass is ours. candle's projects the table of distances again for every pair and
//! layer, as long a text as any passage, and panics on a config with a convolution.

use candle_core::{D, Device, Module, Result, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, VarBuilder, embedding, layer_norm, linear};
use serde::Deserialize;
use trommel_models::{
    Architecture, InstalledModel, NetworkError, NetworkSizes, NetworkWeights, Pair,
};

use super::attention::{by_head, mix};
use super::{Classifier, only};

pub(super) struct Network {
    body: Body,
    pooler: Linear,
    classifier: Linear,
}

struct Body {
    words: Embedding,
    types: Option<Embedding>,
    positions: Option<Embedding>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    distances: Distances,
    heads: usize,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    /// The table of distances as keys and as queries, each of shape (heads, distances, width).
    distance_keys: Option<Tensor>,
    distance_queries: Option<Tensor>,
    output: Linear,
    norm: LayerNorm,
    up: Linear,
    down: Linear,
    last_norm: LayerNorm,
}

/// Which row of the table of distances stands for a distance: one each for near ones, and for far
/// ones one for a range that widens by the logarithm.
#[derive(Debug, Clone, Copy)]
struct Distances {
    /// The table has twice as many rows.
    span: usize,
    /// How many rows the ranges share, and the longest distance; none if all rows are for one.
    buckets: Option<(usize, usize)>,
}

/// What is read of `config.json`.
#[derive(Debug, Deserialize)]
struct Config {
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    hidden_act: String,
    max_position_embeddings: usize,
    layer_norm_eps: f64,
    #[serde(default)]
    type_vocab_size: usize,
    #[serde(default)]
    relative_attention: bool,
    max_relative_positions: Option<i64>,
    position_buckets: Option<i64>,
    #[serde(default)]
    share_att_key: bool,
    #[serde(default)]
    pos_att_type: Kinds,
    #[serde(default = "biased")]
    position_biased_input: bool,
    norm_rel_ebd: Option<String>,
    conv_kernel_size: Option<usize>,
    embedding_size: Option<usize>,
    attention_head_size: Option<usize>,
    pooler_hidden_size: Option<usize>,
    pooler_hidden_act: Option<String>,
}

/// Which sides distances are seen from; published as a list, or as `c2p|p2c`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Kinds {
    List(Vec<String>),
    Joined(String),
}

impl Default for Kinds {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Kinds {
    fn has(&self, kind: &str) -> bool {
        match self {
            Self::List(kinds) => kinds.iter().any(|other| other == kind),
            Self::Joined(kinds) => kinds.split('|').any(|other| other == kind),
        }
    }
}

fn biased() -> bool {
    true
}

impl Config {
    fn check(&self, model: &InstalledModel) -> std::result::Result<(), NetworkError> {
        let sizes = NetworkSizes {
            vocabulary: self.vocab_size,
            hidden: self.hidden_size,
            heads: self.num_attention_heads,
            tokens: self.max_position_embeddings,
        };
        sizes.check(model)?;
        let hidden = self.hidden_size;
        let width = hidden / self.num_attention_heads;
        let pooler_act = self.pooler_hidden_act.as_deref().unwrap_or("gelu");
        // What is not computed here is refused: scores would be wrong without a word.
        let fixed = [
            ("relative_attention", "true", self.relative_attention.to_string()),
            ("hidden_act", "gelu", self.hidden_act.clone()),
            ("pooler_hidden_act", "gelu", pooler_act.to_owned()),
            ("conv_kernel_size", "0", self.conv_kernel_size.unwrap_or(0).to_string()),
        ];
        for (key, expected, got) in fixed {
            if got != expected {
                return Err(model.bad_config(format!("{key} {expected}"), got));
            }
        }
        let sizes = [
            ("embedding_size", hidden, self.embedding_size),
            ("pooler_hidden_size", hidden, self.pooler_hidden_size),
            ("attention_head_size", width, self.attention_head_size),
        ];
        for (key, expected, got) in sizes {
            if let Some(got) = got.filter(|&got| got != expected) {
                return Err(model.bad_config(format!("{key} {expected}"), got.to_string()));
            }
        }
        Ok(())
    }

    fn distances(&self) -> Distances {
        let positive = |number: Option<i64>| {
            number.and_then(|number| usize::try_from(number).ok()).filter(|&number| number > 0)
        };
        let most = positive(self.max_relative_positions).unwrap_or(self.max_position_embeddings);
        let buckets = positive(self.position_buckets);
        Distances { span: buckets.unwrap_or(most), buckets: buckets.map(|buckets| (buckets, most)) }
    }

    fn distance_table(&self, encoder: &VarBuilder<'static>) -> Result<Tensor> {
        let shape = (self.distances().span.saturating_mul(2), self.hidden_size);
        let rows = encoder.get(shape, "rel_embeddings.weight")?;
        match self.norm_rel_ebd.as_deref() {
            Some(norm) if norm.contains("layer_norm") => {
                let norm = encoder.pp("LayerNorm");
                layer_norm(self.hidden_size, self.layer_norm_eps, norm)?.forward(&rows)
            }
            _ => Ok(rows),
        }
    }
}

impl Network {
    pub(super) fn load(model: &InstalledModel) -> std::result::Result<Self, NetworkError> {
        let config: Config = model.network_config()?;
        config.check(model)?;
        let weights = NetworkWeights::read(model, Architecture::DebertaV2)?;
        let hidden = config.hidden_size;
        Ok(Self {
            body: weights.body(|tensors| Body::load(&tensors, &config))?,
            pooler: weights.head(|tensors| linear(hidden, hidden, tensors.pp("pooler.dense")))?,
            classifier: weights.head(|tensors| linear(hidden, 1, tensors.pp("classifier")))?,
        })
    }
}

impl Classifier for Network {
    fn logit(&self, pair: &Pair) -> Result<f32> {
        let first = self.body.states(pair)?.narrow(0, 0, 1)?;
        let pooled = self.pooler.forward(&first)?.gelu_erf()?;
        only(&self.classifier, &pooled)
    }
}

impl Body {
    fn load(tensors: &VarBuilder<'static>, config: &Config) -> Result<Self> {
        let hidden = config.hidden_size;
        let embeddings = tensors.pp("embeddings");
        let table = |name: &str, rows: usize| embedding(rows, hidden, embeddings.pp(name));
        let types = || table("token_type_embeddings", config.type_vocab_size);
        let positions = || table("position_embeddings", config.max_position_embeddings);
        let encoder = tensors.pp("encoder");
        let rows = config.distance_table(&encoder)?;
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            types: (config.type_vocab_size > 0).then(types).transpose()?,
            positions: config.position_biased_input.then(positions).transpose()?,
            norm: layer_norm(hidden, config.layer_norm_eps, embeddings.pp("LayerNorm"))?,
            layers: (0..config.num_hidden_layers)
                .map(|layer| Layer::load(&encoder.pp(format!("layer.{layer}")), config, &rows))
                .collect::<Result<_>>()?,
            distances: config.distances(),
            heads: config.num_attention_heads,
        })
    }

    /// Returns the states of all tokens, of shape (tokens, hidden).
    fn states(&self, pair: &Pair) -> Result<Tensor> {
        let ids = Tensor::new(pair.ids.as_slice(), &Device::Cpu)?;
        let mut states = self.words.forward(&ids)?;
        if let Some(positions) = &self.positions {
            let numbers = Tensor::arange(0, pair.ids.len() as u32, &Device::Cpu)?;
            states = (states + positions.forward(&numbers)?)?;
        }
        if let Some(types) = &self.types {
            let numbers = Tensor::new(pair.types.as_slice(), &Device::Cpu)?;
            states = (states + types.forward(&numbers)?)?;
        }
        let mut states = self.norm.forward(&states)?;
        let rows = self.distances.rows(pair.ids.len())?;
        for layer in &self.layers {
            states = layer.forward(&states, self.heads, &rows)?;
        }
        Ok(states)
    }
}

impl Layer {
    fn load(tensors: &VarBuilder<'static>, config: &Config, rows: &Tensor) -> Result<Self> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let square = |name: &str| linear(hidden, hidden, tensors.pp(name));
        let norm = |name: &str| layer_norm(hidden, config.layer_norm_eps, tensors.pp(name));
        // The table of distances is the same for every text, so it is projected once.
        let project = |linear: &Linear| by_head(&linear.forward(rows)?, config.num_attention_heads);
        let (query, key) =
            (square("attention.self.query_proj")?, square("attention.self.key_proj")?);
        let own = |shared: &Linear, name: &str| match config.share_att_key {
            true => project(shared),
            false => project(&square(name)?),
        };
        let keys = || own(&key, "attention.self.pos_key_proj");
        let queries = || own(&query, "attention.self.pos_query_proj");
        Ok(Self {
            distance_keys: config.pos_att_type.has("c2p").then(keys).transpose()?,
            distance_queries: config.pos_att_type.has("p2c").then(queries).transpose()?,
            value: square("attention.self.value_proj")?,
            output: square("attention.output.dense")?,
            norm: norm("attention.output.LayerNorm")?,
            up: linear(hidden, inner, tensors.pp("intermediate.dense"))?,
            down: linear(inner, hidden, tensors.pp("output.dense"))?,
            last_norm: norm("output.LayerNorm")?,
            query,
            key,
        })
    }

    /// `rows[i][j]` is the row of the distance from token j to token i.
    fn forward(&self, states: &Tensor, heads: usize, rows: &Tensor) -> Result<Tensor> {
        let split = |linear: &Linear| by_head(&linear.forward(states)?, heads);
        let (queries, keys, values) = (split(&self.query)?, split(&self.key)?, split(&self.value)?);
        let terms = 1 + [&self.distance_keys, &self.distance_queries].into_iter().flatten().count();
        // A score is the sum of so many products, so as published the divisor is √(width · terms).
        let scale = 1.0 / ((queries.dim(D::Minus1)? * terms) as f64).sqrt();
        let other_way = rows.t()?.contiguous()?;
        let mixed = mix(&values, |head| {
            let (query, key) = (queries.get(head)?, keys.get(head)?);
            let mut scores = query.matmul(&key.t()?)?;
            if let Some(distances) = &self.distance_keys {
                // Every query meets every row of the table, and `gather` picks for key j the row of
                // its distance.
                scores = (scores + query.matmul(&distances.get(head)?.t()?)?.gather(rows, 1)?)?;
            }
            if let Some(distances) = &self.distance_queries {
                // The same from the keys' side, with keys down and queries across, and then turned.
                let seen = key.matmul(&distances.get(head)?.t()?)?.gather(&other_way, 1)?;
                scores = (scores + seen.t()?)?;
            }
            scores * scale
        })?;
        let states = self.norm.forward(&(self.output.forward(&mixed)? + states)?)?;
        let wide = self.up.forward(&states)?.gelu_erf()?;
        self.last_norm.forward(&(self.down.forward(&wide)? + &states)?)
    }
}

impl Distances {
    /// Returns the rows of all pairs of tokens, of shape (tokens, tokens).
    fn rows(self, tokens: usize) -> Result<Tensor> {
        // Distance d stands at tokens + d, so that no logarithm is taken twice.
        let of_distance: Vec<u32> =
            (0..2 * tokens).map(|at| self.row(at as i64 - tokens as i64)).collect();
        let cells = (0..tokens)
            .flat_map(|to| (0..tokens).map(move |from| tokens + to - from))
            .map(|at| of_distance[at])
            .collect();
        Tensor::from_vec(cells, (tokens, tokens), &Device::Cpu)
    }

    fn row(self, distance: i64) -> u32 {
        let row = self.bucket(distance) + self.span as i64;
        row.clamp(0, 2 * self.span as i64 - 1) as u32
    }

    /// Returns a distance, or the number of its range.
    fn bucket(self, distance: i64) -> i64 {
        let Some((buckets, most)) = self.buckets else { return distance };
        let middle = buckets as i64 / 2;
        if distance.abs() <= middle {
            return distance;
        }
        // In 32 bits, as the reference: another rounding could be another bucket.
        let log = |length: f32| (length / middle as f32).ln();
        // From the middle to the longest distance the share goes from 0 to 1, and the range from
        // the middle to buckets − 1.
        let share = log(distance.abs() as f32) / log(most as f32 - 1.0);
        let range = (share * (middle - 1) as f32).ceil() as i64 + middle;
        range * distance.signum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published models have 256 buckets for 512 tokens, more than the tiny one can have.
    #[test]
    fn buckets_are_those_of_the_reference_at_the_published_size() {
        let distances = Distances { span: 256, buckets: Some((256, 512)) };
        // By transformers 5.23.0: make_log_bucket_position(distance, 256, 512).
        let some = [(0, 0), (128, 128), (129, 129), (140, 137), (256, 192), (400, 233), (511, 255)];
        for (distance, bucket) in some {
            assert_eq!(distances.bucket(distance), bucket, "{distance}");
            assert_eq!(distances.bucket(-distance), -bucket, "-{distance}");
        }
        // And all of them: the sum over every distance, each with another weight.
        let weighed = |at: i64| distances.bucket(at) * (at.rem_euclid(97) + 1);
        assert_eq!((-511..=511).map(weighed).sum::<i64>(), -81_664);
        assert_eq!((distances.row(-5_000), distances.row(0), distances.row(5_000)), (0, 256, 511));
    }
}
