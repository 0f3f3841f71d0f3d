//! The other implementation.

use std::sync::LazyLock;

use tokenizers::models::unigram::Unigram as LibraryUnigram;
use tokenizers::normalizers::NFKC;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::whitespace::WhitespaceSplit;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{PreTokenizerWrapper, Tokenizer};
use trommel_models::{Unigram, Vocabulary};

use crate::vocabulary::vocabulary;

/// Both implementations of one tokenizer.
pub(crate) struct Both {
    pub(crate) ours: Unigram,
    pub(crate) library: Tokenizer,
}

/// Returns the library's tokenizer of a vocabulary, which normalises nothing.
pub(crate) fn library(vocabulary: &Vocabulary) -> Tokenizer {
    let pieces = vocabulary.pieces.iter().map(|(piece, score)| (piece.clone(), f64::from(*score)));
    let unk = Some(vocabulary.unk as usize);
    let model = LibraryUnigram::from(pieces.collect(), unk, false).unwrap();
    let mut library = Tokenizer::new(model);
    library.with_pre_tokenizer(Some(Sequence::new(vec![
        PreTokenizerWrapper::WhitespaceSplit(WhitespaceSplit),
        PreTokenizerWrapper::Metaspace(Metaspace::new('▁', PrependScheme::Always, true)),
    ])));
    let name = |id: u32| vocabulary.pieces[id as usize].0.clone();
    let (bos, eos) = (name(vocabulary.bos), name(vocabulary.eos));
    let template = TemplateProcessing::builder()
        .try_single(format!("{bos} $A {eos}"))
        .unwrap()
        .special_tokens(vec![(bos, vocabulary.bos), (eos, vocabulary.eos)])
        .build()
        .unwrap();
    library.with_post_processor(Some(template));
    library
}

impl Both {
    pub(crate) fn of(vocabulary: &Vocabulary) -> Self {
        let mut library = library(vocabulary);
        library.with_normalizer(Some(NFKC)).unwrap();
        Self { ours: Unigram::new(vocabulary, [0; 32]).unwrap(), library }
    }

    pub(crate) fn assert_same(&self, text: &str) {
        let expected = self.library.encode(text, false).unwrap();
        let mut ids = vec![7];
        self.ours.ids(text, &mut ids);
        assert_eq!(ids[0], 7, "what was there is kept");
        assert_eq!(&ids[1..], expected.get_ids(), "ids of {text:?}");
        assert_eq!(self.ours.count(text), expected.len(), "count of {text:?}");

        let (mut same, mut ends) = (Vec::new(), vec![7]);
        self.ours.ids_with_ends(text, &mut same, &mut ends);
        assert_eq!(same, ids[1..], "ids of {text:?}");
        assert_eq!((ends[0], ends.len()), (7, ids.len()), "what was there is kept");
        assert!(ends[1..].is_sorted(), "ends of {text:?}");
        assert!(ends[1..].iter().all(|end| text.is_char_boundary(*end)), "ends of {text:?}");

        for limit in [0, 1, expected.len() / 2, expected.len()] {
            let mut first = Vec::new();
            let has_more = self.ours.first_ids(text, limit, &mut first);
            assert_eq!(first, expected.get_ids()[..limit.min(expected.len())], "{text:?}");
            assert_eq!(has_more, limit < expected.len(), "{limit} of {text:?}");
        }
    }
}

/// Returns both implementations of the vocabulary of forty scripts.
pub(crate) fn both() -> &'static Both {
    static BOTH: LazyLock<Both> = LazyLock::new(|| Both::of(vocabulary()));
    &BOTH
}
