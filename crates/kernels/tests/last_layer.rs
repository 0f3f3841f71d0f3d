//! Fear: computing the last layer for the first token only changes what that token says.

mod common;

use common::{bert, config, inputs, tensors};
use trommel_kernels::{Config, Isa, Precision, Sequence};

/// Pooler and classifier that hand the state on: what is left of the head is tanh.
fn transparent(layers: usize) -> (Config, common::Tensors) {
    let config = Config { layers, labels: config().hidden, ..config() };
    let mut tensors = tensors(&config, 4);
    for name in ["pooler.dense", "classifier"] {
        let identity = &mut tensors.get_mut(&format!("{name}.weight")).unwrap().1;
        for (i, weight) in identity.iter_mut().enumerate() {
            *weight = f32::from(u8::from(i % (config.hidden + 1) == 0));
        }
        tensors.get_mut(&format!("{name}.bias")).unwrap().1.fill(0.0);
    }
    (config, tensors)
}

#[test]
fn cls_and_logits_are_those_of_all_states_bit_by_bit() {
    for layers in 0..3 {
        let (config, tensors) = transparent(layers);
        let inputs = inputs(&config, &[5, 1, 140, 33, 270, 64, 2], 8);
        let sequences: Vec<Sequence<'_>> =
            inputs.iter().map(|(ids, types)| Sequence { ids, types }).collect();
        for isa in Isa::available() {
            for precision in Precision::ALL {
                let model = bert(&config, &tensors, precision, isa);
                let states = model.states(&sequences).unwrap();
                let cls = model.cls(&sequences).unwrap();
                let logits = model.logits(&sequences).unwrap();
                for (i, states) in states.iter().enumerate() {
                    let at = format!("{isa} {precision:?}, {layers} layers, sequence {i}");
                    let first = &states[..config.hidden];
                    assert_eq!(bits(&cls[i]), bits(first), "{at}: cls");
                    let expected: Vec<f32> = first.iter().map(|x| x.tanh()).collect();
                    assert_eq!(bits(&logits[i]), bits(&expected), "{at}: logits");
                }
            }
        }
    }
}

fn bits(states: &[f32]) -> Vec<u32> {
    states.iter().map(|x| x.to_bits()).collect()
}
