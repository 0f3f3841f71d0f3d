//! A tiny random model whose sizes are multiples of nothing.

// Each test file compiles this for itself and uses its own part.
#![allow(dead_code)]

use std::collections::HashMap;

use trommel_kernels::{Bert, Config, Isa, Precision};

/// Tensors by name: shape and numbers.
pub(crate) type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

/// Returns the shape of the tiny model: 3 heads of 13, a feed-forward layer of 70.
pub(crate) fn config() -> Config {
    Config {
        vocabulary: 61,
        positions: 600,
        types: 2,
        hidden: 39,
        layers: 2,
        heads: 3,
        intermediate: 70,
        epsilon: 1e-12,
        labels: 3,
    }
}

/// A linear congruential generator with Knuth's MMIX constants.
pub(crate) struct Random(u64);

impl Random {
    /// Returns a generator started at `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number, even over −1..1.
    pub(crate) fn next(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Returns the next integer below `limit`.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        (((self.next() + 1.0) / 2.0 * limit as f32) as u32).min(limit - 1)
    }
}

/// Returns random tensors. Weights are large enough that attention is far from even and that
/// erf-GELU and its tanh form, or a swapped matrix, would give visibly different results.
pub(crate) fn tensors(config: &Config, seed: u64) -> Tensors {
    let Config { hidden, intermediate, .. } = *config;
    let mut random = Random::new(seed);
    let mut all = Tensors::new();
    let mut put = |name: String, shape: Vec<usize>, size: f32, centre: f32| {
        let count = shape.iter().product();
        let numbers = (0..count).map(|_| centre + size * random.next()).collect();
        all.insert(name, (shape, numbers));
    };
    let tables =
        [("word", config.vocabulary), ("position", config.positions), ("token_type", config.types)];
    for (name, rows) in tables {
        put(format!("embeddings.{name}_embeddings.weight"), vec![rows, hidden], 1.0, 0.0);
    }
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    let mut linears = vec![
        ("pooler.dense".to_owned(), hidden, hidden),
        ("classifier".to_owned(), config.labels, hidden),
    ];
    for layer in 0..config.layers {
        let layer = format!("encoder.layer.{layer}");
        for part in ["self.query", "self.key", "self.value", "output.dense"] {
            linears.push((format!("{layer}.attention.{part}"), hidden, hidden));
        }
        linears.push((format!("{layer}.intermediate.dense"), intermediate, hidden));
        linears.push((format!("{layer}.output.dense"), hidden, intermediate));
        norms.push(format!("{layer}.attention.output.LayerNorm"));
        norms.push(format!("{layer}.output.LayerNorm"));
    }
    for name in norms {
        put(format!("{name}.weight"), vec![hidden], 0.3, 1.0);
        put(format!("{name}.bias"), vec![hidden], 0.2, 0.0);
    }
    for (name, outputs, inputs) in linears {
        let size = 2.0 / (inputs as f32).sqrt();
        put(format!("{name}.weight"), vec![outputs, inputs], size, 0.0);
        put(format!("{name}.bias"), vec![outputs], 0.2, 0.0);
    }
    all
}

/// Packs the model.
pub(crate) fn bert(config: &Config, tensors: &Tensors, precision: Precision, isa: Isa) -> Bert {
    Bert::new(config.clone(), |name| tensors.get(name).cloned(), precision, isa).unwrap()
}

/// Returns random ids and types of sequences of these lengths.
pub(crate) fn inputs(config: &Config, lengths: &[usize], seed: u64) -> Vec<(Vec<u32>, Vec<u32>)> {
    let mut random = Random::new(seed);
    let limit = config.vocabulary as u32;
    let mut input = |length: usize| {
        let ids = (0..length).map(|_| random.below(limit)).collect();
        let types = (0..length).map(|i| u32::from(i > length / 2)).collect();
        (ids, types)
    };
    lengths.iter().map(|&length| input(length)).collect()
}
