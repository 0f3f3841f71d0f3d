//! What tests of several rooms need.

use trommel_core::{Encoder, PassageId};
use trommel_predict::{Frequencies, SampledPassage, Table, fit};
use trommel_testkit::FakeEncoder;

/// Returns what is learned from texts, which are passages numbered from 0.
pub(crate) fn table_of(encoder: &FakeEncoder, texts: impl IntoIterator<Item = String>) -> Table {
    let words = encoder.word_pieces().unwrap();
    let sample = texts.into_iter().map(|text| {
        let mut pieces = Vec::new();
        words.split(&text, &mut pieces);
        (pieces, encoder.encode_query(&text).unwrap())
    });
    let sample: Vec<(Vec<u32>, Vec<f32>)> = sample.collect();
    let mut frequencies = Frequencies::new(words.vocabulary());
    sample.iter().for_each(|(pieces, _)| frequencies.add(pieces));
    let sample: Vec<SampledPassage<'_>> = (0..)
        .zip(&sample)
        .map(|(id, (pieces, vector))| SampledPassage { id: PassageId(id), pieces, vector })
        .collect();
    fit(&sample, &frequencies, &*words, encoder.fingerprint()).unwrap()
}
