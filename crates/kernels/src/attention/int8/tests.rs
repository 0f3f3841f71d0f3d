//! Integers whose scales are exactly 1, so that quantising loses nothing.

use super::*;
use crate::isa::Isa;

const HEADS: usize = 2;
/// More than a vector of four or eight lanes and no multiple of them.
const SIZE: usize = 13;
const WIDTH: usize = HEADS * SIZE;

/// One block of keys and a part of it, two blocks, three. Miri takes the short ones.
const LENGTHS: &[usize] = if cfg!(miri) { &[1, 5] } else { &[1, 5, 40, 127, 129, 300] };

/// Returns rows of queries, keys and values in −127..=127 with a 127 in every row of a head and,
/// by the first token, in every dimension of the values. `spread` is the largest of the queries'
/// other numbers.
fn integers(length: usize, spread: u32) -> Vec<f32> {
    let mut state = 9_u32;
    let mut next = |most: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % (2 * most + 1)
    };
    let mut qkv = Vec::new();
    for token in 0..length {
        for part in 0..3 {
            for i in 0..WIDTH {
                let most = if part == 0 { spread } else { 127 };
                let fixed = if part == 2 { token == 0 } else { i % SIZE == 0 };
                qkv.push(if fixed { 127.0 } else { next(most) as f32 - most as f32 });
            }
        }
    }
    qkv
}

fn attend(isa: Isa, qkv: &[f32], length: usize) -> Vec<f32> {
    let mut context = vec![f32::NAN; length * WIDTH];
    let (heads, size) = (HEADS, SIZE);
    let (lengths, asking) = (&[length], length);
    let place = Place { qkv, lengths, asking, heads, size, context: &mut context };
    isa.run(Attention { place, scratch: &mut Scratch::default() });
    context
}

/// Returns attention in f64, and for each query and head how many keys' worth of certainty its
/// probabilities add up to.
fn exact(qkv: &[f32], length: usize) -> (Vec<f64>, Vec<f64>) {
    let number =
        |token: usize, part: usize, i: usize| f64::from(qkv[(3 * token + part) * WIDTH + i]);
    let (mut context, mut certainty) = (vec![0.0; length * WIDTH], Vec::new());
    for query in 0..length {
        for head in (0..WIDTH).step_by(SIZE) {
            let score = |key| {
                let terms = (head..head + SIZE).map(|i| number(query, 0, i) * number(key, 1, i));
                terms.sum::<f64>() / (SIZE as f64).sqrt()
            };
            let scores: Vec<f64> = (0..length).map(score).collect();
            let peak = scores.iter().copied().fold(f64::MIN, f64::max);
            let weights: Vec<f64> = scores.iter().map(|score| (score - peak).exp()).collect();
            let total: f64 = weights.iter().sum();
            for i in head..head + SIZE {
                let sum: f64 =
                    weights.iter().enumerate().map(|(key, w)| w * number(key, 2, i)).sum();
                context[query * WIDTH + i] = sum / total;
            }
            certainty.push(total);
        }
    }
    (context, certainty)
}

/// A probability is off by half a unit of 1/255 and by the power's 8e-5, twice where a later block
/// brings a new peak; each moves the mean of values within ±127 by at most twice 127 of its share.
#[test]
fn it_is_softmax_of_the_scores_times_the_values() {
    for &length in LENGTHS {
        let qkv = integers(length, 3);
        let (expected, certainty) = exact(&qkv, length);
        for isa in Isa::available() {
            for (i, (y, expected)) in attend(isa, &qkv, length).iter().zip(&expected).enumerate() {
                let half_units = length as f64 * 0.5 / 255.0 / certainty[i / SIZE];
                let blocks = length.div_ceil(KEYS) as f64;
                let bound = 2.0 * 127.0 * (half_units + 2.0 * 8e-5 * blocks) + 1e-3;
                let error = (f64::from(*y) - expected).abs();
                assert!(error <= bound, "{isa}, {length} keys: off by {error}, more than {bound}");
            }
        }
    }
}

/// The integer sums are the same everywhere, and what follows them is the same f32 arithmetic on
/// every instruction set with fused multiply-add. The portable one has none on x86-64: there a
/// probability next to a half may round the other way, which moves its row by a unit of 1/255.
#[test]
fn every_instruction_set_gives_the_same_bits() {
    for &length in LENGTHS {
        let qkv = integers(length, 3);
        let certainty = exact(&qkv, length).1;
        let best = attend(Isa::best(), &qkv, length);
        for isa in Isa::available() {
            for (i, (y, best)) in attend(isa, &qkv, length).iter().zip(&best).enumerate() {
                let unit = 2.0 * 127.0 / 255.0 / certainty[i / SIZE] as f32;
                let bound = if isa == Isa::portable() { unit + 1e-4 } else { 0.0 };
                assert!((y - best).abs() <= bound, "{isa}, {length} keys: {y}, not {best}");
            }
        }
    }
}

/// Equal scores give every key the whole 255 and no rounding at all.
#[test]
fn equal_keys_give_the_mean_of_the_values_on_every_instruction_set() {
    let length = 100;
    let mut qkv = integers(length, 127);
    for token in 0..length {
        qkv[(3 * token + 1) * WIDTH..(3 * token + 2) * WIDTH].fill(127.0);
    }
    let (expected, _) = exact(&qkv, length);
    let best = attend(Isa::best(), &qkv, length);
    for isa in Isa::available() {
        let context = attend(isa, &qkv, length);
        assert_eq!(context, best, "{isa}");
        for (y, expected) in context.iter().zip(&expected) {
            assert!((f64::from(*y) - expected).abs() < 1e-4, "{isa}: {y}, not {expected}");
        }
    }
}
