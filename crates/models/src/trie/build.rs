//! Laying a vocabulary out as a double array.

use std::collections::VecDeque;

use super::{MAX_SLOTS, NO_TOKEN, Node, ROOT};

/// How many slots a search for a node's children looks at before it gives them up for all that
/// follow: so time grows with the tokens' bytes and not with their square.
const PATIENCE: usize = 256;

/// A token and its id.
pub(crate) type Token<'a> = (&'a [u8], u32);

/// Returns the nodes of the trie of some tokens, or none if they need too many.
///
/// The tokens are sorted, no two are the same, none is empty or has a byte 0. The layout follows
/// from them alone. Nodes are laid out level by level, so that the first steps of all words share
/// few cache lines.
pub(crate) fn build(tokens: &[Token<'_>]) -> Option<Vec<Node>> {
    let mut array = DoubleArray::default();
    array.reserve(ROOT as usize);
    let mut waiting = VecDeque::from([Branch { slot: ROOT as usize, label: 0, depth: 0, tokens }]);
    while let Some(branch) = waiting.pop_front() {
        // The tokens are sorted, so the one that ends here is the first.
        let (id, rest) = match branch.tokens {
            [(token, id), rest @ ..] if token.len() == branch.depth => (*id, rest),
            tokens => (NO_TOKEN, tokens),
        };
        let children: Vec<(u8, &[Token<'_>])> = rest
            .chunk_by(|a, b| a.0[branch.depth] == b.0[branch.depth])
            .map(|tokens| (tokens[0].0[branch.depth], tokens))
            .collect();
        let labels: Vec<u8> = children.iter().map(|(label, _)| *label).collect();
        let base = array.place(&labels)?;
        array.nodes[branch.slot] = Node::new(branch.label, u32::try_from(base).ok()?, id);
        for (label, tokens) in children {
            let slot = base + usize::from(label);
            waiting.push_back(Branch { slot, label, depth: branch.depth + 1, tokens });
        }
    }
    Some(array.nodes)
}

/// A node whose children have no place yet.
struct Branch<'a> {
    slot: usize,
    label: u8,
    depth: usize,
    /// The tokens that pass through the node or end there.
    tokens: &'a [Token<'a>],
}

#[derive(Default)]
struct DoubleArray {
    nodes: Vec<Node>,
    taken: Vec<bool>,
    is_base: Vec<bool>,
    search_from: usize,
}

impl DoubleArray {
    /// Takes slots for children and returns their base; 0, the base of no parent, for none.
    fn place(&mut self, labels: &[u8]) -> Option<usize> {
        let Some(first) = labels.first() else { return Some(0) };
        while self.is_taken(self.search_from) {
            self.search_from += 1;
        }
        // A base is at least 1, as 0 stands for no children.
        let start = self.search_from.max(usize::from(*first) + 1);
        let is_free = |array: &Self, slot: usize| {
            !array.is_taken(slot) && array.fits(slot - usize::from(*first), labels)
        };
        // There always is one: behind the last node everything is free.
        let slot = (start..).find(|slot| is_free(self, *slot))?;
        if slot - start > PATIENCE {
            self.search_from = slot;
        }
        let base = slot - usize::from(*first);
        self.take(base, labels);
        (self.nodes.len() <= MAX_SLOTS).then_some(base)
    }

    fn fits(&self, base: usize, labels: &[u8]) -> bool {
        !self.is_base.get(base).copied().unwrap_or(false)
            && !labels.iter().any(|label| self.is_taken(base + usize::from(*label)))
    }

    fn take(&mut self, base: usize, labels: &[u8]) {
        for label in labels {
            self.reserve(base + usize::from(*label));
        }
        if self.is_base.len() <= base {
            self.is_base.resize(base + 1, false);
        }
        self.is_base[base] = true;
    }

    fn reserve(&mut self, slot: usize) {
        if self.nodes.len() <= slot {
            self.nodes.resize(slot + 1, Node::new(0, 0, NO_TOKEN));
            self.taken.resize(slot + 1, false);
        }
        self.taken[slot] = true;
    }

    fn is_taken(&self, slot: usize) -> bool {
        self.taken.get(slot).copied().unwrap_or(false)
    }
}
