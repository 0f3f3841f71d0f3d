//! Texts, and whether one document alone has them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::words::folded;
use crate::draws::Draws;

/// Texts that documents have, by their folded form.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts(HashMap<String, Owner>);

/// Which documents have a text.
#[derive(Debug, Clone)]
enum Owner {
    /// One alone: its place, and the text as it has it first.
    One(usize, String),
    /// Several.
    Several,
}

impl Texts {
    /// Takes up a text of the document at a place.
    pub(super) fn add(&mut self, document: usize, text: &str) {
        match self.0.entry(folded(text)) {
            Entry::Vacant(new) => {
                new.insert(Owner::One(document, text.to_owned()));
            }
            Entry::Occupied(mut known) => {
                if !matches!(known.get(), Owner::One(owner, _) if *owner == document) {
                    known.insert(Owner::Several);
                }
            }
        }
    }

    /// Returns the texts that one document alone has, each with the document's place.
    pub(super) fn known(self) -> Vec<(usize, String)> {
        let mut known: Vec<(String, (usize, String))> = Vec::new();
        for (folded, owner) in self.0 {
            if let Owner::One(document, text) = owner {
                known.push((folded, (document, text)));
            }
        }
        // A folded text stands once in the list, so its order depends neither on the map nor on the
        // order of the documents.
        known.sort_unstable();
        known.into_iter().map(|(_, text)| text).collect()
    }
}

/// Draws `count` of `from`, each at most once; all of them, in the order drawn, if there are fewer.
///
/// The first half of a Fisher-Yates shuffle: a larger count draws the same ones first.
pub(super) fn drawn<T>(mut from: Vec<T>, count: usize, mut draws: Draws) -> Vec<T> {
    for place in 0..count.min(from.len()) {
        let other = place + draws.index(from.len() - place);
        from.swap(place, other);
    }
    from.truncate(count);
    from
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Purpose;

    #[test]
    fn only_what_one_document_alone_has_is_known() {
        let mut texts = Texts::default();
        for (document, text) in
            [(0, "Lily"), (0, "LILY"), (1, "tulip"), (2, "Tulip"), (1, "tulip"), (2, "Crocus")]
        {
            texts.add(document, text);
        }
        assert_eq!(texts.known(), [(2, "Crocus".to_owned()), (0, "Lily".to_owned())]);
    }

    #[test]
    fn each_is_drawn_once_and_more_begin_with_the_same() {
        let draws = || Draws::new(42, Purpose::KnownWords);
        let all = drawn((0..100).collect(), 100, draws());
        let few = drawn((0..100).collect(), 30, draws());
        assert_eq!(all[..30], few);
        let mut sorted = all.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        assert_ne!(all, sorted);
        assert_eq!(drawn(vec!['a'], 3, draws()), ['a']);
    }
}
