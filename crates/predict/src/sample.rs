//! Which passages an encoder reads so that the others can be predicted.

use std::collections::BinaryHeap;

use trommel_core::{ContentHash, PassageId};

use crate::FitError;

/// The fewest passages of a corpus that a sample is worth its while for: below, the sample would be
/// half of it.
pub const LEAST_PASSAGES: u64 = 2 * LEAST_SAMPLE;
const LEAST_SAMPLE: u64 = 200;
const MOST_SAMPLE: u64 = 1_000;
/// One passage of so many is sampled, within these bounds.
const ONE_OF: u64 = 10;

/// Names what the keys of a sample are for, so that they are like no other hash of the same content.
const CONTEXT: &str = "trommel 2026-11-30 order of the sample that predictions are learned from";

/// Returns how many passages to sample of a corpus: a tenth, at least 200 and at most 1,000.
///
/// # Errors
///
/// [`FitError::TooFewPassages`] below [`LEAST_PASSAGES`].
pub fn sample_size(passages: u64) -> Result<usize, FitError> {
    if passages < LEAST_PASSAGES {
        return Err(FitError::TooFewPassages { expected: LEAST_PASSAGES, got: passages });
    }
    Ok((passages / ONE_OF).clamp(LEAST_SAMPLE, MOST_SAMPLE) as usize)
}

/// Says whether a corpus has grown so much since its sample was drawn that another one is due: by
/// half.
#[must_use]
pub fn needs_refit(passages_then: u64, passages_now: u64) -> bool {
    passages_now.saturating_sub(passages_then) >= passages_then.div_ceil(2).max(1)
}

/// Returns the key of a document's passage for [`choose_sample`]: as good as random, and the same
/// wherever and whenever the same document is indexed.
#[must_use]
pub fn sample_key(document: &ContentHash, passage: u32) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(&document.0).update(&passage.to_le_bytes());
    let mut key = [0; 8];
    hasher.finalize_xof().fill(&mut key);
    u64::from_le_bytes(key)
}

/// Returns the `size` passages with the least keys, by rising id; of equal keys the smaller id comes
/// first.
///
/// What a passage's key is does not depend on the others, so that a sample changes little while a
/// corpus grows: while `size` is the same share of it, a sampled passage stays sampled.
#[must_use]
pub fn choose_sample(
    passages: impl IntoIterator<Item = (PassageId, u64)>,
    size: usize,
) -> Vec<PassageId> {
    let mut least = BinaryHeap::new();
    for (id, key) in passages {
        least.push((key, id));
        if least.len() > size {
            // The greatest goes.
            least.pop();
        }
    }
    let mut ids: Vec<PassageId> = least.into_iter().map(|(_, id)| id).collect();
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(passages: std::ops::Range<u64>) -> impl Iterator<Item = (PassageId, u64)> {
        passages.map(|id| {
            let mut hash = ContentHash([0; 32]);
            hash.0[..8].copy_from_slice(&id.to_le_bytes());
            (PassageId(id), sample_key(&hash, 0))
        })
    }

    #[test]
    fn a_tenth_is_sampled_within_its_bounds() {
        let few = FitError::TooFewPassages { expected: 400, got: 399 };
        assert_eq!(sample_size(399), Err(few));
        for (passages, size) in [(400, 200), (2_000, 200), (5_183, 518), (10_000, 1_000)] {
            assert_eq!(sample_size(passages), Ok(size));
        }
        assert_eq!(sample_size(u64::MAX), Ok(1_000));
    }

    #[test]
    fn half_more_passages_ask_for_another_sample() {
        assert!(!needs_refit(1_000, 1_499) && needs_refit(1_000, 1_500));
        assert!(!needs_refit(1_001, 1_501) && needs_refit(1_001, 1_502));
        assert!(!needs_refit(1_000, 200) && !needs_refit(0, 0) && needs_refit(0, 1));
        assert!(!needs_refit(u64::MAX, u64::MAX));
    }

    #[test]
    fn the_least_keys_are_chosen_whatever_the_order() {
        let keys = [(7, 30), (3, 10), (9, 20), (4, 20), (1, 40)];
        let keys = keys.map(|(id, key)| (PassageId(id), key));
        assert_eq!(choose_sample(keys, 3), [3, 4, 9].map(PassageId));
        assert_eq!(choose_sample(keys, 2), [3, 4].map(PassageId));
        let backwards = keys.into_iter().rev();
        assert_eq!(choose_sample(backwards, 3), [3, 4, 9].map(PassageId));
        assert_eq!(choose_sample(keys, 9).len(), 5);
        assert_eq!(choose_sample(keys, 0), []);
    }

    #[test]
    fn a_sample_that_grows_with_its_corpus_keeps_what_it_had() {
        let before = choose_sample(keyed(0..6_000), 600);
        let after = choose_sample(keyed(0..9_000), 900);
        let kept = before.iter().filter(|id| after.contains(id)).count();
        // 600 ± √600 of the first 6,000 are among the least 900 of 9,000: nearly all that were.
        assert!(kept > 540, "{kept}");
        // Where the size stays, two of three stay: new passages have as good a chance.
        let same_size = choose_sample(keyed(0..9_000), 600);
        let kept = before.iter().filter(|id| same_size.contains(id)).count();
        assert!((350..450).contains(&kept), "{kept}");
    }

    #[test]
    fn passages_of_one_document_have_keys_of_their_own() {
        let hash = ContentHash([5; 32]);
        assert_ne!(sample_key(&hash, 0), sample_key(&hash, 1));
        assert_eq!(sample_key(&hash, 1), sample_key(&hash, 1));
    }
}
