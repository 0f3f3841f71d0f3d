//! Fear: a wrong model or sequence panics, or is answered.

mod common;

use common::{Tensors, bert, config, tensors};
use trommel_kernels::{Bert, Config, Isa, KernelError, Precision, Sequence};

fn build(config: Config, tensors: &Tensors) -> Result<Bert, KernelError> {
    let source = |name: &str| tensors.get(name).cloned();
    Bert::new(config, source, Precision::Int8, Isa::portable())
}

fn refused(config: Config, tensors: &Tensors) -> String {
    build(config, tensors).err().expect("the model must be refused").to_string()
}

#[test]
fn impossible_shapes_are_refused() {
    let tensors = tensors(&config(), 1);
    let cases = [
        (Config { heads: 0, ..config() }, "heads"),
        (Config { heads: 2, ..config() }, "divisor of the hidden size 39"),
        (Config { hidden: 0, ..config() }, "hidden size"),
        (Config { intermediate: 1 << 20, ..config() }, "1 to 65536, got 1048576"),
        (Config { vocabulary: 0, ..config() }, "vocabulary"),
        (Config { vocabulary: 62, ..config() }, "expected shape [62, 39], got [61, 39]"),
        (
            Config { vocabulary: usize::MAX, ..config() },
            "vocabulary of the model: expected at most",
        ),
        (Config { positions: usize::MAX / 39, ..config() }, "positions of the model"),
        (Config { labels: 1 << 62, ..config() }, "labels of the model"),
        (Config { layers: usize::MAX, ..config() }, "encoder.layer.2.attention"),
        (Config { layers: 3, ..config() }, "encoder.layer.2.attention.self.query.weight"),
    ];
    for (config, expected) in cases {
        let message = refused(config, &tensors);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_damaged_tensor_is_named() {
    let name = "encoder.layer.1.output.dense.weight";
    let mut damaged = tensors(&config(), 1);
    damaged.get_mut(name).unwrap().1[17] = f32::NAN;
    assert_eq!(refused(config(), &damaged), format!("tensor `{name}` is not finite at index 17"));
    damaged.get_mut(name).unwrap().1.pop();
    assert!(refused(config(), &damaged).contains("with 2729 numbers"));
    damaged.remove(name);
    assert_eq!(refused(config(), &damaged), format!("the model has no tensor `{name}`"));
}

#[test]
fn names_with_the_prefix_of_a_classifier_checkpoint_are_found() {
    let plain = tensors(&config(), 1);
    let prefixed: Tensors = plain
        .iter()
        .map(|(name, tensor)| match name.starts_with("classifier") {
            true => (name.clone(), tensor.clone()),
            false => (format!("bert.{name}"), tensor.clone()),
        })
        .collect();
    let batch = [Sequence { ids: &[1, 2, 3], types: &[] }];
    let expected = build(config(), &plain).unwrap().logits(&batch).unwrap();
    assert_eq!(build(config(), &prefixed).unwrap().logits(&batch).unwrap(), expected);
}

#[test]
fn sequences_outside_the_tables_are_refused() {
    let tensors = tensors(&config(), 1);
    let model = bert(&config(), &tensors, Precision::F32, Isa::best());
    let long = vec![0; 601];
    let cases: [(&[u32], &[u32], &str); 5] = [
        (&[], &[], "sequence 1: expected 1 to 600 tokens, got 0"),
        (&long, &[], "sequence 1: expected 1 to 600 tokens, got 601"),
        (&[1, 2], &[0], "sequence 1: expected 2 token types or none, got 1"),
        (&[1, 61], &[], "sequence 1, token 1: id 61 is not below 61"),
        (&[1, 2], &[0, 2], "sequence 1, token 1: type 2 is not below 2"),
    ];
    for (ids, types, expected) in cases {
        let batch = [Sequence { ids: &[1], types: &[] }, Sequence { ids, types }];
        assert_eq!(model.cls(&batch).unwrap_err().to_string(), expected);
    }
}

#[test]
fn an_empty_batch_gives_nothing() {
    let tensors = tensors(&config(), 1);
    let model = bert(&config(), &tensors, Precision::Int8, Isa::best());
    assert_eq!(model.states(&[]).unwrap(), Vec::<Vec<f32>>::new());
}

#[test]
fn a_model_without_a_classifier_has_no_logits() {
    let tensors = tensors(&config(), 1);
    let model = build(Config { labels: 0, ..config() }, &tensors).unwrap();
    let batch = [Sequence { ids: &[1], types: &[] }];
    assert_eq!(model.logits(&batch), Err(KernelError::NoHead));
}
