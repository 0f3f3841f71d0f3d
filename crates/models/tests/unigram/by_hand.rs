//! Texts whose tokens one finds by hand.

use std::collections::BTreeMap;

use trommel_models::{Unigram, UnigramError, Vocabulary};

/// ids: 0 `<s>`, 1 `<pad>`, 2 `</s>`, 3 `<unk>`, 4 `▁`, 5 `▁ab`, 6 `a`, 7 `b`, 8 `c`, 9 `bc`,
/// 10 `▁a`, 11 `é`.
fn vocabulary() -> Vocabulary {
    let pieces = [
        ("<s>", 0.0),
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        ("▁", -4.0),
        ("▁ab", -5.0),
        ("a", -3.0),
        ("b", -3.0),
        ("c", -3.0),
        ("bc", -4.0),
        ("▁a", -4.0),
        ("é", -6.0),
    ];
    Vocabulary {
        pieces: pieces.map(|(piece, score)| (piece.to_owned(), score)).into(),
        unk: 3,
        bos: 0,
        eos: 2,
        control: vec![1],
        replacements: BTreeMap::from([
            ('Ａ', "a".to_owned()),
            ('\t', " ".to_owned()),
            ('\u{200b}', String::new()),
            ('㏄', "cc".to_owned()),
        ]),
    }
}

fn ids(text: &str) -> Vec<u32> {
    let mut ids = Vec::new();
    Unigram::new(&vocabulary(), [0; 32]).unwrap().ids(text, &mut ids);
    ids
}

#[test]
fn the_pieces_of_a_word_are_those_of_the_highest_sum() {
    assert_eq!(ids("ab"), [5]);
    // ▁ab + c is −8, as is ▁a + bc: the way that was found first stays, and of pieces that end at a
    // place the one that begins first is found first.
    assert_eq!(ids("abc"), [10, 9]);
    assert_eq!(ids("a b"), [10, 4, 7]);
}

#[test]
fn unknown_characters_beside_each_other_are_one_token() {
    assert_eq!(ids("aXYZb"), [10, 3, 7]);
    assert_eq!(ids("X Y"), [4, 3, 4, 3]);
}

#[test]
fn texts_are_normalised_and_special_names_are_text() {
    assert_eq!(ids("Ａ\tＡ"), [10, 10]);
    assert_eq!(ids("a\u{200b}b"), [5]);
    assert_eq!(ids("b㏄"), [4, 9, 8]);
    assert_eq!(ids("e\u{301}"), [4, 11], "a decomposed character is the composed one");
    assert_eq!(ids("</s>"), [4, 3]);
    assert_eq!(ids("a▁b"), [10, 4, 7], "the sign for a space is one");
    assert!(ids("  \t ").is_empty(), "white space alone is nothing");
}

#[test]
fn ends_are_where_the_text_of_a_token_ends() {
    let tokenizer = Unigram::new(&vocabulary(), [0; 32]).unwrap();
    let (mut ids, mut ends) = (Vec::new(), Vec::new());
    tokenizer.ids_with_ends(" abXYe\u{301} ㏄", &mut ids, &mut ends);
    assert_eq!((ids, ends), (vec![5, 3, 11, 4, 8, 8], vec![3, 5, 8, 9, 12, 12]));
}

#[test]
fn a_sequence_is_cut_to_the_length_of_the_model() {
    let tokenizer = Unigram::new(&vocabulary(), [0; 32]).unwrap();
    assert_eq!(tokenizer.single("ab c c", 99), [0, 5, 4, 8, 4, 8, 2]);
    assert_eq!(tokenizer.single("ab c c", 4), [0, 5, 4, 2]);
    assert_eq!(tokenizer.single("ab c c", 0), [0, 2]);
    assert_eq!((tokenizer.bos(), tokenizer.eos(), tokenizer.unk()), (0, 2, 3));
}

#[test]
fn a_vocabulary_that_makes_no_tokenizer_is_refused() {
    let refused = |change: &dyn Fn(&mut Vocabulary)| {
        let mut vocabulary = vocabulary();
        change(&mut vocabulary);
        let error = Unigram::new(&vocabulary, [0; 32]).unwrap_err();
        assert!(matches!(error, UnigramError::Vocabulary { .. }), "{error}");
        error.to_string()
    };
    let words = refused(&|vocabulary| vocabulary.unk = 12);
    assert_eq!(words, "the vocabulary cannot be used: expected ids below 12, got 12");
    refused(&|vocabulary| vocabulary.control = vec![99]);
    refused(&|vocabulary| vocabulary.pieces[5].1 = f32::NAN);
    refused(&|vocabulary| vocabulary.pieces[5].0 = "a".to_owned());
    refused(&|vocabulary| vocabulary.pieces[5].0 = "a\0".to_owned());
    refused(&|vocabulary| drop(vocabulary.replacements.insert('x', "y".repeat(127))));
    refused(&|vocabulary| vocabulary.pieces.clear());
}
