//! Fear: what is read as a word's embedding is another word's, or rounded otherwise than the model's.

mod common;

use common::{bert, config, tensors};
use trommel_kernels::{Isa, Precision, Row};

#[test]
fn each_word_has_the_row_of_the_table_that_was_packed() {
    let (config, isa) = (config(), Isa::portable());
    let tensors = tensors(&config, 5);
    let table = &tensors["embeddings.word_embeddings.weight"].1;
    // bfloat16 keeps 8 bits of a number, so it is off by less than one part in 2⁸.
    for (precision, error) in [(Precision::F32, 0.0), (Precision::Int8, 1.0 / 256.0)] {
        let model = bert(&config, &tensors, precision, isa);
        let words = model.word_embeddings().unwrap();
        assert_eq!((words.vocabulary(), words.width()), (61, 39));
        for id in [0, 17, 60] {
            let mut row = vec![0.0; 39];
            isa.add_rows(&[(1.0, words.get(id).unwrap())], &mut row);
            for (got, expected) in row.iter().zip(&table[id as usize * 39..]) {
                assert!((got - expected).abs() <= error * expected.abs(), "{got} {expected}");
            }
        }
        assert!(words.get(61).is_none() && words.get(u32::MAX).is_none());
        let halved = matches!(words.get(0), Some(Row::Bf16(_)));
        assert_eq!(halved, precision == Precision::Int8);
    }
}
