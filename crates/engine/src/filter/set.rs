//! A set of documents, by their places in the catalogue.

/// A set of places, one bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DocumentSet {
    words: Vec<u64>,
    documents: usize,
}

impl DocumentSet {
    /// Returns an empty set of some of `documents` documents.
    pub(super) fn none(documents: usize) -> Self {
        Self { words: vec![0; documents.div_ceil(64)], documents }
    }

    /// Adds documents.
    pub(super) fn extend(&mut self, places: &[u32]) {
        for place in places {
            self.words[*place as usize / 64] |= 1 << (place % 64);
        }
    }

    /// Returns the documents that are not in the set.
    pub(super) fn complement(mut self) -> Self {
        self.words.iter_mut().for_each(|word| *word = !*word);
        // The last word may have bits for which there is no document.
        if let (Some(last), used @ 1..) = (self.words.last_mut(), self.documents % 64) {
            *last &= (1 << used) - 1;
        }
        self
    }

    /// Keeps what is in the other set, too.
    pub(super) fn intersect(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Walks the places by rising number.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complement_has_just_the_others() {
        for documents in [0, 1, 63, 64, 65, 200] {
            let mut set = DocumentSet::none(documents);
            let even: Vec<u32> = (0..documents as u32).step_by(2).collect();
            set.extend(&even);
            let odd: Vec<usize> = (1..documents).step_by(2).collect();
            assert_eq!(set.clone().complement().iter().collect::<Vec<_>>(), odd, "{documents}");
            let mut none = set.clone().complement();
            none.intersect(&set);
            assert_eq!(none, DocumentSet::none(documents));
        }
    }
}
