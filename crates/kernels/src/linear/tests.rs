//! Against naive products in wider types, over shapes that are multiples of nothing.

use proptest::prelude::*;

use super::*;

/// Returns integers in −127..=127, each row with a 127 in front so that its scale is exactly 1.
fn integers(rows: usize, columns: usize) -> impl Strategy<Value = Vec<f32>> {
    let extreme = prop_oneof![Just(-127_i8), Just(127_i8), -127_i8..=127];
    proptest::collection::vec(extreme, rows * columns).prop_map(move |mut q| {
        q.chunks_exact_mut(columns).for_each(|row| row[0] = 127);
        q.into_iter().map(f32::from).collect()
    })
}

/// Packs a layer and opens it.
fn layer(isa: Isa, precision: Precision, w: &[f32], bias: &[f32]) -> Linear {
    let mut image = Writer::new(&[]);
    let packing = Packing::even(precision);
    Linear::pack(isa, packing, w, bias, &mut image);
    let mut image = Image::open(image.finish(), &[]).unwrap();
    Linear::open(isa, packing, (w.len() / bias.len(), bias.len()), &mut image).unwrap()
}

fn sizes() -> impl Strategy<Value = (usize, usize, usize)> {
    (1_usize..30, 1_usize..150, 1_usize..80)
}

/// Runs one layer without bias on every instruction set.
fn products(precision: Precision, x: &[f32], w: &[f32], outputs: usize) -> Vec<(Isa, Vec<f32>)> {
    let run = |isa| {
        let layer = layer(isa, precision, w, &vec![0.0; outputs]);
        let mut y = Vec::new();
        layer.forward(x, Activation::None, &mut y, &mut Scratch::default());
        (isa, y)
    };
    Isa::available().into_iter().map(run).collect()
}

/// Returns x·Wᵀ in f64 and the sum of the products' magnitudes.
fn naive(x: &[f32], w: &[f32], inputs: usize) -> Vec<(f64, f64)> {
    let dot = |x: &[f32], w: &[f32]| {
        let terms = x.iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w));
        terms.fold((0.0, 0.0), |(sum, size), t| (sum + t, size + t.abs()))
    };
    x.chunks_exact(inputs).flat_map(|x| w.chunks_exact(inputs).map(move |w| dot(x, w))).collect()
}

/// Rounds to eight significant bits.
fn eight_bits(numbers: &[f32]) -> Vec<f32> {
    let round = |&x: &f32| {
        let unit = (f64::from(x.abs()).log2().floor() - 7.0).exp2();
        if x == 0.0 { 0.0 } else { ((f64::from(x) / unit).round_ties_even() * unit) as f32 }
    };
    numbers.iter().map(round).collect()
}

proptest! {
    // Under Miri the hand-made cases below must do; it takes minutes for one of these.
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 0 } else { 48 }))]

    /// With scales of 1 the output is the integer sum itself; below 2²⁴ f32 holds it exactly.
    #[test]
    fn the_integer_part_is_exact_on_every_instruction_set(
        ((rows, inputs, outputs), x, w) in sizes().prop_flat_map(|(rows, inputs, outputs)| {
            (Just((rows, inputs, outputs)), integers(rows, inputs), integers(outputs, inputs))
        })
    ) {
        let expected: Vec<f32> = naive(&x, &w, inputs).iter().map(|(sum, _)| *sum as f32).collect();
        prop_assert_eq!(expected.len(), rows * outputs);
        for (isa, y) in products(Precision::Int8, &x, &w, outputs) {
            prop_assert!(y == expected, "{} differs at {} x {} x {}", isa, rows, inputs, outputs);
        }
    }

    /// Float summation: at most n · 2⁻²⁴ of the terms' magnitudes (Higham 2002, §3.1).
    #[test]
    fn floats_agree_with_the_naive_product(
        ((rows, inputs, outputs), x, w) in sizes().prop_flat_map(|(rows, inputs, outputs)| {
            let floats = |n| proptest::collection::vec(-2.0_f32..2.0, n);
            (Just((rows, inputs, outputs)), floats(rows * inputs), floats(outputs * inputs))
        })
    ) {
        let expected = naive(&x, &w, inputs);
        for (isa, y) in products(Precision::F32, &x, &w, outputs) {
            prop_assert_eq!(y.len(), rows * outputs);
            for (y, (sum, size)) in y.iter().zip(&expected) {
                let bound = size * (inputs + 1) as f64 * 2_f64.powi(-24) + 1e-12;
                prop_assert!((f64::from(*y) - sum).abs() <= bound, "{}: {} not {}", isa, y, sum);
            }
        }
    }

    /// Products of two bfloat16 fit f32, so only adding rounds, as above; a number is rounded as by
    /// the definition: to eight significant bits, ties to even.
    #[test]
    fn bfloats_agree_with_the_naive_product_of_rounded_numbers(
        ((rows, inputs, outputs), x, w) in sizes().prop_flat_map(|(rows, inputs, outputs)| {
            let floats = |n| proptest::collection::vec(-2.0_f32..2.0, n);
            (Just((rows, inputs, outputs)), floats(rows * inputs), floats(outputs * inputs))
        })
    ) {
        let expected = naive(&eight_bits(&x), &eight_bits(&w), inputs);
        for (isa, y) in products(Precision::Bf16, &x, &w, outputs) {
            prop_assert_eq!(y.len(), rows * outputs);
            for (y, (sum, size)) in y.iter().zip(&expected) {
                let bound = size * (inputs + 1) as f64 * 2_f64.powi(-24) + 1e-12;
                prop_assert!((f64::from(*y) - sum).abs() <= bound, "{}: {} not {}", isa, y, sum);
            }
        }
    }

    /// One unit of an integer sum is worth row scale × channel scale; no two paths may be half a
    /// unit apart, or they have quantised differently.
    #[test]
    fn real_numbers_are_quantised_alike_on_every_instruction_set(
        ((inputs, outputs), x, w) in (1_usize..150, 1_usize..40).prop_flat_map(|(inputs, outputs)| {
            let floats = |n| proptest::collection::vec(-2.0_f32..2.0, n);
            (Just((inputs, outputs)), floats(5 * inputs), floats(outputs * inputs))
        })
    ) {
        let peak = |row: &[f32]| row.iter().fold(0.0_f32, |m, v| m.max(v.abs())) / 127.0;
        let all = products(Precision::Int8, &x, &w, outputs);
        let (_, portable) = all.last().unwrap();
        for (isa, y) in &all {
            for (i, (a, b)) in y.iter().zip(portable).enumerate() {
                let unit = peak(&x[i / outputs * inputs..][..inputs])
                    * peak(&w[i % outputs * inputs..][..inputs]);
                prop_assert!((a - b).abs() <= unit / 2.0, "{}: {} not {}", isa, a, b);
            }
        }
    }
}

#[test]
fn the_worst_sum_does_not_saturate() {
    // 1000 · 127² = 16 129 000 is below 2²⁴; a saturating i16 step would stop at 32 767 a pair.
    let x = vec![127.0; 3 * 1000];
    let w: Vec<f32> = [127.0, -127.0].iter().flat_map(|&q| vec![q; 1000]).collect();
    for (isa, y) in products(Precision::Int8, &x, &w, 2) {
        assert_eq!(y, [16_129_000.0, -16_129_000.0].repeat(3), "{isa}");
    }
}

#[test]
fn rows_of_zeros_and_channels_of_zeros_give_the_bias() {
    for isa in Isa::available() {
        for precision in Precision::ALL {
            let layer = layer(isa, precision, &[0.0; 6], &[1.5, -2.0]);
            let mut y = Vec::new();
            let x = [0.0, 0.0, 0.0, 1.0, 2.0, 3.0];
            layer.forward(&x, Activation::None, &mut y, &mut Scratch::default());
            assert_eq!(y, [1.5, -2.0, 1.5, -2.0], "{isa} {precision:?}");
        }
    }
}

#[test]
fn the_epilogue_adds_the_bias_before_gelu() {
    // 1 · 2 − 1 = 1, and gelu(1) = Φ(1) = 0.8413447.
    for isa in Isa::available() {
        let layer = layer(isa, Precision::F32, &[2.0], &[-1.0]);
        let mut y = Vec::new();
        layer.forward(&[1.0], Activation::Gelu, &mut y, &mut Scratch::default());
        assert!((y[0] - 0.841_344_7).abs() < 1e-6, "{isa}: {}", y[0]);
    }
}

#[test]
fn weights_that_were_rounded_before_are_not_rounded_again() {
    // 64 steps, as files with seven bits have: under a unit of peak / 127 each would move.
    let weights: Vec<f32> = (-64..=64).map(|k| k as f32 * 0.0137).collect();
    let inputs = weights.len();
    for isa in Isa::available() {
        let layer = layer(isa, Precision::Int8, &weights, &[0.0]);
        for picked in [0, 1, 77, 127] {
            let mut x = vec![0.0; inputs];
            x[picked] = 127.0;
            let mut y = Vec::new();
            layer.forward(&x, Activation::None, &mut y, &mut Scratch::default());
            let expected = 127.0 * weights[picked];
            assert!(
                (y[0] - expected).abs() <= 1e-6 * expected.abs(),
                "{isa}: {} not {expected}",
                y[0]
            );
        }
    }
}
