//! Fear: a damaged packed model, or another one's, is opened and answers.

mod common;

use std::sync::Arc;

use common::{Tensors, tensors};
use trommel_kernels::{Bert, Bytes, Config, Isa, KernelError, Precision, Sequence};

const SOURCE: [u8; 32] = [7; 32];

fn small() -> Config {
    Config {
        vocabulary: 5,
        positions: 6,
        types: 1,
        hidden: 4,
        layers: 1,
        heads: 2,
        intermediate: 3,
        epsilon: 1e-12,
        labels: 1,
    }
}

fn pack(tensors: &Tensors, precision: Precision, isa: Isa) -> Bytes {
    let source = |name: &str| tensors.get(name).cloned();
    Bert::pack(&small(), source, precision, isa, SOURCE).unwrap()
}

fn logits(model: &Bert) -> Vec<Vec<f32>> {
    model.logits(&[Sequence { ids: &[1, 4, 2], types: &[] }]).unwrap()
}

fn refused(opened: Result<Bert, KernelError>) -> bool {
    matches!(opened, Err(KernelError::Image { .. }))
}

#[test]
fn a_copy_of_the_bytes_is_the_same_model() {
    let tensors = tensors(&small(), 1);
    for isa in Isa::available() {
        for precision in Precision::ALL {
            let image = pack(&tensors, precision, isa);
            let copy: Bytes = Arc::new((*image).as_ref().to_vec());
            let [first, second] = [image, copy]
                .map(|bytes| Bert::open(bytes, small(), precision, isa, SOURCE).unwrap());
            assert_eq!(logits(&first), logits(&second), "{isa} {precision:?}");
        }
    }
}

#[test]
fn every_flipped_byte_and_every_missing_end_is_refused() {
    let (isa, precision) = (Isa::best(), Precision::Int8);
    let image = (*pack(&tensors(&small(), 1), precision, isa)).as_ref().to_vec();
    let open = |bytes: Vec<u8>| Bert::open(Arc::new(bytes), small(), precision, isa, SOURCE);
    for at in 0..image.len() {
        let mut damaged = image.clone();
        damaged[at] ^= 0x10;
        assert!(refused(open(damaged)), "byte {at} of {}", image.len());
    }
    for length in (0..image.len()).step_by(7) {
        assert!(refused(open(image[..length].to_vec())), "{length} bytes of {}", image.len());
    }
    assert!(open(image).is_ok());
}

#[test]
fn an_image_made_for_something_else_is_refused() {
    let (isa, precision) = (Isa::portable(), Precision::Int8);
    let image = pack(&tensors(&small(), 1), precision, isa);
    let open = |config, precision, source| {
        refused(Bert::open(Arc::clone(&image), config, precision, isa, source))
    };
    assert!(!open(small(), precision, SOURCE));
    assert!(open(small(), precision, [8; 32]), "another source");
    for other in [Precision::F32, Precision::Bf16] {
        assert!(open(small(), other, SOURCE), "{other:?}");
    }
    let others = [
        Config { vocabulary: 6, ..small() },
        Config { positions: 5, ..small() },
        Config { types: 2, ..small() },
        Config { hidden: 2, ..small() },
        Config { layers: 0, ..small() },
        Config { layers: usize::MAX, ..small() },
        Config { heads: 1, ..small() },
        Config { intermediate: 4, ..small() },
        Config { epsilon: 1e-5, ..small() },
        Config { labels: 0, ..small() },
    ];
    for other in others {
        assert!(open(other.clone(), precision, SOURCE), "{other:?}");
    }
}

#[test]
fn an_image_opens_where_vectors_have_the_same_shape_and_nowhere_else() {
    let tensors = tensors(&small(), 1);
    let shape = |isa: Isa| match isa.name() {
        "avx512-bf16" | "avx512-vnni" => "16 lanes of 4 bytes",
        other => other,
    };
    for made in Isa::available() {
        let image = pack(&tensors, Precision::Int8, made);
        for isa in Isa::available() {
            let opened = Bert::open(Arc::clone(&image), small(), Precision::Int8, isa, SOURCE);
            match shape(made) == shape(isa) {
                true => assert_eq!(
                    logits(&opened.unwrap()),
                    logits(
                        &Bert::open(image.clone(), small(), Precision::Int8, made, SOURCE).unwrap()
                    ),
                    "{made} on {isa}"
                ),
                false => assert!(refused(opened), "{made} on {isa}"),
            }
        }
    }
}
