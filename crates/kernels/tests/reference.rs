//! Fear: the fast path computes something other than BERT. Against a plain f64 forward pass.

mod common;

use common::{Tensors, bert, config, inputs, tensors};
use trommel_kernels::{Config, Isa, Precision, Sequence};

/// One token; a panel and a bit; longer than one block of keys, then than two.
const LENGTHS: [usize; 5] = [1, 7, 40, 300, 530];

type Rows = Vec<Vec<f64>>;

/// BERT as the paper writes it: loops over f64, nothing packed, nothing fused.
struct Reference<'a> {
    config: &'a Config,
    tensors: &'a Tensors,
}

impl Reference<'_> {
    fn rows(&self, name: &str) -> Rows {
        let (shape, numbers) = &self.tensors[name];
        let width = shape.last().copied().unwrap();
        let wide: Vec<f64> = numbers.iter().copied().map(f64::from).collect();
        wide.chunks(width).map(<[f64]>::to_vec).collect()
    }

    fn linear(&self, name: &str, x: &Rows) -> Rows {
        let weights = self.rows(&format!("{name}.weight"));
        let bias = &self.rows(&format!("{name}.bias"))[0];
        let one = |x: &Vec<f64>| weights.iter().zip(bias).map(|(w, b)| dot(x, w) + b).collect();
        x.iter().map(one).collect()
    }

    fn norm(&self, name: &str, x: &Rows) -> Rows {
        let gamma = &self.rows(&format!("{name}.weight"))[0];
        let beta = &self.rows(&format!("{name}.bias"))[0];
        let one = |x: &Vec<f64>| {
            let n = x.len() as f64;
            let mean = x.iter().sum::<f64>() / n;
            let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
            let unit = |v: f64| (v - mean) / (variance + f64::from(self.config.epsilon)).sqrt();
            (0..x.len()).map(|i| unit(x[i]) * gamma[i] + beta[i]).collect()
        };
        x.iter().map(one).collect()
    }

    fn attention(&self, layer: &str, x: &Rows) -> Rows {
        let [q, k, v] = ["query", "key", "value"]
            .map(|part| self.linear(&format!("{layer}.attention.self.{part}"), x));
        let size = self.config.hidden / self.config.heads;
        let mut context = vec![vec![0.0; self.config.hidden]; x.len()];
        for head in 0..self.config.heads {
            let own = head * size..(head + 1) * size;
            for (i, context) in context.iter_mut().enumerate() {
                let score = |k: &Vec<f64>| dot(&q[i][own.clone()], &k[own.clone()]);
                let weights: Vec<f64> =
                    k.iter().map(|k| (score(k) / (size as f64).sqrt()).exp()).collect();
                let total: f64 = weights.iter().sum();
                for d in own.clone() {
                    let sum: f64 = weights.iter().zip(&v).map(|(w, v)| w * v[d]).sum();
                    context[d] = sum / total;
                }
            }
        }
        context
    }

    fn states(&self, ids: &[u32], types: &[u32]) -> Rows {
        let table = |name| self.rows(&format!("embeddings.{name}_embeddings.weight"));
        let (words, positions, kinds) = (table("word"), table("position"), table("token_type"));
        let mut x: Rows = Vec::new();
        for (i, (&id, &kind)) in ids.iter().zip(types).enumerate() {
            x.push(add(&add(&words[id as usize], &positions[i]), &kinds[kind as usize]));
        }
        let mut x = self.norm("embeddings.LayerNorm", &x);
        for layer in 0..self.config.layers {
            let layer = format!("encoder.layer.{layer}");
            let attended = self.attention(&layer, &x);
            let attended = self.linear(&format!("{layer}.attention.output.dense"), &attended);
            x = add_rows(&x, &attended);
            x = self.norm(&format!("{layer}.attention.output.LayerNorm"), &x);
            let mut wide = self.linear(&format!("{layer}.intermediate.dense"), &x);
            wide.iter_mut().flatten().for_each(|v| *v = *v * (1.0 + erf(*v / 2_f64.sqrt())) / 2.0);
            x = add_rows(&x, &self.linear(&format!("{layer}.output.dense"), &wide));
            x = self.norm(&format!("{layer}.output.LayerNorm"), &x);
        }
        x
    }

    fn logits(&self, states: &Rows) -> Vec<f64> {
        let mut pooled = self.linear("pooler.dense", &vec![states[0].clone()]);
        pooled.iter_mut().flatten().for_each(|v| *v = v.tanh());
        self.linear("classifier", &pooled).remove(0)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn add_rows(a: &Rows, b: &Rows) -> Rows {
    a.iter().zip(b).map(|(a, b)| add(a, b)).collect()
}

/// The Maclaurin series of erf; beyond 5 it is ±1 to f64.
fn erf(x: f64) -> f64 {
    if x.abs() > 5.0 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..120 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

/// Returns the largest difference, and the root mean square difference.
fn differences(got: &[f32], expected: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let expected: Vec<f64> = expected.into_iter().collect();
    assert_eq!(got.len(), expected.len());
    let squares = got.iter().zip(&expected).map(|(g, e)| (f64::from(*g) - e).powi(2));
    let (most, sum) = squares.fold((0.0, 0.0), |(most, sum), d| (d.max(most), sum + d));
    (most.sqrt(), (sum / expected.len() as f64).sqrt())
}

/// Runs everything at one precision on every instruction set; `most` and `mean` bound the
/// largest and the root mean square difference of states, which are of unit size.
fn compare(precision: Precision, most: f64, mean: f64) {
    let config = config();
    let tensors = tensors(&config, 11);
    let reference = Reference { config: &config, tensors: &tensors };
    let inputs = inputs(&config, &LENGTHS, 5);
    let sequences: Vec<Sequence<'_>> =
        inputs.iter().map(|(ids, types)| Sequence { ids, types }).collect();
    let expected: Vec<Rows> =
        inputs.iter().map(|(ids, types)| reference.states(ids, types)).collect();
    for isa in Isa::available() {
        let model = bert(&config, &tensors, precision, isa);
        let states = model.states(&sequences).unwrap();
        let cls = model.cls(&sequences).unwrap();
        let means = model.mean(&sequences).unwrap();
        let logits = model.logits(&sequences).unwrap();
        for (i, expected) in expected.iter().enumerate() {
            let at = format!("{isa} {precision:?}, {} tokens", LENGTHS[i]);
            let (worst, usual) = differences(&states[i], expected.iter().flatten().copied());
            assert!(worst < most && usual < mean, "{at}: states differ by {worst}, rms {usual}");

            let (worst, _) = differences(&cls[i], expected[0].iter().copied());
            assert!(worst < most, "{at}: cls differs by {worst}");

            let column = |d| expected.iter().map(|row| row[d]).sum::<f64>() / expected.len() as f64;
            let (worst, _) = differences(&means[i], (0..config.hidden).map(column));
            assert!(worst < most, "{at}: mean differs by {worst}");

            let (worst, _) = differences(&logits[i], reference.logits(expected));
            assert!(worst < most, "{at}: logits differ by {worst}");
        }
    }
}

#[test]
fn f32_is_bert_to_four_decimals() {
    compare(Precision::F32, 1e-4, 1e-5);
}

#[test]
fn int8_stays_near() {
    compare(Precision::Int8, 0.5, 0.05);
}
