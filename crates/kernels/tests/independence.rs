//! Fear: a score that moves with its batch mates or with the number of threads.

mod common;

use common::{bert, config, inputs, tensors};
use trommel_kernels::{Isa, Precision, Sequence};

#[test]
fn a_result_depends_on_its_own_sequence_only() {
    let config = config();
    let tensors = tensors(&config, 3);
    let lengths = [5, 1, 290, 33, 12, 64, 7, 130, 400, 2, 19, 31];
    let inputs = inputs(&config, &lengths, 8);
    let sequences: Vec<Sequence<'_>> =
        inputs.iter().map(|(ids, types)| Sequence { ids, types }).collect();
    let reversed: Vec<Sequence<'_>> = sequences.iter().copied().rev().collect();
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let (one, three) = (pool(1), pool(3));

    for isa in Isa::available() {
        for precision in Precision::ALL {
            let model = bert(&config, &tensors, precision, isa);
            let alone: Vec<Vec<u32>> = sequences
                .iter()
                .map(|&sequence| bits(&one.install(|| model.states(&[sequence])).unwrap()[0]))
                .collect();
            for pool in [&one, &three] {
                let together = pool.install(|| model.states(&sequences)).unwrap();
                let backwards = pool.install(|| model.states(&reversed)).unwrap();
                for (i, alone) in alone.iter().enumerate() {
                    let at = format!("{isa} {precision:?}, sequence {i}");
                    assert!(bits(&together[i]) == *alone, "{at} differs in a batch");
                    let mirrored = &backwards[lengths.len() - 1 - i];
                    assert!(bits(mirrored) == *alone, "{at} differs in a reversed batch");
                }
            }
        }
    }
}

fn bits(states: &[f32]) -> Vec<u32> {
    states.iter().map(|x| x.to_bits()).collect()
}
