//! Fear: the fast path computes something other than BERT. Against a plain f64 forward pass, exact
//! or rounding exactly where a precision says that it rounds.

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
    /// What numbers are rounded to where they are multiplied; F32 for not at all.
    rounding: Precision,
    /// For each layer the channels that the model divides into shares: of attention's input and of
    /// the feed-forward part's.
    outliers: Vec<[Vec<u32>; 2]>,
}

impl Reference<'_> {
    fn rows(&self, name: &str) -> Rows {
        let (shape, numbers) = &self.tensors[name];
        let width = shape.last().copied().unwrap();
        let wide: Vec<f64> = numbers.iter().copied().map(f64::from).collect();
        wide.chunks(width).map(<[f64]>::to_vec).collect()
    }

    fn linear(&self, name: &str, x: &Rows) -> Rows {
        self.rounded_linear(name, x, quantised)
    }

    /// A linear layer whose input becomes integers by `quantise`, where it does.
    fn rounded_linear(&self, name: &str, x: &Rows, quantise: impl Fn(&[f64]) -> Vec<f64>) -> Rows {
        let round = |row: &Vec<f64>, quantise: &dyn Fn(&[f64]) -> Vec<f64>| match self.rounding {
            Precision::F32 => row.clone(),
            Precision::Bf16 => row.iter().copied().map(eight_bits).collect(),
            Precision::Int8 => quantise(row),
        };
        let weights = self.rows(&format!("{name}.weight"));
        let weights: Rows = weights.iter().map(|row| round(row, &quantised)).collect();
        self.exact_linear(name, &weights, x.iter().map(|row| round(row, &quantise)))
    }

    fn exact_linear(&self, name: &str, weights: &Rows, x: impl Iterator<Item = Vec<f64>>) -> Rows {
        let bias = &self.rows(&format!("{name}.bias"))[0];
        x.map(|x| weights.iter().zip(bias).map(|(w, b)| dot(&x, w) + b).collect()).collect()
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

    fn attention(&self, index: usize, layer: &str, x: &Rows) -> Rows {
        let outliers = &self.outliers[index][0];
        let [q, k, v] = ["query", "key", "value"].map(|part| {
            let name = format!("{layer}.attention.self.{part}");
            self.rounded_linear(&name, x, |row| in_shares(row, outliers))
        });
        let size = self.config.hidden / self.config.heads;
        let mut context = vec![vec![0.0; self.config.hidden]; x.len()];
        for head in 0..self.config.heads {
            let own = head * size..(head + 1) * size;
            let eight_bits = self.rounding == Precision::Int8;
            let part = |rows: &Rows| -> Rows {
                let part = rows.iter().map(|row| row[own.clone()].to_vec());
                if eight_bits { part.map(|row| quantised(&row)).collect() } else { part.collect() }
            };
            let (q, k) = (part(&q), part(&k));
            // Values have a scale per dimension, over the sequence.
            let columns: Rows = own
                .clone()
                .map(|d| v.iter().map(|v| v[d]).collect())
                .map(|column: Vec<f64>| if eight_bits { quantised(&column) } else { column })
                .collect();
            for (q, context) in q.iter().zip(&mut context) {
                let scores: Vec<f64> = k.iter().map(|k| dot(q, k) / (size as f64).sqrt()).collect();
                let peak = scores.iter().copied().fold(f64::MIN, f64::max);
                let weigh = |score: &f64| match eight_bits {
                    true => ((score - peak).exp() * 255.0).round_ties_even(),
                    false => (score - peak).exp(),
                };
                let weights: Vec<f64> = scores.iter().map(weigh).collect();
                let total: f64 = weights.iter().sum();
                for (context, column) in context[own.clone()].iter_mut().zip(&columns) {
                    *context = dot(&weights, column) / total;
                }
            }
        }
        context
    }

    fn states(&self, ids: &[u32], types: &[u32]) -> Rows {
        let table = |name| self.rows(&format!("embeddings.{name}_embeddings.weight"));
        let (mut words, positions, kinds) = (table("word"), table("position"), table("token_type"));
        if self.rounding != Precision::F32 {
            words.iter_mut().flatten().for_each(|w| *w = eight_bits(*w));
        }
        let mut x: Rows = Vec::new();
        for (i, (&id, &kind)) in ids.iter().zip(types).enumerate() {
            x.push(add(&add(&words[id as usize], &positions[i]), &kinds[kind as usize]));
        }
        let mut x = self.norm("embeddings.LayerNorm", &x);
        for index in 0..self.config.layers {
            let layer = format!("encoder.layer.{index}");
            let attended = self.attention(index, &layer, &x);
            let attended = self.linear(&format!("{layer}.attention.output.dense"), &attended);
            x = add_rows(&x, &attended);
            x = self.norm(&format!("{layer}.attention.output.LayerNorm"), &x);
            let name = format!("{layer}.intermediate.dense");
            let outliers = &self.outliers[index][1];
            let mut wide = self.rounded_linear(&name, &x, |row| in_shares(row, outliers));
            wide.iter_mut().flatten().for_each(|v| *v = *v * (1.0 + erf(*v / 2_f64.sqrt())) / 2.0);
            let narrow = self.rounded_linear(&format!("{layer}.output.dense"), &wide, lopsided);
            x = add_rows(&x, &narrow);
            x = self.norm(&format!("{layer}.output.LayerNorm"), &x);
        }
        x
    }

    fn logits(&self, states: &Rows) -> Vec<f64> {
        // The head is f32 at any precision.
        let linear = |name: &str, x: Vec<f64>| {
            let weights = self.rows(&format!("{name}.weight"));
            self.exact_linear(name, &weights, std::iter::once(x)).remove(0)
        };
        let mut pooled = linear("pooler.dense", states[0].clone());
        pooled.iter_mut().for_each(|v| *v = v.tanh());
        linear("classifier", pooled)
    }
}

/// Rounds to eight significant bits, ties to even: a bfloat16.
fn eight_bits(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let unit = (x.abs().log2().floor() - 7.0).exp2();
    (x / unit).round_ties_even() * unit
}

/// Rounds to 127ths of the largest magnitude.
fn quantised(row: &[f64]) -> Vec<f64> {
    let unit = row.iter().fold(1e-30_f64, |peak, x| peak.max(x.abs())) / 127.0;
    row.iter().map(|x| (x / unit).round_ties_even() * unit).collect()
}

/// The same with the numbers of some channels divided into shares, each rounded by itself.
fn in_shares(row: &[f64], channels: &[u32]) -> Vec<f64> {
    let mut counts = vec![1.0; row.len()];
    channels.iter().for_each(|&channel| counts[channel as usize] += 1.0);
    let shares: Vec<f64> = row.iter().zip(&counts).map(|(x, count)| x / count).collect();
    quantised(&shares).iter().zip(&counts).map(|(share, count)| share * count).collect()
}

/// Rounds to units of which 223 reach the largest number and 32 the lowest.
fn lopsided(row: &[f64]) -> Vec<f64> {
    let bound = |sign: f64| row.iter().fold(0.0_f64, |most, x| most.max(sign * x));
    let unit = (bound(1.0) / 223.0).max(bound(-1.0) / 32.0).max(1e-30);
    row.iter().map(|x| (x / unit).round_ties_even() * unit).collect()
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

/// Runs everything at one precision on every instruction set, against a reference that rounds as
/// `rounding` does; `most` and `mean` bound the largest and the root mean square difference of
/// states, which are of unit size.
fn compare(precision: Precision, rounding: Precision, lengths: &[usize], most: f64, mean: f64) {
    let config = config();
    let tensors = tensors(&config, 11);
    let packed = bert(&config, &tensors, precision, Isa::portable());
    let outliers = (0..config.layers).map(|layer| packed.outliers(layer).map(<[u32]>::to_vec));
    let outliers = outliers.collect();
    let reference = Reference { config: &config, tensors: &tensors, rounding, outliers };
    let inputs = inputs(&config, lengths, 5);
    let sequences: Vec<Sequence<'_>> =
        inputs.iter().map(|(ids, types)| Sequence { ids, types }).collect();
    let expected: Vec<Rows> =
        inputs.iter().map(|(ids, types)| reference.states(ids, types)).collect();
    for isa in Isa::available() {
        let model = bert(&config, &tensors, precision, isa);
        for layer in 0..config.layers {
            assert_eq!(model.outliers(layer), packed.outliers(layer), "{isa}, layer {layer}");
        }
        let states = model.states(&sequences).unwrap();
        let cls = model.cls(&sequences).unwrap();
        let means = model.mean(&sequences).unwrap();
        let logits = model.logits(&sequences).unwrap();
        for (i, expected) in expected.iter().enumerate() {
            let at = format!("{isa} {precision:?}, {} tokens", lengths[i]);
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
    compare(Precision::F32, Precision::F32, &LENGTHS, 1e-4, 1e-5);
}

/// A token alone attends to itself whatever its score: all that is left to differ is f32 and the
/// polynomials of GELU, unless that much moves a number over the edge of its unit.
#[test]
fn int8_of_one_token_is_bert_of_quantised_numbers_to_four_decimals() {
    compare(Precision::Int8, Precision::Int8, &[1], 1e-4, 2e-5);
}

/// Here something does: e^x to 8e-5 moves probabilities over the edge, those move what is
/// quantised above, and after a few layers numbers differ by a good part of their unit, which is
/// 3/127 = .024 where the largest number of a row is three times the usual one.
#[test]
fn int8_is_bert_of_quantised_numbers_to_a_unit() {
    compare(Precision::Int8, Precision::Int8, &LENGTHS, 0.2, 0.024);
}

/// As above, with 8 bits that are significant ones: a unit is at most 2⁻⁸ of the number.
#[test]
fn bf16_is_bert_of_rounded_numbers_to_a_unit() {
    compare(Precision::Bf16, Precision::Bf16, &LENGTHS, 0.03, 0.004);
}

/// Rounding to a unit adds noise of 1/√12 of it: .0068 for activations with a peak of three times
/// the usual, .0039 for even weights with one of √3 times, .0079 together. Two layers normalise
/// four sums, each of a branch of two products: .0079 · √8 = .022.
#[test]
fn what_int8_rounds_away_is_noise_of_the_expected_size() {
    compare(Precision::Int8, Precision::F32, &LENGTHS, 0.2, 0.022);
}

/// The same with a unit of 2⁻⁷ to 2⁻⁸ of either factor, 2⁻⁷ · √2 / √12 = .0032 a product: .009.
#[test]
fn what_bf16_rounds_away_is_noise_of_the_expected_size() {
    compare(Precision::Bf16, Precision::F32, &LENGTHS, 0.08, 0.009);
}
