//! A set of passages: what a filter allows, or what a collection has dropped.

use crate::PassageId;

/// A set of [`PassageId`]s as one bit each: ids are dense, so the bits are few.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassageSet {
    words: Vec<u64>,
    len: usize,
}

impl PassageSet {
    /// Returns an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a passage; returns whether it was new.
    pub fn insert(&mut self, id: PassageId) -> bool {
        let (word, bit) = place(id);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.len += usize::from(new);
        new
    }

    /// Takes a passage out; returns whether it was there.
    pub fn remove(&mut self, id: PassageId) -> bool {
        let there = self.contains(id);
        if there {
            let (word, bit) = place(id);
            self.words[word] &= !bit;
            self.len -= 1;
        }
        there
    }

    /// Says whether a passage is in the set.
    #[must_use]
    pub fn contains(&self, id: PassageId) -> bool {
        let (word, bit) = place(id);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Returns how many passages are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Says whether the set has no passage.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Walks the passages by rising id.
    pub fn iter(&self) -> impl Iterator<Item = PassageId> + '_ {
        self.words.iter().enumerate().flat_map(|(word, &bits)| {
            (0..64)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| PassageId(word as u64 * 64 + bit))
        })
    }
}

fn place(id: PassageId) -> (usize, u64) {
    let word = usize::try_from(id.0 / 64).unwrap_or(usize::MAX);
    (word, 1 << (id.0 % 64))
}

impl FromIterator<PassageId> for PassageSet {
    fn from_iter<I: IntoIterator<Item = PassageId>>(ids: I) -> Self {
        let mut set = Self::new();
        for id in ids {
            set.insert(id);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in() {
        let mut set: PassageSet = [0, 63, 64, 1000, 64].map(PassageId).into_iter().collect();
        assert_eq!(set.len(), 4);
        assert!(set.contains(PassageId(63)) && !set.contains(PassageId(62)));
        assert!(!set.contains(PassageId(u64::MAX)));
        assert!(set.remove(PassageId(63)) && !set.remove(PassageId(63)));
        assert_eq!(set.iter().map(|id| id.0).collect::<Vec<_>>(), [0, 64, 1000]);
    }
}
