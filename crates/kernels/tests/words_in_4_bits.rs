//! Fear: a table of words in 4 bits is read as other numbers, as a whole, or damaged.

mod common;

use std::sync::Arc;

use common::{Random, Tensors, inputs, tensors};
use trommel_kernels::{Bert, Bytes, Config, Isa, KernelError, Precision, Sequence, q4};

const WORDS: &str = "embeddings.word_embeddings.weight";
const SOURCE: [u8; 32] = [7; 32];

fn small() -> Config {
    Config { hidden: 64, heads: 4, ..common::config() }
}

/// Returns a table of words in 4 bits, and its numbers: whole multiples of an eighth.
fn words(config: &Config) -> (Vec<u8>, Vec<f32>) {
    let mut random = Random::new(5);
    let (mut blocks, mut numbers) = (Vec::new(), Vec::new());
    for _ in 0..config.vocabulary * config.hidden / 32 {
        let codes: Vec<u8> = (0..32).map(|_| random.below(16) as u8).collect();
        // An eighth as a binary16: exponent 15 − 3.
        blocks.extend((12_u16 << 10).to_le_bytes());
        blocks.extend((0..16).map(|i| codes[i] | codes[i + 16] << 4));
        numbers.extend(codes.iter().map(|code| (f32::from(*code) - 8.0) / 8.0));
    }
    (blocks, numbers)
}

fn pack(words: &[u8], tensors: &Tensors, precision: Precision, isa: Isa) -> Bytes {
    let source = |name: &str| tensors.get(name).filter(|_| name != WORDS).cloned();
    Bert::pack_with_words(&small(), words, source, precision, isa, SOURCE).unwrap()
}

fn open(bytes: Bytes, precision: Precision, isa: Isa) -> Result<Bert, KernelError> {
    Bert::open(bytes, small(), precision, isa, SOURCE)
}

#[test]
fn they_are_the_numbers_that_they_stand_for() {
    let config = small();
    let (blocks, numbers) = words(&config);
    let mut tensors = tensors(&config, 1);
    tensors.insert(WORDS.to_owned(), (vec![config.vocabulary, config.hidden], numbers));
    let inputs = inputs(&config, &[1, 9, 40], 2);
    let sequences: Vec<Sequence<'_>> =
        inputs.iter().map(|(ids, types)| Sequence { ids, types }).collect();
    for isa in Isa::available() {
        // Eighths are exact in bfloat16 too, so the same numbers go in at any precision.
        for precision in Precision::ALL {
            let plain = common::bert(&config, &tensors, precision, isa);
            let model = open(pack(&blocks, &tensors, precision, isa), precision, isa).unwrap();
            let expected = plain.states(&sequences).unwrap();
            assert_eq!(model.states(&sequences).unwrap(), expected, "{isa} {precision:?}");
        }
    }
}

#[test]
fn a_damaged_row_is_an_error_for_the_texts_that_have_it_and_for_no_others() {
    let (isa, precision) = (Isa::best(), Precision::Int8);
    let (blocks, _) = words(&small());
    let image = (*pack(&blocks, &tensors(&small(), 1), precision, isa)).as_ref().to_vec();
    let whole = open(Arc::new(image.clone()), precision, isa).unwrap();
    let rows = image.len() - blocks.len();
    let mut damaged = image;
    damaged[rows + 3 * 36 + 5] ^= 1;
    let damaged = open(Arc::new(damaged), precision, isa).unwrap();
    let mean = |model: &Bert, ids: &[u32]| model.mean(&[Sequence { ids, types: &[] }]);
    assert_eq!(mean(&damaged, &[2, 4]), mean(&whole, &[2, 4]));
    let error = mean(&damaged, &[2, 3]).unwrap_err();
    assert!(matches!(error, KernelError::Image { .. }), "{error}");
}

#[test]
fn what_the_sums_do_not_cover_is_refused_at_opening() {
    let (isa, precision) = (Isa::portable(), Precision::Int8);
    let (blocks, _) = words(&small());
    let image = (*pack(&blocks, &tensors(&small(), 1), precision, isa)).as_ref().to_vec();
    let refused = |bytes: Vec<u8>| open(Arc::new(bytes), precision, isa).is_err();
    for at in (0..256).chain((256..image.len() - blocks.len()).step_by(997)) {
        let mut damaged = image.clone();
        damaged[at] ^= 0x10;
        assert!(refused(damaged), "byte {at}");
    }
    for length in (0..image.len()).step_by(499) {
        assert!(refused(image[..length].to_vec()), "{length} bytes of {}", image.len());
    }
}

#[test]
fn a_table_of_another_size_or_with_numbers_that_are_none_is_refused() {
    let config = small();
    let (mut blocks, _) = words(&config);
    let tensors = tensors(&config, 1);
    let pack = |config: &Config, words: &[u8]| {
        let source = |name: &str| tensors.get(name).cloned();
        let isa = Isa::portable();
        Bert::pack_with_words(config, words, source, Precision::Int8, isa, SOURCE).map(drop)
    };
    let shape = pack(&config, &blocks[q4::BYTES..]).unwrap_err();
    assert!(matches!(&shape, KernelError::Shape { name, .. } if name == WORDS), "{shape}");
    let odd = pack(&Config { hidden: 48, ..config.clone() }, &blocks).unwrap_err();
    assert!(matches!(odd, KernelError::Shape { .. }), "{odd}");
    blocks[2 * q4::BYTES + 1] = 0x7c;
    let infinite = KernelError::NotFinite { name: WORDS.to_owned(), index: 64 };
    assert_eq!(pack(&config, &blocks), Err(infinite));
}
