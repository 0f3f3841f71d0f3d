//! The tiny model's forward pass as the paper says it, in 64-bit floats and plain loops: what a
//! runtime is compared with.
//!
//! Devlin et al. 2019, "BERT"; Vaswani et al. 2017, "Attention is all you need".

use crate::tiny_model::{EPSILON, HEADS, HIDDEN, LAYERS, TinyModel};

impl TinyModel {
    /// Returns the last layer's state of every token.
    ///
    /// # Panics
    ///
    /// If a token, type or position is none of the model's.
    #[must_use]
    pub fn states(&self, tokens: &[u32], types: &[u32]) -> Vec<Vec<f64>> {
        let embedded = tokens.iter().zip(types).enumerate().map(|(position, (token, kind))| {
            let word = self.row("embeddings.word_embeddings", *token as usize);
            let place = self.row("embeddings.position_embeddings", position);
            let side = self.row("embeddings.token_type_embeddings", *kind as usize);
            self.norm("embeddings.LayerNorm", &sum(&sum(&word, &place), &side))
        });
        let mut states: Vec<Vec<f64>> = embedded.collect();
        for layer in 0..LAYERS {
            let layer = format!("encoder.layer.{layer}");
            let attended = self.attention(&layer, &states);
            states = states
                .iter()
                .zip(attended)
                .map(|(state, attended)| self.feed_forward(&layer, state, &attended))
                .collect();
        }
        states
    }

    /// Returns the reranker's logit: `classifier(tanh(pooler(state of the first token)))`.
    ///
    /// # Panics
    ///
    /// As for [`TinyModel::states`], or if the model is no reranker.
    #[must_use]
    pub fn logit(&self, tokens: &[u32], types: &[u32]) -> f64 {
        let first = self.states(tokens, types).swap_remove(0);
        let pooled: Vec<f64> =
            self.linear("pooler.dense", &first).into_iter().map(f64::tanh).collect();
        self.linear("classifier", &pooled)[0]
    }

    fn attention(&self, layer: &str, states: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let project = |name: &str| -> Vec<Vec<f64>> {
            let name = format!("{layer}.attention.self.{name}");
            states.iter().map(|state| self.linear(&name, state)).collect()
        };
        let (queries, keys, values) = (project("query"), project("key"), project("value"));
        let width = HIDDEN / HEADS;
        queries
            .iter()
            .map(|query| {
                let mut mixed = vec![0.0; HIDDEN];
                for head in (0..HIDDEN).step_by(width).map(|start| start..start + width) {
                    let affinity = |key: &Vec<f64>| {
                        dot(&query[head.clone()], &key[head.clone()]) / (width as f64).sqrt()
                    };
                    let weights: Vec<f64> = keys.iter().map(|key| affinity(key).exp()).collect();
                    let total: f64 = weights.iter().sum();
                    for (weight, value) in weights.iter().zip(&values) {
                        for place in head.clone() {
                            mixed[place] += weight / total * value[place];
                        }
                    }
                }
                mixed
            })
            .collect()
    }

    fn feed_forward(&self, layer: &str, state: &[f64], attended: &[f64]) -> Vec<f64> {
        let named = |name: &str| format!("{layer}.{name}");
        let mixed = self.linear(&named("attention.output.dense"), attended);
        let middle = self.norm(&named("attention.output.LayerNorm"), &sum(&mixed, state));
        let wide: Vec<f64> =
            self.linear(&named("intermediate.dense"), &middle).into_iter().map(gelu).collect();
        let narrow = self.linear(&named("output.dense"), &wide);
        self.norm(&named("output.LayerNorm"), &sum(&narrow, &middle))
    }

    fn linear(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let weight = self.values(name, "weight");
        let outputs = weight.chunks(input.len()).map(|row| dot(row, input));
        outputs.zip(self.values(name, "bias")).map(|(x, bias)| x + bias).collect()
    }

    fn norm(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let mean = input.iter().sum::<f64>() / input.len() as f64;
        let variance = input.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / input.len() as f64;
        let (weight, bias) = (self.values(name, "weight"), self.values(name, "bias"));
        let scaled = input.iter().map(|x| (x - mean) / (variance + EPSILON).sqrt());
        scaled.zip(weight.iter().zip(bias)).map(|(x, (weight, bias))| x * weight + bias).collect()
    }

    fn row(&self, name: &str, row: usize) -> Vec<f64> {
        self.values(name, "weight")[row * HIDDEN..(row + 1) * HIDDEN].to_vec()
    }

    fn values(&self, name: &str, part: &str) -> Vec<f64> {
        self.tensors[&format!("{name}.{part}")].values.iter().map(|x| f64::from(*x)).collect()
    }
}

fn sum(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn gelu(x: f64) -> f64 {
    x / 2.0 * (1.0 + erf(x / std::f64::consts::SQRT_2))
}

/// The error function by its Taylor series, which is exact enough up to 5; beyond, it is ±1 to 12
/// digits.
fn erf(x: f64) -> f64 {
    if x.abs() > 5.0 {
        return x.signum();
    }
    let (mut power, mut total) = (x, 0.0);
    for n in 0..120 {
        total += power / f64::from(2 * n + 1);
        power *= -x * x / f64::from(n + 1);
    }
    total * 2.0 / std::f64::consts::PI.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_has_the_published_values() {
        // Φ(1) = .841344746…, Φ(-2) = .022750132…, Φ(3) = .998650102…
        for (x, phi) in [(1.0, 0.841_344_746), (-2.0, 0.022_750_132), (3.0, 0.998_650_102)] {
            assert!((gelu(x) - x * phi).abs() < 1e-8, "{x}: {}", gelu(x));
        }
        assert_eq!(gelu(10.0), 10.0);
    }

    #[test]
    fn a_state_depends_on_the_order_and_the_side_of_the_tokens() {
        let model = TinyModel::encoder(7);
        let first = |tokens: &[u32], types: &[u32]| model.states(tokens, types).swap_remove(0);
        let base = first(&[2, 60, 61, 3], &[0; 4]);
        assert_ne!(base, first(&[2, 61, 60, 3], &[0; 4]));
        assert_ne!(base, first(&[2, 60, 61, 3], &[0, 0, 1, 1]));
        assert_ne!(base, TinyModel::encoder(8).states(&[2, 60, 61, 3], &[0; 4])[0]);
    }
}
